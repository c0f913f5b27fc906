/** How much of what an entry selects is left to it, counting only what earlier entries treat differently. */
import { hasPorts, hasTypes } from '../../model/packet.js';
import { intersectBoxes, intersectRegions } from '../../model/selector/algebra.js';
import type { Box } from '../../model/selector/box.js';
import { differences } from '../../model/selector/partition.js';
import { packetSource, seededRandom } from '../../model/selector/sampling.js';
import { boxVolume, regionVolume } from '../../model/selector/simplify.js';
import type { Fate } from './fates.js';
import { meterFor } from './meter.js';
import type { Spd } from './spd.js';

export type Share =
  /** `left` is 0 to below 0.5; `exact` says whether it was counted or estimated. */
  { readonly kind: 'less than half'; readonly left: number; readonly exact: boolean } | { readonly kind: 'undecided' };

/**
 * After so many sampled packets the estimate settles the question when it is at least this far from one half, four standard
 * deviations. Samples are seeded: equal records give equal answers.
 */
const stages = [
  { samples: 16, margin: 0.5 },
  { samples: 64, margin: 0.25 },
  { samples: 256, margin: 0.125 },
  { samples: 1024, margin: 0.0625 },
] as const;
/** With more entries around than this, an exact count is not begun. */
const countedMax = 512;
const sampleCost = 100;

/** The entries of a list of which less than half is left, and those for which that is undecided. */
export function sharesOf(spd: Spd, fates: readonly (Fate | undefined)[]): ReadonlyMap<number, Share> {
  const shares = new Map<number, Share>();
  const meter = meterFor(spd.policies.length, spd.budget);
  for (const entry of spd.policies) {
    if (fates[entry]?.kind !== 'reachable') continue;
    const share = shareOf(entry);
    if (share) shares.set(entry, share);
  }
  return shares;

  function shareOf(entry: number): Share | undefined {
    const near = spd.near(entry);
    if (near && cannotLoseHalf(entry, near)) return undefined;
    if (meter.exhausted) return { kind: 'undecided' };
    const estimate = estimateLost(entry);
    if (estimate === 'little') return undefined;
    if (estimate !== 'near half') return { kind: 'less than half', left: 1 - estimate, exact: false };
    const lost = countLost(entry);
    if (lost === undefined) return { kind: 'undecided' };
    return lost > 0.5 ? { kind: 'less than half', left: 1 - lost, exact: true } : undefined;
  }

  /** Adding up what each earlier entry of other effect shares with it is quick and, where it stays below half, a proof. */
  function cannotLoseHalf(entry: number, near: readonly number[]): boolean {
    const [box, ...more] = spd.entries[entry]!.selectors;
    let lost = 0;
    let any = false;
    for (const other of near) {
      if (other > entry) break;
      if (spd.keys[other] === spd.keys[entry]) continue;
      any = true;
      if (!box || more.length > 0) return false;
      for (const hole of spd.entries[other]!.selectors) {
        const common = intersectBoxes(box, hole);
        if (common) lost += weightOf(common);
      }
    }
    return !any || (box !== undefined && lost < weightOf(box) / 2);
  }

  function estimateLost(entry: number): number | 'little' | 'near half' {
    const packet = packetSource(spd.entries[entry]!.selectors, seededRandom(entry));
    if (!packet) return 'little';
    let taken = 0;
    let lost = 0;
    for (const { samples, margin } of stages) {
      meter.spend((samples - taken) * sampleCost);
      for (; taken < samples; taken += 1) {
        const found = spd.index.classify(packet());
        if (found >= 0 && found < entry && spd.keys[found] !== spd.keys[entry]) lost += 1;
      }
      const share = lost / taken;
      if (share <= 0.5 - margin) return 'little';
      if (share >= 0.5 + margin) return share;
    }
    return 'near half';
  }

  /** Exactly: the packets that the entries before it take and treat otherwise, as a share of its own. */
  function countLost(entry: number): number | undefined {
    const selectors = spd.entries[entry]!.selectors;
    const earlier =
      spd.near(entry)?.filter((other) => other < entry) ?? spd.relations.near(entry, 0, entry, countedMax);
    if (!earlier) return undefined;
    const key = spd.keys[entry]!;
    const result = differences(
      {
        regions: earlier.map((other) => intersectRegions(spd.entries[other]!.selectors, selectors)),
        keys: earlier.map((other) => spd.keys[other]!),
        noMatchKey: key,
      },
      { regions: [], keys: [], noMatchKey: key },
      { budget: meter.allowance(spd.budget) },
    );
    meter.spend(result.spent);
    const all = regionVolume(selectors, meter.allowance(spd.budget));
    if (result.truncated || all === undefined) return undefined;
    const lost = result.differences.reduce((sum, { box }) => sum + boxVolume(box), 0n);
    // More than half as integers, then rounded for people.
    const share = Number((lost * 1_000_000n) / all) / 1_000_000;
    return 2n * lost > all ? Math.max(share, 0.500001) : Math.min(share, 0.5);
  }
}

const portProtocols = Float64Array.from({ length: 257 });
const typeProtocols = Float64Array.from({ length: 257 });
for (let protocol = 0; protocol < 256; protocol += 1) {
  portProtocols[protocol + 1] = portProtocols[protocol]! + (hasPorts(protocol) ? 1 : 0);
  typeProtocols[protocol + 1] = typeProtocols[protocol]! + (hasTypes(protocol) ? 1 : 0);
}

/** `boxVolume` in floating point. */
function weightOf({ direction, local, remote, protocol, x, y }: Box): number {
  const { lo, hi } = protocol;
  const ported = portProtocols[hi + 1]! - portProtocols[lo]!;
  const typed = typeProtocols[hi + 1]! - typeProtocols[lo]!;
  const xs = x.hi - x.lo + 1;
  const kinds = ported * xs * (y.hi - y.lo + 1) + typed * xs + (hi - lo + 1 - ported - typed);
  return kinds * (direction.hi - direction.lo + 1) * size(local) * size(remote);
}

function size({ lo, hi }: Box['local']): number {
  return Number(hi) - Number(lo) + 1;
}
