/** `ipsec negotiate` as a user calls it: what is wrong with a call is told before the work, and errors of files with their source. */
import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { runCli } from '../support/cli.js';
import { folderWith } from '../support/folder.js';
import { root } from '../support/sources.js';

const pair = path.join(root, 'examples', 'host-to-host');
const negotiate = (...words: string[]) => runCli(['negotiate', '--simulate', ...words]);

describe('places for results', () => {
  it.each([
    ['--pcap', '/nowhere/x.pcapng', 'cannot write /nowhere/x.pcapng (ENOENT)\n  The folder is not there.\n'],
    ['--timeline', '/', 'cannot write / (EISDIR)\n  It is a folder: name a file.\n'],
    ['--keys', '/dev/null', 'cannot write /dev/null (ENOTDIR)\n'],
    ['--output', '/nowhere/x.txt', 'cannot write /nowhere/x.txt (ENOENT)\n'],
    ['--pcap', '-', '--pcap writes no standard output: name a place\n'],
  ])('%s %s is refused before the run', async (flag, place, message) => {
    const { code, stdout, stderr } = await negotiate(pair, flag, place);
    expect(stderr).toContain(message);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  });

  it('are written where they are none to complain about', async () => {
    const folder = folderWith({});
    const [pcap, keys, timeline] = ['x.pcapng', 'keys', 'x.html'].map((name) => path.join(folder, name)) as [
      string,
      string,
      string,
    ];
    const { code, stderr } = await negotiate(
      pair,
      '--until',
      '1s',
      ...['--pcap', pcap, '--keys', keys, '--timeline', timeline],
    );
    expect(code).toBe(0);
    expect(stderr).toMatch(/packets are in .*x\.pcapng/);
    for (const file of [pcap, timeline]) expect(statSync(file).size).toBeGreaterThan(1000);
    expect(existsSync(path.join(keys, 'ikev2_decryption_table'))).toBe(true);
  });
});

it('shows errors of reading with their source, and ends with 1', async () => {
  const folder = folderWith({
    'faulty.conf': 'add host beta -source 192.0.2.10 -destination 198.51.100.20 -action ESP_NOTHING\n',
  });
  const { code, stdout } = await negotiate(path.join(folder, 'faulty.conf'), path.join(pair, 'beta.conf'));
  expect(stdout).toMatch(/^.*faulty\.conf\n {2}1:\d+ {2}error {4}SYN019 bad-value: .*ESP_NOTHING.*\n/);
  expect(stdout).toMatch(/\n {6}\| +\^{11}\n/);
  expect(stdout).not.toContain('--unsafe-fixes');
  expect(stdout.trimEnd().split('\n').at(-1)).toBe('faulty and beta: not decided, with 1 error in the records');
  expect(code).toBe(1);
});

it('has the errors in its JSON as well', async () => {
  const folder = folderWith({ 'faulty.conf': 'add nothing\n' });
  const { code, stdout } = await negotiate('--json', path.join(folder, 'faulty.conf'), path.join(pair, 'beta.conf'));
  const document = JSON.parse(stdout) as { good: boolean; problems: unknown[]; schemaVersion: number };
  expect(document).toMatchObject({ schemaVersion: 1, good: false });
  expect(document.problems).toEqual([expect.objectContaining({ system: 'faulty', line: 1 })]);
  expect(code).toBe(1);
});
