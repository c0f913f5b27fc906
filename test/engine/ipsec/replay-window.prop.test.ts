/** The window against a set of numbers, and ESN inference against the numbers that were sent. */
import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import {
  acceptSequence,
  checkReplay,
  createReplayWindow,
  inferSequence,
  replayWindowMax,
} from '../../../src/engine/ipsec/replay-window.js';

const sizes = fc.oneof(fc.constantFrom(32, 33, 63, 64, 65, 100, 128, 1000), fc.integer({ min: 32, max: 4096 }));

/** Steps ahead of or behind the highest number so far. */
const steps = (size: number) =>
  fc.array(
    fc.oneof(
      { weight: 6, arbitrary: fc.integer({ min: -size - 3, max: 3 }) },
      { weight: 2, arbitrary: fc.integer({ min: 1, max: 3 * size }) },
      { weight: 1, arbitrary: fc.integer({ min: -100_000, max: 1_000_000 }) },
    ),
    { maxLength: 300 },
  );

describe('against a naive set', () => {
  test.prop([
    sizes.chain((size) => fc.tuple(fc.constant(size), steps(size))),
    fc.bigInt({ min: 1n, max: 2n ** 33n }),
    fc.infiniteStream(fc.boolean()),
  ])('fresh, old and seen', ([size, moves], start, genuine) => {
    const window = createReplayWindow(size, true);
    const received = new Set<bigint>();
    let top = 0n;
    let next = start;
    for (const move of moves) {
      const sequence = next;
      const expected =
        sequence <= 0n || (top > 0n && sequence <= top - BigInt(size))
          ? 'old'
          : received.has(sequence)
            ? 'seen'
            : 'fresh';
      expect(checkReplay(window, sequence)).toBe(expected);
      // A forged packet is checked, but never accepted: nothing may change.
      if (expected === 'fresh' && genuine.next().value) {
        acceptSequence(window, sequence);
        received.add(sequence);
        if (sequence > top) top = sequence;
        expect(checkReplay(window, sequence)).toBe('seen');
      }
      expect(window.top).toBe(top);
      next = top + BigInt(move);
    }
  });

  test.prop([sizes, fc.bigInt({ min: 0n, max: 2n ** 40n }), fc.integer({ min: -4095, max: 2 ** 31 })])(
    'the upper half of an ESN is inferred for every number in the window and 2^31 ahead',
    (size, top, ahead) => {
      const window = createReplayWindow(size, true);
      if (top > 0n) acceptSequence(window, top);
      const sent = top + BigInt(Math.max(ahead, -size + 1));
      fc.pre(sent >= 0n);
      expect(inferSequence(window, Number(sent & 0xffff_ffffn))).toBe(sent);
    },
  );

  test.prop([sizes, fc.bigInt({ min: 0n, max: 2n ** 40n }), fc.integer({ min: 0, max: 2 ** 32 - 1 })])(
    'an inferred number has the lower half that was received, and is never below the window',
    (size, top, low) => {
      const window = createReplayWindow(size, true);
      if (top > 0n) acceptSequence(window, top);
      const inferred = inferSequence(window, low);
      expect(BigInt.asUintN(32, inferred)).toBe(BigInt(low));
      // Before the first cycle there is nothing: such a number is refused, not taken for a later one.
      if (inferred < 0n) expect(checkReplay(window, inferred)).toBe('old');
      else expect(inferred > top - BigInt(size)).toBe(true);
    },
  );
});

describe('limits', () => {
  it('the first packet has number 1', () => {
    const window = createReplayWindow(64, false);
    expect(checkReplay(window, inferSequence(window, 0))).toBe('old');
    expect(checkReplay(window, inferSequence(window, 1))).toBe('fresh');
  });

  it('off refuses nothing', () => {
    const window = createReplayWindow(0, false);
    for (const number of [0, 5, 5, 1, 0xffff_ffff, 5]) {
      const sequence = inferSequence(window, number);
      expect(checkReplay(window, sequence)).toBe('fresh');
      acceptSequence(window, sequence);
    }
  });

  it.each([
    [-1, 0],
    [0, 0],
    [1, 32],
    [31, 32],
    [32, 32],
    [2048, 2048],
    [1e9, replayWindowMax],
  ])('a size of %i becomes %i', (asked, size) => expect(createReplayWindow(asked, false).size).toBe(size));

  it('the largest window remembers a million packets', () => {
    const window = createReplayWindow(replayWindowMax, false);
    for (const sequence of [1n, BigInt(replayWindowMax)]) acceptSequence(window, sequence);
    expect(checkReplay(window, 1n)).toBe('seen');
    expect(checkReplay(window, 2n)).toBe('fresh');
    acceptSequence(window, BigInt(replayWindowMax) + 1n);
    expect(checkReplay(window, 1n)).toBe('old');
    expect(checkReplay(window, 2n)).toBe('fresh');
  });
});
