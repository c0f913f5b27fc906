/** When a data path that failed is started again. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createRecovery } from '../../../src/services/runtime/recovery.js';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** A data path whose first `failing` starts fail. */
function recovering(failing: number) {
  const seen = { starts: 0, waits: [] as number[], recovered: [] as number[] };
  const recovery = createRecovery({
    async restart() {
      seen.starts += 1;
      if (seen.starts <= failing) throw new Error(`start ${seen.starts} fails`);
    },
    failed: (_, wait) => seen.waits.push(wait),
    recovered: (tries) => seen.recovered.push(tries),
  });
  return { recovery, seen };
}

describe('a data path that has failed', () => {
  it('is started again once, however often it says that it failed', async () => {
    const { recovery, seen } = recovering(0);
    recovery.begin('the device is gone');
    recovery.begin('a thread is gone');
    expect(recovery.interruption).toMatchObject({ why: 'the device is gone', tries: 0 });
    await vi.advanceTimersByTimeAsync(1_000);
    expect(seen).toEqual({ starts: 1, waits: [], recovered: [0] });
    expect(recovery.interruption).toBeUndefined();
  });

  it('is tried less and less often, for as long as it takes', async () => {
    const { recovery, seen } = recovering(12);
    recovery.begin('the device is gone');
    await vi.advanceTimersByTimeAsync(2_000);
    expect(recovery.interruption).toMatchObject({ why: 'start 3 fails', tries: 3 });
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(seen.waits).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 32_000, ...Array(5).fill(60_000)]);
    expect(seen.recovered).toEqual([12]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is left alone once the daemon stops, or somebody else has started it', async () => {
    const stopped = recovering(3);
    stopped.recovery.begin('the device is gone');
    await stopped.recovery.stop();
    stopped.recovery.begin('again');
    const ended = recovering(3);
    ended.recovery.begin('the device is gone');
    ended.recovery.end();
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect([stopped.seen.starts, ended.seen.starts]).toEqual([0, 0]);
  });
});
