/**
 * What goes to the main thread, bounded: of events that are alike only one a second, and never more than it takes. A flood of forged
 * packets fills counters, not memory.
 */
import type { SaEvent } from '../../../engine/ipsec/sa.js';
import { formatAddress } from '../../../model/address.js';
import type { Counters } from '../counters.js';

/** Milliseconds between two events that are alike. */
const repeatMillis = 1000;
/** Different events that are told apart; others share one place. */
const kindsMax = 512;

interface Seen {
  at: number;
  more: number;
}

/** Says whether an event is to be told now, and how many alike were not told before. */
export class EventLimiter {
  readonly #seen = new Map<string, Seen>();
  readonly #counters: Counters;

  constructor(counters: Counters) {
    this.#counters = counters;
  }

  /** The number that were held back since the last, or undefined where this one is held back too. */
  admit(key: string, now: number): number | undefined {
    const place = this.#seen.has(key) || this.#makeRoom(now) ? key : '';
    const seen = this.#seen.get(place);
    if (!seen) {
      this.#seen.set(place, { at: now, more: 0 });
      return 0;
    }
    if (now - seen.at < repeatMillis) {
      seen.more += 1;
      this.#counters.add('eventsHeldBack');
      return undefined;
    }
    const { more } = seen;
    seen.at = now;
    seen.more = 0;
    return more;
  }

  /** Forgets what is long over; false where all places are taken. */
  #makeRoom(now: number): boolean {
    if (this.#seen.size < kindsMax) return true;
    for (const [key, { at, more }] of this.#seen) {
      if (now - at >= repeatMillis && more === 0) this.#seen.delete(key);
    }
    return this.#seen.size < kindsMax;
  }
}

/** Events with the same key are alike; undefined for those that come once for each SA and must not be lost. */
export function eventKey(event: SaEvent): string | undefined {
  switch (event.kind) {
    case 'soft-expire':
    case 'hard-expire':
      return undefined;
    case 'replay':
    case 'icv-failure':
      return `${event.kind} ${event.sa.spi}`;
    case 'mapping-changed':
      return `${event.kind} ${event.sa.spi} ${formatAddress(event.remote.family, event.remote.value)} ${event.remotePort}`;
    case 'unknown-spi':
      return `${event.kind} ${formatAddress(event.source.family, event.source.value)}`;
  }
}

/** Messages of one worker that the main thread has not taken yet: both sides count in shared memory. */
export class Backlog {
  readonly #words: Int32Array;
  readonly #max: number;

  constructor(block: SharedArrayBuffer, max: number) {
    this.#words = new Int32Array(block);
    this.#max = max;
  }

  /** Before sending: false where too many wait. */
  enter(): boolean {
    if (Atomics.load(this.#words, 0) >= this.#max) return false;
    Atomics.add(this.#words, 0, 1);
    return true;
  }

  /** After taking. */
  leave(): void {
    Atomics.sub(this.#words, 0, 1);
  }
}

export function backlogBlock(): SharedArrayBuffer {
  return new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
}
