/** What the README shows is what the program prints. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { runCli } from './support/cli.js';
import { root } from './support/sources.js';

const text = readFileSync(path.join(root, 'README.md'), 'utf8');
const blocks = [...text.matchAll(/```console\n\$ ipsec (.*)\n([\s\S]*?)```/g)].map(([, command = '', output = '']) => ({
  command,
  output,
}));

it('shows commands with their output', () => expect(blocks.length).toBeGreaterThanOrEqual(3));

it.each(blocks)('$command', async ({ command, output }) => {
  const args = [...command.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
  const { stdout } = await runCli(args, { cwd: root, env: { COLUMNS: '100' } });
  expect(stdout).toBe(output);
});
