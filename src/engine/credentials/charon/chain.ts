/**
 * What charon trusts and how far (credential_manager.c, x509_cert.c, constraints_validator.c, revocation_validator.c of 5.9.8). It
 * differs from RFC 5280 §6: a certificate of the peer that is at hand is trusted itself, and its times are only looked at where its
 * issuer is known; no key usage of an issuer counts, and no extended key usage.
 */
import type { SignatureDemand } from '../../../model/signature-demands.js';
import type { Identity } from '../../../model/system-config.js';
import { equalConstantTime } from '../../crypto/octets.js';
import type { CryptoProvider, KeyKind } from '../../crypto/provider.js';
import { demandOf } from '../../crypto/signature-algorithm.js';
import type { Certificate } from '../../crypto/x509/certificate.js';
import type { Crl } from '../../crypto/x509/crl.js';
import { isSameName } from '../../crypto/x509/name.js';
import { crlFault } from '../../crypto/x509/revocation.js';
import { type Certified, certifiedBy, describeCertificate, isOf, isSame } from './certified.js';

/** Everything that is loaded: what is trusted itself, and what merely is known. */
export interface Trust {
  readonly provider: CryptoProvider;
  /** Certificates and keys of the folders and of connections, authorities last. */
  readonly trusted: readonly Certified[];
  readonly crls: readonly Crl[];
}

/** What is known of a certificate's revocation; `skipped` where nothing says where its state is told. */
export type RevocationState = 'good' | 'skipped' | 'failed' | 'stale';

/** By what a peer was believed, for the demands of connections. */
export interface Evidence {
  readonly subject: Certified;
  /** Authorities above it as far as they are known, whether their own certificates are trusted or were sent. */
  readonly authorities: readonly Certificate[];
  readonly keys: readonly { readonly kind: KeyKind; readonly bits: number }[];
  readonly signatures: readonly SignatureDemand[];
  readonly revocation: readonly { readonly of: Certificate; readonly state: RevocationState }[];
}

export type ChainResult =
  | { readonly kind: 'believed'; readonly evidence: Evidence }
  /** One sentence without a full stop. */
  | { readonly kind: 'refused'; readonly why: string };

/** MAX_TRUST_PATH_LEN */
const pathLengthMax = 7;
/** Signatures that are checked for one peer, who chose how many certificates there are. */
const checksMax = 128;

/** One look for the keys of a peer. */
export interface Search extends Trust {
  /** What the peer sent, its own certificate first. */
  readonly received: readonly Certificate[];
  readonly receivedCrls: readonly Crl[];
  /** Milliseconds since 1970. */
  readonly at: number;
  checks: number;
}

/** Has a certificate been signed by another, which must be an authority, or by itself? */
export function isIssuedBy(
  search: Pick<Search, 'provider' | 'checks'>,
  subject: Certificate,
  issuer: Certificate,
): boolean {
  const isItself = subject === issuer;
  if (!isItself && issuer.extensions.basicConstraints?.isCa !== true) return false;
  const { authorityKeyId } = subject.extensions;
  const issuerKeyId = issuer.extensions.subjectKeyId;
  if (authorityKeyId && issuerKeyId) {
    if (!equalConstantTime(authorityKeyId, issuerKeyId)) return false;
  } else if (!isSameName(subject.issuer, issuer.subject)) return false;
  if (search.checks >= checksMax) return false;
  search.checks += 1;
  const key = search.provider.importPublicKey(issuer.spki);
  return (
    subject.signatureScheme !== undefined &&
    key?.verify(subject.signatureScheme, subject.tbs, subject.signature) === true
  );
}

/** The certificates that are trusted, authorities among them. */
function trustedCertificates({ trusted }: Trust): readonly Certificate[] {
  return trusted.flatMap((one) => (one.kind === 'certificate' ? [one.certificate] : []));
}

/** The issuer of a certificate among others. */
export function issuerAmong(
  search: Search,
  subject: Certificate,
  among: readonly Certificate[],
): Certificate | undefined {
  return among.find((issuer) => isSameName(issuer.subject, subject.issuer) && isIssuedBy(search, subject, issuer));
}

/** Everything that a key of a peer's identity can be: what is trusted itself first, then what it sent. */
export function* believedKeys(search: Search, identity: Identity, kinds: readonly KeyKind[]): Generator<ChainResult> {
  const { provider, trusted, received } = search;
  const isWanted = (one: Certified): boolean =>
    one.key !== undefined && kinds.includes(one.key.kind) && isOf(one, identity, provider);
  const pretrusted = trusted.find(isWanted);
  const seen: Certified[] = [];
  if (pretrusted) {
    seen.push(pretrusted);
    // What signs itself is believed as it is; for the demands of connections the chain of others is looked for.
    if (pretrusted.kind === 'key' || isIssuedBy(search, pretrusted.certificate, pretrusted.certificate))
      yield {
        kind: 'believed',
        evidence: { subject: pretrusted, authorities: [], keys: [], signatures: [], revocation: [] },
      };
    else yield chainOf(search, pretrusted, true);
  }
  for (const one of [...received.map((certificate) => certifiedBy(provider, certificate)), ...trusted]) {
    if (!isWanted(one) || seen.some((other) => isSame(one, other))) continue;
    seen.push(one);
    if (one.kind === 'certificate') yield chainOf(search, one, false);
  }
}

/** Follows a certificate up to an authority that is trusted and signs itself (verify_trust_chain). */
function chainOf(
  search: Search,
  subject: Certified & { readonly kind: 'certificate' },
  isTrusted: boolean,
): ChainResult {
  const authorities: Certificate[] = [];
  const keys = keyOf(subject.key);
  const signatures: SignatureDemand[] = [];
  let believed = isTrusted;
  let current = subject.certificate;
  let missing: string | undefined;
  let below = 0;
  for (; below <= pathLengthMax; below += 1) {
    const trusted = issuerAmong(search, current, trustedCertificates(search));
    const issuer = trusted ?? issuerAmong(search, current, search.received);
    if (!issuer) {
      missing = `no certificate of its issuer is known: ${describeIssuer(current)}`;
      break;
    }
    const isAnchor = trusted !== undefined && isIssuedBy(search, issuer, issuer);
    if (!isAnchor && issuer === current) {
      missing = `${describeCertificate(current)} signs itself and is not trusted`;
      break;
    }
    const fault = timeFault(search, current) ?? timeFault(search, issuer) ?? lengthFault(issuer, below);
    if (fault !== undefined) return { kind: 'refused', why: fault };
    authorities.push(issuer);
    const scheme = current.signatureScheme;
    if (scheme) signatures.push(demandOf(scheme));
    keys.push(...keyOf(search.provider.importPublicKey(issuer.spki)));
    current = issuer;
    if (isAnchor) {
      believed = true;
      break;
    }
  }
  if (below > pathLengthMax) return { kind: 'refused', why: `its path has more than ${pathLengthMax} authorities` };
  if (!believed) return { kind: 'refused', why: missing ?? 'nothing that is trusted has issued it' };
  const revocation: { of: Certificate; state: RevocationState }[] = [];
  let of = subject.certificate;
  for (const issuer of authorities) {
    const state = revocationOf(search, of, issuer);
    if (typeof state === 'object') return { kind: 'refused', why: state.why };
    revocation.push({ of, state });
    of = issuer;
  }
  return { kind: 'believed', evidence: { subject, authorities, keys, signatures, revocation } };
}

function keyOf(key: { readonly kind: KeyKind; readonly bits: number } | undefined): { kind: KeyKind; bits: number }[] {
  return key ? [{ kind: key.kind, bits: key.bits }] : [];
}

function describeIssuer(certificate: Certificate): string {
  return describeCertificate({ ...certificate, subject: certificate.issuer });
}

function timeFault({ at }: Search, certificate: Certificate): string | undefined {
  const day = (millis: number): string => new Date(millis).toISOString().slice(0, 10);
  const name = describeCertificate(certificate);
  if (at < certificate.notBefore) return `${name} is not valid before ${day(certificate.notBefore)}`;
  return at > certificate.notAfter ? `${name} expired on ${day(certificate.notAfter)}` : undefined;
}

function lengthFault(issuer: Certificate, below: number): string | undefined {
  const allowed = issuer.extensions.basicConstraints?.pathLength;
  return allowed !== undefined && below > allowed
    ? `${describeCertificate(issuer)} allows ${allowed} authorities below it, and ${below} follow`
    : undefined;
}

/** What the lists at hand say of a certificate; lists are not fetched, as without a network. */
function revocationOf(
  { crls, receivedCrls, provider, at }: Search,
  subject: Certificate,
  issuer: Certificate,
): RevocationState | { readonly why: string } {
  const key = provider.importPublicKey(issuer.spki);
  let state: RevocationState = subject.extensions.crlDistributionPoints.length > 0 ? 'failed' : 'skipped';
  for (const crl of [...crls, ...receivedCrls]) {
    if (!key || !isSameName(crl.issuer, issuer.subject)) continue;
    const fault = crlFault(crl, issuer, key, at);
    const isOld = crl.nextUpdate !== undefined && at > crl.nextUpdate;
    if (fault !== undefined && !isOld) continue;
    const entry = crl.revoked.get(subject.serialNumber);
    if (entry) {
      const day = new Date(entry.date).toISOString().slice(0, 10);
      return { why: `${describeCertificate(subject)} was revoked on ${day} (${entry.reason})` };
    }
    state = fault === undefined ? 'good' : state === 'good' ? state : 'stale';
  }
  return state;
}
