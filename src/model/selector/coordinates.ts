/**
 * Selector space in small numbers, so that indexes can keep boxes in typed arrays.
 *
 * A coordinate is an integer 0..2^32-1 in each dimension. For IPv4 it is the value itself. For IPv6 addresses it is a
 * rank: the ends of all indexed intervals cut the address space into elementary ranges, which are numbered. No indexed
 * interval tells two addresses of an elementary range apart, so nothing is lost.
 */
import { type AddressValue, type Family, lastAddress } from '../address.js';
import type { Box, Interval } from './box.js';

/** The two ends of an address dimension. */
export interface AddressAxis {
  /** The greatest coordinate. */
  readonly last: number;
  /** The coordinate of an address. */
  coordinateOf(value: AddressValue): number;
  /** The lowest and the highest address that have a coordinate. */
  lowest(coordinate: number): AddressValue;
  highest(coordinate: number): AddressValue;
}

export interface Space {
  readonly family: Family;
  readonly local: AddressAxis;
  readonly remote: AddressAxis;
}

/** Dimensions by number: direction, local, remote, protocol, x, y. */
export const dimensionCount = 6;
export const protocolDimension = 3;

const ipv4Axis: AddressAxis = {
  last: 0xffff_ffff,
  coordinateOf: Number,
  lowest: (coordinate) => coordinate,
  highest: (coordinate) => coordinate,
};

/** An axis, and the coordinates of both ends of each interval that it was made for. */
export interface RankedIntervals {
  readonly axis: AddressAxis;
  readonly lo: Uint32Array;
  readonly hi: Uint32Array;
}

/** Finds the coordinates of address intervals of one family. */
export function rankIntervals(family: Family, intervals: readonly Interval<AddressValue>[]): RankedIntervals {
  if (family === 6) return rankIpv6(intervals);
  const lo = new Uint32Array(intervals.length);
  const hi = new Uint32Array(intervals.length);
  for (let at = 0; at < intervals.length; at += 1) {
    lo[at] = Number(intervals[at]!.lo);
    hi[at] = Number(intervals[at]!.hi);
  }
  return { axis: ipv4Axis, lo, hi };
}

// One BigInt store splits an address into 32-bit words without a BigInt per word.
const halves = new BigUint64Array(2);
const words = new Uint32Array(halves.buffer);
const [word0, word1, word2, word3] = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1 ? [3, 2, 1, 0] : [2, 3, 0, 1];

function split(value: bigint): void {
  halves[0] = value; // stores modulo 2^64
  halves[1] = value >> 64n;
}

function rankIpv6(intervals: readonly Interval<AddressValue>[]): RankedIntervals {
  const count = intervals.length;
  // Number 2k is where interval k begins, 2k+1 where it has ended, the last one is the axis's own beginning.
  const candidates = 2 * count + 1;
  const w0 = new Uint32Array(candidates);
  const w1 = new Uint32Array(candidates);
  const w2 = new Uint32Array(candidates);
  const w3 = new Uint32Array(candidates);
  const order = new Uint32Array(candidates);
  const last = lastAddress(6);
  let used = 0;
  const put = (at: number, value: bigint) => {
    split(value);
    w0[at] = words[word0]!;
    w1[at] = words[word1]!;
    w2[at] = words[word2]!;
    w3[at] = words[word3]!;
    order[used++] = at;
  };
  for (let at = 0; at < count; at += 1) {
    const { lo, hi } = intervals[at]!;
    put(2 * at, lo as bigint);
    if (hi !== last) put(2 * at + 1, (hi as bigint) + 1n);
  }
  put(2 * count, 0n);
  const sorted = order
    .subarray(0, used)
    .sort((a, b) => w0[a]! - w0[b]! || w1[a]! - w1[b]! || w2[a]! - w2[b]! || w3[a]! - w3[b]!);
  const rank = new Uint32Array(candidates);
  let ranks = 0;
  let previous = -1;
  for (const at of sorted) {
    const same =
      previous >= 0 &&
      w0[at] === w0[previous] &&
      w1[at] === w1[previous] &&
      w2[at] === w2[previous] &&
      w3[at] === w3[previous];
    if (!same) {
      // Ranks never outrun the scan, so the cuts may be gathered at the front of `order`.
      order[ranks++] = at;
      previous = at;
    }
    rank[at] = ranks - 1;
  }
  const cuts = order.subarray(0, ranks);
  const lo = new Uint32Array(count);
  const hi = new Uint32Array(count);
  for (let at = 0; at < count; at += 1) {
    lo[at] = rank[2 * at]!;
    hi[at] = intervals[at]!.hi === last ? ranks - 1 : rank[2 * at + 1]! - 1;
  }
  const pick = (from: Uint32Array) => Uint32Array.from(cuts, (at) => from[at]!);
  return { axis: ipv6Axis(pick(w0), pick(w1), pick(w2), pick(w3)), lo, hi };
}

function ipv6Axis(w0: Uint32Array, w1: Uint32Array, w2: Uint32Array, w3: Uint32Array): AddressAxis {
  const count = w0.length;
  const cut = (at: number) =>
    (BigInt(w0[at]!) << 96n) | (BigInt(w1[at]!) << 64n) | (BigInt(w2[at]!) << 32n) | BigInt(w3[at]!);
  return {
    last: count - 1,
    coordinateOf(value) {
      split(value as bigint);
      const a = words[word0]!;
      const b = words[word1]!;
      const c = words[word2]!;
      const d = words[word3]!;
      let low = 0;
      let high = count - 1;
      while (low < high) {
        const middle = (low + high + 1) >>> 1;
        const m0 = w0[middle]!;
        const m1 = w1[middle]!;
        const m2 = w2[middle]!;
        const begun = m0 !== a ? m0 < a : m1 !== b ? m1 < b : m2 !== c ? m2 < c : w3[middle]! <= d;
        if (begun) low = middle;
        else high = middle - 1;
      }
      return low;
    },
    lowest: cut,
    highest: (coordinate) => (coordinate === count - 1 ? lastAddress(6) : cut(coordinate + 1) - 1n),
  };
}

/** Writes the coordinates of the smallest cell around a box; exact when the box is one of those the space was made for. */
export function cellOf(space: Space, box: Box, lo: Uint32Array, hi: Uint32Array): void {
  lo[0] = box.direction.lo;
  hi[0] = box.direction.hi;
  lo[1] = space.local.coordinateOf(box.local.lo);
  hi[1] = space.local.coordinateOf(box.local.hi);
  lo[2] = space.remote.coordinateOf(box.remote.lo);
  hi[2] = space.remote.coordinateOf(box.remote.hi);
  lo[3] = box.protocol.lo;
  hi[3] = box.protocol.hi;
  lo[4] = box.x.lo;
  hi[4] = box.x.hi;
  lo[5] = box.y.lo;
  hi[5] = box.y.hi;
}

/** The box of a cell. */
export function boxOf({ family, local, remote }: Space, lo: Uint32Array, hi: Uint32Array): Box {
  return {
    family,
    direction: { lo: lo[0]!, hi: hi[0]! },
    local: { lo: local.lowest(lo[1]!), hi: local.highest(hi[1]!) },
    remote: { lo: remote.lowest(lo[2]!), hi: remote.highest(hi[2]!) },
    protocol: { lo: lo[3]!, hi: hi[3]! },
    x: { lo: lo[4]!, hi: hi[4]! },
    y: { lo: lo[5]!, hi: hi[5]! },
  };
}
