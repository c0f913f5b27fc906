/** hpux-ipsec reference 3: names of transforms, lists and lifetimes. */
import { describe, expect, it } from 'vitest';
import { type Dialect, dialects, isIn } from '../../src/model/language/dialect.js';
import {
  ikev1Encryption,
  ikev1Hash,
  ikev2Encryption,
  ikev2Hash,
  ikev2Prf,
  transformRows,
} from '../../src/model/language/values.js';
import { encryption } from '../../src/model/transform.js';
import { read, readRecord } from '../support/read.js';

const actionCodes = (action: string, dialect: Dialect) => read(`add host h -action ${action}`, { dialect }).codes;

describe('§3.1 names', () => {
  const a0300 = ['AES128', '3DES', 'NULL'].flatMap((cipher) =>
    ['MD5', 'SHA1'].map((hash) => `ESP_${cipher}_HMAC_${hash}`),
  );
  const a0302 = ['AES128', 'AES192', 'AES256', '3DES', 'NULL'].flatMap((cipher) =>
    ['MD5', 'SHA1', 'SHA2_256', 'SHA2_384', 'SHA2_512'].map((hash) => `ESP_${cipher}_HMAC_${hash}`),
  );
  const a02 = ['ESP_DES', 'ESP_DES_HMAC_MD5', 'ESP_DES_HMAC_SHA1', 'ESP_3DES', 'ESP_AES128'];
  const names = (dialect: Dialect, protocol: 'AH' | 'ESP') =>
    transformRows.filter((row) => row.protocol === protocol && isIn(dialect, row)).map((row) => row.word);

  it('§3.1 A.03.00 has 2 AH and 6 ESP transforms', () => {
    expect(names('A.03.00', 'AH')).toEqual(['AH_MD5', 'AH_SHA1']);
    expect(names('A.03.00', 'ESP').sort()).toEqual([...a0300].sort());
  });

  it('§3.1 A.03.02 has 25 ESP transforms, five ciphers by five hashes', () => {
    expect(names('A.03.02', 'ESP').sort()).toEqual([...a0302].sort());
  });

  it('§3.1 A.02 has DES and transforms without authentication as well', () => {
    expect(names('A.02', 'ESP').sort()).toEqual([...a0300, ...a02].sort());
  });

  it('§3.1 the extended dialect has every name', () => {
    for (const row of transformRows) expect(actionCodes(row.word, 'extended'), row.word).toEqual([]);
  });

  it('§3.1 each name is taken in its dialects only', () => {
    for (const dialect of dialects) {
      for (const row of transformRows) {
        expect([row.word, actionCodes(row.word, dialect)]).toEqual([row.word, isIn(dialect, row) ? [] : ['SYN022']]);
      }
    }
  });

  it('§3.1 a nested transform is AH around ESP, in A.02 only', () => {
    const host = readRecord('host', 'add host h -action AH_MD5+ESP_3DES/28800/0', { dialect: 'A.02' });
    expect(host.action.value).toMatchObject({
      transforms: [{ transform: { word: 'AH_MD5' }, nested: { word: 'ESP_3DES' }, lifetimeSeconds: 28800 }],
    });
    expect(actionCodes('AH_MD5+ESP_AES128_HMAC_SHA1', 'A.03.02')).toContain('SYN022');
    expect(actionCodes('ESP_3DES+AH_MD5', 'A.02')).toEqual(['SYN019']);
    expect(actionCodes('AH_MD5+AH_SHA1', 'A.02')).toEqual(['SYN019']);
  });

  it('§3.1 a misspelt name is suggested', () => {
    expect(read('add host h -action ESP_AES128_HMAC_SHA').problems[0]?.help).toBe('did you mean ESP_AES128_HMAC_SHA1?');
    expect(read('add host h -action AES').problems[0]?.notes?.[0]).toContain('ESP_AES128_HMAC_SHA1');
  });
});

describe('§3.2 identifiers', () => {
  it.each([
    ['AES-CBC-128', 12, 12, 'cbc(aes)'],
    ['3DES-CBC', 3, 3, 'cbc(des3_ede)'],
    ['DES-CBC', 2, 2, 'cbc(des)'],
    ['NULL', 11, 11, 'ecb(cipher_null)'],
  ])('§3.2 %s', (name, espId, ikev2Id, xfrm) => {
    expect(encryption(name)).toMatchObject({ espId, ikev2Id, xfrm });
  });

  it.each([
    ['AH_MD5', 1, 2, 96],
    ['AH_SHA1', 2, 3, 96],
    ['AH_SHA2_256', 12, 5, 128],
    ['AH_SHA2_384', 13, 6, 192],
    ['AH_SHA2_512', 14, 7, 256],
  ])('§3.2 the ICV of %s', (word, ikev2Id, ahId, icvBits) => {
    expect(transformRows.find((row) => row.word === word)?.authentication).toMatchObject({ ikev2Id, ahId, icvBits });
  });

  it('§3.2 words of IKE name entries of the table of transforms', () => {
    for (const row of [...ikev1Encryption, ...ikev2Encryption])
      expect(encryption(row.algorithm).name).toBe(row.algorithm);
    const words = (rows: readonly { word: string }[]) => new Set(rows.map(({ word }) => word)).size;
    for (const rows of [ikev1Encryption, ikev1Hash, ikev2Encryption, ikev2Hash, ikev2Prf])
      expect(words(rows)).toBe(rows.length);
  });
});

describe('§3.3 lists', () => {
  it('§3.3 a list holds one family', () => {
    expect(actionCodes('AH_MD5,ESP_AES128_HMAC_MD5', 'A.03.02')).toEqual(['SYN011']);
    expect(actionCodes('AH_MD5,AH_MD5+ESP_3DES', 'A.02')).toEqual(['SYN011']);
  });

  it.each([
    ['A.02', 8],
    ['A.03.00', 6],
    ['A.03.02', 25],
  ] as const)('§3.3 %s takes %i ESP transforms', (dialect, limit) => {
    const words = transformRows.filter((row) => row.protocol === 'ESP' && isIn(dialect, row)).map((row) => row.word);
    const list = Array.from({ length: limit }, (_, index) => words[index % words.length]);
    const tooMany = [...list, 'ESP_NULL_HMAC_MD5'];
    const limits = (names: readonly (string | undefined)[]) =>
      read(`add host h -action ${names.join(',')}`, { dialect }).said.filter((line) => line.includes('the limit is'));
    expect(limits(list)).toEqual([]);
    expect(limits(tooMany)).toEqual([`1:20 SYN011 -action: ${limit + 1} ESP transforms; the limit is ${limit}`]);
  });

  it('§3.3 at most two AH transforms, and one nested pair', () => {
    expect(actionCodes('AH_MD5,AH_SHA1', 'A.03.00')).toEqual([]);
    expect(actionCodes('AH_MD5,AH_SHA1,AH_MD5/600', 'A.03.00')).toEqual(['SYN011', 'SYN011']);
    expect(actionCodes('AH_MD5+ESP_3DES,AH_SHA1+ESP_3DES', 'A.02')).toEqual(['SYN011']);
  });

  it('§3.3 a name that is listed twice is a warning', () => {
    expect(read('add host h -action AH_MD5,AH_MD5').problems.map(({ code, severity }) => [code, severity])).toEqual([
      ['SYN011', 'warning'],
    ]);
  });

  it('§3.3 plain actions stand alone', () => {
    expect(actionCodes('PASS,AH_MD5', 'A.03.02')).toEqual(['SYN019']);
    expect(actionCodes('FORWARD', 'A.03.02')).toEqual(['SYN019']);
  });

  it('§3.3 order is preference, host policies use transport and tunnels tunnel mode', () => {
    const { config } = read(
      'add host h -destination 10.0.0.1 -action AH_SHA1,AH_MD5 -tunnel t\nadd tunnel t -tsource 10.0.0.2 -tdestination 10.0.0.3',
    );
    const action = config.spd[0]?.action;
    expect(
      action?.kind === 'PROTECT' &&
        action.bundle.map(({ mode, proposals }) => [mode, proposals.map(({ name }) => name)]),
    ).toEqual([
      ['transport', ['AH_SHA1', 'AH_MD5']],
      ['tunnel', ['ESP_AES128_HMAC_SHA1']],
    ]);
  });
});

describe('§3.4 lifetimes', () => {
  const lifetimes = (action: string) => {
    const { value } = readRecord('host', `add host h -action ${action}`).action;
    return (
      value.kind === 'TRANSFORMS' && [value.transforms[0]?.lifetimeSeconds, value.transforms[0]?.lifetimeKilobytes]
    );
  };

  it.each([
    ['AH_MD5', [undefined, undefined]],
    ['AH_MD5/600', [600, undefined]],
    ['AH_MD5/0/0', [0, 0]],
    ['AH_MD5/4294967294/4294967294', [4294967294, 4294967294]],
    ['AH_MD5/28800/5120', [28800, 5120]],
  ])('§3.4 %s', (action, expected) => {
    expect(lifetimes(action)).toEqual(expected);
  });

  it.each([
    ['AH_MD5/1', 'SYN002'],
    ['AH_MD5/599', 'SYN002'],
    ['AH_MD5/4294967295', 'SYN002'],
    ['AH_MD5/600/1', 'SYN002'],
    ['AH_MD5/600/5119', 'SYN002'],
    ['AH_MD5/x', 'SYN019'],
    ['AH_MD5//5120', 'SYN019'],
    ['AH_MD5/', 'SYN019'],
    ['AH_MD5/600/5120/1', 'SYN019'],
  ])('§3.4 %s is refused', (action, code) => {
    expect(actionCodes(action, 'A.03.02')).toEqual([code]);
  });

  it('§3.4 the defaults are 28800 seconds and no limit of octets', () => {
    const { config } = read('add host h -destination 10.0.0.1 -action AH_MD5');
    const action = config.spd[0]?.action;
    expect(action?.kind === 'PROTECT' && action.bundle[0]?.proposals[0]).toMatchObject({
      lifetimeSeconds: { value: 28800 },
      lifetimeKilobytes: { value: 0 },
    });
  });
});
