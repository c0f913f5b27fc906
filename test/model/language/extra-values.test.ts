import { describe, expect, it } from 'vitest';
import { type ExtraValues, extendTables } from '../../../src/model/language/extra-values.js';
import { SourceText } from '../../../src/model/span.js';
import { lint } from '../../../src/services/lint.js';
import { loadSystem } from '../../../src/services/load-system.js';
import { folderWith } from '../../support/folder.js';

function read(text: string, extra: ExtraValues, profile?: string) {
  const { tables, faults } = extendTables(extra);
  expect(faults).toEqual([]);
  const { policies, config, problems } = loadSystem({
    name: 'a',
    sources: [new SourceText('a.conf', text)],
    dialect: 'A.03.00',
    tables,
    ...(profile ? { profile: new SourceText('profile', profile) } : {}),
  });
  return { policies, config, problems: problems.map(({ code, message }) => `${code} ${message}`) };
}

describe('a new word', () => {
  it('stands for the algorithm that the configuration names, in any case', () => {
    const { config, problems } = read('add ikev1 p -remote 10.2.2.2/32 -hash sha256 -encryption AES128-CBC', {
      ikev1: { hash: { sha256: { algorithm: 'HMAC-SHA2-256', since: 'A.03.00' } } },
    });
    expect(problems).toEqual([]);
    expect(config.ikePolicies[0]?.proposals[0]?.prf[0]?.name).toBe('HMAC-SHA2-256');
  });

  it('names a group', () => {
    const { config, problems } = read('add ikev2 p -remote 10.2.2.2/32 -group MODP3072,2', {
      ikev2: { group: { MODP3072: { algorithm: 'modp-3072' } } },
    });
    expect(problems).toEqual([]);
    expect(config.ikePolicies[0]?.proposals.map(({ keyExchange: [group] }) => group?.id)).toEqual([15, 2]);
  });

  it('is a word of its record and argument only', () => {
    const extra = { ikev1: { hash: { SHA256: { algorithm: 'HMAC-SHA2-256' } } } };
    expect(read('add ikev2 p -remote 10.2.2.2/32 -hash SHA256', extra).problems).toEqual([
      expect.stringContaining("SYN019 -hash: 'SHA256' is not one of its values"),
    ]);
  });

  it('may stand in a profile', () => {
    const { policies, problems } = read(
      'add ikev2 p -remote 10.2.2.2/32',
      { ikev2: { prf: { SHA256: { algorithm: 'HMAC-SHA2-256' } } } },
      'BEGIN IKEV2Policy-Defaults\nprf SHA256\nEND IKEV2Policy-Defaults\n',
    );
    expect(problems).toEqual([]);
    expect(policies.ikev2[0]?.prf?.value.map(({ word }) => word)).toEqual(['SHA256']);
  });

  it('leaves the dialects that it does not name', () => {
    const extra: ExtraValues = { ikev1: { hash: { SHA256: { algorithm: 'HMAC-SHA2-256', since: 'A.03.02' } } } };
    expect(read('add ikev1 p -remote 10.2.2.2/32 -hash SHA256', extra).problems).toEqual([
      'SYN022 SHA256 is not in dialect A.03.00',
    ]);
  });
});

it('a word that the list has gets another lifespan', () => {
  const text = 'add ikev1 p -remote 10.2.2.2/32 -group 14';
  expect(read(text, {}).problems).toEqual(['SYN022 14 is not in dialect A.03.00']);
  const { config, problems } = read(text, { ikev1: { group: { 14: { since: 'A.03.00' } } } });
  expect(problems).toEqual([]);
  expect(config.ikePolicies[0]?.proposals[0]?.keyExchange[0]?.name).toBe('MODP-2048');
});

describe('what cannot be understood is named with its place', () => {
  it.each([
    [{ ikev1: { hash: { SHA9: {} } } }, 'ikev1.hash.SHA9', 'is a new word and names no algorithm'],
    [{ ikev1: { hash: { S: { algorithm: 'HMAC-SHA2-257' } } } }, 'ikev1.hash.S', 'names no algorithm of the tables'],
    [{ ikev2: { hash: { S: { algorithm: 'HMAC-SHA2-256' } } } }, 'ikev2.hash.S', 'names no algorithm of the tables'],
    [{ ikev2: { group: { 'a,b': { algorithm: 'ECP-256' } } } }, 'ikev2.group.a,b', 'is no word of a list'],
  ] as const)('%j', (extra, at, message) => {
    expect(extendTables(extra).faults).toEqual([
      { at, message: expect.stringContaining(message), hint: expect.any(String) },
    ]);
  });
});

describe('in ipsec.config', () => {
  const records = '# ipsec-dialect: A.03.00\nadd ikev1 p -remote 10.2.2.2/32 -hash SHA256 -encryption AES128-CBC\n';
  const run = (config: string, more: Readonly<Record<string, string>> = {}) =>
    lint({
      paths: [folderWith({ 'ipsec.config.yaml': config, 'a.conf': records, ...more })],
      select: ['SYN', 'OPS004'],
    });

  it('it counts for every file', async () => {
    const { report } = await run('values: {ikev1: {hash: {SHA256: {algorithm: HMAC-SHA2-256}}}}\n');
    expect(report.findings).toEqual([]);
  });

  it('the target has the words as well', async () => {
    const config = (extra: string) => `values: {ikev1: {hash: {SHA256: {algorithm: HMAC-SHA2-256${extra}}}}}\n`;
    const run = async (extra: string) => {
      const folder = folderWith({
        'ipsec.config.yaml': config(extra),
        'inventory.yaml': 'hosts: {x: {target: hpux}}\n',
        'hosts/x/a.conf': records.replace('A.03.00', 'extended'),
      });
      const { report } = await lint({ paths: [folder], select: ['SYN', 'OPS004'] });
      return report.findings.map(({ code }) => code);
    };
    expect(await run('')).toEqual([]);
    expect(await run(', since: extended')).toEqual(['OPS004']);
  });

  it('a fault is one of the configuration', async () => {
    await expect(run('values: {ikev1: {hash: {SHA256: {algorithm: HMAC-SHA-256}}}}\n')).rejects.toMatchObject({
      message: expect.stringContaining('ipsec.config.yaml: values.ikev1.hash.SHA256 names no algorithm'),
      hints: ['Did you mean HMAC-SHA2-256?'],
    });
    await expect(run('values: {ikev3: {}}\n')).rejects.toMatchObject({ message: expect.stringContaining('ikev3') });
    await expect(run('values: {ikev1: {prf: {X: {}}}}\n')).rejects.toMatchObject({
      message: expect.stringContaining('prf'),
    });
  });
});
