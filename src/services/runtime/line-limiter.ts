/**
 * How many lines about the same sender, or with the same text, a log takes: what anybody on the network can bring about must not fill a
 * disk. The first ones are told at once; of a flood only some, and how many were held back.
 */

/** Lines at once, and how soon there is room for another. */
const burst = 20;
const refillMillis = 5_000;
/** How often subjects that are long silent are looked for when all places are taken. */
const lookMillis = 1_000;
/** Subjects that are told apart; all others share one place. */
const subjectsMax = 256;

interface Bucket {
  /** Lines that may be told at `at`. */
  room: number;
  at: number;
}

export interface HeldBack {
  readonly lines: number;
  /** By kind, most first. */
  readonly kinds: readonly (readonly [kind: string, lines: number])[];
}

export class LineLimiter {
  readonly #buckets = new Map<string, Bucket>();
  readonly #held = new Map<string, number>();
  /** All places are taken, and are not looked through again before. */
  #fullUntil = 0;

  /** May a line of this kind about this subject be told at `now` (milliseconds that never go back)? */
  admits(kind: string, subject: string, now: number): boolean {
    const key = `${kind} ${subject}`;
    const place = this.#buckets.has(key) || this.#makeRoom(now) ? key : kind;
    const bucket = this.#buckets.get(place) ?? { room: burst, at: now };
    const earned = Math.floor((now - bucket.at) / refillMillis);
    bucket.room = Math.min(burst, bucket.room + earned);
    bucket.at += earned * refillMillis;
    this.#buckets.set(place, bucket);
    if (bucket.room > 0) {
      bucket.room -= 1;
      return true;
    }
    this.#held.set(kind, (this.#held.get(kind) ?? 0) + 1);
    return false;
  }

  /** What was held back since the last call; undefined where nothing was. */
  takeHeldBack(): HeldBack | undefined {
    if (this.#held.size === 0) return undefined;
    const kinds = [...this.#held].sort(([, a], [, b]) => b - a);
    this.#held.clear();
    return { lines: kinds.reduce((sum, [, lines]) => sum + lines, 0), kinds };
  }

  /** Forgets subjects that are long silent; false where all places are taken. */
  #makeRoom(now: number): boolean {
    if (this.#buckets.size < subjectsMax) return true;
    if (now < this.#fullUntil) return false;
    this.#fullUntil = now + lookMillis;
    for (const [key, { room, at }] of this.#buckets)
      if (now - at >= (burst - room) * refillMillis) this.#buckets.delete(key);
    return this.#buckets.size < subjectsMax;
  }
}
