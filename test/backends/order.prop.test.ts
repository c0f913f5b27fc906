/** Between any two steps of a change nothing passes in the clear that neither the old nor the new state lets pass. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Change } from '../../src/backends/backend.js';
import { applyChange, applyChanges, diff, undoOf } from '../../src/backends/diff.js';
import { orderChanges } from '../../src/backends/order.js';
import { type HostState, policyKey } from '../../src/model/host-state.js';
import { seededRandom } from '../../src/model/selector/sampling.js';
import { clearFlows, shuffledState, smallFlows, smallPolicy, smallState } from './support/small-states.js';

const seeds = fc.integer({ min: 0, max: 0xffff_ffff });

/** Applies the changes one by one and calls back with every state between. */
function walk(from: HostState, changes: readonly Change[], visit: (state: HostState) => void): HostState {
  let state = from;
  for (const change of changes) {
    state = applyChange(state, change);
    visit(state);
  }
  return state;
}

function expectNoLeak(state: HostState, allowed: readonly boolean[], context: unknown): void {
  for (const [at, isClear] of clearFlows(state).entries()) {
    if (isClear && !allowed[at]) expect({ leak: smallFlows[at], context }).toBeUndefined();
  }
}

const sorted = ({ policies }: HostState) =>
  policies.map((policy) => ({ key: policyKey(policy), ...policy })).sort((a, b) => (a.key < b.key ? -1 : 1));

describe('a change of policies', () => {
  test('leads to the new state and leaks nowhere on the way', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const random = seededRandom(seed);
        const before = smallState(random, 9);
        const after = random() < 0.5 ? smallState(random, 9) : shuffledState(before, random);
        const allowed = clearFlows(before).map((isClear, at) => isClear || clearFlows(after)[at]!);
        const changes = orderChanges(diff(before, after));
        const end = walk(before, changes, (state) => expectNoLeak(state, allowed, { before, after, changes }));
        expect(sorted(end)).toEqual(sorted(after));
      }),
      { numRuns: 400 },
    );
  });

  test('leaks nowhere when it is taken back from any point', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const random = seededRandom(seed);
        const before = smallState(random, 7);
        const after = smallState(random, 7);
        const allowed = clearFlows(before).map((isClear, at) => isClear || clearFlows(after)[at]!);
        const changes = orderChanges(diff(before, after));
        const middle = applyChanges(before, changes.slice(0, Math.floor(random() * (changes.length + 1))));
        for (const target of [before, after]) {
          const back = orderChanges(diff(middle, target));
          const end = walk(middle, back, (state) => expectNoLeak(state, allowed, { before, after, middle }));
          expect(sorted(end)).toEqual(sorted(target));
        }
      }),
      { numRuns: 300 },
    );
  });

  test('undone one by one, is as before', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const random = seededRandom(seed);
        const before = smallState(random, 8);
        const changes = orderChanges(diff(before, smallState(random, 8)));
        const undone = applyChanges(applyChanges(before, changes), [...changes].reverse().map(undoOf));
        expect(sorted(undone)).toEqual(sorted(before));
      }),
    );
  });
});

test('a closed policy that moves behind an old open one has that removed first', () => {
  const { selector } = smallPolicy({ priority: 1 });
  const closed = smallPolicy({ priority: 10, action: 'block' });
  const open = smallPolicy({ priority: 20, selector: { ...selector, protocol: 6 } });
  const state = (policies: HostState['policies']): HostState => ({
    policies,
    sas: [],
    defaults: { in: 'accept', out: 'accept', fwd: 'accept' },
  });
  const changes = orderChanges(diff(state([closed, open]), state([{ ...closed, priority: 30 }])));
  expect(changes.map(({ kind }) => kind)).toEqual(['delete', 'replace']);
});
