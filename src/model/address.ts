/**
 * IPv4 and IPv6 addresses, prefixes and ranges (RFC 4291, RFC 4632, RFC 5952).
 *
 * An IPv4 address is a number 0..2^32-1, an IPv6 address a bigint 0..2^128-1. Both compare with `<`; arithmetic goes
 * through `next` and `previous`, so that the rest of the code need not care which it holds.
 */

export type Family = 4 | 6;
export type AddressValue = number | bigint;

export interface Address {
  readonly family: Family;
  readonly value: AddressValue;
}

/** All addresses from `first` to `last`, both included. */
export interface AddressRange {
  readonly family: Family;
  readonly first: AddressValue;
  readonly last: AddressValue;
}

const v4Last = 0xffff_ffff;
const v6Last = (1n << 128n) - 1n;

/** The lowest address of a family. */
export function firstAddress(family: Family): AddressValue {
  return family === 4 ? 0 : 0n;
}

/** The highest address of a family. */
export function lastAddress(family: Family): AddressValue {
  return family === 4 ? v4Last : v6Last;
}

/** 32 or 128. */
export function addressBits(family: Family): 32 | 128 {
  return family === 4 ? 32 : 128;
}

/** The address after `value`; the caller makes sure that there is one. */
export function next(value: AddressValue): AddressValue {
  return typeof value === 'bigint' ? value + 1n : value + 1;
}

/** The address before `value`; the caller makes sure that there is one. */
export function previous(value: AddressValue): AddressValue {
  return typeof value === 'bigint' ? value - 1n : value - 1;
}

/** Every address of a family. */
export function anyAddress(family: Family): AddressRange {
  return { family, first: firstAddress(family), last: lastAddress(family) };
}

/** Is it every address of its family? */
export function isAnyRange({ family, first, last }: AddressRange): boolean {
  return first === firstAddress(family) && last === lastAddress(family);
}

/** The range of just one address. */
export function singleAddress({ family, value }: Address): AddressRange {
  return { family, first: value, last: value };
}

/** Reads a dotted IPv4 or colon-hexadecimal IPv6 address (no prefix, no zone); anything else gives undefined. */
export function parseAddress(text: string): Address | undefined {
  if (text.includes(':')) {
    const value = parseV6(text);
    return value === undefined ? undefined : { family: 6, value };
  }
  const value = parseV4(text);
  return value === undefined ? undefined : { family: 4, value };
}

function parseV4(text: string): number | undefined {
  let value = 0;
  let octet = 0;
  let digits = 0;
  let dots = 0;
  const length = text.length;
  if (length < 7 || length > 15) return undefined;
  for (let index = 0; index < length; index += 1) {
    const code = text.charCodeAt(index);
    if (code >= 48 && code <= 57) {
      // A leading zero would be octal for some readers and decimal for others: refuse it.
      if (digits > 0 && octet === 0) return undefined;
      octet = octet * 10 + code - 48;
      digits += 1;
      if (octet > 255) return undefined;
    } else if (code === 46) {
      if (digits === 0) return undefined;
      value = value * 256 + octet;
      octet = 0;
      digits = 0;
      dots += 1;
      if (dots > 3) return undefined;
    } else return undefined;
  }
  if (dots !== 3 || digits === 0) return undefined;
  return value * 256 + octet;
}

function parseV6(text: string): bigint | undefined {
  if (text.length > 45) return undefined;
  const gap = text.indexOf('::');
  if (gap !== -1 && text.indexOf('::', gap + 1) !== -1) return undefined;
  const head = gap === -1 ? text : text.slice(0, gap);
  const tail = gap === -1 ? '' : text.slice(gap + 2);
  const headGroups = parseGroups(head, gap === -1);
  const tailGroups = parseGroups(tail, true);
  if (!headGroups || !tailGroups) return undefined;
  const missing = 8 - headGroups.length - tailGroups.length;
  if (gap === -1 ? missing !== 0 : missing < 1) return undefined;
  let value = 0n;
  for (const group of headGroups) value = (value << 16n) | BigInt(group);
  value <<= BigInt(missing * 16);
  for (const group of tailGroups) value = (value << 16n) | BigInt(group);
  return value;
}

function parseGroups(text: string, mayEndInV4: boolean): number[] | undefined {
  if (text === '') return [];
  const groups: number[] = [];
  const parts = text.split(':');
  for (const [index, part] of parts.entries()) {
    if (mayEndInV4 && index === parts.length - 1 && part.includes('.')) {
      const v4 = parseV4(part);
      if (v4 === undefined) return undefined;
      groups.push(Math.floor(v4 / 65536), v4 % 65536);
    } else {
      if (!/^[0-9a-fA-F]{1,4}$/.test(part)) return undefined;
      groups.push(Number.parseInt(part, 16));
    }
  }
  return groups;
}

/** The address in its canonical text form: dotted decimal, or RFC 5952. */
export function formatAddress(family: Family, value: AddressValue): string {
  if (family === 4) {
    const number = Number(value);
    return `${number >>> 24}.${(number >>> 16) & 255}.${(number >>> 8) & 255}.${number & 255}`;
  }
  const groups: number[] = [];
  for (let shift = 112n; shift >= 0n; shift -= 16n) groups.push(Number((BigInt(value) >> shift) & 0xffffn));
  let bestStart = -1;
  let bestLength = 1;
  for (let start = 0; start < 8; start += 1) {
    let length = 0;
    while (start + length < 8 && groups[start + length] === 0) length += 1;
    if (length > bestLength) {
      bestStart = start;
      bestLength = length;
    }
  }
  const hex = groups.map((group) => group.toString(16));
  if (bestStart === -1) return hex.join(':');
  return `${hex.slice(0, bestStart).join(':')}::${hex.slice(bestStart + bestLength).join(':')}`;
}

/** The range of `address/prefixLength`; bits beyond the prefix do not matter. `prefixLength` is 0..32 or 0..128. */
export function prefixRange({ family, value }: Address, prefixLength: number): AddressRange {
  if (family === 4) {
    const size = 2 ** (32 - prefixLength);
    const first = Math.floor(Number(value) / size) * size;
    return { family, first, last: first + size - 1 };
  }
  const hostBits = BigInt(128 - prefixLength);
  const first = (BigInt(value) >> hostBits) << hostBits;
  return { family, first, last: first + (1n << hostBits) - 1n };
}

/** The range of `10.0.0.1`, `10.0.0.0/8` or `10.0.0.3-10.0.0.9`, or undefined; bits beyond a prefix do not matter. */
export function parseRange(text: string): AddressRange | undefined {
  const slash = text.indexOf('/');
  if (slash !== -1) {
    const address = parseAddress(text.slice(0, slash));
    const length = /^\d{1,3}$/.test(text.slice(slash + 1)) ? Number(text.slice(slash + 1)) : -1;
    return address && length >= 0 && length <= addressBits(address.family) ? prefixRange(address, length) : undefined;
  }
  const [low, high, ...more] = text.split('-').map((part) => parseAddress(part));
  if (!low || more.length > 0) return undefined;
  if (!text.includes('-')) return singleAddress(low);
  return high && high.family === low.family && low.value <= high.value
    ? { family: low.family, first: low.value, last: high.value }
    : undefined;
}

/** The prefix length when the range is exactly one prefix, else undefined. */
export function rangePrefixLength({ family, first, last }: AddressRange): number | undefined {
  if (typeof first === 'number' && typeof last === 'number') {
    const count = last - first + 1;
    const bits = Math.log2(count);
    return Number.isInteger(bits) && first % count === 0 ? 32 - bits : undefined;
  }
  const size = BigInt(last) - BigInt(first) + 1n;
  if ((size & (size - 1n)) !== 0n || BigInt(first) % size !== 0n) return undefined;
  return addressBits(family) - (size.toString(2).length - 1);
}

/** `10.0.0.1`, `10.0.0.0/24` or `10.0.0.3-10.0.0.9`: the shortest true way to write a range. */
export function formatRange(range: AddressRange): string {
  if (range.first === range.last) return formatAddress(range.family, range.first);
  const prefixLength = rangePrefixLength(range);
  const first = formatAddress(range.family, range.first);
  return prefixLength === undefined
    ? `${first}-${formatAddress(range.family, range.last)}`
    : `${first}/${prefixLength}`;
}

/** The fewest prefixes that make up a range, in ascending order (at most 62 for IPv4 and 254 for IPv6). */
export function rangeToPrefixes(range: AddressRange): { first: AddressValue; prefixLength: number }[] {
  const bits = addressBits(range.family);
  const prefixes: { first: AddressValue; prefixLength: number }[] = [];
  let first = BigInt(range.first);
  const last = BigInt(range.last);
  while (first <= last) {
    let hostBits = 0;
    while (hostBits < bits) {
      const size = 1n << BigInt(hostBits + 1);
      if (first % size !== 0n || first + size - 1n > last) break;
      hostBits += 1;
    }
    prefixes.push({ first: range.family === 4 ? Number(first) : first, prefixLength: bits - hostBits });
    first += 1n << BigInt(hostBits);
  }
  return prefixes;
}

/** Do two ranges share an address? */
export function rangesIntersect(a: AddressRange, b: AddressRange): boolean {
  return a.family === b.family && a.first <= b.last && b.first <= a.last;
}

/** Is every address of `inner` in `outer`? */
export function rangeContains(outer: AddressRange, inner: AddressRange): boolean {
  return outer.family === inner.family && outer.first <= inner.first && inner.last <= outer.last;
}

/** What kind of address it is, for the rules that forbid some (RFC 1122 §3.2.1.3, RFC 4291 §2.4, RFC 5771). */
export function addressScope({
  family,
  value,
}: Address): 'unspecified' | 'loopback' | 'multicast' | 'broadcast' | 'unicast' {
  if (family === 4) {
    const number = Number(value);
    if (number === 0) return 'unspecified';
    if (number === v4Last) return 'broadcast';
    const high = Math.floor(number / 2 ** 24);
    if (high === 127) return 'loopback';
    return high >= 224 && high <= 239 ? 'multicast' : 'unicast';
  }
  if (value === 0n) return 'unspecified';
  if (value === 1n) return 'loopback';
  return BigInt(value) >> 120n === 0xffn ? 'multicast' : 'unicast';
}

/** The 4 or 16 octets of an address in network order. */
export function addressToOctets({ family, value }: Address): Uint8Array {
  const octets = new Uint8Array(family === 4 ? 4 : 16);
  let rest = BigInt(value);
  for (let index = octets.length - 1; index >= 0; index -= 1) {
    octets[index] = Number(rest & 255n);
    rest >>= 8n;
  }
  return octets;
}

/** The address of 4 or 16 octets in network order; any other length gives undefined. */
export function addressFromOctets(octets: Uint8Array): Address | undefined {
  if (octets.length !== 4 && octets.length !== 16) return undefined;
  let value = 0n;
  for (const octet of octets) value = (value << 8n) | BigInt(octet);
  return octets.length === 4 ? { family: 4, value: Number(value) } : { family: 6, value };
}
