import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { intersects, isProper } from '../../../src/model/selector/algebra.js';
import type { Region } from '../../../src/model/selector/box.js';
import { decorrelate, differences, firstMatchEqual, type KeyedList } from '../../../src/model/selector/partition.js';
import { type Random, randomPacket, seededRandom } from '../../../src/model/selector/sampling.js';
import { contains } from '../../../src/model/selector/witness.js';
import { randomSpd } from '../../support/random-spd.js';
import { members, naiveClassify, tinyEntries, tinyPackets, tinyRegion, tinySpd } from '../../support/tiny-space.js';

const seeds = fc.integer({ min: 0, max: 0xffff_ffff });

function withKeys(regions: readonly Region[], random: Random, kinds: number): KeyedList {
  return { regions, keys: regions.map(() => Math.floor(random() * kinds)), noMatchKey: 0 };
}

/** Removes, adds, moves and changes some entries. */
function edited(list: KeyedList, random: Random, edits: number, fresh: () => Region): KeyedList {
  const rows = list.regions.map((region, entry) => ({ region, key: list.keys[entry]! }));
  const somewhere = () => Math.floor(random() * rows.length);
  for (let edit = 0; edit < edits; edit += 1) {
    const dice = random();
    if (dice < 0.25) rows.splice(somewhere(), 1);
    else if (dice < 0.5) rows.splice(somewhere(), 0, { region: fresh(), key: Math.floor(random() * 3) });
    else if (dice < 0.75) rows.splice(somewhere(), 0, ...rows.splice(somewhere(), 1));
    else if (rows.length > 0) rows.splice(somewhere(), 1, { region: fresh(), key: Math.floor(random() * 3) });
  }
  const noMatchKey = random() < 0.1 ? 1 : list.noMatchKey;
  return { regions: rows.map(({ region }) => region), keys: rows.map(({ key }) => key), noMatchKey };
}

const treatment = ({ keys, noMatchKey }: KeyedList, entry: number) => (entry < 0 ? noMatchKey : keys[entry]);

describe('differences of two lists', () => {
  test('of a tiny space are exactly the packets that are treated differently', () => {
    const seen = { equal: 0, different: 0 };
    fc.assert(
      fc.property(seeds, fc.integer({ min: 0, max: 4 }), (seed, edits) => {
        const random = seededRandom(seed);
        const before = withKeys(tinySpd(seed, 12), random, 3);
        const after =
          random() < 0.8
            ? edited(before, random, edits, () => tinyRegion(random))
            : withKeys(tinySpd(seed ^ 1, 12), random, 3);
        const result = differences(before, after);
        expect(result.truncated).toBe(false);
        const entriesBefore = tinyEntries(before.regions);
        const entriesAfter = tinyEntries(after.regions);
        const differs = tinyPackets.map(
          (_, at) => treatment(before, entriesBefore[at]!) !== treatment(after, entriesAfter[at]!),
        );
        let different = differs.includes(true);
        const times = tinyPackets.map(() => 0);
        for (const { box, beforeEntry, afterEntry } of result.differences) {
          for (const [at, isMember] of members([box]).entries()) {
            if (!isMember) continue;
            times[at]! += 1;
            if (entriesBefore[at] !== beforeEntry || entriesAfter[at] !== afterEntry)
              expect([at, box]).toBe('taken so');
          }
        }
        expect(times).toEqual(differs.map(Number));
        expect(result.differences.every(({ box }) => isProper(box))).toBe(true);
        const verdict = firstMatchEqual(before, after);
        // IPv6 packets meet no entry of a tiny list.
        different ||= before.noMatchKey !== after.noMatchKey;
        expect(verdict.kind).toBe(different ? 'different' : 'equal');
        if (verdict.kind === 'different') {
          const { witness } = verdict;
          const beforeEntry = naiveClassify(before.regions, witness);
          const afterEntry = naiveClassify(after.regions, witness);
          expect(treatment(before, beforeEntry)).not.toBe(treatment(after, afterEntry));
          seen.different += 1;
        } else seen.equal += 1;
      }),
      { numRuns: 80 },
    );
    expect(Math.min(seen.equal, seen.different)).toBeGreaterThan(0);
  });

  test.each([2, 40])('of realistic lists agree with look-ups after %i edits', (edits) => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const random = seededRandom(seed);
        const before = withKeys(randomSpd({ entries: 250, seed, ipv6: 0.4 }), random, 3);
        const spare = randomSpd({ entries: 100, seed: seed ^ 1, ipv6: 0.4 });
        const after = edited(before, random, edits, () => spare[Math.floor(random() * spare.length)]!);
        const result = differences(before, after, { limit: 100_000, budget: 10_000_000 });
        expect(result.truncated).toBe(false);
        const regions = [...before.regions, ...after.regions];
        const inBoxes = result.differences.slice(0, 200).map(({ box }) => randomPacket(box, random));
        const inEntries = Array.from({ length: 300 }, () => {
          const region = regions[Math.floor(random() * regions.length)]!;
          return randomPacket(region[Math.floor(random() * region.length)]!, random);
        });
        for (const packet of [...inBoxes, ...inEntries]) {
          const beforeEntry = naiveClassify(before.regions, packet);
          const afterEntry = naiveClassify(after.regions, packet);
          const there = result.differences.filter(({ box }) => contains(box, packet));
          const differs = treatment(before, beforeEntry) !== treatment(after, afterEntry);
          expect(there.map((each) => [each.beforeEntry, each.afterEntry])).toEqual(
            differs ? [[beforeEntry, afterEntry]] : [],
          );
        }
      }),
      { numRuns: 6 },
    );
  });
});

describe('decorrelation', () => {
  test('gives disjoint regions that take what first match takes', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const spd = tinySpd(seed, 12);
        const { entries, complete } = decorrelate(spd);
        expect(complete).toBe(true);
        const regions = entries.map((entry) => (entry.kind === 'exact' ? entry.region : []));
        const boxes = regions.flat();
        for (const [at, box] of boxes.entries()) {
          for (const other of boxes.slice(at + 1)) expect(intersects(box, other)).toBe(false);
        }
        const held = regions.map(members);
        const entriesOf = tinyEntries(spd);
        for (const [at, entry] of entriesOf.entries()) {
          const taking = [...held.keys()].filter((each) => held[each]![at]);
          if (taking.length > 1 || (taking[0] ?? -1) !== entry) expect({ packet: tinyPackets[at], taking }).toBe(entry);
        }
        // Now order does not matter: the list read backwards is the same policy.
        const keys = spd.map((_, entry) => entry);
        const backwards = { regions: regions.slice().reverse(), keys: keys.slice().reverse() };
        expect(firstMatchEqual({ regions: spd, keys }, backwards).kind).toBe('equal');
      }),
      { numRuns: 40 },
    );
  });
});
