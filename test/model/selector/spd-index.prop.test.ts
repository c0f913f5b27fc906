import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { intersectBoxes, intersects, isProper, regionsIntersect } from '../../../src/model/selector/algebra.js';
import { randomPacket, seededRandom } from '../../../src/model/selector/sampling.js';
import { boxVolume, regionVolume } from '../../../src/model/selector/simplify.js';
import { buildSpdIndex } from '../../../src/model/selector/spd-index.js';
import { packetPoint } from '../../../src/model/selector/witness.js';
import { adversarialSpd, randomSpd } from '../../support/random-spd.js';
import { members, naiveClassify, regionHolds, tinyEntries, tinyPackets, tinySpd } from '../../support/tiny-space.js';

const seeds = fc.integer({ min: 0, max: 0xffff_ffff });

describe('look-ups', () => {
  test('every packet of a tiny space', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const spd = tinySpd(seed, 40);
        const index = buildSpdIndex(spd);
        const entries = tinyEntries(spd);
        for (const [at, packet] of tinyPackets.entries()) {
          const entry = entries[at]!;
          if (index.classify(packet) !== entry) expect({ packet, entry: index.classify(packet) }).toBe(entry);
          const { direction, local, remote, protocol, x, y } = packetPoint(packet);
          if (index.classify4(direction, Number(local), Number(remote), protocol, x, y) !== entry)
            expect(packet).toBe(entry);
        }
      }),
      { numRuns: 30 },
    );
  });

  test.each([
    ['realistic', (seed: number) => randomSpd({ entries: 700, seed, ipv6: 0.4 })],
    ['adversarial', (seed: number) => adversarialSpd({ entries: 300, seed })],
  ])('packets of %s lists, against a linear search', (_, make) => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const spd = make(seed);
        const index = buildSpdIndex(spd);
        const random = seededRandom(seed);
        for (let round = 0; round < 300; round += 1) {
          const region = spd[Math.floor(random() * spd.length)]!;
          const packet = randomPacket(region[Math.floor(random() * region.length)]!, random);
          expect(index.classify(packet)).toBe(naiveClassify(spd, packet));
        }
      }),
      { numRuns: 10 },
    );
  });
});

describe('overlaps', () => {
  test('agree with comparing all entries, in any range and with any filter', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const spd = seed % 2 === 0 ? tinySpd(seed, 60) : randomSpd({ entries: 150, seed, ipv6: 0.4 });
        const index = buildSpdIndex(spd);
        const random = seededRandom(seed);
        for (let round = 0; round < 20; round += 1) {
          const [a, b] = [0, 1].map(() => spd[Math.floor(random() * spd.length)]!);
          // Boxes that are not the index's own matter: their ends lie between its coordinates.
          const box = (a![0] && b![0] && intersectBoxes(a![0], b![0])) || a![0];
          if (!box) continue;
          const from = Math.floor(random() * spd.length);
          const to = random() < 0.5 ? spd.length : Math.floor(random() * spd.length);
          const accept = random() < 0.5 ? undefined : (entry: number) => entry % 3 !== 0;
          const model = spd.flatMap((region, entry) =>
            entry >= from && entry < to && (accept?.(entry) ?? true) && regionsIntersect(region, [box]) ? [entry] : [],
          );
          expect(index.overlaps(box, { from, to, accept })).toEqual(model);
          expect(index.overlaps(box, { from, to, accept, limit: 3 })).toEqual(model.slice(0, 3));
          expect(index.overlaps(box, { from, to, accept, limit: 20 })).toEqual(model.slice(0, 20));
          expect(index.firstOverlap(box, { from, to, accept })).toBe(model[0] ?? -1);
        }
      }),
      { numRuns: 30 },
    );
  });

  test('an accept function may ask the index', () => {
    const spd = randomSpd({ entries: 400, seed: 3 });
    const index = buildSpdIndex(spd);
    const last = spd.at(-1)![0]!;
    const accept = (entry: number) => index.firstOverlap(spd[entry]![0]!, { to: entry }) >= 0;
    const model = spd.flatMap((region, entry) =>
      regionsIntersect(region, [last]) &&
      spd.slice(0, entry).some((other) => regionsIntersect(other, region.slice(0, 1)))
        ? [entry]
        : [],
    );
    expect(index.overlaps(last, { accept })).toEqual(model);
    expect(index.firstOverlap(last, { accept })).toBe(model[0]);
  });
});

describe('reachability', () => {
  test('agrees with enumerating a tiny space; covers cover and none of them can go', () => {
    const seen = { reachable: 0, covered: 0, union: 0 };
    fc.assert(
      fc.property(seeds, (seed) => {
        const spd = tinySpd(seed, 25);
        const index = buildSpdIndex(spd);
        const taking = new Set(tinyEntries(spd));
        const held = spd.map(members);
        for (const entry of spd.keys()) {
          const result = index.reachability(entry);
          if (taking.has(entry)) {
            expect(result.kind).toBe('reachable');
            if (result.kind === 'reachable') expect(naiveClassify(spd, result.witness)).toBe(entry);
            seen.reachable += 1;
            continue;
          }
          expect(result.kind).toBe('covered');
          if (result.kind !== 'covered') continue;
          const packets = [...held[entry]!.keys()].filter((at) => held[entry]![at]);
          const covered = (by: readonly number[]) => packets.every((at) => by.some((each) => held[each]![at]));
          expect(result.by).toEqual([...new Set(result.by)].sort((a, b) => a - b));
          expect(result.by.every((each) => each < entry)).toBe(true);
          expect(covered(result.by)).toBe(true);
          for (const each of result.by) expect(covered(result.by.filter((other) => other !== each))).toBe(false);
          const single = spd.slice(0, entry).some((_, each) => covered([each]));
          if (packets.length > 0) expect(result.by.length === 1).toBe(single);
          seen.covered += 1;
          if (result.by.length > 1) seen.union += 1;
        }
      }),
      { numRuns: 40 },
    );
    expect(Math.min(seen.reachable, seen.covered, seen.union)).toBeGreaterThan(0);
  });

  test('what is left over is what the entry takes, in disjoint proper boxes', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const spd = tinySpd(seed, 15);
        const index = buildSpdIndex(spd);
        for (const entry of spd.keys()) {
          const result = index.leftover(entry);
          if (result.kind !== 'exact') throw new Error('undecided');
          for (const packet of tinyPackets) {
            if (regionHolds(result.region, packet) !== (naiveClassify(spd, packet) === entry))
              expect(packet).toBe(entry);
          }
          expect(result.region.every(isProper)).toBe(true);
          for (const [at, box] of result.region.entries()) {
            for (const other of result.region.slice(at + 1)) expect(intersects(box, other)).toBe(false);
          }
        }
      }),
      { numRuns: 30 },
    );
  });

  test('of realistic lists: witnesses and leftovers hold against linear searches', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const spd = randomSpd({ entries: 300, seed, ipv6: 0.4 });
        const index = buildSpdIndex(spd);
        const random = seededRandom(seed);
        for (const [entry, region] of spd.entries()) {
          const result = index.reachability(entry);
          const rest = index.leftover(entry, 200_000);
          if (result.kind === 'reachable') expect(naiveClassify(spd, result.witness)).toBe(entry);
          if (rest.kind !== 'exact') continue;
          expect(rest.region.length === 0).toBe(result.kind === 'covered');
          for (let round = 0; round < 5; round += 1) {
            const packet = randomPacket(region[Math.floor(random() * region.length)]!, random);
            expect(regionHolds(rest.region, packet)).toBe(naiveClassify(spd, packet) === entry);
          }
        }
      }),
      { numRuns: 3 },
    );
  });

  test('the estimated share is near the exact one', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const spd = tinySpd(seed, 6);
        const index = buildSpdIndex(spd);
        for (const [entry, region] of spd.entries()) {
          const rest = index.leftover(entry);
          if (rest.kind !== 'exact') throw new Error('undecided');
          const whole = regionVolume(region)!;
          const left = rest.region.reduce((sum, box) => sum + boxVolume(box), 0n);
          const share = index.reachableShare(entry, { samples: 400, seed });
          expect(share).toBe(index.reachableShare(entry, { samples: 400, seed }));
          const exact = whole === 0n ? 0 : Number(left) / Number(whole);
          expect(Math.abs(share - exact)).toBeLessThan(0.15);
        }
      }),
      { numRuns: 30 },
    );
  });
});
