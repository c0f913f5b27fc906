/** Timers of the engine: a heap of times with keys, of which each can be set anew or cancelled. Equal times go by age. */
import type { Millis } from './ipsec/sa.js';

interface Entry<K> {
  readonly key: K;
  readonly at: Millis;
  readonly order: number;
}

export interface Timers<K> {
  /** Sets the timer of a key; an earlier setting of the same key is forgotten. */
  set(key: K, at: Millis): void;
  cancel(key: K): void;
  /** Takes out the keys whose time has come, in the order of their times. */
  due(now: Millis): K[];
  /** The earliest time that is set. */
  next(): Millis | undefined;
  readonly size: number;
}

/** Keys are compared as keys of a Map. Setting and taking cost log n. */
export function createTimers<K>(): Timers<K> {
  const heap: Entry<K>[] = [];
  const current = new Map<K, Entry<K>>();
  let order = 0;

  const isBefore = (a: Entry<K>, b: Entry<K>): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);

  function push(entry: Entry<K>): void {
    let at = heap.push(entry) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(entry, heap[parent]!)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = entry;
  }

  function pop(): void {
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child += 1;
      if (!isBefore(heap[child]!, last)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
  }

  /** Takes entries off the top that were set anew or cancelled. */
  function settle(): void {
    while (heap.length > 0 && current.get(heap[0]!.key) !== heap[0]) pop();
  }

  return {
    set(key, at) {
      if (current.get(key)?.at === at) return;
      order += 1;
      const entry = { key, at, order };
      current.set(key, entry);
      push(entry);
      // Entries that are void stay in the heap; when they are most of it, it is made anew.
      if (heap.length > 64 && heap.length > 4 * current.size) {
        heap.length = 0;
        for (const live of [...current.values()]) push(live);
      }
    },
    cancel(key) {
      current.delete(key);
      settle();
    },
    due(now) {
      const keys: K[] = [];
      for (settle(); heap.length > 0 && heap[0]!.at <= now; settle()) {
        const { key } = heap[0]!;
        current.delete(key);
        pop();
        keys.push(key);
      }
      return keys;
    },
    next() {
      settle();
      return heap[0]?.at;
    },
    get size() {
      return current.size;
    },
  };
}
