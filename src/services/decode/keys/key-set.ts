/** Keys that open captures: what the tables of Wireshark, and our own, hold. */
import { type AddressRange, type Family, parseRange, rangeContains } from '../../../model/address.js';
import type { Secret } from '../../../model/secret.js';
import type { AuthenticationTransform, EncryptionTransform } from '../../../model/transform.js';

/** An algorithm by the name that a table has for it; `transform` is absent where we have none of that name. */
export interface NamedCipher {
  readonly name: string;
  readonly transform?: EncryptionTransform;
}

/**
 * An integrity algorithm by the name that a table has for it. `icvOctets` without a transform stands for an ICV of that
 * length that nobody can check: its key is not known.
 */
export interface NamedIntegrity {
  readonly name: string;
  readonly transform?: AuthenticationTransform;
  readonly icvOctets?: number;
}

/** Where an entry stands: `keys/esp_sa:3`. */
interface Placed {
  readonly place: string;
}

export interface Ikev1KeyEntry extends Placed {
  readonly initiatorCookie: bigint;
  readonly encryptionKey: Secret;
}

export interface Ikev2KeyEntry extends Placed {
  readonly initiatorSpi: bigint;
  readonly responderSpi: bigint;
  readonly encryption: NamedCipher;
  /** Absent for a combined-mode cipher. */
  readonly integrity?: NamedIntegrity;
  readonly skEi: Secret;
  readonly skEr: Secret;
  readonly skAi: Secret;
  readonly skAr: Secret;
}

/** An address, a range of them, or any. */
export type AddressPattern = 'any' | AddressRange;

export interface EspKeyEntry extends Placed {
  readonly family: Family;
  readonly source: AddressPattern;
  readonly destination: AddressPattern;
  /** Eight hexadecimal digits, of which `*` is any. */
  readonly spi: string;
  readonly encryption: NamedCipher;
  readonly integrity?: NamedIntegrity;
  readonly encryptionKey: Secret;
  readonly integrityKey: Secret;
  /** Is it said that sequence numbers have 64 bits, and what the upper half of the first one is? */
  readonly esn?: { readonly high: number };
}

export interface KeySet {
  readonly ikev1: readonly Ikev1KeyEntry[];
  readonly ikev2: readonly Ikev2KeyEntry[];
  readonly esp: readonly EspKeyEntry[];
}

export const noKeys: KeySet = { ikev1: [], ikev2: [], esp: [] };

/** All of several sets, in their order. */
export function joinKeys(sets: readonly KeySet[]): KeySet {
  return {
    ikev1: sets.flatMap(({ ikev1 }) => ikev1),
    ikev2: sets.flatMap(({ ikev2 }) => ikev2),
    esp: sets.flatMap(({ esp }) => esp),
  };
}

/** `*`, an address, a prefix or a range; `192.0.2.*` stands for a prefix, as Wireshark has it. Undefined for anything else. */
export function parseAddressPattern(family: Family, text: string): AddressPattern | undefined {
  if (/^\*?$/.test(text)) return 'any';
  const stars = /^((?:\d{1,3}\.){1,3})\*(?:\.\*)*$/.exec(text);
  const octets = stars?.[1]?.split('.').filter((part) => part !== '') ?? [];
  const prefix = stars ? `${[...octets, '0', '0', '0'].slice(0, 4).join('.')}/${octets.length * 8}` : text;
  const range = parseRange(prefix);
  return range?.family === family ? range : undefined;
}

/** Eight digits, `*` for any; undefined where a text is no SPI. */
export function parseSpiPattern(text: string): string | undefined {
  if (text === '*') return '********';
  if (/^\d+$/.test(text)) {
    const number = Number(text);
    return number <= 0xffff_ffff ? number.toString(16).padStart(8, '0') : undefined;
  }
  const [, digits] = /^0x([0-9a-f*]{1,8})$/i.exec(text) ?? [];
  return digits?.toLowerCase().padStart(8, digits.startsWith('*') ? '*' : '0');
}

/** Is the entry for packets of this SA? */
export function isFor(
  entry: EspKeyEntry,
  packet: {
    readonly family: Family;
    readonly source: AddressRange['first'];
    readonly destination: AddressRange['first'];
    readonly spi: number;
  },
): boolean {
  const { family, source, destination } = packet;
  if (entry.family !== family) return false;
  const fits = (pattern: AddressPattern, value: AddressRange['first']): boolean =>
    pattern === 'any' || rangeContains(pattern, { family, first: value, last: value });
  const digits = packet.spi.toString(16).padStart(8, '0');
  const isSpi = [...entry.spi].every((digit, index) => digit === '*' || digit === digits[index]);
  return isSpi && fits(entry.source, source) && fits(entry.destination, destination);
}

/** Octets of a key by its hexadecimal digits, with or without `0x`; undefined for anything else. */
export function hexOctets(text: string): Uint8Array | undefined {
  const digits = text.replace(/^0x/i, '');
  if (digits.length % 2 !== 0 || !/^[0-9a-f]*$/i.test(digits)) return undefined;
  return Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}
