/** Blocks of ports and message types hold exactly the numbers of their range, and no fewer blocks would do. */
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { type MaskedValue, maskedPorts, maskedRange, maskedTypes } from '../../../src/backends/xfrm/port-masks.js';

const holds = ({ value, mask }: MaskedValue, port: number) => ((port ^ value) & mask) === 0;
const range = fc
  .tuple(fc.integer({ min: 0, max: 65535 }), fc.integer({ min: 0, max: 65535 }))
  .map(([a, b]) => ({ lo: Math.min(a, b), hi: Math.max(a, b) }));

describe('a range of ports', () => {
  test('is its blocks, which do not overlap', () => {
    fc.assert(
      fc.property(range, ({ lo, hi }) => {
        const blocks = maskedRange({ lo, hi });
        for (let port = 0; port <= 65535; port += 1) {
          const count = blocks.filter((block) => holds(block, port)).length;
          if (count !== (lo <= port && port <= hi ? 1 : 0)) expect({ port, count, lo, hi }).toBeUndefined();
        }
      }),
      { numRuns: 30 },
    );
  });

  test('has as few aligned blocks as can be', () => {
    /** The fewest, by taking the largest block that fits inside each half of the tree. */
    const fewest = (lo: number, hi: number, from = 0, size = 65536): number => {
      if (hi < from || lo > from + size - 1) return 0;
      if (lo <= from && from + size - 1 <= hi) return 1;
      return fewest(lo, hi, from, size / 2) + fewest(lo, hi, from + size / 2, size / 2);
    };
    fc.assert(
      fc.property(range, ({ lo, hi }) => {
        expect(maskedRange({ lo, hi }).length).toBe(fewest(lo, hi));
      }),
    );
  });

  it.each([
    [{ lo: 22, hi: 22 }, [{ value: 22, mask: 0xffff }]],
    [{ lo: 0, hi: 65535 }, [{ value: 0, mask: 0 }]],
    [{ lo: 8080, hi: 8083 }, [{ value: 8080, mask: 0xfffc }]],
  ])('%o', (interval, blocks) => {
    expect(maskedRange(interval)).toEqual(blocks);
  });

  it('1024 to 65535 takes six', () => {
    expect(maskedRange({ lo: 1024, hi: 65535 }).length).toBe(6);
  });
});

test('two ranges are all pairs of their blocks', () => {
  const pairs = maskedPorts({ lo: 1, hi: 2 }, { lo: 10, hi: 11 });
  expect(pairs.length).toBe(2);
  const isIn = (source: number, destination: number) =>
    pairs.some((pair) => holds(pair.source, source) && holds(pair.destination, destination));
  expect([isIn(1, 10), isIn(2, 11), isIn(0, 10), isIn(1, 12)]).toEqual([true, true, false, false]);
});

test('a range of types and codes is its blocks', () => {
  fc.assert(
    fc.property(range, ({ lo, hi }) => {
      const pairs = maskedTypes({ lo, hi }, true);
      for (let x = 0; x <= 65535; x += 7) {
        const count = pairs.filter((pair) => holds(pair.source, x >> 8) && holds(pair.destination, x & 255)).length;
        if (count !== (lo <= x && x <= hi ? 1 : 0)) expect({ x, count, lo, hi }).toBeUndefined();
      }
    }),
    { numRuns: 60 },
  );
});

test('messages without codes are in a range by their type', () => {
  fc.assert(
    fc.property(range, ({ lo, hi }) => {
      const pairs = maskedTypes({ lo, hi }, false);
      for (let type = 0; type < 256; type += 1) {
        const isIn = pairs.some((pair) => holds(pair.source, type) && pair.destination.mask === 0);
        expect(isIn).toBe(lo <= type * 256 && type * 256 <= hi);
      }
    }),
    { numRuns: 60 },
  );
});
