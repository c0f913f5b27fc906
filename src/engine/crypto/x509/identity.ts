/** Which IKE identities a certificate stands for — RFC 4945 §3.1 and §5.1.3.6. */
import { addressFromOctets, formatAddress } from '../../../model/address.js';
import { canonicalValue, matchesIdentity } from '../../../model/peer/identity.js';
import type { Identity, IdentityPattern } from '../../../model/system-config.js';
import { formatDistinguishedName } from '../../wire/payloads/distinguished-name.js';
import type { Certificate } from './certificate.js';
import type { GeneralName } from './extensions.js';
import { type DistinguishedName, hasAttributes, isEmptyName, isSameName, parseName } from './name.js';

/** An identity of a certificate; a distinguished name comes with its octets, by which names are compared. */
export interface CertifiedIdentity extends Identity {
  readonly name?: DistinguishedName;
}

/** All identities, the subject's name first where it has one. */
export function certificateIdentities(certificate: Certificate): CertifiedIdentity[] {
  const { subject, extensions } = certificate;
  const own = isEmptyName(subject) ? [] : [nameIdentity(subject)];
  return [...own, ...extensions.subjectAltNames.flatMap((name) => alternativeIdentity(name) ?? [])];
}

function nameIdentity(name: DistinguishedName): CertifiedIdentity {
  return { type: 'X500-DN', value: formatDistinguishedName(name.der), name };
}

function alternativeIdentity(name: GeneralName): CertifiedIdentity | undefined {
  switch (name.kind) {
    case 'dNSName':
      // Wildcards are for TLS; IKE knows none (RFC 4945 §5.1.3.6.2).
      return isPlainName(name.value) && !name.value.includes('*') ? { type: 'FQDN', value: name.value } : undefined;
    case 'rfc822Name':
      return isPlainName(name.value) ? { type: 'USER-FQDN', value: name.value } : undefined;
    case 'iPAddress': {
      const address = addressFromOctets(name.octets);
      return (
        address && { type: address.family === 4 ? 'IPV4' : 'IPV6', value: formatAddress(address.family, address.value) }
      );
    }
    case 'directoryName':
      return nameIdentity(name.name);
    case 'uniformResourceIdentifier':
    case 'other':
      return undefined;
  }
}

/** Printable ASCII: a NUL or a line feed in a name is an attempt to look like another one. */
function isPlainName(value: string): boolean {
  return /^[\x21-\x7e]+$/.test(value);
}

/**
 * Does the certificate stand for the identity that its sender claims (RFC 4945 §3.1)? An X500-DN is given as the octets
 * of the ID payload and must be the subject; anything else must be among the alternative names.
 */
export function certifies(certificate: Certificate, claimed: Identity | { readonly nameDer: Uint8Array }): boolean {
  if ('nameDer' in claimed) {
    const name = parseName(claimed.nameDer);
    return name !== undefined && !isEmptyName(name) && isSameName(name, certificate.subject);
  }
  const { type, value } = claimed;
  if (value === undefined || type === 'KEY-ID' || type === 'X500-DN') return false;
  const key = canonicalValue(type, value);
  return certificateIdentities(certificate).some(
    (identity) =>
      identity.type === type && identity.value !== undefined && canonicalValue(type, identity.value) === key,
  );
}

/** Is one of the certificate's identities what a policy expects? Names are compared by their attributes, not as text. */
export function certificateMatches(certificate: Certificate, pattern: IdentityPattern): boolean {
  return certificateIdentities(certificate).some((identity) => {
    if (identity.name && pattern.kind === 'dn') return hasAttributes(identity.name, pattern.attributes);
    return matchesIdentity(identity, pattern) === 'match';
  });
}
