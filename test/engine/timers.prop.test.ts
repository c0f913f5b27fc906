import { fc, test } from '@fast-check/vitest';
import { expect } from 'vitest';
import { createTimers } from '../../src/engine/timers.js';

const step = fc.oneof(
  fc.record({ kind: fc.constant('set' as const), key: fc.nat(9), at: fc.nat(100) }),
  fc.record({ kind: fc.constant('cancel' as const), key: fc.nat(9) }),
  fc.record({ kind: fc.constant('due' as const), now: fc.nat(100) }),
);

test.prop([fc.array(step, { maxLength: 300 })])('timers behave like a sorted list', (steps) => {
  const timers = createTimers<number>();
  let naive: { key: number; at: number; order: number }[] = [];
  let order = 0;
  for (const each of steps) {
    if (each.kind === 'set') {
      timers.set(each.key, each.at);
      order += 1;
      const known = naive.find(({ key }) => key === each.key);
      if (known?.at !== each.at)
        naive = [...naive.filter(({ key }) => key !== each.key), { key: each.key, at: each.at, order }];
    } else if (each.kind === 'cancel') {
      timers.cancel(each.key);
      naive = naive.filter(({ key }) => key !== each.key);
    } else {
      const due = naive.filter(({ at }) => at <= each.now).sort((a, b) => a.at - b.at || a.order - b.order);
      naive = naive.filter(({ at }) => at > each.now);
      expect(timers.due(each.now)).toEqual(due.map(({ key }) => key));
    }
    expect(timers.next()).toBe(naive.length > 0 ? Math.min(...naive.map(({ at }) => at)) : undefined);
    expect(timers.size).toBe(naive.length);
  }
});
