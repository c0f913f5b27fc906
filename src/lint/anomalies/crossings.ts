/** Correlated entries: two that share packets, neither within the other, and would treat these differently. */
import type { Packet } from '../../model/packet.js';
import { intersectRegions, isCovered } from '../../model/selector/algebra.js';
import type { Box } from '../../model/selector/box.js';
import { witnessPacket } from '../../model/selector/witness.js';
import type { Fate } from './fates.js';
import { type Meter, meterFor } from './meter.js';
import type { Spd } from './spd.js';

export interface Crossing {
  /** The earlier entry. */
  readonly with: number;
  /** A packet of both that the earlier one takes. */
  readonly witness: Packet;
}

/** Boxes of an intersection that are searched for a packet. */
const commonBoxesMax = 8;
/** Entries before the earlier one that may take what both share; with more, what they leave is not worked out. */
const beforeMax = 128;
/** Candidates that are looked at for an entry that many others meet. */
const candidatesMax = 64;
const tryingCost = 50;
/** Looking at an entry that a search comes across, and the way there. */
const lookCost = 8;

/**
 * For each reachable entry the first earlier policy of other effect that it crosses such that their order decides about
 * some packet that is not from an address to itself. Where the search was cut short, the answer is 'undecided'.
 */
export function crossingsOf(
  spd: Spd,
  fates: readonly (Fate | undefined)[],
): ReadonlyMap<number, Crossing | 'undecided'> {
  const crossings = new Map<number, Crossing | 'undecided'>();
  const meter = meterFor(spd.policies.length, spd.budget);
  const ordered = new Set(spd.policies);
  for (const entry of spd.policies) {
    if (fates[entry]?.kind !== 'reachable') continue;
    const crossing = crossingOf(entry);
    if (crossing) crossings.set(entry, crossing);
  }
  return crossings;

  function crossingOf(entry: number): Crossing | 'undecided' | undefined {
    const near = spd.near(entry);
    if (near) {
      for (const other of near) {
        if (other > entry) break;
        if (!isCandidate(other, entry) || spd.relations.holds(entry, other)) continue;
        const witness = sharedPacket(spd, other, entry, meter);
        if (witness) return { with: other, witness };
      }
      return undefined;
    }
    if (meter.exhausted) return 'undecided';
    let candidates = 0;
    let crossing: Crossing | undefined;
    const before = spd.relations.looked;
    // What is accepted later comes earlier in the list.
    const found = spd.relations.firstStraddler(entry, entry, (other) => {
      if (candidates >= candidatesMax || !isCandidate(other, entry)) return false;
      candidates += 1;
      const witness = sharedPacket(spd, other, entry, meter);
      if (witness) crossing = { with: other, witness };
      return witness !== undefined;
    });
    meter.spend(lookCost * (spd.relations.looked - before));
    const cutShort = found === undefined || candidates >= candidatesMax;
    return crossing ?? (cutShort ? 'undecided' : undefined);
  }

  function isCandidate(other: number, entry: number): boolean {
    return spd.keys[other] !== spd.keys[entry] && ordered.has(other);
  }
}

/** A packet of both that the earlier one takes, unless those before it leave none. */
export function sharedPacket(spd: Spd, earlier: number, later: number, meter: Meter): Packet | undefined {
  const first = spd.entries[earlier]!.selectors;
  const second = spd.entries[later]!.selectors;
  meter.spend(first.length * second.length);
  const common = intersectRegions(first, second)
    .filter((box) => !isToItself(box))
    .slice(0, commonBoxesMax);
  for (const box of common) {
    const packet = witnessPacket(box);
    meter.spend(tryingCost);
    if (spd.index.classify(packet) === earlier) return packet;
  }
  for (const box of common) {
    const before = spd.index.overlaps(box, { to: earlier, limit: beforeMax + 1 });
    if (before.length > beforeMax) continue;
    const taken = before.flatMap((entry) => spd.entries[entry]!.selectors);
    const coverage = isCovered(box, taken, meter.allowance(spd.budget));
    meter.spend(taken.length * tryingCost);
    if (coverage.kind === 'open') return coverage.witness;
  }
  return undefined;
}

/** Packets of an address to itself: two policies, one from and one to an address, have no others in common. */
export function isToItself({ local, remote }: Box): boolean {
  return local.lo === local.hi && remote.lo === remote.hi && local.lo === remote.lo;
}
