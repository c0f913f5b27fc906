/**
 * Selector space in small numbers, so that indexes can keep boxes in typed arrays.
 *
 * A coordinate is an integer 0..2^32-1 in each dimension. For IPv4 it is the value itself. For IPv6 addresses it is a
 * rank: the ends of all indexed intervals cut the address space into elementary ranges, which are numbered. No indexed
 * interval tells two addresses of an elementary range apart, so nothing is lost.
 */
import { type AddressValue, type Family, lastAddress } from '../address.js';
import { addressWords, putAddressWords } from './address-words.js';
import type { Box } from './box.js';

/** The two ends of an address dimension. */
export interface AddressAxis {
  /** The greatest coordinate. */
  readonly last: number;
  /** The coordinate of an address. */
  coordinateOf(value: AddressValue): number;
  /** Writes the lowest address that has a coordinate: one word for IPv4, four for IPv6. */
  putLowest(coordinate: number, to: Uint32Array, at: number): void;
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
  putLowest(coordinate, to, at) {
    to[at] = coordinate;
  },
  lowest: (coordinate) => coordinate,
  highest: (coordinate) => coordinate,
};

/**
 * Makes an axis for one end of boxes of one family, and writes the coordinates of the k-th box's interval to lo and hi at
 * k·stride.
 */
export function rankEnds(
  family: Family,
  boxes: readonly Box[],
  end: 'local' | 'remote',
  lo: Uint32Array,
  hi: Uint32Array,
  stride: number,
): AddressAxis {
  if (family === 6) return rankIpv6(boxes, end, lo, hi, stride);
  for (let at = 0; at < boxes.length; at += 1) {
    const interval = boxes[at]![end];
    lo[at * stride] = Number(interval.lo);
    hi[at * stride] = Number(interval.hi);
  }
  return ipv4Axis;
}

/** The words of the address that is being looked at. */
const words = new Uint32Array(addressWords);

function rankIpv6(
  boxes: readonly Box[],
  end: 'local' | 'remote',
  lo: Uint32Array,
  hi: Uint32Array,
  stride: number,
): AddressAxis {
  const count = boxes.length;
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
    putAddressWords(value, words, 0);
    w0[at] = words[0]!;
    w1[at] = words[1]!;
    w2[at] = words[2]!;
    w3[at] = words[3]!;
    order[used++] = at;
  };
  for (let at = 0; at < count; at += 1) {
    const interval = boxes[at]![end];
    put(2 * at, interval.lo as bigint);
    if (interval.hi !== last) put(2 * at + 1, (interval.hi as bigint) + 1n);
  }
  put(2 * count, 0n);
  const sorted = sortByWords(order.subarray(0, used), [w3, w2, w1, w0]);
  const rank = new Uint32Array(candidates);
  const cuts = new Uint32Array(used);
  let ranks = 0;
  for (const at of sorted) {
    const previous = cuts[ranks - 1];
    const same =
      previous !== undefined &&
      w3[at] === w3[previous] &&
      w2[at] === w2[previous] &&
      w1[at] === w1[previous] &&
      w0[at] === w0[previous];
    if (!same) cuts[ranks++] = at;
    rank[at] = ranks - 1;
  }
  for (let at = 0; at < count; at += 1) {
    lo[at * stride] = rank[2 * at]!;
    hi[at * stride] = boxes[at]![end].hi === last ? ranks - 1 : rank[2 * at + 1]! - 1;
  }
  const addresses = new Uint32Array(ranks * 4);
  for (let at = 0; at < ranks; at += 1) {
    const candidate = cuts[at]!;
    addresses.set([w0[candidate]!, w1[candidate]!, w2[candidate]!, w3[candidate]!], 4 * at);
  }
  return ipv6Axis(addresses);
}

/** Below this many numbers a sort by comparing is faster than one by digits. */
const radixMin = 4096;

/** Sorts numbers of rows by the words of the rows, the least significant word first in `byWeight`. */
function sortByWords(order: Uint32Array<ArrayBuffer>, byWeight: readonly Uint32Array[]): Uint32Array {
  if (order.length < radixMin) {
    const words = byWeight.slice().reverse();
    return order.sort((a, b) => {
      for (const word of words) if (word[a] !== word[b]) return word[a]! - word[b]!;
      return 0;
    });
  }
  let from = order;
  let to = new Uint32Array(order.length);
  const starts = new Uint32Array(65537);
  for (const word of byWeight) {
    for (const shift of [0, 16]) {
      starts.fill(0);
      for (const at of from) starts[((word[at]! >>> shift) & 0xffff) + 1]! += 1;
      // Words that are the same everywhere, as those of a common prefix or of host bits, need no pass.
      if (starts.includes(from.length, 1)) continue;
      for (let digit = 1; digit < starts.length; digit += 1) starts[digit]! += starts[digit - 1]!;
      for (const at of from) {
        const digit = (word[at]! >>> shift) & 0xffff;
        to[starts[digit]!] = at;
        starts[digit]! += 1;
      }
      [from, to] = [to, from];
    }
  }
  return from;
}

/** Cuts of which one is in the summary that a search begins with: it then reads few lines of memory that no cache holds. */
const summaryStep = 16;

/** The axis with these cuts, four words each. */
function ipv6Axis(cuts: Uint32Array): AddressAxis {
  const count = cuts.length / 4;
  const summary = new Uint32Array(Math.ceil(count / summaryStep) * 4);
  for (let at = 0; at < summary.length / 4; at += 1) {
    summary.set(cuts.subarray(4 * summaryStep * at, 4 * summaryStep * at + 4), 4 * at);
  }
  const cut = (at: number) =>
    (BigInt(cuts[4 * at]!) << 96n) |
    (BigInt(cuts[4 * at + 1]!) << 64n) |
    (BigInt(cuts[4 * at + 2]!) << 32n) |
    BigInt(cuts[4 * at + 3]!);
  return {
    last: count - 1,
    coordinateOf(value) {
      putAddressWords(value, words, 0);
      const block = summaryStep * lastNotAbove(summary, 0, summary.length / 4 - 1);
      return lastNotAbove(cuts, block, Math.min(block + summaryStep, count) - 1);
    },
    putLowest(coordinate, to, at) {
      for (let word = 0; word < addressWords; word += 1) to[at + word] = cuts[addressWords * coordinate + word]!;
    },
    lowest: cut,
    highest: (coordinate) => (coordinate === count - 1 ? lastAddress(6) : cut(coordinate + 1) - 1n),
  };
}

/** The last of the addresses low..high that is not above the one in `words`; the first one is not. */
function lastNotAbove(addresses: Uint32Array, low: number, high: number): number {
  const [a, b, c, d] = [words[0]!, words[1]!, words[2]!, words[3]!];
  let from = low;
  let to = high;
  while (from < to) {
    const middle = (from + to + 1) >>> 1;
    const at = 4 * middle;
    const m0 = addresses[at]!;
    const m1 = addresses[at + 1]!;
    const m2 = addresses[at + 2]!;
    const isAbove = m0 !== a ? m0 > a : m1 !== b ? m1 > b : m2 !== c ? m2 > c : addresses[at + 3]! > d;
    if (isAbove) to = middle - 1;
    else from = middle;
  }
  return from;
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
