/** Runs programs on a pseudo-terminal of a given width, by script(1). */
import { execFileSync, spawnSync } from 'node:child_process';
import path from 'node:path';
import { builtProgram } from './cli.js';

/** Why there is no pseudo-terminal to be had here, or undefined where there is. */
export const noTerminal: string | undefined = (() => {
  try {
    return execFileSync('script', ['-qec', 'test -t 1 && stty cols 40 && echo is one', '/dev/null'], {
      stdio: ['ignore', 'pipe', 'ignore'],
      encoding: 'utf8',
    }).includes('is one')
      ? undefined
      : 'script(1) makes no terminal here';
  } catch {
    return 'script(1) is not here';
  }
})();

const quoted = (word: string) => `'${word.replaceAll("'", "'\\''")}'`;

/** What each command line of the program writes to a terminal that is `columns` wide. */
export async function onTerminal(
  commands: readonly (readonly string[])[],
  { columns, cwd, env = {} }: { readonly columns: number; readonly cwd: string; readonly env?: Record<string, string> },
): Promise<readonly string[]> {
  const run = [process.execPath, path.join(await builtProgram(), 'bin', 'run.js')].map(quoted).join(' ');
  const mark = '-- next --';
  const lines = commands.map((words) => `${run} ${words.map(quoted).join(' ')}; echo '${mark}'`);
  const { stdout } = spawnSync('script', ['-qec', [`stty cols ${columns} rows 50`, ...lines].join('\n'), '/dev/null'], {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { PATH: process.env.PATH, HOME: '/nonexistent', TERM: 'xterm', SHELL: '/bin/sh', ...env },
    timeout: 120_000,
    maxBuffer: 2 ** 26,
  });
  return stdout.replaceAll('\r\n', '\n').split(`${mark}\n`).slice(0, commands.length);
}
