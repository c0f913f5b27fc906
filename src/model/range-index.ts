/**
 * First match over ordered address ranges (authentication records, IKE policies) in one dimension: the ranges are swept
 * once into disjoint segments that each belong to the earliest range over them, so a look-up is a binary search and "is
 * this one ever chosen" is exact, unions included.
 */
import {
  type Address,
  type AddressRange,
  type AddressValue,
  type Family,
  firstAddress,
  lastAddress,
  next,
  previous,
} from './address.js';

/** Addresses that one range wins. */
export interface RangeSegment {
  readonly range: AddressRange;
  /** Number of the range in the list that was indexed; -1 where no range is. */
  readonly winner: number;
}

export interface RangeIndex {
  /** Number of the first range that holds the address, or -1. */
  find(address: Address): number;
  /** Is there an address that range `number` wins? Exact. */
  wins(number: number): boolean;
  /** Who wins the addresses of a range, in ascending order and without gaps: where no range is, the winner is -1. */
  segments(range: AddressRange): Iterable<RangeSegment>;
}

/** Parallel lists: segment k goes from `starts[k]` to before `starts[k + 1]` (or the family's end). */
interface Segments {
  readonly starts: readonly AddressValue[];
  readonly winners: readonly number[];
}

/** Indexes ranges in search order, in n·log n steps. */
export function buildRangeIndex(ranges: readonly AddressRange[]): RangeIndex {
  const families: Readonly<Record<Family, Segments>> = { 4: sweep(4, ranges), 6: sweep(6, ranges) };
  const winning = new Uint8Array(ranges.length);
  for (const { winners } of [families[4], families[6]])
    for (const winner of winners) if (winner >= 0) winning[winner] = 1;
  return {
    find: ({ family, value }) => families[family].winners[segmentAt(families[family].starts, value)]!,
    wins: (number) => winning[number] === 1,
    *segments({ family, first, last }) {
      const { starts, winners } = families[family];
      for (let at = segmentAt(starts, first); at < starts.length && starts[at]! <= last; at += 1) {
        const start = starts[at]!;
        const beyond = starts[at + 1];
        const end = beyond === undefined ? lastAddress(family) : previous(beyond);
        // Not Math.max: these may be bigints.
        const range = {
          family,
          first: compare(start, first) < 0 ? first : start,
          last: compare(end, last) > 0 ? last : end,
        };
        yield { range, winner: winners[at]! };
      }
    },
  };
}

/** The last segment that starts at or before a value; the first one starts at the family's first address. */
function segmentAt(starts: readonly AddressValue[], value: AddressValue): number {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if (starts[middle]! <= value) low = middle;
    else high = middle - 1;
  }
  return low;
}

function sweep(family: Family, ranges: readonly AddressRange[]): Segments {
  const order: number[] = [];
  const borders: AddressValue[] = [firstAddress(family)];
  const end = lastAddress(family);
  for (const [number, range] of ranges.entries()) {
    if (range.family !== family) continue;
    order.push(number);
    borders.push(range.first);
    if (range.last !== end) borders.push(next(range.last));
  }
  order.sort((a, b) => compare(ranges[a]!.first, ranges[b]!.first));
  borders.sort(compare);
  const starts: AddressValue[] = [];
  const winners: number[] = [];
  const open: number[] = []; // a heap: the lowest number, which wins, on top
  let entering = 0;
  for (const border of borders) {
    if (starts.length > 0 && starts.at(-1) === border) continue;
    while (entering < order.length && ranges[order[entering]!]!.first <= border) push(open, order[entering++]!);
    while (open.length > 0 && ranges[open[0]!]!.last < border) pop(open);
    const winner = open[0] ?? -1;
    if (winners.length > 0 && winners.at(-1) === winner) continue;
    starts.push(border);
    winners.push(winner);
  }
  return { starts, winners };
}

function compare(a: AddressValue, b: AddressValue): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function push(heap: number[], value: number): void {
  let at = heap.length;
  heap.push(value);
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (heap[parent]! <= value) break;
    heap[at] = heap[parent]!;
    at = parent;
  }
  heap[at] = value;
}

function pop(heap: number[]): void {
  const value = heap.pop()!;
  if (heap.length === 0) return;
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && heap[child + 1]! < heap[child]!) child += 1;
    if (heap[child]! >= value) break;
    heap[at] = heap[child]!;
    at = child;
  }
  heap[at] = value;
}
