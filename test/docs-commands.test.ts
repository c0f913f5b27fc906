/**
 * What README and docs show is what the program prints, and what they only name exists. With UPDATE_DOCS=1, as `npm run
 * golden` sets it, what is shown is written anew.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { runCli } from './support/cli.js';
import { root } from './support/sources.js';

const files = [
  'README.md',
  ...readdirSync(path.join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => path.join('docs', name)),
]
  // Tables that tests make need not have commands.
  .filter((name) => /```(?:console\n\$ |sh\n[^`]*^)ipsec /m.test(readFileSync(path.join(root, name), 'utf8')));

/** Words of a command line with double quotes. */
function wordsOf(command: string): string[] {
  return [...command.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
}

describe.each(files)('%s', (file) => {
  const text = readFileSync(path.join(root, file), 'utf8');
  const folder = path.join(root, /<!-- in: (\S+) -->/.exec(text)?.[1] ?? '.');
  const shown = [...text.matchAll(/```console\n\$ ipsec (.*)\n([\s\S]*?)```/g)].map(
    ([, command = '', output = '']) => ({
      command,
      output,
    }),
  );
  const named = [...text.matchAll(/```sh\n([\s\S]*?)```/g)]
    .flatMap(([, block = '']) => block.split('\n'))
    .filter((line) => line.startsWith('ipsec '));

  if (shown.length > 0) {
    it.each(shown)('shows what `ipsec $command` prints', async ({ command, output }) => {
      const { stdout } = await runCli(wordsOf(command), { cwd: folder, env: { COLUMNS: '100' } });
      if (process.env.UPDATE_DOCS === '1' && stdout !== output) {
        const place = path.join(root, file);
        const now = readFileSync(place, 'utf8');
        writeFileSync(
          place,
          now.replace(`$ ipsec ${command}\n${output}`, () => `$ ipsec ${command}\n${stdout}`),
        );
        return;
      }
      expect(stdout).toBe(output);
    });
  }

  if (named.length > 0) {
    it.each(named)('names a command with its flags: %s', async (line) => {
      const words = wordsOf(line).slice(1);
      const firstFlag = words.findIndex((word) => word.startsWith('-'));
      // The longest beginning that is a command: what follows it are arguments.
      const places = firstFlag < 0 ? words : words.slice(0, firstFlag);
      let help = '';
      for (let length = Math.min(places.length, 3); length > 0 && help === ''; length -= 1) {
        const result = await runCli([...places.slice(0, length), '--help'], { cwd: root });
        if (result.stdout.includes(`$ ipsec ${places.slice(0, length).join(' ')}`)) help = result.stdout;
      }
      expect(help, line).not.toBe('');
      for (const flag of words.filter((word) => word.startsWith('--'))) {
        expect(help, `${line}: ${flag}`).toContain(flag.split('=')[0]!);
      }
    });
  }
});

it('the README shows commands with their output', () => {
  expect(
    readFileSync(path.join(root, 'README.md'), 'utf8').match(/```console\n\$ ipsec/g)?.length,
  ).toBeGreaterThanOrEqual(3);
});
