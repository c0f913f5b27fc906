import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { changeRecords } from '../../src/services/record-file.js';

const folder = mkdtempSync(path.join(tmpdir(), 'ipsec-records-'));
afterAll(() => rmSync(folder, { recursive: true }));
let count = 0;
const fileWith = (text?: string): string => {
  count += 1;
  const file = path.join(folder, `${count}.conf`);
  if (text !== undefined) writeFileSync(file, text);
  return file;
};
const change = (file: string, statement: string, dryRun = false) =>
  changeRecords({ file, words: statement.split(' '), dryRun });

const web = 'add host web -source 10.1.1.1/32 -destination 10.2.2.2/32 -action PASS';

describe('a record of a file', () => {
  it('is added to a new file, which only its owner can read', () => {
    const file = fileWith();
    expect(change(file, web)).toEqual({ kind: 'done', verb: 'add', record: 'host web' });
    expect(readFileSync(file, 'utf8')).toBe(`${web}\n`);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('is deleted again, and comments stay', () => {
    const file = fileWith(`# why\n${web} \\\n  -priority 10\n# end`);
    change(file, 'delete host web');
    expect(readFileSync(file, 'utf8')).toBe('# why\n# end');
  });

  it.each([
    ['a name that is there', web],
    ['an argument that nobody knows', 'add host b -sorce 10.1.1.1'],
    ['a tunnel that is not there', 'add host b -source 10.1.1.1 -destination 10.9.9.9 -tunnel none -action PASS'],
  ])('is refused with %s, and nothing is written', (_name, statement) => {
    const file = fileWith(`${web}\n`);
    const outcome = change(file, statement);
    expect(outcome.kind).toBe('refused');
    expect(readFileSync(file, 'utf8')).toBe(`${web}\n`);
  });

  it('may be added although another one has an error already', () => {
    const file = fileWith('add host bad -sorce 10.1.1.1\n');
    expect(change(file, web).kind).toBe('done');
  });

  it('is only checked on request', () => {
    const file = fileWith();
    expect(change(file, web, true).kind).toBe('done');
    expect(statSync(file, { throwIfNoEntry: false })).toBeUndefined();
  });

  it('keeps a name with blanks together', () => {
    const file = fileWith();
    const words = [
      'add',
      'auth',
      'a',
      '-remote',
      '10.1.1.1',
      '-rtype',
      'X500-DN',
      '-rid',
      'CN=x,O=My Company',
      '-preshared',
      'key-Elm-22',
    ];
    expect(changeRecords({ file, words }).kind).toBe('done');
    expect(readFileSync(file, 'utf8')).toContain('-rid "CN=x,O=My Company"');
  });

  it.each(['show host web', 'delete host nobody', '# x', 'add host a\nadd host b'])('%j is no change', (statement) => {
    expect(() => change(fileWith(`${web}\n`), statement)).toThrow();
  });
});
