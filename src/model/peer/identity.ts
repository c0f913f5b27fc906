/**
 * IKE identities: what a system sends, and whether it is what the other one expects (RFC 7296 §3.5, RFC 2407 §4.6.2;
 * hpux-ipsec reference 2.7).
 */
import { type Address, formatAddress, formatRange, parseAddress, rangeContains, singleAddress } from '../address.js';
import type { DnAttribute, Identity, IdentityPattern, IdentityType, PadEntry } from '../system-config.js';

/** `unknown`: the identity is a certificate's, which only the certificate tells. */
export type IdentityVerdict = 'match' | 'mismatch' | 'unknown';

/** The identity that a system sends to the peers of a PAD entry: the written one, or its own address. */
export function sentIdentity(entry: PadEntry, own: Address): Identity {
  if (!entry.localId) return addressIdentity(own);
  const { type, value } = entry.localId.value;
  // A type alone asks for the address, or the certificate's subject.
  if (value === undefined && (type === 'IPV4' || type === 'IPV6')) return addressIdentity(own);
  return entry.localId.value;
}

/** Does an own identity have a part that stands for anything (charon's contains_wildcards): an attribute of a name, or a text's asterisk? */
export function hasWildcards({ type, value }: Identity): boolean {
  if (value === undefined) return false;
  if (type === 'X500-DN') return parseName(value).some((attribute) => attribute.value === '*');
  return (type === 'FQDN' || type === 'USER-FQDN') && value.includes('*');
}

/** The identity that stands for an address. */
export function addressIdentity({ family, value }: Address): Identity {
  return { type: family === 4 ? 'IPV4' : 'IPV6', value: formatAddress(family, value) };
}

/**
 * Is an identity what a PAD entry expects of a peer whose packets come from `source`? An entry that names none expects
 * the source address of the packets, which must be one of its peers'.
 */
export function expectsIdentity(entry: PadEntry, identity: Identity, source: Address): IdentityVerdict {
  if (entry.remoteId) return matchesIdentity(identity, entry.remoteId.value, entry.namesAreOrdered);
  const address = identityAddress(identity);
  const isSource = address?.family === source.family && address.value === source.value;
  return isSource && rangeContains(entry.remote, singleAddress(source)) ? 'match' : 'mismatch';
}

/** Is an identity one of those that a pattern stands for? */
export function matchesIdentity(
  identity: Identity,
  pattern: IdentityPattern,
  namesAreOrdered = false,
): IdentityVerdict {
  if (pattern.kind === 'anything') return 'match';
  if (identity.type !== pattern.type) return 'mismatch';
  const { value } = identity;
  if (pattern.kind === 'any') return 'match';
  if (value === undefined) return 'unknown';
  return isMatch(identity, value, pattern, namesAreOrdered) ? 'match' : 'mismatch';
}

function isMatch(
  identity: Identity,
  value: string,
  pattern: Exclude<IdentityPattern, { kind: 'any' | 'anything' }>,
  namesAreOrdered: boolean,
): boolean {
  switch (pattern.kind) {
    case 'exact':
      if (pattern.type !== 'X500-DN')
        return canonicalValue(identity.type, value) === canonicalValue(pattern.type, pattern.value);
      return namesAreOrdered
        ? fitsTemplate(parseName(value), parseName(pattern.value))
        : sameName(parseName(value), parseName(pattern.value));
    case 'subtree': {
      const domain = value.slice(value.lastIndexOf('@') + 1).toLowerCase();
      const suffix = pattern.suffix.toLowerCase();
      return domain.endsWith(`.${suffix}`) || (pattern.type === 'USER-FQDN' && domain === suffix);
    }
    case 'addresses': {
      const address = identityAddress(identity);
      return address !== undefined && rangeContains(pattern.range, singleAddress(address));
    }
    case 'dn':
      return hasAttributes(parseName(value), pattern.attributes);
    case 'suffix':
      return value.toLowerCase().endsWith(pattern.suffix.toLowerCase());
    case 'dn-template':
      return fitsTemplate(parseName(value), pattern.attributes);
  }
}

/** The same attributes in the same order; `*` of the template stands for any value. */
function fitsTemplate(name: readonly DnAttribute[], template: readonly DnAttribute[]): boolean {
  if (name.length !== template.length) return false;
  return template.every((wanted, at) => {
    const given = name[at]!;
    return wanted.value === '*' ? given.name === wanted.name : attributeKey(given) === attributeKey(wanted);
  });
}

/** The address that an identity of an address type stands for. */
export function identityAddress({ type, value }: Identity): Address | undefined {
  if ((type !== 'IPV4' && type !== 'IPV6') || value === undefined) return undefined;
  const address = parseAddress(value);
  return address?.family === (type === 'IPV4' ? 4 : 6) ? address : undefined;
}

/** One text for all spellings of a value: host names fold case, addresses have several forms. */
export function canonicalValue(type: IdentityType, value: string): string {
  switch (type) {
    case 'IPV4':
    case 'IPV6': {
      const address = parseAddress(value);
      return address ? formatAddress(address.family, address.value) : value;
    }
    case 'FQDN':
      return value.toLowerCase();
    case 'USER-FQDN': {
      const at = value.lastIndexOf('@');
      return value.slice(0, at + 1) + value.slice(at + 1).toLowerCase();
    }
    case 'X500-DN':
      return parseName(value).map(attributeKey).sort().join(',');
    case 'KEY-ID':
      return keyIdText(keyIdOctets(value));
  }
}

/** The octets of a key identifier (RFC 7296 §3.5): its text, or those that are given in hexadecimal, `0x01ff`. */
export function keyIdOctets(value: string): Uint8Array {
  const digits = /^0x((?:[0-9a-f]{2})+)$/i.exec(value)?.[1];
  if (digits === undefined) return new TextEncoder().encode(value);
  return Uint8Array.from(digits.match(/../g)!, (pair) => Number.parseInt(pair, 16));
}

/** A key identifier as text, where all of its octets are printable ASCII, and else in hexadecimal. */
export function keyIdText(octets: Uint8Array): string {
  if (octets.length > 0 && octets.every((octet) => octet > 31 && octet < 127)) return String.fromCharCode(...octets);
  return `0x${Array.from(octets, (octet) => octet.toString(16).padStart(2, '0')).join('')}`;
}

/** The attributes of a distinguished name in text; what is not NAME=value is left out. */
export function parseName(text: string): DnAttribute[] {
  // A comma behind a backslash belongs to the value (RFC 4514 §2.4), or a certificate could make two attributes of one.
  return text.split(/(?<!\\),/).flatMap((part) => {
    const equals = part.indexOf('=');
    if (equals < 0) return [];
    return [{ name: part.slice(0, equals).trim().toUpperCase(), value: part.slice(equals + 1).trim() }];
  });
}

/** An attribute as it is compared: order and case do not count (G0300 p.89). */
export function attributeKey({ name, value }: DnAttribute): string {
  return `${name.toUpperCase()}=${value.toLowerCase()}`;
}

function hasAttributes(name: readonly DnAttribute[], wanted: readonly DnAttribute[]): boolean {
  const keys = new Set(name.map(attributeKey));
  return wanted.every((attribute) => keys.has(attributeKey(attribute)));
}

function sameName(a: readonly DnAttribute[], b: readonly DnAttribute[]): boolean {
  return hasAttributes(a, b) && hasAttributes(b, a);
}

/** `FQDN a.example.com`, `X500-DN of its certificate`. */
export function formatIdentity({ type, value }: Identity): string {
  return value === undefined ? `${type} of its certificate` : `${type} ${value}`;
}

/** `FQDN .example.com`, `IPV4 10.0.0.0/8`, `any FQDN`. */
export function formatPattern(pattern: IdentityPattern): string {
  switch (pattern.kind) {
    case 'exact':
      return `${pattern.type} ${pattern.value}`;
    case 'subtree':
      return `${pattern.type} .${pattern.suffix}`;
    case 'addresses':
      return `${pattern.type} ${formatRange(pattern.range)}`;
    case 'dn':
      return `${pattern.type} ${pattern.attributes.map(({ name, value }) => `${name}=${value}`).join(',')}`;
    case 'any':
      return `any ${pattern.type}`;
    case 'suffix':
      return `${pattern.type} *${pattern.suffix}`;
    case 'dn-template':
      return `${pattern.type} ${pattern.attributes.map(({ name, value }) => `${name}=${value}`).join(',')}`;
    case 'anything':
      return 'any identity';
  }
}

/** What a PAD entry expects, in words. */
export function formatExpectation(entry: PadEntry): string {
  return entry.remoteId
    ? formatPattern(entry.remoteId.value)
    : `the address that the packets come from, in ${formatRange(entry.remote)}`;
}
