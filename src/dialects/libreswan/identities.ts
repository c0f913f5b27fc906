/** Identities as `leftid=` and the indices of ipsec.secrets write them (Libreswan lib/libswan/id.c, ipsec.conf(5)). */
import { formatAddress, parseAddress } from '../../model/address.js';
import { canonicalValue } from '../../model/peer/identity.js';
import type { Identity, IdentityPattern } from '../../model/system-config.js';
import type { Flavour } from './options.js';

export type WrittenId =
  | {
      readonly kind: 'identity';
      readonly identity: Identity /** Parts of a DN may be `*`. */;
      readonly hasWildcards?: boolean;
    }
  /** `%any`, `%none`: whatever the peer says. */
  | { readonly kind: 'any' }
  /** `%fromcert`: the subject of the certificate. */
  | { readonly kind: 'certificate' }
  /** `%null` (RFC 7619). */
  | { readonly kind: 'null' }
  /** A host name without `@`, which Libreswan looks up in the DNS. */
  | { readonly kind: 'lookup'; readonly name: string };

/** Reads an identity. */
export function parseId(text: string, flavour: Flavour): WrittenId {
  const lower = text.toLowerCase();
  if (lower === '%any' || lower === '%any6' || lower === '%none') return { kind: 'any' };
  if (lower === '%fromcert' || lower === '%cert') return { kind: 'certificate' };
  if (lower === '%null') return { kind: 'null' };
  const address = parseAddress(text);
  if (address) {
    const value = formatAddress(address.family, address.value);
    return { kind: 'identity', identity: { type: address.family === 4 ? 'IPV4' : 'IPV6', value } };
  }
  if (text.startsWith('@#')) return { kind: 'identity', identity: { type: 'KEY-ID', value: hexValue(text.slice(2)) } };
  if (text.startsWith('@[')) {
    const value = text.endsWith(']') ? text.slice(2, -1) : text.slice(2);
    return { kind: 'identity', identity: { type: 'KEY-ID', value } };
  }
  if (text.startsWith('@~')) return { kind: 'identity', identity: { type: 'X500-DN', value: text.slice(2) } };
  if (text.startsWith('@@')) return { kind: 'identity', identity: { type: 'USER-FQDN', value: text.slice(2) } };
  if (text.startsWith('@')) return { kind: 'identity', identity: { type: 'FQDN', value: text.slice(1) } };
  if (text.includes('=')) {
    const value = nameOf(text);
    return {
      kind: 'identity',
      identity: { type: 'X500-DN', value },
      ...(/=\s*\*\s*(?:,|$)/.test(value) ? { hasWildcards: true } : {}),
    };
  }
  if (text.includes('@')) return { kind: 'identity', identity: { type: 'USER-FQDN', value: text } };
  if (flavour === 'starter') return { kind: 'identity', identity: { type: 'FQDN', value: text } };
  return { kind: 'lookup', name: text };
}

/** Hexadecimal key identifiers are compared as octets; as text they begin with 0x here. */
function hexValue(digits: string): string {
  return `0x${digits
    .replace(/^0x/i, '')
    .replace(/[:_\s]/g, '')
    .toLowerCase()}`;
}

/** `C=CA, ST=Ontario` and `/C=CA/ST=Ontario` are the same name; `,,` was once the way to write a comma. */
function nameOf(text: string): string {
  const slashed = text.startsWith('/') ? text.slice(1).replace(/\/(?=[A-Za-z.]+=)/g, ',') : text;
  return slashed
    .replaceAll(',,', '\\,')
    .split(/(?<!\\),/)
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .join(',');
}

/** What a peer's identity must be. */
export function patternOf(written: WrittenId): IdentityPattern {
  switch (written.kind) {
    case 'identity': {
      const { type, value } = written.identity;
      if (value === undefined) return { kind: 'any', type };
      if (type === 'X500-DN' && written.hasWildcards)
        return { kind: 'dn-template', type, attributes: attributesOf(value) };
      return { kind: 'exact', type, value };
    }
    case 'certificate':
      return { kind: 'any', type: 'X500-DN' };
    case 'lookup':
      return { kind: 'any', type: 'IPV4' };
    case 'any':
    case 'null':
      return { kind: 'anything' };
  }
}

function attributesOf(value: string): { readonly name: string; readonly value: string }[] {
  return value.split(/(?<!\\),/).flatMap((part) => {
    const equals = part.indexOf('=');
    return equals < 0
      ? []
      : [{ name: part.slice(0, equals).trim().toUpperCase(), value: part.slice(equals + 1).trim() }];
  });
}

/** One text for an identity, to look secrets up by. */
export function idKey(written: WrittenId): string {
  switch (written.kind) {
    case 'identity':
      return `${written.identity.type} ${canonicalValue(written.identity.type, written.identity.value ?? '')}`;
    case 'lookup':
      return `lookup ${written.name.toLowerCase()}`;
    default:
      return written.kind;
  }
}

/** An identity as Libreswan reads it back. */
export function formatId({ type, value }: Identity): string {
  if (value === undefined) return '%fromcert';
  switch (type) {
    case 'IPV4':
    case 'IPV6':
      return value;
    case 'FQDN':
      return `@${value}`;
    case 'USER-FQDN':
      return value.includes('@') ? value : `@@${value}`;
    case 'KEY-ID':
      return /^0x[0-9a-f]+$/.test(value) ? `@#${value}` : `@[${value}]`;
    case 'X500-DN':
      return value
        .split(/(?<!\\),/)
        .map((part) => part.trim())
        .join(', ');
  }
}
