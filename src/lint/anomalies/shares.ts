/** How much of what an entry selects is left to it, counting only what earlier entries treat differently. */
import { hasPorts, hasTypes } from '../../model/packet.js';
import { intersectBoxes, intersectRegions, intersects } from '../../model/selector/algebra.js';
import type { Box, Interval, Region } from '../../model/selector/box.js';
import { differences } from '../../model/selector/partition.js';
import { packetSource, type Random, randomIn, seededRandom } from '../../model/selector/sampling.js';
import { boxVolume, regionVolume } from '../../model/selector/simplify.js';
import type { SpdIndex } from '../../model/selector/spd-index.js';
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
/** Steps for the number in a finding that is certain already. */
const shownCostMax = 20_000;
/** For each entry of a crowd, what looking up a packet costs. */
const crowdedCost = 1 / 64;
/** Boxes of one entry that are compared pair by pair. */
const comparedBoxesMax = 32;

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
    // What is certain already is counted for the reader, where that is cheap.
    const steps = estimate === 'near half' ? spd.budget : spd.near(entry) ? shownCostMax : 0;
    const lost = steps === 0 || meter.exhausted ? undefined : countLost(entry, steps);
    if (lost !== undefined) return lost > 0.5 ? { kind: 'less than half', left: 1 - lost, exact: true } : undefined;
    return estimate === 'near half'
      ? { kind: 'undecided' }
      : { kind: 'less than half', left: 1 - estimate, exact: false };
  }

  /** Adding up what each earlier entry of other effect shares with it is quick and, where it stays below half, a proof. */
  function cannotLoseHalf(entry: number, near: Uint32Array): boolean {
    const { selectors } = spd.entries[entry]!;
    let lost = 0;
    for (const other of near) {
      if (other > entry) break;
      if (spd.keys[other] === spd.keys[entry]) continue;
      for (const hole of spd.entries[other]!.selectors) {
        for (const box of selectors) {
          const common = intersectBoxes(box, hole);
          if (common) lost += weightOf(common);
        }
      }
    }
    return lost === 0 || lost < leastWeight(selectors) / 2;
  }

  function estimateLost(entry: number): number | 'little' | 'near half' {
    const takerOfSample = takers(spd.index, spd.entries[entry]!.selectors, seededRandom(entry));
    if (!takerOfSample) return 'little';
    // Where very many entries overlap, looking up a packet takes time in proportion to them.
    const each = sampleCost + (spd.near(entry) ? 0 : spd.crowd * crowdedCost);
    let taken = 0;
    let lost = 0;
    for (const { samples, margin } of stages) {
      meter.spend((samples - taken) * each);
      if (meter.exhausted) return 'near half';
      for (; taken < samples; taken += 1) {
        const found = takerOfSample();
        if (found >= 0 && found < entry && spd.keys[found] !== spd.keys[entry]) lost += 1;
      }
      const share = lost / taken;
      if (share <= 0.5 - margin) return 'little';
      if (share >= 0.5 + margin) return share;
    }
    return 'near half';
  }

  /** Exactly: the packets that the entries before it take and treat otherwise, as a share of its own. */
  function countLost(entry: number, budget: number): number | undefined {
    const selectors = spd.entries[entry]!.selectors;
    const around = spd.near(entry) ?? spd.relations.near(entry, 0, entry, countedMax);
    if (!around) return undefined;
    const earlier = Array.from(around).filter((other) => other < entry);
    const key = spd.keys[entry]!;
    const result = differences(
      {
        regions: earlier.map((other) => intersectRegions(spd.entries[other]!.selectors, selectors)),
        keys: earlier.map((other) => spd.keys[other]!),
        noMatchKey: key,
      },
      { regions: [], keys: [], noMatchKey: key },
      { budget: meter.allowance(budget) },
    );
    meter.spend(result.spent);
    const all = regionVolume(selectors, meter.allowance(budget));
    if (result.truncated || all === undefined) return undefined;
    const lost = result.differences.reduce((sum, { box }) => sum + boxVolume(box), 0n);
    // More than half as integers, then rounded for people.
    const share = Number((lost * 1_000_000n) / all) / 1_000_000;
    return 2n * lost > all ? Math.max(share, 0.500001) : Math.min(share, 0.5);
  }
}

const portProtocols = new Float64Array(257);
const typeProtocols = new Float64Array(257);
for (let protocol = 0; protocol < 256; protocol += 1) {
  portProtocols[protocol + 1] = portProtocols[protocol]! + (hasPorts(protocol) ? 1 : 0);
  typeProtocols[protocol + 1] = typeProtocols[protocol]! + (hasTypes(protocol) ? 1 : 0);
}

/** Who takes a random packet of a region: a number for each call, undefined for a region without packets. */
function takers(index: SpdIndex, region: Region, random: Random): (() => number) | undefined {
  const boxes = sampled(region);
  if (!areApart(region) || boxes.some(({ family }) => family === 6)) {
    const packet = packetSource(boxes, random);
    return packet && (() => index.classify(packet()));
  }
  // Most regions are plain IPv4: without a packet for each sample they take a tenth of the time.
  const sums: number[] = [];
  for (const box of boxes) sums.push((sums.at(-1) ?? 0) + weightOf(box));
  return () => {
    const at = random() * sums.at(-1)!;
    const { direction, local, remote, protocol, x, y } = boxes[sums.findIndex((sum) => at < sum)] ?? boxes[0]!;
    const number = randomIn(protocol, random);
    const hasX = hasPorts(number) || hasTypes(number);
    return index.classify4(
      randomIn(direction, random),
      randomIn(local as Interval, random),
      randomIn(remote as Interval, random),
      number,
      hasX ? randomIn(x, random) : 0,
      hasPorts(number) ? randomIn(y, random) : 0,
    );
  };
}

/**
 * The region without what no sample would meet: of a box with protocols that have ports, the others are one packet in
 * 100,000. Then a box has one protocol, and samples are made faster.
 */
function sampled(region: Region): Region {
  return region.flatMap((box) => {
    const { lo, hi } = box.protocol;
    if (lo === hi || portProtocols[hi + 1]! === portProtocols[lo]!) return [box];
    const numbers = Array.from({ length: hi - lo + 1 }, (_, at) => lo + at).filter(hasPorts);
    return numbers.map((number) => ({ ...box, protocol: { lo: number, hi: number } }));
  });
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

/** At least what all boxes of a region weigh together. */
function leastWeight(region: Region): number {
  const weights = region.map(weightOf);
  return areApart(region) ? weights.reduce((sum, weight) => sum + weight, 0) : Math.max(...weights);
}

/** Is it known that no two boxes share a packet? */
function areApart(region: Region): boolean {
  if (region.length > comparedBoxesMax) return false;
  return region.every((box, at) => region.every((other, index) => index <= at || !intersects(box, other)));
}

function size({ lo, hi }: Box['local']): number {
  return Number(hi) - Number(lo) + 1;
}
