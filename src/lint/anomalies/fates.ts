/** Whether entries can match at all, and if not, which earlier ones take their packets. */
import type { Packet } from '../../model/packet.js';
import { isRegionCovered } from '../../model/selector/algebra.js';
import { witnessPacket } from '../../model/selector/witness.js';
import { meterFor } from './meter.js';
import type { Spd } from './spd.js';

export type Fate =
  /** It selects no packet whatever the order. */
  | { readonly kind: 'empty' }
  /** It takes `witness`; where that is absent, the natural packet of its first box (see `witnessOf`). */
  | { readonly kind: 'reachable'; readonly witness?: Packet }
  /**
   * Earlier entries take all of its packets: a single one where there is such. `same`: these treat them as it would.
   */
  | { readonly kind: 'covered'; readonly by: readonly number[]; readonly same: boolean }
  | { readonly kind: 'undecided' };

/** Most entries, told by one value. */
const reachable: Fate = { kind: 'reachable' };
/** A search that found a packet by trying some points costs about as much as comparing so many boxes. */
const tryingCost = 50;
/** For each entry of a crowd, what trying some points costs. */
const crowdedCost = 1 / 8;
/** Of earlier entries of equal effect, no more than this are tried together. */
const togetherMax = 2_000;

/** The fate of every entry of a list, by number; only policies have one. */
export function fatesOf(spd: Spd): readonly (Fate | undefined)[] {
  const meter = meterFor(spd.policies.length, spd.budget);
  const fates: (Fate | undefined)[] = new Array(spd.entries.length);
  for (const entry of spd.policies) {
    fates[entry] = spd.entries[entry]!.selectors.length === 0 ? { kind: 'empty' } : fateOf(entry);
  }
  return fates;

  function fateOf(entry: number): Fate {
    const near = spd.near(entry);
    if (near && (near.length === 0 || near[0]! > entry)) return reachable;
    // Where very many entries overlap, looking up a packet takes time in proportion to them.
    meter.spend(near ? 1 : spd.crowd * crowdedCost);
    if (meter.exhausted) return { kind: 'undecided' };
    if (spd.index.classify(naturalPacket(spd, entry)) === entry) return reachable;
    const found = spd.index.reachability(entry, meter.allowance(spd.budget));
    meter.spend(found.spent + tryingCost);
    if (found.kind === 'undecided') return { kind: 'undecided' };
    if (found.kind === 'reachable') return { kind: 'reachable', witness: found.witness };
    return coveredBy(entry, found.by);
  }

  function coveredBy(entry: number, by: readonly number[]): Fate {
    const isSame = (other: number) => spd.keys[other] === spd.keys[entry];
    if (by.every(isSame)) return { kind: 'covered', by, same: true };
    if (by.length === 1) return { kind: 'covered', by, same: false };
    // The proof may have used others than it needed: those of equal effect may do it alone.
    const same = Array.from(alike(entry)).filter((other) => other < entry && isSame(other));
    const selectors = spd.entries[entry]!.selectors;
    const together = same.flatMap((other) => spd.entries[other]!.selectors);
    meter.spend(together.length * selectors.length);
    const coverage = isRegionCovered(selectors, together, meter.allowance(spd.budget));
    if (coverage.kind === 'covered') return { kind: 'covered', by: same, same: true };
    return { kind: 'covered', by, same: false };
  }

  function alike(entry: number): Iterable<number> {
    return spd.near(entry) ?? spd.relations.near(entry, 0, entry, togetherMax) ?? [];
  }
}

/** A packet that a reachable entry takes. */
export function witnessOf(spd: Spd, entry: number, fate: Fate & { readonly kind: 'reachable' }): Packet {
  return fate.witness ?? naturalPacket(spd, entry);
}

function naturalPacket(spd: Spd, entry: number): Packet {
  return witnessPacket(spd.entries[entry]!.selectors[0]!);
}
