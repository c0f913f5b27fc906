/** A log under a flood of packets that nobody has authenticated. */
import { describe, expect, it } from 'vitest';
import { LineLimiter } from '../../../src/services/runtime/line-limiter.js';

const told = (
  limiter: LineLimiter,
  lines: number,
  subject: (index: number) => string,
  now: (index: number) => number,
) =>
  Array.from({ length: lines }, (_, index) => limiter.admits('failed', subject(index), now(index))).filter(Boolean)
    .length;

describe('lines that anybody can bring about', () => {
  it('are told at first, then every now and then, and the rest is counted', () => {
    const limiter = new LineLimiter();
    // A thousand a second for a minute.
    expect(
      told(
        limiter,
        60_000,
        () => '203.0.113.9',
        (index) => index,
      ),
    ).toBe(20 + 11);
    expect(limiter.takeHeldBack()).toEqual({ lines: 60_000 - 31, kinds: [['failed', 60_000 - 31]] });
    expect(limiter.takeHeldBack()).toBeUndefined();
  });

  it('of one sender do not keep those of another away', () => {
    const limiter = new LineLimiter();
    told(
      limiter,
      1_000,
      () => '203.0.113.9',
      () => 0,
    );
    expect(limiter.admits('failed', '203.0.113.10', 0)).toBe(true);
    expect(limiter.admits('trouble', '203.0.113.9', 0)).toBe(true);
  });

  it('of any number of senders are bounded, and so is what is remembered', () => {
    const limiter = new LineLimiter();
    // 100,000 addresses within a second, each once; 256 places and one that the others share.
    expect(
      told(
        limiter,
        100_000,
        (index) => `sender ${index}`,
        () => 0,
      ),
    ).toBe(256 + 20);
    // Later there is room again.
    expect(limiter.admits('failed', 'another', 3_600_000)).toBe(true);
  });
});
