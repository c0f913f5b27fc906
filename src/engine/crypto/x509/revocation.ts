/** Is a certificate revoked? — RFC 5280 §6.3, for complete CRLs that the certificate's own issuer has signed. */
import { equalConstantTime } from '../octets.js';
import type { PublicKey } from '../provider.js';
import type { Certificate } from './certificate.js';
import type { Crl } from './crl.js';
import { isSameName } from './name.js';

export interface RevocationFault {
  readonly code: 'revoked' | 'no-current-crl';
  /** One sentence without a full stop. */
  readonly text: string;
  readonly rfc: string;
}

export interface RevocationRequest {
  readonly crls: readonly Crl[];
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly revocation: 'required' | 'if-available';
}

/** Why `subject` must not be relied on as far as CRLs tell, or undefined where nothing speaks against it. */
export function revocationFault(
  { crls, at, revocation }: RevocationRequest,
  subject: Certificate,
  issuer: Certificate,
  issuerKey: PublicKey,
): RevocationFault | undefined {
  const ofIssuer = crls.filter((crl) => isSameName(crl.issuer, issuer.subject));
  const unusable: string[] = [];
  let current = false;
  for (const crl of ofIssuer) {
    const reason = crlFault(crl, issuer, issuerKey, at);
    const entry = crl.revoked.get(subject.serialNumber);
    // An old list may have been replaced, but what it says was revoked is not valid again (but for a hold).
    if (entry && (reason === undefined || (reason === outdated && entry.reason !== 'certificateHold'))) {
      const day = new Date(entry.date).toISOString().slice(0, 10);
      return { code: 'revoked', text: `it was revoked on ${day} (${entry.reason})`, rfc: 'RFC 5280 §6.3.3' };
    }
    if (reason === undefined) current = true;
    else unusable.push(reason);
  }
  if (current || revocation === 'if-available') return undefined;
  const why = unusable.length > 0 ? `: ${[...new Set(unusable)].join('; ')}` : '';
  return { code: 'no-current-crl', text: `there is no current CRL of its issuer${why}`, rfc: 'RFC 5280 §6.3.3' };
}

const outdated = 'the CRL is out of date';

/** Why a CRL that bears the name of an issuer says nothing about its certificates (§6.3.3); undefined where it is current. */
export function crlFault(crl: Crl, issuer: Certificate, issuerKey: PublicKey, at: number): string | undefined {
  const { keyUsage, subjectKeyId } = issuer.extensions;
  if (crl.authorityKeyId && subjectKeyId && !equalConstantTime(crl.authorityKeyId, subjectKeyId)) {
    return 'the CRL is of another key of the issuer';
  }
  if (keyUsage && !keyUsage.has('cRLSign')) return "the issuer's key usage lacks cRLSign";
  if (crl.unknownCritical.length > 0)
    return `the CRL has a critical extension ${crl.unknownCritical[0]} that is not supported`;
  if (!crl.signatureScheme || !issuerKey.verify(crl.signatureScheme, crl.tbs, crl.signature)) {
    return "the CRL's signature is not that of the issuer";
  }
  if (at < crl.thisUpdate) return 'the CRL is of a later time';
  return crl.nextUpdate !== undefined && at > crl.nextUpdate ? outdated : undefined;
}
