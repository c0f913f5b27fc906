/**
 * What the files hold that records name as certificates, authorities and revocation lists: facts as plain data, which a
 * service reads and rules judge. Whether one certificate stands behind another is cryptography, so that question is asked
 * of a `CredentialJudge`, which the service supplies.
 */
import type { Sourced } from './origin.js';
import type { PolicySet } from './resolve.js';
import type { Identity, IdentityPattern } from './system-config.js';

/** What sort of key a certificate has; `EC` covers every curve of ECDSA. */
export type CertificateKeyKind = 'RSA' | 'DSA' | 'EC' | 'Ed25519' | 'Ed448';

export interface CertificateKey {
  readonly kind: CertificateKeyKind;
  /** Bits of the modulus or of the field. */
  readonly bits: number;
  /** As people call it: `RSA 2048`, `ECP-256`, `Ed25519`. */
  readonly name: string;
}

/** A certificate (RFC 5280 §4) as far as rules look at it. Times are milliseconds since 1970, both ends inclusive. */
export interface CertificateFacts {
  /** SHA-256 of the whole certificate in hexadecimal: equal for equal certificates only. */
  readonly fingerprint: string;
  /** SHA-256 of its public key: equal for certificates of one key. */
  readonly keyFingerprint: string;
  /** As text, the most specific attribute first; empty where it has none. */
  readonly subject: string;
  readonly issuer: string;
  readonly serialNumber: string;
  readonly selfIssued: boolean;
  readonly notBefore: number;
  readonly notAfter: number;
  /** Absent where the key is malformed or of a kind that no method of IKE uses. */
  readonly key?: CertificateKey;
  /** Absent where the algorithm is unknown. The hash is absent where the scheme has none of its own to choose. */
  readonly signature?: { readonly scheme: string; readonly hash?: string };
  readonly isCa: boolean;
  /** Absent: for every use. */
  readonly keyUsage?: readonly string[];
  /** Dotted OBJECT IDENTIFIERs; absent: for every purpose. */
  readonly extendedKeyUsage?: readonly string[];
  /** The identities that it stands for (RFC 4945 §3.1): the subject first where there is one, then its alternative names. */
  readonly identities: readonly Identity[];
  /** Where its revocation lists are published. */
  readonly crlDistributionPoints: readonly string[];
}

/** A revocation list (RFC 5280 §5). */
export interface CrlFacts {
  readonly fingerprint: string;
  readonly issuer: string;
  readonly thisUpdate: number;
  readonly nextUpdate?: number;
  readonly revoked: number;
}

/** A file that a record names, as it was found. */
export type CredentialFile =
  | {
      readonly kind: 'read';
      /** As findings name it. */
      readonly path: string;
      readonly certificates: readonly CertificateFacts[];
      readonly crls: readonly CrlFacts[];
      /** Does a private key stand in it as well, not encrypted? */
      readonly privateKey: boolean;
    }
  /** It should be here and is not. */
  | { readonly kind: 'absent'; readonly path: string }
  /** It is here and holds nothing that can be used, and why. */
  | { readonly kind: 'unreadable'; readonly path: string; readonly reason: string }
  /** A container with a password, or a path on the host itself, of which nothing is known here. */
  | { readonly kind: 'unknown'; readonly reason: string };

/** Why a certificate cannot be relied on; `certificate` is the one that has the fault. */
export interface PathFault {
  readonly certificate: CertificateFacts;
  /** Codes of engine/crypto/x509, as `no-issuer`, `bad-signature`, `expired`, `revoked`. */
  readonly code: string;
  /** One sentence without a full stop. */
  readonly text: string;
  readonly rfc: string;
}

export type PathVerdict =
  /** From the certificate to the authority that is trusted. */
  | { readonly kind: 'valid'; readonly path: readonly CertificateFacts[] }
  | { readonly kind: 'invalid'; readonly faults: readonly PathFault[] };

export interface PathQuestion {
  readonly certificate: CertificateFacts;
  /** What is sent with it. */
  readonly intermediates: readonly CertificateFacts[];
  readonly authorities: readonly CertificateFacts[];
  readonly crls: readonly CrlFacts[];
  readonly use: 'signature' | 'encryption';
}

export type CrlStanding =
  /** Of another authority. */
  | { readonly kind: 'foreign' }
  | { readonly kind: 'current' }
  /** Of this authority, but not to be used, and why. */
  | { readonly kind: 'unusable'; readonly reason: string };

/** Answers what takes cryptography, for one moment in time. The same question gets the same answer. */
export interface CredentialJudge {
  /** Does a path lead from the certificate to one of the authorities (RFC 5280 §6)? */
  path(question: PathQuestion): PathVerdict;
  /** What a revocation list says about the certificates of an authority. */
  crlStanding(crl: CrlFacts, authority: CertificateFacts): CrlStanding;
  /** Is one of the identities of a certificate what a policy expects? */
  matches(certificate: CertificateFacts, pattern: IdentityPattern): boolean;
}

/** What one system's records name. */
export interface SystemCredentials {
  /** By `credentialKey`. */
  readonly files: ReadonlyMap<string, CredentialFile>;
  readonly judge: CredentialJudge;
}

/** A named file by the path as written and the file that it is written in: relative paths start there. */
export function credentialKey({ value, origin }: Sourced<string>): string {
  return `${origin.kind === 'explicit' ? origin.at.source.path : ''}\0${value}`;
}

/** Every path that the records name as a file of certificates, authorities or revocation lists. */
export function namedCredentials({ auths, certificates }: PolicySet): Sourced<string>[] {
  return [
    ...auths.flatMap(({ certificate, ca, crl }) => [certificate, ca, crl]),
    ...certificates.map(({ file }) => file),
  ].filter((path) => path !== undefined);
}
