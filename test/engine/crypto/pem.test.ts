import { describe, expect, it } from 'vitest';
import { pemBlocks, privateKeyOfPem } from '../../../src/engine/crypto/pem.js';
import { dsaKey, ecKey, ed25519Key } from './key-files.js';

function pem(label: string, octets: Uint8Array, newline = '\n'): string {
  const lines = Buffer.from(octets)
    .toString('base64')
    .match(/.{1,64}/g)!;
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join(newline);
}

describe('PEM (RFC 7468)', () => {
  it('is found among other text, in order', () => {
    const [a, b] = [Uint8Array.of(1, 2, 3), new Uint8Array(100).fill(7)];
    const text = `subject=CN = a\n${pem('CERTIFICATE', a)}\nbetween\r\n${pem('X509 CRL', b, '\r\n')}`;
    expect(pemBlocks(text)).toEqual([
      { label: 'CERTIFICATE', der: a, encrypted: false },
      { label: 'X509 CRL', der: b, encrypted: false },
    ]);
  });

  it('that is cut off or no base64 is left out', () => {
    const whole = pem('CERTIFICATE', new Uint8Array(90));
    expect(pemBlocks(whole.slice(0, -20))).toEqual([]);
    expect(pemBlocks(whole.replace('AAAA', 'A*AA'))).toEqual([]);
    expect(pemBlocks(whole.replace('END CERTIFICATE', 'END X'))).toEqual([]);
    expect(pemBlocks('')).toEqual([]);
  });

  it('takes no longer for text made to be slow', () => {
    const begin = performance.now();
    expect(pemBlocks('-----BEGIN CERTIFICATE-----\n'.repeat(100_000))).toEqual([]);
    expect(performance.now() - begin).toBeLessThan(2000);
  });

  it('holds private keys', () => {
    for (const key of [dsaKey(), ecKey('secp384r1'), ed25519Key()]) {
      const result = privateKeyOfPem(pem('PRIVATE KEY', key.reveal()));
      expect(result.kind === 'key' && result.pkcs8.equals(key)).toBe(true);
    }
  });

  it('without a key that we read says why', () => {
    const reason = (text: string) => privateKeyOfPem(text);
    expect(reason('')).toEqual({ kind: 'fault', reason: 'no private key in PEM form' });
    expect(reason(pem('ENCRYPTED PRIVATE KEY', Uint8Array.of(0)))).toMatchObject({
      reason: expect.stringContaining('encrypted'),
    });
    expect(reason(pem('OPENSSH PRIVATE KEY', Uint8Array.of(0)))).toMatchObject({
      reason: expect.stringContaining('OPENSSH'),
    });
    expect(reason(pem('EC PRIVATE KEY', Uint8Array.of(0)))).toMatchObject({ kind: 'fault' });
    expect(reason(pem('DSA PRIVATE KEY', Uint8Array.of(0)))).toMatchObject({ kind: 'fault' });
  });
});
