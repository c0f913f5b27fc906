/** The extensions of certificates that IKE needs — RFC 5280 §4.2.1, RFC 4945 §5.1.3. */
import { context, type DerReader, readDer, tags } from '../asn1/der.js';
import { type DistinguishedName, latin1, readName } from './name.js';

/** A GeneralName (RFC 5280 §4.2.1.6); kinds that IKE has no identity for are `other`. */
export type GeneralName =
  | { readonly kind: 'dNSName'; readonly value: string }
  | { readonly kind: 'rfc822Name'; readonly value: string }
  | { readonly kind: 'uniformResourceIdentifier'; readonly value: string }
  | { readonly kind: 'iPAddress'; readonly octets: Uint8Array }
  | { readonly kind: 'directoryName'; readonly name: DistinguishedName }
  | { readonly kind: 'other'; readonly tag: number };

const keyUsageBits = [
  'digitalSignature',
  'nonRepudiation',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
  'encipherOnly',
  'decipherOnly',
] as const;

export type KeyUsage = (typeof keyUsageBits)[number];

export interface CertificateExtensions {
  readonly basicConstraints?: { readonly isCa: boolean; readonly pathLength?: number };
  readonly keyUsage?: ReadonlySet<KeyUsage>;
  /** Dotted OBJECT IDENTIFIERs. */
  readonly extendedKeyUsage?: readonly string[];
  readonly subjectAltNames: readonly GeneralName[];
  readonly subjectKeyId?: Uint8Array;
  readonly authorityKeyId?: Uint8Array;
  readonly crlDistributionPoints: readonly string[];
  /** Critical extensions that we do not process: whoever relies on the certificate must refuse it (§4.2). */
  readonly unknownCritical: readonly string[];
}

const extensionsMax = 64;
const generalNamesMax = 1024;
const keyPurposesMax = 128;

const extensionOids = {
  subjectKeyId: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  crlDistributionPoints: '2.5.29.31',
  certificatePolicies: '2.5.29.32',
  authorityKeyId: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
} as const;

/** Read, or without effect on a path for which no policy is asked (RFC 5280 §6.1.1 c). */
const processed: ReadonlySet<string> = new Set(Object.values(extensionOids));

export interface RawExtension {
  readonly oid: string;
  readonly critical: boolean;
  readonly value: Uint8Array;
}

/** A SEQUENCE OF Extension; one that comes twice is a fault (§4.2). */
export function readRawExtensions(reader: DerReader): ReadonlyMap<string, RawExtension> {
  const found = new Map<string, RawExtension>();
  const list = reader.sequence();
  while (!list.atEnd) {
    if (found.size === extensionsMax) list.fail('too many extensions');
    const extension = list.sequence();
    const oid = extension.objectIdentifier();
    const critical = extension.nextTag === tags.boolean && extension.boolean();
    const value = extension.octetString();
    extension.end();
    if (found.has(oid)) list.fail(`extension ${oid} comes twice`);
    found.set(oid, { oid, critical, value });
  }
  return found;
}

/** The extensions of a certificate; a malformed one is a fault of `reader`. */
export function certificateExtensions(
  raw: ReadonlyMap<string, RawExtension>,
  reader: DerReader,
): CertificateExtensions {
  function parsed<T>(oid: string, describe: (content: DerReader) => T): T | undefined {
    const extension = raw.get(oid);
    if (!extension) return undefined;
    const result = readDer(extension.value, describe);
    if (result.kind === 'value') return result.value;
    reader.fail(`extension ${oid}: ${result.reason}`);
    return undefined;
  }

  return {
    basicConstraints: parsed(extensionOids.basicConstraints, (content) => {
      const constraints = content.sequence();
      const isCa = constraints.nextTag === tags.boolean && constraints.boolean();
      const pathLength = constraints.nextTag === tags.integer ? constraints.smallInteger() : undefined;
      constraints.end();
      return { isCa, pathLength };
    }),
    keyUsage: parsed(extensionOids.keyUsage, (content) => {
      const isSet = content.namedBits();
      return new Set(keyUsageBits.filter((_, bit) => isSet(bit)));
    }),
    extendedKeyUsage: parsed(extensionOids.extendedKeyUsage, (content) => {
      const purposes: string[] = [];
      const list = content.sequence();
      while (!list.atEnd) {
        if (purposes.length === keyPurposesMax) list.fail('too many key purposes');
        purposes.push(list.objectIdentifier());
      }
      return purposes;
    }),
    subjectAltNames: parsed(extensionOids.subjectAltName, (content) => readGeneralNames(content.sequence())) ?? [],
    subjectKeyId: parsed(extensionOids.subjectKeyId, (content) => content.octetString()),
    authorityKeyId: parsed(extensionOids.authorityKeyId, readAuthorityKeyId),
    crlDistributionPoints: parsed(extensionOids.crlDistributionPoints, readDistributionPoints) ?? [],
    unknownCritical: [...raw.values()]
      .filter(({ oid, critical }) => critical && !processed.has(oid))
      .map(({ oid }) => oid),
  };
}

/** AuthorityKeyIdentifier, of which only the key identifier is used (§4.2.1.1); also in CRLs. */
export function readAuthorityKeyId(content: DerReader): Uint8Array | undefined {
  const identifier = content.sequence();
  const keyId =
    identifier.nextTag === context(0, 'primitive') ? identifier.content(context(0, 'primitive')) : undefined;
  while (!identifier.atEnd) identifier.element();
  return keyId;
}

function readGeneralNames(list: DerReader): GeneralName[] {
  const names: GeneralName[] = [];
  while (!list.atEnd) {
    if (names.length === generalNamesMax) list.fail('too many names');
    names.push(readGeneralName(list));
  }
  return names;
}

function readGeneralName(list: DerReader): GeneralName {
  const tag = list.nextTag ?? 0;
  switch (tag) {
    case context(1, 'primitive'):
      return { kind: 'rfc822Name', value: latin1(list.content(tag)) };
    case context(2, 'primitive'):
      return { kind: 'dNSName', value: latin1(list.content(tag)) };
    case context(4, 'constructed'): {
      const explicit = list.enter(tag);
      const name = readName(explicit);
      explicit.end();
      return { kind: 'directoryName', name };
    }
    case context(6, 'primitive'):
      return { kind: 'uniformResourceIdentifier', value: latin1(list.content(tag)) };
    case context(7, 'primitive'):
      return { kind: 'iPAddress', octets: list.content(tag) };
    default:
      return { kind: 'other', tag: list.element().tag };
  }
}

/** The URIs among the distribution points (§4.2.1.13): where somebody could fetch the CRL, which we never do ourselves. */
function readDistributionPoints(content: DerReader): string[] {
  const uris: string[] = [];
  const points = content.sequence();
  while (!points.atEnd) {
    const point = points.sequence();
    const fullName = point.optional(context(0, 'constructed'))?.optional(context(0, 'constructed'));
    for (const name of fullName ? readGeneralNames(fullName) : []) {
      if (name.kind === 'uniformResourceIdentifier') uris.push(name.value);
    }
    while (!point.atEnd) point.element();
  }
  return uris;
}
