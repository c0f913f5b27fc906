import { X509Certificate } from 'node:crypto';
import { rootCertificates } from 'node:tls';
import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { derElement } from '../../../../src/engine/crypto/asn1/der-writer.js';
import { toHex } from '../../../../src/engine/crypto/octets.js';
import { pemBlocks } from '../../../../src/engine/crypto/pem.js';
import { readCertificate } from '../../../../src/engine/crypto/x509/certificate.js';
import { readCrl } from '../../../../src/engine/crypto/x509/crl.js';
import { certificateIdentities, certificateMatches, certifies } from '../../../../src/engine/crypto/x509/identity.js';
import { isSameName, nameAttributes, parseName } from '../../../../src/engine/crypto/x509/name.js';
import { providers } from '../support.js';
import { altName, entity, extensions, issue, name, now, revoke } from './pki.js';

const root = entity('CN=Root,O=Example');
const host = entity('CN=gw.example.org,OU=Blue Lab,O=Example,C=US');
const names = [
  altName.dns('GW.example.org'),
  altName.email('Admin@Example.org'),
  altName.ip(192, 0, 2, 1),
  altName.ip(0x20, 1, 0xd, 0xb8, ...new Array(11).fill(0), 1),
  altName.directory('CN=second,O=Example'),
  altName.uri('http://example.org/'),
  altName.dns('*.example.org'),
  altName.dns('evil.example.org\0.example.org'),
];
const certificate = issue({
  subject: host,
  issuer: root,
  extensions: [extensions.altNames(...names), extensions.keyUsage(0, 2)],
});

describe('reading a certificate', () => {
  it('agrees with OpenSSL', () => {
    const theirs = new X509Certificate(certificate.der);
    expect(certificate.serialNumber.replace(/^0+/, '')).toBe(theirs.serialNumber.toLowerCase().replace(/^0+/, ''));
    expect(certificate.notBefore).toBe(Date.parse(theirs.validFrom));
    expect(certificate.notAfter).toBe(Date.parse(theirs.validTo));
    expect(toHex(certificate.spki)).toBe(theirs.publicKey.export({ format: 'der', type: 'spki' }).toString('hex'));
    const subject = nameAttributes(certificate.subject).map((attribute) => `${attribute.name}=${attribute.value}`);
    expect(subject.join('\n')).toBe(theirs.subject);
    expect([...certificate.extensions.keyUsage!]).toEqual(['digitalSignature', 'keyEncipherment']);
    expect(certificate.signatureScheme).toEqual({ kind: 'ECDSA', hash: 'SHA2-256', encoding: 'DER' });
  });

  it('says what is malformed', () => {
    const reason = (octets: Uint8Array) => {
      const result = readCertificate(octets);
      return result.kind === 'fault' ? result.reason : 'none';
    };
    expect(reason(new Uint8Array(0))).toBe('an element is missing');
    expect(reason(certificate.der.subarray(0, 100))).toBe('an element reaches beyond its container');
    expect(reason(Uint8Array.from([...certificate.der, 0]))).toBe('something follows where nothing may');
    const twice = [extensions.unknown(false), extensions.unknown(false)];
    expect(() => issue({ subject: host, issuer: root, extensions: twice })).toThrow('comes twice');
    expect(() => issue({ subject: host, issuer: root, version: 1, extensions: twice })).toThrow('before version 3');
    const broken = { oid: '2.5.29.19', value: derElement(0x30, derElement(0x01, Uint8Array.of(1))) };
    expect(() => issue({ subject: host, issuer: root, extensions: [broken] })).toThrow(
      'extension 2.5.29.19: a malformed BOOLEAN',
    );
  });

  test.prop([fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 })], { numRuns: 200 })(
    'survives any damage',
    (changes) => {
      const octets = certificate.der.slice();
      for (const [at, value] of changes) octets[at % octets.length] = value;
      const result = readCertificate(octets);
      // Whatever still reads can be asked anything.
      if (result.kind === 'value') certificateIdentities(result.value);
      else expect(result.reason).not.toBe('');
    },
  );

  test.prop([fc.uint8Array({ maxLength: 300 })], { numRuns: 150 })('survives any octets', (octets) => {
    expect(readCertificate(octets).kind).toBe('fault');
    expect(readCrl(octets).kind).toBe('fault');
    expect(parseName(octets)?.der ?? octets).toBe(octets);
  });

  it('refuses nesting without end', () => {
    let octets: Uint8Array = new Uint8Array(0);
    for (let depth = 0; depth < 2000; depth += 1) octets = derElement(0x30, octets);
    expect(readCertificate(octets).kind).toBe('fault');
    expect(parseName(octets)).toBeUndefined();
  });
});

describe('the root certificates that Node brings', () => {
  const certificates = rootCertificates.map((pem) => readCertificate(pemBlocks(pem)[0]!.der));

  it('are all read, and as OpenSSL reads them', () => {
    expect(certificates.length).toBeGreaterThan(100);
    for (const [index, result] of certificates.entries()) {
      const theirs = new X509Certificate(rootCertificates[index]!);
      if (result.kind === 'fault') throw new Error(`${theirs.subject}: ${result.reason}`);
      const { serialNumber, notAfter, issuer, subject, extensions } = result.value;
      expect(BigInt(`0x${serialNumber}`)).toBe(BigInt(`0x${theirs.serialNumber}`));
      expect(notAfter).toBe(Date.parse(theirs.validTo));
      expect(isSameName(issuer, subject)).toBe(true);
      expect(extensions.basicConstraints?.isCa ?? result.value.version < 3).toBe(theirs.ca || result.value.version < 3);
    }
  });

  it('have keys and signatures about which both providers agree', () => {
    for (const result of certificates) {
      if (result.kind === 'fault') continue;
      const { spki, signatureScheme, tbs, signature } = result.value;
      const verified = providers.map((provider) =>
        signatureScheme ? provider.importPublicKey(spki)?.verify(signatureScheme, tbs, signature) : undefined,
      );
      expect(verified).toEqual([true, true]);
    }
  });
});

describe('reading a CRL', () => {
  it('gives what it lists', () => {
    const crl = revoke({
      issuer: root,
      revoked: [{ certificate, reason: 4 }, { certificate: issue({ subject: root, issuer: root }) }],
    });
    expect(crl.revoked.get(certificate.serialNumber)).toEqual({ date: now - 1000, reason: 'superseded' });
    expect([...crl.revoked.values()][1]!.reason).toBe('unspecified');
    expect(crl.nextUpdate).toBeGreaterThan(crl.thisUpdate);
    expect(readCrl(crl.der.subarray(1)).kind).toBe('fault');
  });
});

describe('identities (RFC 4945 §3.1, §5.1.3.6)', () => {
  it('are the subject and the alternative names that IKE knows', () => {
    expect(certificateIdentities(certificate).map(({ type, value }) => `${type} ${value}`)).toEqual([
      'X500-DN CN=gw.example.org,OU=Blue Lab,O=Example,C=US',
      'FQDN GW.example.org',
      'USER-FQDN Admin@Example.org',
      'IPV4 192.0.2.1',
      'IPV6 2001:db8::1',
      'X500-DN CN=second,O=Example',
    ]);
    const unnamed = issue({ subject: entity(''), issuer: root });
    expect(certificateIdentities(unnamed)).toEqual([]);
  });

  it('are claimed rightly or wrongly', () => {
    const claims = (type: 'IPV4' | 'IPV6' | 'FQDN' | 'USER-FQDN' | 'KEY-ID' | 'X500-DN', value: string) =>
      certifies(certificate, { type, value });
    expect(claims('FQDN', 'gw.EXAMPLE.org')).toBe(true);
    expect(claims('FQDN', 'a.example.org')).toBe(false);
    expect(claims('FQDN', 'evil.example.org')).toBe(false);
    expect(claims('USER-FQDN', 'Admin@example.ORG')).toBe(true);
    expect(claims('USER-FQDN', 'admin@example.org')).toBe(false);
    expect(claims('IPV4', '192.0.2.1')).toBe(true);
    expect(claims('IPV4', '192.0.2.2')).toBe(false);
    expect(claims('IPV6', '2001:db8:0::1')).toBe(true);
    expect(claims('KEY-ID', 'GW.example.org')).toBe(false);
    // A name of the subject that looks like a host is no host name.
    const common = issue({ subject: entity('CN=other.example.org'), issuer: root });
    expect(certifies(common, { type: 'FQDN', value: 'other.example.org' })).toBe(false);
  });

  it('that are distinguished names are claimed by their octets', () => {
    const claims = (dn: string, tag?: number) => certifies(certificate, { nameDer: name(dn, tag) });
    expect(claims('CN=gw.example.org,OU=Blue Lab,O=Example,C=US')).toBe(true);
    // As PrintableString, in another case and with more spaces it is the same name (RFC 5280 §7.1).
    expect(claims('CN=GW.example.org,OU= blue  lab,O=EXAMPLE,C=US', 0x13)).toBe(true);
    expect(claims('OU=Blue Lab,CN=gw.example.org,O=Example,C=US')).toBe(false);
    expect(claims('CN=gw.example.org,OU=Blue Lab,O=Example')).toBe(false);
    expect(claims('CN=second,O=Example')).toBe(false);
    expect(certifies(certificate, { nameDer: new Uint8Array(0) })).toBe(false);
    expect(certifies(issue({ subject: entity(''), issuer: root }), { nameDer: name('') })).toBe(false);
  });

  it('match what a policy expects', () => {
    const dn = (...attributes: { name: string; value: string }[]) =>
      certificateMatches(certificate, { kind: 'dn', type: 'X500-DN', attributes });
    expect(dn({ name: 'O', value: 'example' }, { name: 'C', value: 'US' })).toBe(true);
    expect(dn({ name: 'O', value: 'Example' }, { name: 'CN', value: 'absent' })).toBe(false);
    expect(certificateMatches(certificate, { kind: 'subtree', type: 'FQDN', suffix: 'example.org' })).toBe(true);
    expect(certificateMatches(certificate, { kind: 'exact', type: 'IPV4', value: '192.0.2.1' })).toBe(true);
    expect(certificateMatches(certificate, { kind: 'any', type: 'USER-FQDN' })).toBe(true);
    expect(certificateMatches(certificate, { kind: 'any', type: 'KEY-ID' })).toBe(false);
  });

  it('are not found in a value that only looks like attributes', () => {
    const sly = issue({ subject: host, issuer: root, subjectDer: slyName() });
    const attributes = [{ name: 'CN', value: 'admin' }];
    expect(certificateMatches(sly, { kind: 'dn', type: 'X500-DN', attributes })).toBe(false);
  });
});

/** A name whose only attribute is O, with a value that has a comma and an equals sign in it. */
function slyName(): Uint8Array {
  const type = derElement(0x06, Uint8Array.of(0x55, 4, 10));
  const value = derElement(0x0c, new TextEncoder().encode('Example,CN=admin'));
  return derElement(0x30, derElement(0x31, derElement(0x30, type, value)));
}

describe('names (RFC 5280 §7.1)', () => {
  it('differ by their attributes and by their structure', () => {
    const parsed = (dn: string) => parseName(name(dn))!;
    expect(isSameName(parsed('CN=a,O=b'), parsed('CN=A,O=B'))).toBe(true);
    expect(isSameName(parsed('CN=a,O=b'), parsed('O=b,CN=a'))).toBe(false);
    expect(isSameName(parsed('CN=a'), parsed('OU=a'))).toBe(false);
    expect(isSameName(parsed(''), parsed('CN=a'))).toBe(false);
  });
});
