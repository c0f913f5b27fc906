/**
 * What charon holds of certificates and bare public keys, and whose each of them is (has_subject of x509_cert.c and pubkey_cert.c).
 * Distinguished names are here in the order in which they stand in the certificate, which is how swanctl.conf writes them.
 */
import { addressFromOctets, formatAddress } from '../../../model/address.js';
import { keyIdOctets, parseName } from '../../../model/peer/identity.js';
import { identityQuality, qualityOf } from '../../../model/peer/identity-quality.js';
import type { Identity, IdentityPattern } from '../../../model/system-config.js';
import { equalConstantTime, fromHex } from '../../crypto/octets.js';
import type { CryptoProvider, PublicKey } from '../../crypto/provider.js';
import type { Certificate } from '../../crypto/x509/certificate.js';
import type { GeneralName } from '../../crypto/x509/extensions.js';
import { type DistinguishedName, isEmptyName, nameAttributes } from '../../crypto/x509/name.js';

/** A certificate, or a public key without one that belongs to an identity. */
export type Certified =
  | { readonly kind: 'certificate'; readonly certificate: Certificate; readonly key: PublicKey | undefined }
  | { readonly kind: 'key'; readonly owner: Identity | undefined; readonly key: PublicKey };

/** A certificate with its key, which is undefined where nothing here can use it. */
export function certifiedBy(provider: CryptoProvider, certificate: Certificate): Certified {
  return { kind: 'certificate', certificate, key: provider.importPublicKey(certificate.spki) };
}

/** Are both the same certificate, or the same key of the same identity? */
export function isSame(a: Certified, b: Certified): boolean {
  if (a.kind === 'certificate')
    return b.kind === 'certificate' && equalConstantTime(a.certificate.der, b.certificate.der);
  if (b.kind === 'certificate') return false;
  const text = ({ owner }: { owner: Identity | undefined }) => `${owner?.type} ${owner?.value}`;
  return text(a) === text(b) && equalConstantTime(a.key.spki, b.key.spki);
}

/** The subject of a certificate as swanctl.conf would write it. */
export function subjectText({ subject }: Certificate): string {
  return nameText(subject);
}

function nameText(name: DistinguishedName): string {
  return nameAttributes(name)
    .map(({ name: type, value }) => `${type}=${value.replaceAll(/[,\\]/g, (character) => `\\${character}`)}`)
    .join(',');
}

/** The certificate in words: its subject, or where that is empty its serial number. */
export function describeCertificate(certificate: Certificate): string {
  return isEmptyName(certificate.subject) ? `serial number ${certificate.serialNumber}` : subjectText(certificate);
}

/** Identities of a certificate: its subject and its alternative names, which are compared as they are, wildcards and all. */
export function identitiesOf(certificate: Certificate): readonly Identity[] {
  const { subject, extensions } = certificate;
  return [
    { type: 'X500-DN', value: nameText(subject) } satisfies Identity,
    ...extensions.subjectAltNames.flatMap((name) => alternative(name) ?? []),
  ];
}

function alternative(name: GeneralName): Identity | undefined {
  switch (name.kind) {
    case 'dNSName':
      return { type: 'FQDN', value: name.value };
    case 'rfc822Name':
      return { type: 'USER-FQDN', value: name.value };
    case 'iPAddress': {
      const address = addressFromOctets(name.octets);
      if (!address) return undefined;
      return { type: address.family === 4 ? 'IPV4' : 'IPV6', value: formatAddress(address.family, address.value) };
    }
    case 'directoryName':
      return { type: 'X500-DN', value: nameText(name.name) };
    default:
      return undefined;
  }
}

/** An identity that is claimed counts as a pattern: with wildcards it is everything that they stand for. */
function patternOf({ type, value }: Identity): IdentityPattern | undefined {
  if (value === undefined) return undefined;
  if (type === 'X500-DN') return { kind: 'dn-template', type, attributes: parseName(value) };
  if (value.startsWith('*') && (type === 'FQDN' || type === 'USER-FQDN'))
    return { kind: 'suffix', type, suffix: value.slice(1) };
  return { kind: 'exact', type, value };
}

/** Is it one of this identity? */
export function isOf(certified: Certified, identity: Identity, provider: CryptoProvider): boolean {
  const pattern = patternOf(identity);
  if (!pattern) return false;
  if (identity.type === 'KEY-ID' && hasKeyId(certified, keyIdOctets(identity.value!), provider)) return true;
  const own =
    certified.kind === 'certificate' ? identitiesOf(certified.certificate) : certified.owner ? [certified.owner] : [];
  return own.some((one) => qualityOf(one, pattern, true) > identityQuality.none);
}

/** A key identifier stands for whatever has it: the certificate's hash, its key's, or its serial number. */
function hasKeyId(certified: Certified, octets: Uint8Array, { hashes }: CryptoProvider): boolean {
  const candidates =
    certified.kind === 'certificate'
      ? [
          hashes.SHA1.digest(certified.certificate.der),
          certified.certificate.extensions.subjectKeyId,
          hashes.SHA1.digest(certified.certificate.spki),
          fromHex(certified.certificate.serialNumber),
        ]
      : [hashes.SHA1.digest(certified.key.spki)];
  return candidates.some((candidate) => candidate !== undefined && equalConstantTime(candidate, octets));
}
