/** What pluto makes of ike=, esp= and ah=; each line was compared with `ipsec algparse` of the version it names. */
import { describe, expect, it } from 'vitest';
import { libreswanVersions, productOf } from '../../../src/dialects/libreswan/product.js';
import { readSuites, suiteName } from '../../../src/dialects/libreswan/proposals.js';
import type { Protocol } from '../../../src/dialects/libreswan/support.js';

function read(version: string, ikeVersion: 1 | 2, written: string, pfs = true): readonly string[] {
  const [name = '', text] = written.split(/=(.*)/s);
  const protocol = name.toUpperCase() as Protocol;
  const product = productOf('libreswan', version);
  const defaults = product.defaults.proposals[`${name as 'ike' | 'esp' | 'ah'}${ikeVersion}`];
  const reading = readSuites(text ?? defaults.proposals, {
    protocol,
    version: ikeVersion,
    defaults,
    rules: { flavour: 'libreswan', version: product.version },
    pfs,
  });
  return reading.kind === 'fault' ? [`${reading.at}: ${reading.message}`] : reading.suites.map(suiteName);
}

const groups4 = 'MODP-2048+MODP-3072+MODP-4096+MODP-8192+ECP-256+ECP-384+ECP-521+X25519';
const groups5 = 'ECP-256+ECP-384+ECP-521+X25519+MODP-4096+MODP-3072+MODP-2048+MODP-8192';
const hashes = 'HMAC-SHA2-512-256+HMAC-SHA2-256-128/HMAC-SHA2-512+HMAC-SHA2-256';

describe('the proposals of nothing written', () => {
  it('are those of the version, IKEv2', () => {
    expect(read('4.10', 2, 'ike')).toEqual([
      `AES-GCM-16-256/HMAC-SHA2-512+HMAC-SHA2-256/${groups4}`,
      `AES-GCM-16-128/HMAC-SHA2-512+HMAC-SHA2-256/${groups4}`,
      `AES-CBC-256/${hashes}/${groups4}`,
      `AES-CBC-128/${hashes}/${groups4}`,
    ]);
    expect(read('5.4', 2, 'ike')[2]).toBe(`CHACHA20-POLY1305/HMAC-SHA2-512+HMAC-SHA2-256/${groups5}`);
    expect(read('4.10', 2, 'esp')).toEqual([
      'AES-GCM-16-256',
      'AES-GCM-16-128',
      'AES-CBC-256/HMAC-SHA2-512-256+HMAC-SHA2-256-128',
      'AES-CBC-128/HMAC-SHA2-512-256+HMAC-SHA2-256-128',
    ]);
    expect(read('4.10', 2, 'ah')).toEqual(['HMAC-SHA2-512-256', 'HMAC-SHA2-256-128', 'HMAC-SHA1-96']);
    expect(read('5.4', 2, 'ah')).toEqual(['HMAC-SHA2-512-256', 'HMAC-SHA2-256-128']);
  });

  it('are multiplied out for IKEv1, groups first', () => {
    const found = read('4.10', 1, 'ike');
    expect(found).toHaveLength(12);
    expect(found.slice(0, 4)).toEqual([
      'AES-CBC-256+AES-CBC-128/HMAC-SHA2-256/MODP-2048',
      'AES-CBC-256+AES-CBC-128/HMAC-SHA2-512/MODP-2048',
      'AES-CBC-256+AES-CBC-128/HMAC-SHA1/MODP-2048',
      'AES-CBC-256+AES-CBC-128/HMAC-SHA2-256/MODP-1536',
    ]);
    expect(read('4.10', 1, 'esp')).toEqual(['AES-CBC-128+AES-CBC-256/HMAC-SHA1-96']);
    expect(read('4.15', 1, 'esp')).toContain('3DES-CBC/HMAC-SHA2-256-128');
  });

  it.each(libreswanVersions)('of %s can be read', (version) => {
    for (const name of ['ike', 'esp', 'ah'])
      for (const ikeVersion of [1, 2] as const) expect(read(version, ikeVersion, name).join()).not.toMatch(/^\d+: /);
  });
});

describe('a list of proposals', () => {
  it.each([
    ['4.10', 1, 'ike=3des-sha1', 'HMAC-SHA1/MODP-2048', '3DES-CBC/HMAC-SHA1/MODP-1536'],
    ['4.10', 2, 'ike=aes_gcm-sha2', `AES-GCM-16-256+AES-GCM-16-128/HMAC-SHA2-256/${groups4}`],
    ['4.10', 2, 'ike=aes;dh20', `AES-CBC-256+AES-CBC-128/${hashes}/ECP-384`],
    ['4.10', 2, 'ike=aes-128-sha1-modp2048', 'AES-CBC-128/HMAC-SHA1-96/HMAC-SHA1/MODP-2048'],
    ['4.10', 2, 'ike=aes_gcm_16_128-none-sha1-modp2048', 'AES-GCM-16-128/HMAC-SHA1/MODP-2048'],
    [
      '4.10',
      2,
      'ike=aes-sha1+sha2-modp2048+dh31',
      'HMAC-SHA1-96+HMAC-SHA2-256-128/HMAC-SHA1+HMAC-SHA2-256/MODP-2048+X25519',
    ],
    ['5.4', 2, 'ike=aes-sha2;prf=sha1;ke=dh20', 'AES-CBC-256+AES-CBC-128/HMAC-SHA1-96/HMAC-SHA1/ECP-384'],
    [
      '5.4',
      2,
      'ike=aes256-sha2;dh20;addke1=ml_kem_768+none',
      'AES-CBC-256/HMAC-SHA2-256-128/HMAC-SHA2-256/ECP-384/ML-KEM-768+NONE',
    ],
    ['4.10', 2, 'esp=aes_gcm_a-128-null', 'AES-GCM-8-128'],
    ['4.10', 2, 'esp=null-md5', 'NULL/HMAC-MD5-96'],
    ['4.10', 2, 'esp=aes128+aes256-sha2;modp2048', 'AES-CBC-128+AES-CBC-256/HMAC-SHA2-256-128/MODP-2048'],
    ['4.10', 2, 'ah=sha1-modp2048', 'HMAC-SHA1-96/MODP-2048'],
    ['4.10', 1, 'ah=sha2', 'HMAC-SHA2-256-128'],
  ] as const)('%s IKEv%i %s', (version, ikeVersion, text, ...expected) => {
    const found = read(version, ikeVersion, text);
    for (const part of expected) expect(found.some((name) => name.endsWith(String(part)))).toBe(true);
    expect(found).toHaveLength(expected.length);
  });

  it('is told without repetition', () => {
    expect(read('4.10', 2, 'esp=aes256-sha1,aes256-sha1')).toHaveLength(1);
  });

  it.each([
    ['4.10', 2, 'ike=', '0: a cipher is missing'],
    ['4.10', 2, 'ike=aes256,', '7: a cipher is missing'],
    ['4.10', 2, 'ike=rot13', "0: 'rot13' is no cipher that is known here"],
    ['4.10', 2, 'ike=aes512-sha1', '0: aes has no key length of 512 bits'],
    ['4.10', 2, 'esp=3des192-sha1', '0: 3des has no key length of 192 bits'],
    ['4.10', 2, 'ike=aes-sha1-modp1024', '9: group modp1024 is not supported for IKE with IKEv2'],
    ['4.10', 1, 'ike=aes_gcm-sha2', '0: aes_gcm is not supported for IKE with IKEv1'],
    ['4.10', 1, 'ike=aes+3des', '4: IKEv1 has one algorithm in a place, and no +'],
    ['4.10', 2, 'esp=aes_gcm-sha1', '0: this cipher brings its own integrity'],
    ['4.10', 2, 'esp=aes-none', '0: this cipher needs an integrity algorithm'],
    ['4.10', 2, 'esp=aes+aes_gcm', '0: ciphers with and without integrity of their own do not go together'],
    ['4.10', 2, 'esp=aes-sha1-modp2048-x', "18: 'x' is no algorithm that can stand here"],
    ['4.10', 2, 'esp=aes;modp2048,aes', '0: either all or none of the proposals name a group'],
    ['4.10', 2, 'esp=aes;modp2048,aes256;modp3072', '0: the proposals name different groups'],
    ['4.10', 2, 'ike=aes;dh20;addke1=dh21', "16: 'dh21' is no algorithm that can stand here"],
    ['4.10', 2, 'ike=aes128-sha2_256+aes_cmac-sha2_256-dh19', "16: 'aes_cmac' is for the kernel alone, not for IKE"],
    ['5.4', 2, 'ike=aes128-aes_cmac-sha2_256-dh19', "7: 'aes_cmac' is for the kernel alone, not for IKE"],
    ['5.4', 1, 'ike=aes;addke1=dh20', "11: 'dh20' is no algorithm that can stand here"],
  ] as const)('%s IKEv%i refuses %s', (version, ikeVersion, text, message) => {
    expect(read(version, ikeVersion, text)).toEqual([message]);
  });

  it('ignores groups of children without PFS', () => {
    expect(read('4.10', 2, 'esp=aes128-sha1;modp2048,aes256-sha1', false)).toHaveLength(2);
  });
});
