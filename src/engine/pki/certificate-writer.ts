/** Writes X.509 certificates and CRLs — RFC 5280 §4.1 and §5.1 — with what RFC 4945 §5.1.3 asks of those for IKE. */
import { addressToOctets } from '../../model/address.js';
import { identityAddress } from '../../model/peer/identity.js';
import type { Identity } from '../../model/system-config.js';
import { context, tags } from '../crypto/asn1/der.js';
import {
  derBitString,
  derElement,
  derInteger,
  derObjectIdentifier,
  derOctetString,
  derSequence,
} from '../crypto/asn1/der-writer.js';
import { toBigInt } from '../crypto/octets.js';
import type { CryptoProvider, PrivateKey, SignatureScheme } from '../crypto/provider.js';
import { writeSignatureAlgorithm } from '../crypto/signature-algorithm.js';

export interface CertificateContent {
  /** Names in DER. */
  readonly issuer: Uint8Array;
  readonly subject: Uint8Array;
  readonly serialNumber: bigint;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** SubjectPublicKeyInfo. */
  readonly spki: Uint8Array;
  /** The issuer's, for the key identifier. */
  readonly issuerSpki: Uint8Array;
  readonly isCa: boolean;
  /** Identities among the alternative names; those that have no place there are left out. */
  readonly identities: readonly Identity[];
  /** What the key is for; absent: what IKE and its authorities need. `unsaid` leaves the extension out. */
  readonly keyUsage?: 'unsaid' | 'encipherment';
  /** The hash of its signature; absent: SHA2-256. */
  readonly hash?: 'SHA2-256' | 'SHA2-384' | 'SHA2-512';
  /** Where a CRL is said to be. */
  readonly crlUri?: string;
}

const extensionOids = {
  subjectKeyId: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  crlDistributionPoints: '2.5.29.31',
  authorityKeyId: '2.5.29.35',
} as const;

/** A certificate in DER, signed with the issuer's key. */
export function writeCertificate(
  content: CertificateContent,
  issuerKey: PrivateKey,
  provider: CryptoProvider,
): Uint8Array {
  const scheme = schemeFor(issuerKey, content.hash);
  const algorithm = writeSignatureAlgorithm(scheme, issuerKey.kind)!;
  const alternatives = content.identities.flatMap((identity) => generalName(identity) ?? []);
  const extensions = [
    extension(
      extensionOids.basicConstraints,
      true,
      derSequence(...(content.isCa ? [derElement(tags.boolean, Uint8Array.of(0xff))] : [])),
    ),
    ...(content.keyUsage === 'unsaid'
      ? []
      : [extension(extensionOids.keyUsage, true, keyUsage(content.isCa, content.keyUsage === 'encipherment'))]),
    extension(extensionOids.subjectKeyId, false, derOctetString(keyId(content.spki, provider))),
    extension(
      extensionOids.authorityKeyId,
      false,
      derSequence(derElement(context(0, 'primitive'), keyId(content.issuerSpki, provider))),
    ),
    ...(alternatives.length > 0 ? [extension(extensionOids.subjectAltName, false, derSequence(...alternatives))] : []),
    ...(content.crlUri === undefined
      ? []
      : [extension(extensionOids.crlDistributionPoints, false, derSequence(distributionPoint(content.crlUri)))]),
  ];
  const tbs = derSequence(
    derElement(context(0, 'constructed'), derInteger(2n)),
    derInteger(content.serialNumber),
    algorithm,
    content.issuer,
    derSequence(time(content.notBefore), time(content.notAfter)),
    content.subject,
    content.spki,
    derElement(context(3, 'constructed'), derSequence(...extensions)),
  );
  return signed(tbs, algorithm, scheme, issuerKey, provider);
}

export interface CrlContent {
  readonly issuer: Uint8Array;
  readonly thisUpdate: Date;
  readonly nextUpdate: Date;
  readonly revoked: readonly { readonly serialNumber: bigint; readonly date: Date }[];
  /** The issuer's SubjectPublicKeyInfo, for the key identifier by which some products find the list (§5.2.1). */
  readonly issuerSpki?: Uint8Array;
}

/** A CRL in DER, signed with the issuer's key. */
export function writeCrl(content: CrlContent, issuerKey: PrivateKey, provider: CryptoProvider): Uint8Array {
  const scheme = schemeFor(issuerKey);
  const algorithm = writeSignatureAlgorithm(scheme, issuerKey.kind)!;
  const entries = content.revoked.map(({ serialNumber, date }) => derSequence(derInteger(serialNumber), time(date)));
  const tbs = derSequence(
    derInteger(1n),
    algorithm,
    content.issuer,
    time(content.thisUpdate),
    time(content.nextUpdate),
    ...(entries.length > 0 ? [derSequence(...entries)] : []),
    ...(content.issuerSpki
      ? [
          derElement(
            context(0, 'constructed'),
            derSequence(
              extension(
                extensionOids.authorityKeyId,
                false,
                derSequence(derElement(context(0, 'primitive'), keyId(content.issuerSpki, provider))),
              ),
            ),
          ),
        ]
      : []),
  );
  return signed(tbs, algorithm, scheme, issuerKey, provider);
}

function signed(
  tbs: Uint8Array,
  algorithm: Uint8Array,
  scheme: SignatureScheme,
  key: PrivateKey,
  provider: CryptoProvider,
): Uint8Array {
  const signature = key.sign(scheme, tbs, provider.random);
  if (!signature) throw new Error('a key that cannot sign certificates');
  return derSequence(tbs, algorithm, derBitString(signature));
}

/** DistributionPoint with the name of the list (§4.2.1.13). */
function distributionPoint(uri: string): Uint8Array {
  const name = derElement(context(6, 'primitive'), new TextEncoder().encode(uri));
  return derSequence(derElement(context(0, 'constructed'), derElement(context(0, 'constructed'), name)));
}

function schemeFor({ kind }: PrivateKey, hash: NonNullable<CertificateContent['hash']> = 'SHA2-256'): SignatureScheme {
  switch (kind) {
    case 'RSA':
      return { kind: 'RSASSA-PKCS1-v1_5', hash };
    case 'DSA':
      return { kind: 'DSA', hash: 'SHA1', encoding: 'DER' };
    case 'EC':
      return { kind: 'ECDSA', hash, encoding: 'DER' };
    case 'Ed25519':
    case 'Ed448':
      return { kind: 'EdDSA' };
  }
}

function extension(oid: string, critical: boolean, value: Uint8Array): Uint8Array {
  const flag = critical ? [derElement(tags.boolean, Uint8Array.of(0xff))] : [];
  return derSequence(derObjectIdentifier(oid), ...flag, derOctetString(value));
}

/** keyCertSign and cRLSign for a CA; digitalSignature and keyEncipherment, which IKEv1's encrypted nonces ask for. */
function keyUsage(isCa: boolean, isForEncipherment: boolean): Uint8Array {
  const [unusedBits, bits] = isCa ? [1, 0b0000_0110] : [5, isForEncipherment ? 0b0010_0000 : 0b1010_0000];
  return derElement(tags.bitString, Uint8Array.of(unusedBits, bits));
}

/** The first method of RFC 5280 §4.2.1.2, over the whole SubjectPublicKeyInfo, which serves as well. */
function keyId(spki: Uint8Array, { hashes }: CryptoProvider): Uint8Array {
  return hashes.SHA1.digest(spki);
}

/** The first year that UTCTime cannot say (RFC 5280 §4.1.2.5). */
const generalizedTimeFrom = 2050;

function time(at: Date): Uint8Array {
  const digits = at
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replaceAll(/[-:T]/g, '');
  const isLate = at.getUTCFullYear() >= generalizedTimeFrom;
  return derElement(
    isLate ? tags.generalizedTime : tags.utcTime,
    new TextEncoder().encode(isLate ? digits : digits.slice(2)),
  );
}

function generalName(identity: Identity): Uint8Array | undefined {
  const text = (tag: number): Uint8Array | undefined =>
    identity.value === undefined
      ? undefined
      : derElement(context(tag, 'primitive'), new TextEncoder().encode(identity.value));
  switch (identity.type) {
    case 'USER-FQDN':
      return text(1);
    case 'FQDN':
      return text(2);
    case 'IPV4':
    case 'IPV6': {
      const address = identityAddress(identity);
      return address && derElement(context(7, 'primitive'), addressToOctets(address));
    }
    // Names are the subject; key identifiers have no place in a certificate (RFC 4945 §3.1).
    case 'X500-DN':
    case 'KEY-ID':
      return undefined;
  }
}

/** A serial number of 16 octets, positive and not zero, that follows from what it is for. */
export function serialNumberOf(label: string, { hashes }: CryptoProvider): bigint {
  const digest = hashes['SHA2-256'].digest(new TextEncoder().encode(label)).slice(0, 16);
  return (toBigInt(digest) >> 1n) | 1n;
}
