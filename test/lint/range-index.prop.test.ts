import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildRangeIndex } from '../../src/lint/range-index.js';
import type { AddressRange, Family } from '../../src/model/address.js';
import { lastAddress } from '../../src/model/address.js';

/** Addresses near both ends of a family, so that the borders of the space are met. */
const axis = 24;
const value = (family: Family, at: number) => {
  const last = lastAddress(family);
  if (typeof last === 'bigint') return at < axis / 2 ? BigInt(at) : last - BigInt(axis - 1 - at);
  return at < axis / 2 ? at : last - (axis - 1 - at);
};
const range = fc
  .tuple(fc.constantFrom<Family>(4, 6), fc.nat(axis - 1), fc.nat(axis - 1))
  .map(([family, a, b]): AddressRange => {
    return { family, first: value(family, Math.min(a, b)), last: value(family, Math.max(a, b)) };
  });

describe('buildRangeIndex', () => {
  it('agrees with a search through the list', () => {
    fc.assert(
      fc.property(
        fc.array(range, { maxLength: 12 }),
        fc.array(range, { minLength: 1, maxLength: 3 }),
        (ranges, asked) => {
          const index = buildRangeIndex(ranges);
          const naive = (family: Family, address: number | bigint) =>
            ranges.findIndex((each) => each.family === family && each.first <= address && address <= each.last);
          const winners = new Set<number>();
          for (const family of [4, 6] as const) {
            for (let at = 0; at < axis; at += 1) {
              const address = value(family, at);
              expect(index.find({ family, value: address })).toBe(naive(family, address));
              winners.add(naive(family, address));
            }
          }
          for (const number of ranges.keys()) expect(index.wins(number)).toBe(winners.has(number));
          for (const each of asked) {
            const segments = [...index.segments(each)];
            expect(segments[0]?.range.first).toBe(each.first);
            expect(segments.at(-1)?.range.last).toBe(each.last);
            for (const [at, segment] of segments.entries()) {
              expect(segment.winner).toBe(naive(each.family, segment.range.first));
              expect(segment.winner).toBe(naive(each.family, segment.range.last));
              const before = segments[at - 1];
              if (before) expect(BigInt(before.range.last) + 1n).toBe(BigInt(segment.range.first));
            }
          }
        },
      ),
    );
  });
});
