import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { rules } from '../../src/lint/registry.js';
import { errorCatalogue, isErrorCode } from '../../src/model/error-catalogue.js';
import { EnvironmentError, errno, UsageError } from '../../src/model/tool-error.js';
import { explainCode } from '../../src/services/explain-code.js';
import { root } from '../support/sources.js';

const sources = readdirSync(path.join(root, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && !file.endsWith('error-catalogue.ts'))
  .map((file) => ({ file, text: readFileSync(path.join(root, 'src', file), 'utf8') }));

describe('the catalogue of errors', () => {
  it('has every code that the source gives to an error, also those that are no type’s', () => {
    // The compiler holds UsageError and EnvironmentError to it; faults of the control socket are made elsewhere.
    const given = sources.flatMap(({ file, text }) =>
      [...text.matchAll(/\b(?:code: |fault\()'([A-Z][A-Z_0-9]+)'/g)].map(([, code]) => ({ file, code: code! })),
    );
    expect(given.length).toBeGreaterThan(100);
    const known = (code: string) =>
      isErrorCode(code) || code === 'EXIT' || /^E[A-Z]+$/.test(code) || rules.some((rule) => rule.code === code);
    expect(given.filter(({ code }) => !known(code))).toEqual([]);
  });

  it('has none that no error carries', () => {
    const all = sources.map(({ text }) => text).join('\n');
    expect(Object.keys(errorCatalogue).filter((code) => !all.includes(`'${code}'`))).toEqual([]);
  });

  it('says what it means and what to do in whole sentences', () => {
    for (const [code, { meaning, remedy }] of Object.entries(errorCatalogue)) {
      expect(code).toMatch(/^[A-Z][A-Z0-9_]{2,}$/);
      for (const text of [meaning, remedy]) expect(text, code).toMatch(/^\S.{10,}[.!]\)?$/);
    }
  });

  it('names commands and rules that there are', () => {
    const text = Object.values(errorCatalogue)
      .map(({ meaning, remedy }) => `${meaning} ${remedy}`)
      .join('\n');
    const commands = readdirSync(path.join(root, 'src', 'commands'), { recursive: true, encoding: 'utf8' }).map(
      (file) => file.replace(/\.ts$/, '').replaceAll(path.sep, ' '),
    );
    const named = [...text.matchAll(/`ipsec ((?:[a-z]+ ?)+)/g)].map(([, words]) => words!.trim());
    expect(named.length).toBeGreaterThan(20);
    const isCommand = (words: string): boolean =>
      commands.includes(words) || (words.includes(' ') && isCommand(words.slice(0, words.lastIndexOf(' '))));
    expect(named.filter((words) => !isCommand(words))).toEqual([]);
    for (const [, code] of text.matchAll(/rule ([A-Z]+\d+)/g)) expect(rules.map((rule) => rule.code)).toContain(code);
  });

  it('has the exit code of the class that carries a code', () => {
    expect(errorCatalogue[new UsageError('m').code as 'USAGE'].exit).toBe(2);
    expect(errorCatalogue[new EnvironmentError('m').code as 'ENVIRONMENT'].exit).toBe(4);
  });
});

describe('names of errno', () => {
  it.each(['EACCES', 'ENOSPC', 'E2BIG'])('%s is one', (name) => {
    expect(errno(name)).toBe(name);
  });

  it.each([undefined, '', 'error 5', 'eacces', 'E'])('%s is none', (name) => {
    expect(errno(name)).toBeUndefined();
  });
});

describe('explainCode', () => {
  it('tells of errors in any case, and of rules by code and slug', () => {
    expect(explainCode('LOCKOUT')).toMatchObject({ kind: 'errors', errors: [{ code: 'LOCKOUT', exit: 4 }] });
    expect(explainCode('no-such-file')).toMatchObject({ errors: [{ code: 'NO_SUCH_FILE', exit: 2 }] });
    expect(explainCode('shd001')).toMatchObject({ kind: 'rule', rule: { code: 'SHD001' } });
    expect(explainCode('weak-dh')).toMatchObject({ kind: 'rule', rule: { code: 'CRY011' } });
    expect(explainCode('EACCES')).toMatchObject({ errors: [{ code: 'EACCES', exit: 4 }] });
  });

  it('lists all without a code', () => {
    const all = explainCode();
    expect(all.kind === 'errors' && all.errors.map(({ code }) => code)).toEqual(Object.keys(errorCatalogue));
  });

  it('knows no others, and says which was meant', () => {
    for (const word of ['LOKOUT', 'ELOCKOUT', 'SHD', ''])
      expect(() => explainCode(word)).toThrow(expect.objectContaining({ code: 'UNKNOWN_NAME' }));
    expect(() => explainCode('LOKOUT')).toThrow(
      expect.objectContaining({ hints: expect.arrayContaining(['Did you mean LOCKOUT?']) }),
    );
  });
});
