/** `ipsec decode` as a program: exit codes, streams, widths, colours, and nothing of a key in what it prints. */
import path from 'node:path';
import { expect, it } from 'vitest';
import { runCli } from '../../support/cli.js';
import { root } from '../../support/sources.js';

const example = path.join('examples', 'faulty', 'capture.pcapng');
const run = (args: readonly string[], env: Record<string, string> = {}) =>
  runCli(['decode', ...args], { cwd: root, env: { COLUMNS: '80', ...env } });

it('prints to a narrow terminal within its width', async () => {
  const { stdout, code } = await run([example], { COLUMNS: '60' });
  expect(code).toBe(0);
  for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(60);
});

it('colours only when told to', async () => {
  expect((await run([example])).stdout).not.toContain('\u001b');
  expect((await run([example, '--color', 'always'])).stdout).toContain('\u001b[');
  expect((await run([example], { NO_COLOR: '1' })).stdout).not.toContain('\u001b');
});

it('prints JSON with its version', async () => {
  const { stdout, stderr } = await run([example, '--json']);
  expect(stderr).toBe('');
  expect(JSON.parse(stdout)).toMatchObject({ schemaVersion: 1, good: true, input: { format: 'pcapng', frames: 12 } });
});

it('ends with 1 for what cannot be decoded, and with 2 for what is no capture', async () => {
  // A notification whose length is one too many.
  const broken = `${'0123456789abcdef'.repeat(2)}292022200000000000000024000000090000000e`;
  const bad = await run([broken]);
  expect(bad.code).toBe(1);
  expect(bad.stdout).toContain('could not be decoded or opened');
  const none = await run(['package.json']);
  expect(none.code).toBe(2);
  expect(none.stdout).toBe('');
  expect(none.stderr).toContain('package.json is neither a capture (pcap, pcapng) nor an IKE message in hexadecimal');
});

it('reads the standard input', async () => {
  const message = `${'0123456789abcdef'.repeat(2)}292022200000000000000024000000080000000e`;
  const { stdout, code } = await runCli(['decode', '-'], { cwd: root, stdin: message });
  expect(code).toBe(0);
  expect(stdout).toContain('N(NO_PROPOSAL_CHOSEN): none of the proposals is acceptable');
});
