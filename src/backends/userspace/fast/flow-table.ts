/**
 * What was decided for flows that are known: a hash table of a fixed size, in which new flows push out others. Forgetting costs a look at
 * the SPD and never changes a verdict, because whatever could change one empties the table.
 */
import { type FlowKey, keyWords } from './flow-key.js';

/** Flows that are remembered; a power of two. */
const flowsMax = 16_384;
/** Places that a flow may be at, from its own on. */
const probes = 4;
/** The key, and the generation in which it was written. */
const slotWords = keyWords + 1;

export class FlowTable<Decision> {
  readonly #words = new Int32Array(flowsMax * slotWords);
  readonly #decisions: (Decision | undefined)[] = new Array(flowsMax).fill(undefined);
  #generation = 1;
  #isEmpty = true;
  /** Where the flow that was asked for last is: packets of one flow come together. */
  #last = 0;

  /** What was decided for a flow, if it is known. */
  get({ words }: FlowKey): Decision | undefined {
    if (this.#holds(this.#last, words)) return this.#decisions[this.#last];
    const own = hashOf(words);
    for (let probe = 0; probe < probes; probe += 1) {
      const slot = (own + probe) & (flowsMax - 1);
      if (this.#holds(slot, words)) {
        this.#last = slot;
        return this.#decisions[slot];
      }
    }
    return undefined;
  }

  set({ words }: FlowKey, decision: Decision): void {
    const own = hashOf(words);
    let target = own;
    for (let probe = 0; probe < probes; probe += 1) {
      const slot = (own + probe) & (flowsMax - 1);
      const isFree = this.#words[slot * slotWords + keyWords] !== this.#generation;
      if (isFree || this.#holds(slot, words)) {
        target = slot;
        break;
      }
    }
    const at = target * slotWords;
    for (let word = 0; word < keyWords; word += 1) this.#words[at + word] = words[word]!;
    this.#words[at + keyWords] = this.#generation;
    this.#decisions[target] = decision;
    this.#isEmpty = false;
  }

  /** The flows that are known, at most so many; a key is good until the next step. */
  *entries(max: number): Generator<{ readonly key: Int32Array; readonly decision: Decision }> {
    let count = 0;
    for (let slot = 0; slot < flowsMax && count < max; slot += 1) {
      const at = slot * slotWords;
      const decision = this.#decisions[slot];
      if (decision === undefined || this.#words[at + keyWords] !== this.#generation) continue;
      count += 1;
      yield { key: this.#words.subarray(at, at + keyWords), decision };
    }
  }

  /** Forgets everything. */
  clear(): void {
    // Every SA that comes or goes empties it, and to empty it costs as much as a packet or ten.
    if (this.#isEmpty) return;
    this.#isEmpty = true;
    this.#generation = (this.#generation + 1) | 0;
    // Decisions name SAs, whose keys must not outlive them.
    this.#decisions.fill(undefined);
  }

  #holds(slot: number, words: Int32Array): boolean {
    const at = slot * slotWords;
    const table = this.#words;
    if (table[at + keyWords] !== this.#generation) return false;
    for (let word = 0; word < keyWords; word += 1) if (table[at + word] !== words[word]) return false;
    return true;
  }
}

function hashOf(words: Int32Array): number {
  let hash = 0x9e3779b9;
  for (let word = 0; word < keyWords; word += 1) {
    hash = Math.imul(hash ^ words[word]!, 0x85ebca6b);
    hash ^= hash >>> 15;
  }
  return hash & (flowsMax - 1);
}
