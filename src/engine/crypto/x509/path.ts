/**
 * Certification paths — RFC 5280 §6 without policies and name constraints, with what RFC 4945 adds for IKE: builds a path
 * from an end entity to a trust anchor and says for each fault which certificate has it. Pure: the time, the certificates
 * and the CRLs come from the caller, nothing is fetched.
 */
import { equalConstantTime } from '../octets.js';
import type { CryptoProvider } from '../provider.js';
import type { Certificate } from './certificate.js';
import type { Crl } from './crl.js';
import { isSameName } from './name.js';
import { type RevocationFault, revocationFault } from './revocation.js';

export interface PathRequest {
  readonly provider: CryptoProvider;
  readonly certificate: Certificate;
  /** What the peer sent besides, and what is known; order does not matter. */
  readonly intermediates: readonly Certificate[];
  /** Certificates that are trusted themselves: CAs, or end entities that are pinned. */
  readonly anchors: readonly Certificate[];
  readonly crls: readonly Crl[];
  /** Milliseconds since 1970. */
  readonly at: number;
  /** What the end entity's key is used for: to sign, or (IKEv1 with encrypted nonces) to be encrypted to. */
  readonly use: 'signature' | 'encryption';
  /** Must every certificate below the anchor have a current CRL, or does only a revocation that is known count? */
  readonly revocation: 'required' | 'if-available';
  /** Take certificates whose extended key usage is for other things only (RFC 4945 §5.1.3.12 lets a configuration say so). */
  readonly ignoreExtendedKeyUsage?: boolean;
}

export type PathResult =
  /** From the end entity to the anchor. */
  | { readonly kind: 'valid'; readonly path: readonly Certificate[] }
  /** At least one fault; those of the attempt that came farthest come first. */
  | { readonly kind: 'invalid'; readonly faults: readonly PathFault[] };

export interface PathFault {
  /** The certificate that has the fault. */
  readonly certificate: Certificate;
  readonly code: PathFaultCode | RevocationFault['code'];
  /** One sentence without a full stop. */
  readonly text: string;
  readonly rfc: string;
}

export type PathFaultCode =
  | 'no-issuer'
  | 'not-yet-valid'
  | 'expired'
  | 'unknown-algorithm'
  | 'weak-signature'
  | 'bad-key'
  | 'bad-signature'
  | 'unknown-critical-extension'
  | 'not-a-ca'
  | 'path-too-long'
  | 'key-usage'
  | 'extended-key-usage'
  | 'too-many-attempts';

/** Certificates in a path, and signatures that are checked while one is looked for. */
const pathLengthMax = 8;
const signatureChecksMax = 64;
const faultsMax = 32;

interface Search {
  readonly request: PathRequest;
  readonly faults: { readonly depth: number; readonly fault: PathFault }[];
  checks: number;
}

/** A path from the certificate to an anchor, or why there is none. */
export function validatePath(request: PathRequest): PathResult {
  const search: Search = { request, faults: [], checks: 0 };
  const faults = endEntityFaults(request);
  if (faults.length > 0) return { kind: 'invalid', faults };
  const path = extend(search, [request.certificate]);
  if (path) return { kind: 'valid', path };
  return { kind: 'invalid', faults: reportedFaults(search) };
}

/** Each fault once; first that the search was given up, then those of the attempt that came farthest. */
function reportedFaults({ request, checks, faults }: Search): PathFault[] {
  const distinct = new Map<string, PathFault>();
  for (const { fault } of faults.toSorted((a, b) => b.depth - a.depth)) {
    distinct.set(
      `${fault.code} ${fault.certificate.serialNumber} ${fault.certificate.issuer.key} ${fault.text}`,
      fault,
    );
  }
  const text = `no path was found in ${signatureChecksMax} attempts`;
  const givenUp = fault(request.certificate, 'too-many-attempts', text, 'RFC 5280 §6.1');
  return [...(checks === signatureChecksMax ? [givenUp] : []), ...distinct.values()].slice(0, faultsMax);
}

/** The path from its last certificate on, depth first; anchors are tried before other certificates. */
function extend(search: Search, path: readonly Certificate[]): readonly Certificate[] | undefined {
  const { anchors, intermediates } = search.request;
  const last = path[path.length - 1]!;
  if (anchors.some((anchor) => isSame(anchor, last))) return path;
  const report = (fault: PathFault): void => void search.faults.push({ depth: path.length, fault });
  if (path.length === pathLengthMax) {
    report(fault(last, 'path-too-long', `the path has more than ${pathLengthMax} certificates`, 'RFC 5280 §6.1'));
    return undefined;
  }
  const issuers = [...anchors, ...intermediates].filter((issuer) => mayHaveIssued(issuer, last, path));
  if (issuers.length === 0) {
    report(fault(last, 'no-issuer', 'no trusted or known certificate has issued it', 'RFC 5280 §6.1'));
  }
  for (const issuer of issuers) {
    if (search.checks === signatureChecksMax) return undefined;
    search.checks += 1;
    const faults = [...issuerFaults(search.request, issuer, path), ...signatureFaults(search.request, issuer, last)];
    if (faults.length > 0) {
      for (const found of faults) report(found);
      continue;
    }
    const longer = extend(search, [...path, issuer]);
    if (longer) return longer;
  }
  return undefined;
}

function isSame(a: Certificate, b: Certificate): boolean {
  return equalConstantTime(a.der, b.der);
}

/** By name, and by key identifiers where both have them (§4.2.1.1); no certificate comes twice. */
function mayHaveIssued(issuer: Certificate, subject: Certificate, path: readonly Certificate[]): boolean {
  if (!isSameName(issuer.subject, subject.issuer) || path.some((earlier) => isSame(earlier, issuer))) return false;
  const [wanted, own] = [subject.extensions.authorityKeyId, issuer.extensions.subjectKeyId];
  return !wanted || !own || equalConstantTime(wanted, own);
}

function fault(certificate: Certificate, code: PathFault['code'], text: string, rfc: string): PathFault {
  return { certificate, code, text, rfc };
}

/** What holds for every certificate of a path. */
function commonFaults({ at }: PathRequest, certificate: Certificate): PathFault[] {
  const faults: PathFault[] = [];
  const day = (millis: number): string => new Date(millis).toISOString().slice(0, 10);
  if (at < certificate.notBefore) {
    const text = `it is not valid before ${day(certificate.notBefore)}`;
    faults.push(fault(certificate, 'not-yet-valid', text, 'RFC 5280 §6.1.3 (a)(2)'));
  }
  if (at > certificate.notAfter) {
    const text = `it expired on ${day(certificate.notAfter)}`;
    faults.push(fault(certificate, 'expired', text, 'RFC 5280 §6.1.3 (a)(2)'));
  }
  for (const oid of certificate.extensions.unknownCritical) {
    const text = `its critical extension ${extensionNames[oid] ?? oid} is not supported`;
    faults.push(fault(certificate, 'unknown-critical-extension', text, 'RFC 5280 §4.2'));
  }
  return faults;
}

/** Those that are known, but not processed here. */
const extensionNames: Readonly<Record<string, string>> = {
  '2.5.29.30': 'nameConstraints',
  '2.5.29.33': 'policyMappings',
  '2.5.29.36': 'policyConstraints',
  '2.5.29.54': 'inhibitAnyPolicy',
};

/** anyExtendedKeyUsage and id-kp-ipsecIKE (RFC 4945 §5.1.3.12). */
const ikeKeyPurposes: ReadonlySet<string> = new Set(['2.5.29.37.0', '1.3.6.1.5.5.7.3.17']);

function endEntityFaults(request: PathRequest): PathFault[] {
  const { certificate, use, ignoreExtendedKeyUsage } = request;
  const { keyUsage, extendedKeyUsage } = certificate.extensions;
  const faults = commonFaults(request, certificate);
  const wanted =
    use === 'signature' ? (['digitalSignature', 'nonRepudiation'] as const) : (['keyEncipherment'] as const);
  if (keyUsage && !wanted.some((usage) => keyUsage.has(usage))) {
    const text = `its key usage (${[...keyUsage].join(', ') || 'none'}) lacks ${wanted.join(' and ')}`;
    faults.push(fault(certificate, 'key-usage', text, 'RFC 4945 §5.1.3.2'));
  }
  if (extendedKeyUsage && !ignoreExtendedKeyUsage && !extendedKeyUsage.some((purpose) => ikeKeyPurposes.has(purpose))) {
    const text = `its extended key usage (${extendedKeyUsage.join(', ')}) is not for IKE`;
    faults.push(fault(certificate, 'extended-key-usage', text, 'RFC 4945 §5.1.3.12'));
  }
  return faults;
}

/** What an issuer must be, for the certificates below it (RFC 5280 §6.1.4). */
function issuerFaults(request: PathRequest, issuer: Certificate, path: readonly Certificate[]): PathFault[] {
  const { basicConstraints, keyUsage } = issuer.extensions;
  const faults = commonFaults(request, issuer);
  // Roots from before version 3 cannot say that they are CAs; that they are trusted says it.
  const isOldAnchor = issuer.version < 3 && request.anchors.some((anchor) => isSame(anchor, issuer));
  if (!basicConstraints?.isCa && !isOldAnchor) {
    faults.push(fault(issuer, 'not-a-ca', 'it is no CA certificate, but has issued one', 'RFC 5280 §6.1.4 (k)'));
  }
  if (keyUsage && !keyUsage.has('keyCertSign')) {
    faults.push(fault(issuer, 'key-usage', 'its key usage lacks keyCertSign', 'RFC 5280 §6.1.4 (n)'));
  }
  // Certificates that a CA issued to itself do not count (§4.2.1.9).
  const between = path.slice(1).filter(({ subject, issuer: by }) => !isSameName(subject, by)).length;
  const allowed = basicConstraints?.pathLength;
  if (allowed !== undefined && between > allowed) {
    const text = `it allows ${allowed} CA certificates below it, but ${between} follow`;
    faults.push(fault(issuer, 'path-too-long', text, 'RFC 5280 §6.1.4 (l)'));
  }
  return faults;
}

/** Is the subject's signature the issuer's, and is the subject not revoked by it? */
function signatureFaults(request: PathRequest, issuer: Certificate, subject: Certificate): PathFault[] {
  const scheme = subject.signatureScheme;
  if (!scheme) {
    return [fault(subject, 'unknown-algorithm', 'its signature algorithm is not supported', 'RFC 5280 §6.1.3 (a)(1)')];
  }
  if ('hash' in scheme && scheme.hash === 'MD5') {
    return [fault(subject, 'weak-signature', 'its signature is over MD5, which can be forged', 'RFC 6151 §2')];
  }
  const key = request.provider.importPublicKey(issuer.spki);
  if (!key) return [fault(issuer, 'bad-key', 'its public key is malformed or not supported', 'RFC 5280 §6.1.4 (d)')];
  if (!key.verify(scheme, subject.tbs, subject.signature)) {
    return [fault(subject, 'bad-signature', 'its signature is not that of its issuer', 'RFC 5280 §6.1.3 (a)(1)')];
  }
  const revoked = revocationFault(request, subject, issuer, key);
  return revoked ? [{ certificate: subject, ...revoked }] : [];
}
