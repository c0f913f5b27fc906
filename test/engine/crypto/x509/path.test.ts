import { describe, expect, it } from 'vitest';
import { readCertificate } from '../../../../src/engine/crypto/x509/certificate.js';
import { type PathRequest, validatePath } from '../../../../src/engine/crypto/x509/path.js';
import { dsaKey, ed448Key, ed25519Key, rsaKey } from '../key-files.js';
import { providers } from '../support.js';
import { entity, extensions, issue, now, revoke } from './pki.js';

const { ca, keyUsage, extendedKeyUsage, subjectKeyId, authorityKeyId, unknown } = extensions;
const [root, middle, other, host] = [
  entity('CN=Root,O=Example'),
  entity('CN=Middle,O=Example'),
  entity('CN=Other'),
  entity('CN=host'),
];
const caExtensions = [ca(), keyUsage(5, 6)];
const rootCertificate = issue({ subject: root, issuer: root, extensions: caExtensions });
const middleCertificate = issue({ subject: middle, issuer: root, extensions: caExtensions });
const hostCertificate = issue({ subject: host, issuer: middle, extensions: [keyUsage(0)] });
const day = 24 * 3600 * 1000;

/** What validation says: the path's length, or the codes of the faults. */
function verdict(changes: Partial<PathRequest>): number | string[] {
  const result = validatePath({
    provider: providers[1]!,
    certificate: hostCertificate,
    intermediates: [middleCertificate],
    anchors: [rootCertificate],
    crls: [],
    at: now,
    use: 'signature',
    revocation: 'if-available',
    ...changes,
  });
  return result.kind === 'valid' ? result.path.length : [...new Set(result.faults.map(({ code }) => code))];
}

describe('a path (RFC 5280 §6.1)', () => {
  it.each(providers)('leads from the end entity to the anchor with $name', (provider) => {
    expect(verdict({ provider })).toBe(3);
    const rsa = entity('CN=RSA', rsaKey());
    const chain = issue({
      subject: rsa,
      issuer: rsa,
      extensions: caExtensions,
      scheme: { kind: 'RSASSA-PSS', hash: 'SHA2-256', saltLength: 32 },
    });
    const below = (scheme: Parameters<typeof issue>[0]['scheme']) => issue({ subject: host, issuer: rsa, scheme });
    for (const scheme of [
      { kind: 'RSASSA-PKCS1-v1_5', hash: 'SHA1' },
      { kind: 'RSASSA-PKCS1-v1_5', hash: 'SHA2-512' },
      { kind: 'RSASSA-PSS', hash: 'SHA2-256', saltLength: 32 },
      { kind: 'RSASSA-PSS', hash: 'SHA1', saltLength: 20 },
    ] as const) {
      expect(verdict({ provider, certificate: below(scheme), anchors: [chain] })).toBe(2);
    }
    for (const [key, scheme] of [
      [ed25519Key(), { kind: 'EdDSA' }],
      [ed448Key(), { kind: 'EdDSA' }],
      [dsaKey(), { kind: 'DSA', hash: 'SHA1', encoding: 'DER' }],
    ] as const) {
      const authority = entity('CN=Authority', key);
      const anchor = issue({ subject: authority, issuer: authority, extensions: caExtensions, scheme });
      expect(
        verdict({ provider, certificate: issue({ subject: host, issuer: authority, scheme }), anchors: [anchor] }),
      ).toBe(2);
    }
  });

  it('is found whatever the order and however many certificates are of no use', () => {
    const strangers = Array.from({ length: 20 }, (_, index) =>
      issue({ subject: entity(`CN=${index}`, dsaKey()), issuer: other }),
    );
    expect(verdict({ intermediates: [...strangers, hostCertificate, rootCertificate, middleCertificate] })).toBe(3);
  });

  it('is found by the key identifier where two issuers have one name', () => {
    const twin = entity(middle.name);
    const [a, b] = [Uint8Array.of(1), Uint8Array.of(2)];
    const twins = [
      issue({ subject: twin, issuer: root, extensions: [...caExtensions, subjectKeyId(a)] }),
      issue({ subject: middle, issuer: root, extensions: [...caExtensions, subjectKeyId(b)] }),
    ];
    const certificate = issue({ subject: host, issuer: middle, extensions: [authorityKeyId(b)] });
    expect(verdict({ certificate, intermediates: twins })).toBe(3);
    // Without identifiers both are tried.
    expect(
      verdict({ intermediates: [issue({ subject: twin, issuer: root, extensions: caExtensions }), middleCertificate] }),
    ).toBe(3);
  });

  it('may consist of a pinned end entity alone', () => {
    expect(verdict({ anchors: [hostCertificate], intermediates: [] })).toBe(1);
    expect(verdict({ anchors: [hostCertificate], intermediates: [], at: now + 1000 * day })).toEqual(['expired']);
  });

  it('needs an anchor', () => {
    expect(verdict({ anchors: [] })).toEqual(['no-issuer']);
    expect(verdict({ intermediates: [] })).toEqual(['no-issuer']);
    const impostor = entity(root.name);
    const anchors = [issue({ subject: impostor, issuer: impostor, extensions: caExtensions })];
    expect(verdict({ anchors })).toEqual(['bad-signature']);
  });

  it('ends where certificates go round in circles', () => {
    const [a, b] = [entity('CN=A'), entity('CN=B')];
    const circle = [
      issue({ subject: a, issuer: b, extensions: caExtensions }),
      issue({ subject: b, issuer: a, extensions: caExtensions }),
    ];
    expect(verdict({ certificate: issue({ subject: host, issuer: a }), intermediates: circle })).toEqual(['no-issuer']);
  });

  it('ends after a number of attempts, whatever a peer sends', () => {
    const name = 'CN=Same';
    const crowd = Array.from({ length: 12 }, () =>
      issue({
        subject: entity(name, dsaKey()),
        issuer: entity(name, dsaKey()),
        scheme: { kind: 'DSA', hash: 'SHA1', encoding: 'DER' },
        extensions: caExtensions,
      }),
    );
    const certificate = issue({
      subject: host,
      issuer: entity(name, dsaKey()),
      scheme: { kind: 'DSA', hash: 'SHA1', encoding: 'DER' },
    });
    const result = verdict({ certificate, intermediates: crowd });
    expect(result).toContain('too-many-attempts');
    expect(result).toContain('path-too-long');
  });
});

describe('validity (RFC 5280 §6.1.3 (a)(2))', () => {
  it('includes both ends', () => {
    const certificate = issue({ subject: host, issuer: middle, notBefore: now - day, notAfter: now });
    expect(verdict({ certificate })).toBe(3);
    expect(verdict({ certificate, at: now + 1 })).toEqual(['expired']);
    expect(verdict({ certificate, at: now - day })).toBe(3);
    expect(verdict({ certificate, at: now - day - 1 })).toEqual(['not-yet-valid']);
  });

  it('is asked of issuers and anchors too', () => {
    const old = issue({ subject: middle, issuer: root, extensions: caExtensions, notAfter: now - day });
    expect(verdict({ intermediates: [old] })).toEqual(['expired']);
    const anchors = [issue({ subject: root, issuer: root, extensions: caExtensions, notAfter: now - day })];
    expect(verdict({ anchors })).toEqual(['expired']);
  });
});

describe('an issuer (RFC 5280 §6.1.4)', () => {
  const withMiddle = (...list: Parameters<typeof issue>[0]['extensions'] & object) =>
    verdict({ intermediates: [issue({ subject: middle, issuer: root, extensions: list })] });

  it('is a CA', () => {
    expect(withMiddle(ca())).toBe(3);
    expect(withMiddle()).toEqual(['not-a-ca']);
    expect(withMiddle(keyUsage(5))).toEqual(['not-a-ca']);
  });

  it('may sign certificates', () => {
    expect(withMiddle(ca(), keyUsage(0, 6))).toEqual(['key-usage']);
  });

  it('of version 1 is a CA only where it is trusted itself', () => {
    const anchors = [issue({ subject: root, issuer: root, version: 1 })];
    expect(verdict({ anchors })).toBe(3);
    expect(verdict({ intermediates: [issue({ subject: middle, issuer: root, version: 1 })] })).toEqual(['not-a-ca']);
  });

  it('allows as many CAs below it as it says (§4.2.1.9)', () => {
    const anchor = (pathLength: number) => [issue({ subject: root, issuer: root, extensions: [ca(pathLength)] })];
    expect(verdict({ anchors: anchor(1) })).toBe(3);
    expect(verdict({ anchors: anchor(0) })).toEqual(['path-too-long']);
    expect(withMiddle(ca(0))).toBe(3);
    // A CA that certified its own next key does not count.
    const next = entity(middle.name);
    const [first, second] = [new Uint8Array([1]), new Uint8Array([2])];
    const certificate = issue({ subject: host, issuer: next, extensions: [authorityKeyId(second)] });
    const intermediates = [
      issue({ subject: middle, issuer: root, extensions: [ca(0), subjectKeyId(first)] }),
      issue({ subject: next, issuer: middle, extensions: [ca(), subjectKeyId(second), authorityKeyId(first)] }),
    ];
    expect(verdict({ certificate, intermediates })).toBe(4);
  });
});

describe('a certificate', () => {
  it('with a critical extension that we do not know is refused (§4.2)', () => {
    const certificate = (critical: boolean) =>
      issue({ subject: host, issuer: middle, extensions: [unknown(critical)] });
    expect(verdict({ certificate: certificate(false) })).toBe(3);
    expect(verdict({ certificate: certificate(true) })).toEqual(['unknown-critical-extension']);
    const constrained = issue({
      subject: middle,
      issuer: root,
      extensions: [...caExtensions, { ...unknown(true), oid: '2.5.29.30' }],
    });
    const result = validatePath({
      provider: providers[0]!,
      certificate: hostCertificate,
      intermediates: [constrained],
      anchors: [rootCertificate],
      crls: [],
      at: now,
      use: 'signature',
      revocation: 'if-available',
    });
    expect(result).toMatchObject({
      faults: [{ certificate: constrained, text: 'its critical extension nameConstraints is not supported' }],
    });
  });

  it('whose signature is wrong is refused', () => {
    expect(verdict({ certificate: issue({ subject: host, issuer: middle, forge: true }) })).toEqual(['bad-signature']);
    const changed = hostCertificate.der.slice();
    changed[hostCertificate.der.length - 40]! ^= 1;
    const certificate = readCertificate(changed);
    expect(certificate.kind === 'value' && verdict({ certificate: certificate.value })).toEqual(['bad-signature']);
  });

  it('signed over MD5 is refused', () => {
    const rsa = entity('CN=Old', rsaKey());
    const scheme = { kind: 'RSASSA-PKCS1-v1_5', hash: 'MD5' } as const;
    const anchors = [issue({ subject: rsa, issuer: rsa, scheme, extensions: caExtensions })];
    expect(verdict({ certificate: issue({ subject: host, issuer: rsa, scheme }), anchors })).toEqual([
      'weak-signature',
    ]);
  });

  it('is for the use that IKE makes of it (RFC 4945 §5.1.3.2)', () => {
    const withUsage = (...bits: number[]) => issue({ subject: host, issuer: middle, extensions: [keyUsage(...bits)] });
    expect(verdict({ certificate: withUsage(1) })).toBe(3);
    expect(verdict({ certificate: withUsage(2) })).toEqual(['key-usage']);
    expect(verdict({ certificate: withUsage(2), use: 'encryption' })).toBe(3);
    expect(verdict({ certificate: withUsage(0), use: 'encryption' })).toEqual(['key-usage']);
    expect(verdict({ certificate: withUsage() })).toEqual(['key-usage']);
    expect(verdict({ certificate: issue({ subject: host, issuer: middle }), use: 'encryption' })).toBe(3);
  });

  it('is for IKE or for anything where it says what it is for (RFC 4945 §5.1.3.12)', () => {
    const forPurposes = (...purposes: string[]) =>
      issue({ subject: host, issuer: middle, extensions: [extendedKeyUsage(...purposes)] });
    const serverAuth = '1.3.6.1.5.5.7.3.1';
    expect(verdict({ certificate: forPurposes('1.3.6.1.5.5.7.3.17') })).toBe(3);
    expect(verdict({ certificate: forPurposes(serverAuth, '2.5.29.37.0') })).toBe(3);
    expect(verdict({ certificate: forPurposes(serverAuth) })).toEqual(['extended-key-usage']);
    expect(verdict({ certificate: forPurposes(serverAuth), ignoreExtendedKeyUsage: true })).toBe(3);
  });
});

describe('revocation (RFC 5280 §6.3)', () => {
  const required = { revocation: 'required' } as const;
  const clean = [revoke({ issuer: root, revoked: [] }), revoke({ issuer: middle, revoked: [] })];

  it.each(providers)('is known from the CRL of the issuer with $name', (provider) => {
    const crls = [
      revoke({
        issuer: middle,
        revoked: [{ certificate: rootCertificate }, { certificate: hostCertificate, reason: 1 }],
      }),
    ];
    expect(verdict({ provider, crls })).toEqual(['revoked']);
    expect(
      verdict({ provider, crls: [revoke({ issuer: root, revoked: [{ certificate: middleCertificate }] })] }),
    ).toEqual(['revoked']);
    // A serial number is unique only with its issuer.
    expect(verdict({ provider, crls: [revoke({ issuer: root, revoked: [{ certificate: hostCertificate }] })] })).toBe(
      3,
    );
  });

  it('says when and why', () => {
    const crls = [revoke({ issuer: middle, revoked: [{ certificate: hostCertificate, reason: 1 }] })];
    const result = validatePath({
      provider: providers[1]!,
      certificate: hostCertificate,
      intermediates: [middleCertificate],
      anchors: [rootCertificate],
      crls,
      at: now,
      use: 'signature',
      revocation: 'if-available',
    });
    expect(result).toMatchObject({
      kind: 'invalid',
      faults: [{ code: 'revoked', text: 'it was revoked on 2030-06-14 (keyCompromise)' }],
    });
  });

  it('can be asked for of every certificate below the anchor', () => {
    expect(verdict({ ...required, crls: clean })).toBe(3);
    expect(verdict({ ...required, crls: [clean[1]!] })).toEqual(['no-current-crl']);
    expect(verdict({ ...required, crls: [] })).toEqual(['no-current-crl']);
  });

  it('is not taken from a CRL that is forged, of another time, of another key or has unknown critical extensions', () => {
    const revoked = [{ certificate: hostCertificate }];
    const unusable = [
      revoke({ issuer: middle, revoked, forge: true }),
      revoke({ issuer: middle, revoked, thisUpdate: now + day }),
      revoke({ issuer: middle, revoked, extensions: [unknown(true)] }),
      revoke({ issuer: entity(middle.name), revoked }),
    ];
    for (const crl of unusable) {
      expect(verdict({ crls: [crl] })).toBe(3);
      expect(verdict({ ...required, crls: [clean[0]!, crl] })).toEqual(['no-current-crl']);
    }
    const withoutRight = issue({ subject: middle, issuer: root, extensions: [ca(), keyUsage(5)] });
    expect(verdict({ crls: [revoke({ issuer: middle, revoked })], intermediates: [withoutRight] })).toBe(3);
  });

  it('once known does not expire with its CRL, but for a hold', () => {
    const old = { issuer: middle, thisUpdate: now - 2 * day, nextUpdate: now - day };
    expect(verdict({ crls: [revoke({ ...old, revoked: [{ certificate: hostCertificate }] })] })).toEqual(['revoked']);
    expect(verdict({ crls: [revoke({ ...old, revoked: [{ certificate: hostCertificate, reason: 6 }] })] })).toBe(3);
    expect(verdict({ ...required, crls: [clean[0]!, revoke({ ...old, revoked: [] })] })).toEqual(['no-current-crl']);
  });
});
