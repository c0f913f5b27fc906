/**
 * Which packets the host's routing is to bring to the TUN device: all that policy does not let pass in the clear, by their addresses. It
 * may be more than that, because the data path decides on each packet, but never less.
 */
import {
  type AddressRange,
  type AddressValue,
  type Family,
  firstAddress,
  formatAddress,
  lastAddress,
  rangeToPrefixes,
} from '../../../model/address.js';
import type { Box, Interval } from '../../../model/selector/box.js';
import type { SpdEntry } from '../../../model/system-config.js';

/** Packets from one prefix to another; `from` is absent for every source. */
export interface Captured {
  readonly family: Family;
  readonly from?: Prefix;
  readonly to: Prefix;
}

export interface Prefix {
  readonly first: AddressValue;
  readonly length: number;
}

/** Routing rules that captures may come to; beyond that they are widened. */
export const capturesMax = 4096;
/** Prefixes of one range; beyond that the prefix around it is taken. */
const prefixesMax = 16;

/** `10.0.0.0/8` */
export function formatPrefix(family: Family, { first, length }: Prefix): string {
  return `${formatAddress(family, first)}/${length}`;
}

/**
 * What a system's own packets need: by destination alone, because the source of a packet may be chosen after its route. Packets that it
 * forwards (`forwardSpd`, where it forwards) by both addresses, which they have when they come.
 */
export function captures(spd: readonly SpdEntry[], forwardSpd: readonly SpdEntry[]): readonly Captured[] {
  const own = protectedBoxes(spd).flatMap(({ family, remote }) =>
    prefixesOf(family, remote).map((to): Captured => ({ family, to })),
  );
  const forwarded = protectedBoxes(forwardSpd).flatMap(({ family, local, remote }) =>
    prefixesOf(family, remote).flatMap((to) =>
      prefixesOf(family, local).map((from): Captured => ({ family, from, to })),
    ),
  );
  const all = withoutContained([...own, ...forwarded]);
  if (all.length <= capturesMax) return all;
  // Too many rules for every packet of the host to pass: all packets come, and the data path sorts them.
  const families = new Set(all.map(({ family }) => family));
  return [...families].map((family) => ({ family, to: { first: firstAddress(family), length: 0 } }));
}

function protectedBoxes(entries: readonly SpdEntry[]): readonly Box[] {
  return entries
    .filter(({ action }) => action.kind !== 'BYPASS')
    .flatMap(({ selectors }) => selectors.filter(({ direction }) => direction.lo === 0));
}

function prefixesOf(family: Family, { lo, hi }: Interval<AddressValue>): readonly Prefix[] {
  const prefixes = rangeToPrefixes({ family, first: lo, last: hi }).map(({ first, prefixLength }) => ({
    first,
    length: prefixLength,
  }));
  return prefixes.length <= prefixesMax ? prefixes : [around({ family, first: lo, last: hi })];
}

/** The smallest prefix that holds a range. */
function around({ family, first, last }: AddressRange): Prefix {
  const bits = family === 4 ? 32 : 128;
  let length = bits;
  const [a, b] = [BigInt(first), BigInt(last)];
  while (length > 0 && a >> BigInt(bits - length) !== b >> BigInt(bits - length)) length -= 1;
  const size = BigInt(bits - length);
  const value = (a >> size) << size;
  return { first: family === 4 ? Number(value) : value, length };
}

/** Leaves out what another one captures too. */
function withoutContained(all: readonly Captured[]): readonly Captured[] {
  const kept: Captured[] = [];
  const sorted = [...all].sort((a, b) => a.to.length + (a.from?.length ?? 0) - b.to.length - (b.from?.length ?? 0));
  for (const one of sorted) if (!kept.some((other) => contains(other, one))) kept.push(one);
  return kept;
}

function contains(outer: Captured, inner: Captured): boolean {
  if (outer.family !== inner.family || !holds(outer.family, outer.to, inner.to)) return false;
  if (!outer.from) return true;
  return inner.from !== undefined && holds(outer.family, outer.from, inner.from);
}

function holds(family: Family, outer: Prefix, inner: Prefix): boolean {
  if (inner.length < outer.length) return false;
  const size = BigInt((family === 4 ? 32 : 128) - outer.length);
  return BigInt(outer.first) >> size === BigInt(inner.first) >> size;
}

/** The last address of a prefix. */
export function lastOf(family: Family, { first, length }: Prefix): AddressValue {
  const size = BigInt((family === 4 ? 32 : 128) - length);
  const last = BigInt(first) | ((1n << size) - 1n);
  return family === 4 ? Number(last) : last;
}

/** Is it all addresses of its family? */
export function isEverything(family: Family, prefix: Prefix): boolean {
  return prefix.first === firstAddress(family) && lastOf(family, prefix) === lastAddress(family);
}
