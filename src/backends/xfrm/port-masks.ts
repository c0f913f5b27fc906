/**
 * Ranges of ports and message types as the kernel can match them: a value and a mask. A range becomes the fewest aligned
 * blocks, as a range of addresses becomes the fewest prefixes; 1024-65535 takes six.
 */
import type { Interval } from '../../model/selector/box.js';

export interface MaskedValue {
  readonly value: number;
  readonly mask: number;
}

/** What the two port fields of a selector must be. */
export interface MaskedPair {
  readonly source: MaskedValue;
  readonly destination: MaskedValue;
}

export const anyValue: MaskedValue = { value: 0, mask: 0 };

const portLast = 0xffff;
const octetLast = 0xff;

/** A range of 16-bit numbers in the fewest blocks, ascending: at most 30. */
export function maskedRange({ lo, hi }: Interval, last = portLast): readonly MaskedValue[] {
  if (lo === 0 && hi === last) return [anyValue];
  const blocks: MaskedValue[] = [];
  for (let from = lo; from <= hi; ) {
    let size = 1;
    while (from % (size * 2) === 0 && from + size * 2 - 1 <= hi) size *= 2;
    blocks.push({ value: from, mask: portLast - (size - 1) });
    from += size;
  }
  return blocks;
}

/** Local and remote ports in every combination, for packets from `local` to `remote`. */
export function maskedPorts(source: Interval, destination: Interval): readonly MaskedPair[] {
  const destinations = maskedRange(destination);
  return maskedRange(source).flatMap((from) => destinations.map((to) => ({ source: from, destination: to })));
}

/**
 * A range of type·256+code (the x of a box). Types are in the source port's place and codes in the destination port's;
 * `codes` is false for MH, whose messages have none.
 */
export function maskedTypes({ lo, hi }: Interval, codes: boolean): readonly MaskedPair[] {
  if (!codes) {
    // A message of type t counts as t·256: it is in the range when that number is.
    const types = { lo: Math.ceil(lo / 256), hi: Math.floor(hi / 256) };
    return types.lo > types.hi ? [] : blocksOf(types, { lo: 0, hi: octetLast });
  }
  const from = { type: lo >> 8, code: lo & octetLast };
  const to = { type: hi >> 8, code: hi & octetLast };
  if (from.type === to.type) return blocksOf({ lo: from.type, hi: from.type }, { lo: from.code, hi: to.code });
  const pairs: MaskedPair[] = [];
  let first = from.type;
  let last = to.type;
  if (from.code > 0) {
    pairs.push(...blocksOf({ lo: first, hi: first }, { lo: from.code, hi: octetLast }));
    first += 1;
  }
  if (to.code < octetLast) last -= 1;
  if (first <= last) pairs.push(...blocksOf({ lo: first, hi: last }, { lo: 0, hi: octetLast }));
  if (to.code < octetLast) pairs.push(...blocksOf({ lo: to.type, hi: to.type }, { lo: 0, hi: to.code }));
  return pairs;
}

function blocksOf(types: Interval, codes: Interval): readonly MaskedPair[] {
  const destinations = maskedRange(codes, octetLast);
  return maskedRange(types, octetLast).flatMap((source) =>
    destinations.map((destination) => ({ source, destination })),
  );
}
