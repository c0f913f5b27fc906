import { describe, expect, it } from 'vitest';
import { forecastWrap, fullPacketOctets, octetsPerSecond, sequenceNumbers } from '../../../src/lint/estimate-wrap.js';

describe('the forecast of sequence numbers', () => {
  it('is 2^32 - 1 packets at line rate', () => {
    // 10 Gb/s in packets of 1500 octets: 833,333 a second.
    expect(forecastWrap(10_000, 0).atBest).toBeCloseTo((2 ** 32 - 1) / (10e9 / 8 / 1500), 6);
    expect(Math.floor(forecastWrap(10_000, 0).atBest)).toBe(5153);
  });

  it('is later on a slower link, in proportion', () => {
    expect(forecastWrap(1_000, 0).atBest / forecastWrap(10_000, 0).atBest).toBeCloseTo(10, 9);
  });

  it('is earlier with smaller packets', () => {
    const { atBest, mixed } = forecastWrap(1_000, 0);
    expect(mixed).toBeLessThan(atBest);
  });

  it('is never where a limit of volume renews the key before', () => {
    const kilobytes = Math.floor((sequenceNumbers * fullPacketOctets) / 1024);
    expect(forecastWrap(1_000, kilobytes - 1).atBest).toBe(Number.POSITIVE_INFINITY);
    expect(forecastWrap(1_000, kilobytes + 1).atBest).toBeLessThan(Number.POSITIVE_INFINITY);
  });

  it('counts megabits as millions', () => {
    expect(octetsPerSecond(8)).toBe(1_000_000);
  });
});
