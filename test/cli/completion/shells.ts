/** Real shells that complete command lines with our scripts. */
import { execFile } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Shell } from '../../../src/cli/completion/script.js';
import { builtProgram, runCli } from '../../support/cli.js';
import { folderWith } from '../../support/folder.js';

const run = promisify(execFile);

/** Where a shell's completion is driven by a program of its own, the program; it is given the script and the words. */
const drivers: Readonly<Record<Shell, { readonly command: readonly string[]; readonly text: string }>> = {
  bash: {
    command: ['bash', '--norc', '--noprofile'],
    // As bash itself does: a word is cut where COMP_WORDBREAKS says.
    text: `source "$1" || exit 9
shift
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
_ipsec
printf '%s\\n' "\${COMPREPLY[@]}"
`,
  },
  zsh: {
    command: ['zsh', '-f'],
    // Completion has builtins that work in the line editor only: here they print what they would offer.
    text: `compdef() { : }
compset() { [[ $2 == '*=' ]] && cur=\${cur#*=}; [[ $2 == '*,' ]] && cur=\${cur##*,}; return 0 }
compadd() { shift; print -rl -- \${(M)@:#$cur*} }
_describe() { local -a all; all=(\${(P)argv[-1]}); all=(\${all%%:*}); print -rl -- \${(M)all:#$cur*} }
_files() { local -a all; if [[ $1 == -/ ]]; then all=($cur*(N/)); else all=($cur*(N)); fi; print -rl -- $all }
source $1 || exit 9
shift
words=("$@"); CURRENT=$#words
_ipsec
true
`,
  },
  fish: {
    command: ['fish', '--no-config'],
    text: `source $argv[1]; or exit 9
complete -C (string join -- ' ' $argv[2..]) | string replace -r '\\t.*' ''
true
`,
  },
};

/** What a shell offers for the last of the words, sorted; folders without a slash behind them. */
export async function completionsOf(shell: Shell, words: readonly string[], cwd: string): Promise<readonly string[]> {
  const { command, text } = drivers[shell];
  const program = await builtProgram();
  const folder = folderWith({ driver: text, script: await scriptOf(shell) });
  const ipsec = path.join(folder, 'ipsec');
  writeFileSync(ipsec, `#!/bin/sh\nexec ${process.execPath} ${path.join(program, 'bin', 'run.js')} "$@"\n`);
  chmodSync(ipsec, 0o755);
  const [first = '', ...rest] = command;
  const line = shell === 'bash' ? words.flatMap(cutAtEquals) : words;
  const { stdout, stderr } = await run(
    first,
    [...rest, path.join(folder, 'driver'), path.join(folder, 'script'), ...line],
    {
      cwd,
      env: { PATH: `${folder}:${process.env.PATH}`, HOME: folder, TERM: 'dumb' },
      timeout: 30_000,
    },
  );
  if (stderr !== '') throw new Error(stderr);
  const offered = stdout.split('\n').filter((each) => each !== '');
  return [...new Set(offered.map((each) => each.replace(/\/$/, '')))].sort();
}

function cutAtEquals(word: string): string[] {
  const [, flag, value] = /^(--[\w-]+)=(.*)$/.exec(word) ?? [];
  return flag === undefined ? [word] : value === '' ? [flag, '='] : [flag, '=', value!];
}

const scripts = new Map<Shell, Promise<string>>();

function scriptOf(shell: Shell): Promise<string> {
  const script =
    scripts.get(shell) ??
    runCli(['completion', shell]).then(({ stdout, stderr, code }) => {
      if (code !== 0) throw new Error(stderr);
      return stdout;
    });
  scripts.set(shell, script);
  return script;
}

/** A repository, and what every shell offers in it: the words, and what of it is expected; `only` says that nothing else may be. */
export const repository = {
  'inventory.yaml': 'version: 1\nhosts:\n  alpha: { addresses: ["192.0.2.1"] }\n  beta: { addresses: ["192.0.2.2"] }\n',
  'hosts/alpha/p.conf':
    '# add host never -source 192.0.2.9\nadd host web \\\n  -source 192.0.2.1 -destination 192.0.2.2 -priority 10 -action PASS\nadd auth "peer_b" -remote 192.0.2.2\n',
  'hosts/beta/p.conf': 'ipsec_config add tunnel out -tsource 192.0.2.2 -tdestination 192.0.2.1\n',
};

export const lines: readonly {
  readonly words: string;
  readonly offered: readonly string[];
  readonly only?: boolean;
}[] = [
  { words: 'ipsec po', offered: ['policy'], only: true },
  { words: 'ipsec ', offered: ['policy', 'negotiate', 'apply', 'completion'] },
  { words: 'ipsec policy ba', offered: ['baseline'], only: true },
  { words: 'ipsec policy baseline ', offered: ['create', 'prune', 'show'] },
  { words: 'ipsec policy lint --form', offered: ['--format', '--format-in'], only: true },
  { words: 'ipsec policy lint --format ', offered: ['text', 'sarif', 'markdown'] },
  { words: 'ipsec policy lint --format j', offered: ['json', 'jsonl', 'junit'], only: true },
  { words: 'ipsec policy lint --select SHD00', offered: ['SHD001', 'SHD009'] },
  { words: 'ipsec policy rules shadowed', offered: ['shadowed', 'shadowed-by-union'], only: true },
  { words: 'ipsec policy lint --profile cn', offered: ['cnsa1', 'cnsa2'], only: true },
  { words: 'ipsec policy lint --max-warnings ', offered: [], only: true },
  { words: 'ipsec policy lint inv', offered: ['inventory.yaml'], only: true },
  { words: 'ipsec policy lint -o inv', offered: ['inventory.yaml'], only: true },
  { words: 'ipsec policy lint --fix inv', offered: ['inventory.yaml'], only: true },
  { words: 'ipsec policy query --host ', offered: ['alpha', 'beta'], only: true },
  { words: 'ipsec policy show host ', offered: ['out', 'peer_b', 'web'], only: true },
  { words: 'ipsec policy show aut', offered: ['auth'], only: true },
  { words: 'ipsec negotiate --simulate alpha ', offered: ['alpha', 'beta', 'hosts', 'inventory.yaml'], only: true },
  { words: 'ipsec policy graph ', offered: ['nesting', 'sequence', 'spd', 'topology'], only: true },
  { words: 'ipsec -C hosts pol', offered: ['policy'], only: true },
  { words: 'ipsec --config x policy lint --fail-level ', offered: ['error', 'info', 'warning'], only: true },
  { words: 'ipsec -C ho', offered: ['hosts'], only: true },
  { words: 'ipsec completion ', offered: ['bash', 'fish', 'zsh'], only: true },
  { words: 'ipsec schema graph', offered: ['graph-v1'], only: true },
  { words: 'ipsec initiate w', offered: ['web'], only: true },
  { words: 'ipsec version ', offered: [], only: true },
  { words: 'ipsec nonsense ', offered: [], only: true },
];
