/** The clocks of an engine on a host: timers by the monotonic one, certificates by the date. */
import { describe, expect, it, vi } from 'vitest';
import type { Environment } from '../../../src/engine/environment.js';
import { liveEnvironment } from '../../../src/services/runtime/live-environment.js';

describe('a date that jumps', () => {
  it.each([
    ['forward', 24 * 3600 * 1000],
    ['back', -24 * 3600 * 1000],
  ])('%s by a day counts for certificates at once, and for nothing else', (_, jump) => {
    let monotonic = 5000;
    const environment = liveEnvironment({} as unknown as Environment, () => monotonic);
    const before = environment.date(monotonic).getTime();
    const now = Date.now();
    vi.spyOn(Date, 'now').mockReturnValue(now + jump);
    try {
      monotonic += 10;
      expect(Math.abs(environment.date(monotonic).getTime() - before - jump)).toBeLessThan(10_000);
      // A moment that is still to come is told in the date that holds by now.
      expect(environment.date(monotonic + 60_000).getTime()).toBe(now + jump + 60_000);
    } finally {
      vi.restoreAllMocks();
    }
  });
});
