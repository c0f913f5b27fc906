/**
 * Boxes of one family as the cut tree sees them: rows of intervals of at most 32 bits. IPv4 has the six dimensions of selector space.
 * The four words of an IPv6 address are dimensions of their own: a prefix is then a box like any other, a comparison reads one
 * word, and a packet's address is taken as it stands in its header.
 */
import { addressWords, putAddressWords } from './address-words.js';
import type { Box } from './box.js';
import { type BoxTable, rowSize } from './box-table.js';
import { dimensionCount } from './coordinates.js';
import { withRoom } from './typed-arrays.js';

export interface CutRows {
  readonly count: number;
  readonly dimensions: number;
  /** The interval of row k in a dimension is at k·`stride` + dimension of either array. */
  readonly lo: Uint32Array;
  readonly hi: Uint32Array;
  readonly stride: number;
  /** The entry that a row belongs to; rows are in the order of their entries. */
  readonly entries: Uint32Array;
  /** The greatest coordinate of each dimension. */
  readonly last: Uint32Array;
  /** All dimensions, those first that tell rows apart best; the first `wideCount` have 32 bits, the others at most 16. */
  readonly testOrder: readonly number[];
  readonly wideCount: number;
}

/** The rows of an IPv4 table: direction, local, remote, protocol, x, y. */
export function ipv4Rows({ count, lo, hi, entries }: BoxTable): CutRows {
  return {
    count,
    dimensions: dimensionCount,
    lo,
    hi,
    stride: rowSize,
    entries,
    last: Uint32Array.of(1, 0xffff_ffff, 0xffff_ffff, 255, 65_535, 65_535),
    testOrder: [2, 1, 5, 3, 4, 0],
    wideCount: 2,
  };
}

/** The dimensions of an IPv6 packet: direction, four words of the local address, four of the remote one, protocol, x, y. */
export const ipv6Dimensions = { local: 1, protocol: 9, x: 10, y: 11, count: 12 } as const;

/** The rows of IPv6 boxes; one for each box whose addresses are prefixes, up to seven for each end that is not. */
export function ipv6Rows(boxes: readonly Box[], entryOf: ArrayLike<number>): CutRows {
  const { local, protocol, x, y, count: dimensions } = ipv6Dimensions;
  const stride = 2 * dimensions;
  let bounds = new Uint32Array(boxes.length * stride);
  let entries = new Uint32Array(boxes.length);
  let count = 0;
  const lo = new Uint32Array(2 * addressWords);
  const hi = new Uint32Array(2 * addressWords);
  for (let at = 0; at < boxes.length; at += 1) {
    const box = boxes[at]!;
    putAddressWords(box.local.lo, lo, 0);
    putAddressWords(box.local.hi, hi, 0);
    putAddressWords(box.remote.lo, lo, addressWords);
    putAddressWords(box.remote.hi, hi, addressWords);
    if (isBox(lo, hi, 0) && isBox(lo, hi, addressWords)) {
      put(box, entryOf[at]!, lo, hi);
      continue;
    }
    for (const ours of wordBoxes(lo, hi, 0)) {
      for (const theirs of wordBoxes(lo, hi, addressWords))
        put(box, entryOf[at]!, [...ours.lo, ...theirs.lo], [...ours.hi, ...theirs.hi]);
    }
  }
  const word = 0xffff_ffff;
  return {
    count,
    dimensions,
    lo: bounds,
    hi: bounds.subarray(dimensions),
    stride,
    entries: entries.subarray(0, count),
    last: Uint32Array.of(1, word, word, word, word, word, word, word, word, 255, 65_535, 65_535),
    testOrder: [6, 2, 8, 4, 5, 1, 7, 3, 11, 9, 10, 0],
    wideCount: 2 * addressWords,
  };

  function put(box: Box, entry: number, from: ArrayLike<number>, to: ArrayLike<number>): void {
    bounds = withRoom(bounds, (count + 1) * stride);
    entries = withRoom(entries, count + 1);
    const base = count * stride;
    const high = base + dimensions;
    bounds[base] = box.direction.lo;
    bounds[high] = box.direction.hi;
    for (let index = 0; index < 2 * addressWords; index += 1) {
      bounds[base + local + index] = from[index]!;
      bounds[high + local + index] = to[index]!;
    }
    bounds[base + protocol] = box.protocol.lo;
    bounds[high + protocol] = box.protocol.hi;
    bounds[base + x] = box.x.lo;
    bounds[high + x] = box.x.hi;
    bounds[base + y] = box.y.lo;
    bounds[high + y] = box.y.hi;
    entries[count] = entry;
    count += 1;
  }
}

const wordMax = 0xffff_ffff;

/** Are the addresses from `lo` to `hi` a box of words: equal ones, one that differs, and whole ones behind? */
function isBox(lo: Uint32Array, hi: Uint32Array, at: number): boolean {
  let word = 0;
  while (word < addressWords && lo[at + word] === hi[at + word]) word += 1;
  for (word += 1; word < addressWords; word += 1) {
    if (lo[at + word] !== 0 || hi[at + word] !== wordMax) return false;
  }
  return true;
}

interface WordBox {
  readonly lo: readonly number[];
  readonly hi: readonly number[];
}

/** The addresses from `lo` to `hi` as boxes of words, disjoint: one where `isBox` says so, at most seven. */
function wordBoxes(lo: Uint32Array, hi: Uint32Array, at: number): readonly WordBox[] {
  return parts(Array.from(lo.subarray(at, at + addressWords)), Array.from(hi.subarray(at, at + addressWords)), 0);
}

function parts(lo: readonly number[], hi: readonly number[], word: number): WordBox[] {
  if (word === addressWords) return [{ lo, hi }];
  const [first, last] = [lo[word]!, hi[word]!];
  if (first === last) return parts(lo, hi, word + 1);
  const lowest = (from: readonly number[], value: number) => behind(from, word, value, 0);
  const highest = (from: readonly number[], value: number) => behind(from, word, value, wordMax);
  // What is between the lowest and the highest value of this word is whole behind it; the ends may not be.
  const isLowWhole = lo.every((value, index) => index <= word || value === 0);
  const isHighWhole = hi.every((value, index) => index <= word || value === wordMax);
  const [middleFirst, middleLast] = [isLowWhole ? first : first + 1, isHighWhole ? last : last - 1];
  return [
    ...(isLowWhole ? [] : parts(lo, highest(lo, first), word + 1)),
    ...(middleFirst <= middleLast ? [{ lo: lowest(lo, middleFirst), hi: highest(lo, middleLast) }] : []),
    ...(isHighWhole ? [] : parts(lowest(hi, last), hi, word + 1)),
  ];
}

/** The words in front of one, a value for that one, and the same for all behind. */
function behind(words: readonly number[], at: number, value: number, rest: number): readonly number[] {
  return words.map((word, index) => (index < at ? word : index === at ? value : rest));
}
