/** A system's clock, which is not the world's: it is set wrongly and runs at a speed of its own. */
import type { Millis } from '../ipsec/sa.js';

export interface ClockOptions {
  /** How far it is ahead of the world. */
  readonly skewMillis?: number;
  /** How much faster it runs, in parts per million. */
  readonly driftPpm?: number;
}

export interface Clock {
  /** What it shows at a time of the world. */
  shows(world: Millis): Millis;
  /** When, in the world's time, it will show a time. */
  reaches(local: Millis): Millis;
}

export function createClock({ skewMillis = 0, driftPpm = 0 }: ClockOptions = {}): Clock {
  const speed = 1 + driftPpm / 1_000_000;
  return {
    shows: (world) => world * speed + skewMillis,
    // A whole millisecond, so that rounding never wakes a system before its time.
    reaches: (local) => Math.ceil((local - skewMillis) / speed),
  };
}
