/** The library by its own name, and the example program that uses it. */
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import * as library from '../../src/index.js';
import { folderWith } from '../support/folder.js';

const { lint, loadPolicy, negotiate, plan } = library;
const alpha = path.join('examples', 'host-to-host', 'alpha.conf');
const beta = path.join('examples', 'host-to-host', 'beta.conf');

describe('loadPolicy', () => {
  it('reads a text, a file and a repository', async () => {
    const text = 'add host b -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -action ESP_AES128_HMAC_SHA1\n';
    const [one] = (await loadPolicy({ name: 'a.conf', text })).systems;
    expect([one?.name, one?.format, one?.problems]).toEqual(['a', 'records', []]);
    expect((await loadPolicy(alpha)).systems.map(({ name }) => name)).toEqual(['alpha']);
    expect((await loadPolicy('examples/site')).systems.map(({ name }) => name).sort()).toEqual(['branch', 'hq', 'lab']);
  });

  it('tells faults of the text as values, and wrong calls as errors', async () => {
    const [broken] = (await loadPolicy({ name: 'a.conf', text: 'add host b -sauce 10.1.1.1\n' })).systems;
    expect(broken?.problems.map(({ code }) => code)).toEqual(['SYN001']);
    await expect(loadPolicy('nowhere.conf')).rejects.toThrow(library.UsageError);
    await expect(loadPolicy({ name: 'a', text: '' }, { format: 'nothing' })).rejects.toThrow(/no format is called/);
  });
});

it('lint judges like the command', async () => {
  const { failed, findings } = await lint('examples/faulty', { together: true });
  expect(failed).toBe(true);
  expect(findings.some(({ code }) => code.startsWith('PEER'))).toBe(true);
  expect((await lint(alpha, { select: ['SYN'] })).findings).toEqual([]);
});

it('negotiate tells what becomes of two systems', async () => {
  const good = await negotiate(alpha, beta);
  expect([good.good, good.runs.length]).toEqual([true, 2]);
  const folder = folderWith({
    'a.conf':
      'add host b -source 10.1.1.1 -destination 10.2.2.2 -action ESP_AES128_HMAC_SHA1\nadd auth b -remote 10.2.2.2 -kmp IKEV2 -preshared one-Key-4711\n',
    'b.conf':
      'add host a -source 10.2.2.2 -destination 10.1.1.1 -action ESP_AES128_HMAC_SHA1\nadd auth a -remote 10.1.1.1 -kmp IKEV2 -preshared other-Key-4712\n',
  });
  const bad = await negotiate(path.join(folder, 'a.conf'), path.join(folder, 'b.conf'), { initiator: 'A' });
  expect(bad.good).toBe(false);
  expect(bad.runs[0]?.verdict.good).toBe(false);
  expect(JSON.stringify(bad)).not.toMatch(/Key-471/);
});

it('plan compiles for a kernel without asking this one', async () => {
  const { changes } = await plan(alpha);
  expect(changes.length).toBeGreaterThan(0);
  await expect(plan(path.join('examples', 'faulty'), { host: 'alpha' })).rejects.toThrow();
});

it('the example program says whether a tunnel with a partner comes up', async () => {
  // By a variable: the compiler would look for the package as it was built last.
  const example = '../../examples/library/partner.mjs';
  const { check } = (await import(example)) as {
    check(ours: string, theirs: string, print: (line: string) => void): Promise<boolean>;
  };
  const lines: string[] = [];
  expect(await check(alpha, beta, (line) => lines.push(line))).toBe(true);
  expect(lines.join('\n')).toMatch(
    /alpha: records, \d+ policies, 0 faults[\s\S]*alpha starts: .*\n.*starts: .*\n\d+ changes/,
  );
});
