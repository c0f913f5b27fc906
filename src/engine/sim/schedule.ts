/** What will happen when, on the virtual clock: a heap of actions; equal times go by age. */
import type { Millis } from '../ipsec/sa.js';

interface Entry {
  readonly at: Millis;
  readonly order: number;
  readonly action: () => void;
}

export interface Schedule {
  add(at: Millis, action: () => void): void;
  /** When the next action is due; undefined when nothing is left to do. */
  next(): Millis | undefined;
  /** Takes out the action that is due first. */
  take(): (() => void) | undefined;
  readonly size: number;
}

/** An empty schedule. Adding and taking cost log n. */
export function createSchedule(): Schedule {
  const heap: Entry[] = [];
  let order = 0;
  const isBefore = (a: Entry, b: Entry): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);
  return {
    add(at, action) {
      order += 1;
      const entry = { at, order, action };
      let hole = heap.push(entry) - 1;
      while (hole > 0) {
        const parent = (hole - 1) >> 1;
        if (!isBefore(entry, heap[parent]!)) break;
        heap[hole] = heap[parent]!;
        hole = parent;
      }
      heap[hole] = entry;
    },
    next: () => heap[0]?.at,
    take() {
      const first = heap[0];
      const last = heap.pop();
      if (!first || !last || heap.length === 0) return first?.action;
      let hole = 0;
      for (;;) {
        let child = 2 * hole + 1;
        if (child >= heap.length) break;
        if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child += 1;
        if (!isBefore(heap[child]!, last)) break;
        heap[hole] = heap[child]!;
        hole = child;
      }
      heap[hole] = last;
      return first.action;
    },
    get size() {
      return heap.length;
    },
  };
}
