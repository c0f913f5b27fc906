/** Priorities follow the order, and stay where the order allows. */
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import {
  assignPriorities,
  type PriorityTable,
  priorityFirst,
  priorityLast,
} from '../../../src/backends/xfrm/priorities.js';

const places = (count: number) => Array.from({ length: count }, (_, at) => `p${at}`);

function expectAscending(order: readonly string[], table: PriorityTable): void {
  expect(table.size).toBe(order.length);
  let previous = priorityFirst - 1;
  for (const place of order) {
    const number = table.get(place)!;
    expect(number).toBeGreaterThan(previous);
    expect(number).toBeLessThanOrEqual(priorityLast);
    previous = number;
  }
}

test('any list, any memory of earlier ones', () => {
  const names = fc.uniqueArray(
    fc.integer({ min: 0, max: 40 }).map((at) => `p${at}`),
    { maxLength: 30 },
  );
  const memory = fc.array(fc.tuple(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 1100 })), {
    maxLength: 40,
  });
  fc.assert(
    fc.property(names, memory, (order, known) => {
      const table = new Map(known.map(([at, number]) => [`p${at}`, number]));
      const assigned = assignPriorities(order, table);
      expectAscending(order, assigned);
      // What it gave once it gives again.
      expect(assignPriorities(order, assigned)).toEqual(assigned);
    }),
    { numRuns: 300 },
  );
});

test('one place more moves no other', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 300 }), fc.nat(), (count, seed) => {
      const order = places(count);
      const before = assignPriorities(order);
      const at = seed % (count + 1);
      const longer = [...order.slice(0, at), 'new', ...order.slice(at)];
      const after = assignPriorities(longer, before);
      expectAscending(longer, after);
      for (const place of order) expect(after.get(place)).toBe(before.get(place));
    }),
  );
});

describe('where there is no room', () => {
  it('moves as few as it can', () => {
    const before = new Map([
      ['a', 2000],
      ['b', 2001],
      ['c', 2002],
      ['d', 9000],
    ]);
    const after = assignPriorities(['a', 'new', 'b', 'c', 'd'], before);
    expectAscending(['a', 'new', 'b', 'c', 'd'], after);
    expect(after.get('a')).toBe(2000);
    expect(after.get('d')).toBe(9000);
  });

  it('takes more than the friendly range', () => {
    expectAscending(places(50_000), assignPriorities(places(50_000)));
  });
});

it('a place that moves takes a new number and leaves the others theirs', () => {
  const order = places(20);
  const before = assignPriorities(order);
  const moved = [...order.slice(1), order[0]!];
  const after = assignPriorities(moved, before);
  expectAscending(moved, after);
  for (const place of order.slice(1)) expect(after.get(place)).toBe(before.get(place));
});
