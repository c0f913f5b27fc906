/** Completion in a real bash, and what holds for the scripts of all shells. */
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { runCli } from '../../support/cli.js';
import { folderWith } from '../../support/folder.js';
import { root } from '../../support/sources.js';
import { completionsOf, lines, repository } from './shells.js';

describe('bash', () => {
  it.each(lines)('$words', async ({ words, offered, only }) => {
    const found = await completionsOf('bash', words.split(' '), folderWith(repository));
    if (only) expect(found).toEqual([...offered].sort());
    else expect(found).toEqual(expect.arrayContaining([...offered]));
  });

  it.each([
    ['ipsec policy lint --format=j', ['json', 'jsonl', 'junit']],
    [
      'ipsec policy lint --format=',
      ['checkstyle', 'concise', 'github', 'gitlab', 'json', 'jsonl', 'junit', 'markdown', 'sarif', 'text'],
    ],
    ['ipsec policy lint --ignore SHD001,SHD00', ['SHD001', 'SHD002'].map((code) => `SHD001,${code}`)],
  ])('%s', async (words, offered) => {
    const found = await completionsOf('bash', words.split(' '), folderWith({}));
    expect(found).toEqual(expect.arrayContaining([...offered]));
  });

  it('offers names with blanks as files only, and says nothing outside of a repository', async () => {
    const folder = folderWith({ 'two words.conf': '' });
    expect(await completionsOf('bash', ['ipsec', 'policy', 'lint', 'two'], folder)).toEqual(['two words.conf']);
    expect(await completionsOf('bash', ['ipsec', 'policy', 'query', '--host', 'x'], folder)).toEqual([]);
  });

  it('is a script that bash itself accepts, in its oldest dialect', async () => {
    const { stdout } = await runCli(['completion', 'bash']);
    execFileSync('bash', ['-n'], { input: stdout });
    // What bash 3.2 (macOS) has not.
    expect(stdout).not.toMatch(/declare -A|mapfile|readarray|\|&|\$\{\w+,,\}|\$\{\w+\^/);
  });
});

it.each(['bash', 'zsh', 'fish'])('the script for %s knows every command and every flag', async (shell) => {
  const { stdout } = await runCli(['completion', shell]);
  const commands = execFileSync('cat', [path.join(root, 'test', 'golden', 'cli', 'commands.txt')], {
    encoding: 'utf8',
  });
  for (const section of commands.split('\n\n')) {
    const [command = '', ...flags] = section.trim().split('\n');
    if (command.endsWith('(hidden)')) {
      expect(stdout.includes(`'${command.replace(' (hidden)', '')}'`)).toBe(false);
      continue;
    }
    expect([command, stdout.includes(command)]).toEqual([command, true]);
    for (const flag of flags) {
      const name = /^ {2}--([\w-]+)/.exec(flag)?.[1];
      if (name === undefined || flag.includes('(hidden)')) continue;
      const spelled = shell === 'fish' ? `-l ${name} ` : `--${name}`;
      expect([command, name, stdout.includes(spelled)]).toEqual([command, name, true]);
    }
  }
});

describe('completion names', () => {
  it('gives systems and records of the repository around, for machines too', async () => {
    const cwd = folderWith(repository);
    const { stdout } = await runCli(['completion', 'names', 'systems', '-C', 'hosts'], { cwd });
    expect(stdout).toBe('alpha\nbeta\n');
    const json = await runCli(['completion', 'names', 'records', 'auth', '--json'], { cwd });
    expect(JSON.parse(json.stdout)).toEqual({ schemaVersion: 1, names: ['peer_b'] });
  });

  it('offers nothing that a shell could misread', async () => {
    const cwd = folderWith({
      'a.conf': 'add host $(id) -source 192.0.2.1\nadd host good -source 192.0.2.1\nadd host "x;y" -source 192.0.2.1\n',
    });
    expect((await runCli(['completion', 'names', 'records'], { cwd })).stdout).toBe('good\n');
  });

  it('is silent where there is nothing', async () => {
    const { stdout, stderr, code } = await runCli(['completion', 'names', 'systems'], { cwd: folderWith({}) });
    expect([stdout, stderr, code]).toEqual(['', '', 0]);
  });
});
