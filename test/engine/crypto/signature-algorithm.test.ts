import { describe, expect, it } from 'vitest';
import { toHex } from '../../../src/engine/crypto/octets.js';
import type { KeyKind, SignatureScheme } from '../../../src/engine/crypto/provider.js';
import { readSignatureAlgorithm, writeSignatureAlgorithm } from '../../../src/engine/crypto/signature-algorithm.js';
import { hex } from './support.js';

/** The octets of RFC 7427 appendix A and RFC 8420 appendix A. */
const published: readonly (readonly [octets: string, scheme: SignatureScheme, key: KeyKind])[] = [
  ['300d06092a864886f70d0101050500', { kind: 'RSASSA-PKCS1-v1_5', hash: 'SHA1' }, 'RSA'],
  ['300d06092a864886f70d01010b0500', { kind: 'RSASSA-PKCS1-v1_5', hash: 'SHA2-256' }, 'RSA'],
  ['300d06092a864886f70d01010c0500', { kind: 'RSASSA-PKCS1-v1_5', hash: 'SHA2-384' }, 'RSA'],
  ['300d06092a864886f70d01010d0500', { kind: 'RSASSA-PKCS1-v1_5', hash: 'SHA2-512' }, 'RSA'],
  ['300906072a8648ce380403', { kind: 'DSA', hash: 'SHA1', encoding: 'DER' }, 'DSA'],
  ['300b0609608648016503040302', { kind: 'DSA', hash: 'SHA2-256', encoding: 'DER' }, 'DSA'],
  ['300906072a8648ce3d0401', { kind: 'ECDSA', hash: 'SHA1', encoding: 'DER' }, 'EC'],
  ['300a06082a8648ce3d040302', { kind: 'ECDSA', hash: 'SHA2-256', encoding: 'DER' }, 'EC'],
  ['300a06082a8648ce3d040303', { kind: 'ECDSA', hash: 'SHA2-384', encoding: 'DER' }, 'EC'],
  ['300a06082a8648ce3d040304', { kind: 'ECDSA', hash: 'SHA2-512', encoding: 'DER' }, 'EC'],
  ['300d06092a864886f70d01010a3000', { kind: 'RSASSA-PSS', hash: 'SHA1', saltLength: 20 }, 'RSA'],
  ['300506032b6570', { kind: 'EdDSA' }, 'Ed25519'],
  ['300506032b6571', { kind: 'EdDSA' }, 'Ed448'],
];

const pss256 =
  '304106092a864886f70d01010a3034a00f300d06096086480165030402010500' +
  'a11c301a06092a864886f70d010108300d06096086480165030402010500a203020120';

describe('AlgorithmIdentifiers (RFC 7427 appendix A)', () => {
  it.each([...published, [pss256, { kind: 'RSASSA-PSS', hash: 'SHA2-256', saltLength: 32 }, 'RSA'] as const])(
    '%s',
    (octets, scheme, key) => {
      expect(readSignatureAlgorithm(hex(octets))).toEqual(scheme);
      expect(toHex(writeSignatureAlgorithm(scheme, key)!)).toBe(octets);
    },
  );

  it('may spell defaults out', () => {
    const trailer = `${pss256.replace('3041', '3046').replace('3034', '3039')}a303020101`;
    expect(readSignatureAlgorithm(hex(trailer))).toEqual({ kind: 'RSASSA-PSS', hash: 'SHA2-256', saltLength: 32 });
    expect(readSignatureAlgorithm(hex('300b06092a864886f70d01010b'))).toEqual({
      kind: 'RSASSA-PKCS1-v1_5',
      hash: 'SHA2-256',
    });
  });

  it('are refused where we could not verify what they name', () => {
    const otherMask = pss256.replace(/(0d06096086480165030402)010500a2/, '$1020500a2');
    const otherTrailer = `${pss256.replace('3041', '3046').replace('3034', '3039')}a303020102`;
    for (const octets of [
      otherMask,
      otherTrailer,
      '300506032b6572',
      '',
      '3000',
      '300d06092a864886f70d01010b0501',
      `${published[1]![0]}00`,
    ]) {
      expect(readSignatureAlgorithm(hex(octets.length % 2 ? `${octets}0` : octets)), octets).toBeUndefined();
    }
  });

  it('do not exist for signatures of IKEv1', () => {
    expect(writeSignatureAlgorithm({ kind: 'RSA-raw-hash' }, 'RSA')).toBeUndefined();
    expect(writeSignatureAlgorithm({ kind: 'ECDSA', hash: 'SHA2-256', encoding: 'raw' }, 'EC')).toBeUndefined();
    expect(writeSignatureAlgorithm({ kind: 'DSA', hash: 'prehashed', encoding: 'DER' }, 'DSA')).toBeUndefined();
  });
});
