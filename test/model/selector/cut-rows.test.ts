/** IPv6 boxes in words, and rows whose entries are too many for the short form. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addressWords, putAddressWords } from '../../../src/model/selector/address-words.js';
import { type Box, fullBox } from '../../../src/model/selector/box.js';
import { buildBoxTable } from '../../../src/model/selector/box-table.js';
import { ipv4Rows, ipv6Rows } from '../../../src/model/selector/cut-rows.js';
import { buildCutTree4, buildCutTree6 } from '../../../src/model/selector/cut-tree.js';

const last = (1n << 128n) - 1n;

/** Addresses near the ends of words, where ranges begin and end in the middle of several. */
const addresses = fc
  .tuple(
    ...([96n, 64n, 32n, 0n] as const).map((shift) =>
      fc.constantFrom(0n, 1n, 7n, 0xffff_fffen, 0xffff_ffffn).map((word) => word << shift),
    ),
  )
  .map((words) => words.reduce((sum, word) => sum + word, 0n));

function boxOf(lo: bigint, hi: bigint): Box {
  return { ...fullBox(6), remote: lo < hi ? { lo, hi } : { lo: hi, hi: lo } };
}

function wordsOf(value: bigint): number[] {
  const words = new Uint32Array(addressWords);
  putAddressWords(value, words, 0);
  return [...words];
}

describe('the rows of an IPv6 range', () => {
  it('hold its addresses and no others, each in one row', () => {
    fc.assert(
      fc.property(addresses, addresses, fc.array(addresses, { minLength: 1, maxLength: 30 }), (a, b, tried) => {
        const box = boxOf(a, b);
        const { lo, hi } = box.remote as { lo: bigint; hi: bigint };
        const { count, lo: rowLo, hi: rowHi, stride } = ipv6Rows([box], [0]);
        expect(count).toBeLessThanOrEqual(7);
        for (const value of [...tried, lo, hi, ...(lo > 0n ? [lo - 1n] : []), ...(hi < last ? [hi + 1n] : [])]) {
          const words = wordsOf(value);
          const holding = Array.from({ length: count }, (_, row) =>
            words.every((word, at) => rowLo[row * stride + 5 + at]! <= word && word <= rowHi[row * stride + 5 + at]!),
          ).filter(Boolean).length;
          expect(holding).toBe(lo <= value && value <= hi ? 1 : 0);
        }
      }),
    );
  });

  it('are one for a prefix of any length', () => {
    const base = 0x20010db8_00000000_00000000_00000000n;
    for (let length = 0; length <= 128; length += 1) {
      const size = 1n << BigInt(128 - length);
      const lo = base - (base % size);
      expect(ipv6Rows([boxOf(lo, lo + size - 1n)], [0]).count).toBe(1);
    }
  });
});

describe('entries with large numbers', () => {
  const many = 40_000_000;

  it.each([4, 6] as const)('are found in IPv%i lists', (family) => {
    const boxes = Array.from({ length: 60 }, (_, port): Box => {
      return { ...fullBox(family), protocol: { lo: 6, hi: 6 }, y: { lo: 10 * port, hi: 10 * port + 5 } };
    });
    const entries = boxes.map((_, at) => many + at);
    const table = buildBoxTable(family, boxes, entries);
    const locate =
      family === 4 ? buildCutTree4(ipv4Rows(table)).locate : buildCutTree6(ipv6Rows(boxes, entries)).locate;
    const zero = (family === 4 ? 0 : 0n) as number & bigint;
    for (let port = 0; port < 600; port += 1) {
      const expected = port % 10 <= 5 ? many + Math.floor(port / 10) : -1;
      expect(locate(0, zero, zero, 6, 0, port)).toBe(expected);
    }
    expect(locate(1, zero, zero, 17, 0, 5)).toBe(-1);
  });
});
