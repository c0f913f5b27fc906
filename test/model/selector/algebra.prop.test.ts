import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  boxesEqual,
  containsBox,
  intersectBoxes,
  intersectRegions,
  intersects,
  isCovered,
  isProper,
  isRegionCovered,
  regionsIntersect,
  subtractBox,
  subtractRegion,
} from '../../../src/model/selector/algebra.js';
import type { Box, Region } from '../../../src/model/selector/box.js';
import { seededRandom } from '../../../src/model/selector/sampling.js';
import { boxVolume, disjoint, regionVolume, simplify } from '../../../src/model/selector/simplify.js';
import { contains, packetAt, packetPoint, witnessPacket } from '../../../src/model/selector/witness.js';
import { tinyBox } from '../../support/random-spd.js';
import { members, regionHolds, tinyPackets, tinyRegion } from '../../support/tiny-space.js';

const seeds = fc.integer({ min: 0, max: 0xffff_ffff });
const boxes = (seed: number, count: number): Box[] => {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => tinyBox(random));
};

function expectMembers(region: Region, model: (at: number) => boolean): void {
  expect(members(region)).toEqual(tinyPackets.map((_, at) => model(at)));
}

function expectDisjoint(region: Region): void {
  for (const [at, box] of region.entries()) {
    for (const other of region.slice(at + 1)) expect(intersects(box, other)).toBe(false);
  }
}

describe('boxes agree with the sets of packets that they stand for', () => {
  test('intersection, containment, equality and difference of two boxes', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const [a, b] = boxes(seed, 2) as [Box, Box];
        const inA = members([a]);
        const inB = members([b]);
        const common = intersectBoxes(a, b);
        expectMembers(common ? [common] : [], (at) => inA[at]! && inB[at]!);
        expect(intersects(a, b)).toBe(inA.some((isMember, at) => isMember && inB[at]));
        const inside = inB.every((isMember, at) => !isMember || inA[at]);
        expect(containsBox(a, b)).toBe(inside);
        expect(boxesEqual(a, b)).toBe(inside && containsBox(b, a));
        const pieces = subtractBox(a, b);
        expectMembers(pieces, (at) => inA[at]! && !inB[at]);
        for (const [at, packet] of tinyPackets.entries())
          if (contains(a, packet) !== inA[at]) expect(packet).toBe(inA[at]);
        expectDisjoint(pieces);
        expect([common ?? a, ...pieces].every(isProper)).toBe(true);
      }),
      { numRuns: 150 },
    );
  });

  test('a witness is in its box, and a packet is at its point', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        for (const box of boxes(seed, 10)) {
          const packet = witnessPacket(box);
          expect(contains(box, packet)).toBe(true);
          expect(packetAt(packetPoint(packet))).toEqual(packet);
        }
      }),
    );
  });
});

describe('regions agree with the sets of packets that they stand for', () => {
  test('difference, intersection, simplification and disjointness', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const random = seededRandom(seed);
        const a = tinyRegion(random, 6);
        const b = tinyRegion(random, 6);
        const inA = members(a);
        const inB = members(b);
        expectMembers(subtractRegion(a, b)!, (at) => inA[at]! && !inB[at]);
        const common = intersectRegions(a, b);
        expectMembers(common, (at) => inA[at]! && inB[at]!);
        expect(regionsIntersect(a, b)).toBe(common.length > 0);
        const pieces = disjoint(a)!;
        expectDisjoint(pieces);
        for (const same of [pieces, simplify(a), simplify(pieces)]) {
          expectMembers(same, (at) => inA[at]!);
          expect(same.every(isProper)).toBe(true);
        }
        const merged = simplify(pieces);
        expectDisjoint(merged);
        expect(merged.length).toBeLessThanOrEqual(pieces.length);
        expect(regionVolume(a)).toBe(pieces.reduce((sum, box) => sum + boxVolume(box), 0n));
      }),
      { numRuns: 80 },
    );
  });

  test('coverage by a union is exact, and what is open is shown', () => {
    let covered = 0;
    fc.assert(
      fc.property(seeds, fc.integer({ min: 1, max: 12 }), (seed, count) => {
        const random = seededRandom(seed);
        const box = tinyBox(random);
        // Halves of the box make unions that do cover it, which random boxes rarely do.
        const region = Array.from({ length: count }, () => intersectBoxes(tinyBox(random), box) ?? tinyBox(random));
        const inRegion = members(region);
        const truth = members([box]).every((isMember, at) => !isMember || inRegion[at]);
        const coverage = isCovered(box, region);
        expect(coverage.kind).toBe(truth ? 'covered' : 'open');
        if (coverage.kind === 'open') {
          expect(contains(box, coverage.witness)).toBe(true);
          expect(regionHolds(region, coverage.witness)).toBe(false);
          expect(containsBox(box, coverage.rest)).toBe(true);
          expect(region.some((other) => intersects(other, coverage.rest))).toBe(false);
          expect(isProper(coverage.rest)).toBe(true);
        } else covered += 1;
        const rest = subtractRegion([box], region)!;
        expect(isRegionCovered([box], [...region, ...rest]).kind).toBe('covered');
        if (rest.length > 0) expect(isRegionCovered([box], [...region, ...rest.slice(1)]).kind).toBe('open');
      }),
      { numRuns: 150 },
    );
    expect(covered).toBeGreaterThan(0);
  });
});
