/** What rules get to know of certificates and revocation lists. */
import { keyBits, type PublicNumbers, readPublicKey } from '../../engine/crypto/keys.js';
import { toHex } from '../../engine/crypto/octets.js';
import type { CryptoProvider } from '../../engine/crypto/provider.js';
import type { SignatureScheme } from '../../engine/crypto/signature-scheme.js';
import type { Certificate } from '../../engine/crypto/x509/certificate.js';
import type { Crl } from '../../engine/crypto/x509/crl.js';
import { certificateIdentities } from '../../engine/crypto/x509/identity.js';
import { type DistinguishedName, isSameName } from '../../engine/crypto/x509/name.js';
import { formatDistinguishedName } from '../../engine/wire/payloads/distinguished-name.js';
import type { CertificateFacts, CertificateKey, CrlFacts } from '../../model/credentials.js';

/** The facts about a certificate. */
export function certificateFacts(provider: CryptoProvider, certificate: Certificate): CertificateFacts {
  const { extensions, signatureScheme } = certificate;
  const key = readPublicKey(certificate.spki);
  return {
    fingerprint: fingerprint(provider, certificate.der),
    keyFingerprint: fingerprint(provider, certificate.spki),
    subject: nameText(certificate.subject),
    issuer: nameText(certificate.issuer),
    serialNumber: certificate.serialNumber,
    selfIssued: isSameName(certificate.subject, certificate.issuer),
    notBefore: certificate.notBefore,
    notAfter: certificate.notAfter,
    ...(key ? { key: keyFacts(key) } : {}),
    ...(signatureScheme ? { signature: signatureFacts(signatureScheme) } : {}),
    isCa: extensions.basicConstraints?.isCa === true,
    ...(extensions.keyUsage ? { keyUsage: [...extensions.keyUsage] } : {}),
    ...(extensions.extendedKeyUsage ? { extendedKeyUsage: extensions.extendedKeyUsage } : {}),
    identities: certificateIdentities(certificate).map(({ type, value }) => ({ type, value })),
    crlDistributionPoints: extensions.crlDistributionPoints,
  };
}

/** The facts about a revocation list. */
export function crlFacts(provider: CryptoProvider, crl: Crl): CrlFacts {
  return {
    fingerprint: fingerprint(provider, crl.der),
    issuer: nameText(crl.issuer),
    thisUpdate: crl.thisUpdate,
    ...(crl.nextUpdate === undefined ? {} : { nextUpdate: crl.nextUpdate }),
    revoked: crl.revoked.size,
  };
}

function fingerprint(provider: CryptoProvider, octets: Uint8Array): string {
  return toHex(provider.hashes['SHA2-256'].digest(octets));
}

function nameText(name: DistinguishedName): string {
  return formatDistinguishedName(name.der) ?? '(a name that cannot be written)';
}

function keyFacts(key: PublicNumbers): CertificateKey {
  const bits = keyBits(key);
  switch (key.kind) {
    case 'EC':
      return { kind: 'EC', bits, name: key.group.transform.name };
    case 'Ed25519':
    case 'Ed448':
      return { kind: key.kind, bits, name: key.kind };
    case 'RSA':
    case 'DSA':
      return { kind: key.kind, bits, name: `${key.kind} ${bits}` };
  }
}

function signatureFacts(scheme: SignatureScheme): NonNullable<CertificateFacts['signature']> {
  return 'hash' in scheme ? { scheme: scheme.kind, hash: scheme.hash } : { scheme: scheme.kind };
}
