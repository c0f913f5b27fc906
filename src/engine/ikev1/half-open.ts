/**
 * What a responder of Main Mode remembers of first messages whose sender has not shown yet that it receives at its address:
 * the octets that HASH_I will cover and a few flags. When there are too many, the oldest give way, so that a flood of forged first messages
 * costs a bounded amount of memory, and a peer gets in whose third message comes sooner than the flood fills the table.
 */
import { toHex } from '../crypto/octets.js';
import type { Millis } from '../ipsec/sa.js';
import type { Abilities } from './abilities.js';

/** How long a first message is remembered. */
export const halfOpenMillis = 60_000;
/** Octets of all SA payloads that are remembered together. */
export const halfOpenOctetsMax = 16 << 20;
/** A longer SA payload is not answered: 255 transforms of the longest usual kind take half of it. */
export const saOctetsMax = 16_384;

export interface HalfOpen {
  /** SAi_b. */
  readonly saBody: Uint8Array;
  /** What the vendor IDs beside it announced. */
  readonly abilities: Abilities;
  readonly at: Millis;
}

export interface HalfOpenTable {
  put(initiatorCookie: Uint8Array, responderCookie: Uint8Array, entry: HalfOpen): void;
  get(initiatorCookie: Uint8Array, responderCookie: Uint8Array, now: Millis): HalfOpen | undefined;
  remove(initiatorCookie: Uint8Array, responderCookie: Uint8Array): void;
  readonly size: number;
}

/** An empty table for at most `max` entries. */
export function halfOpenTable(max: number): HalfOpenTable {
  const entries = new Map<string, HalfOpen>();
  let octets = 0;

  function remove(key: string): void {
    const entry = entries.get(key);
    if (!entry) return;
    entries.delete(key);
    octets -= entry.saBody.length;
  }

  return {
    put(initiatorCookie, responderCookie, entry) {
      const key = keyOf(initiatorCookie, responderCookie);
      remove(key);
      entries.set(key, entry);
      octets += entry.saBody.length;
      for (const [oldest, { at }] of entries) {
        if (entries.size <= max && octets <= halfOpenOctetsMax && entry.at - at < halfOpenMillis) break;
        remove(oldest);
      }
    },
    get(initiatorCookie, responderCookie, now) {
      const entry = entries.get(keyOf(initiatorCookie, responderCookie));
      return entry && now - entry.at < halfOpenMillis ? entry : undefined;
    },
    remove: (initiatorCookie, responderCookie) => remove(keyOf(initiatorCookie, responderCookie)),
    get size() {
      return entries.size;
    },
  };
}

function keyOf(initiatorCookie: Uint8Array, responderCookie: Uint8Array): string {
  return toHex(initiatorCookie) + toHex(responderCookie);
}
