import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crossingsOf, isToItself } from '../../../src/lint/anomalies/crossings.js';
import { fatesOf, witnessOf } from '../../../src/lint/anomalies/fates.js';
import { followersOf } from '../../../src/lint/anomalies/followers.js';
import { sharesOf } from '../../../src/lint/anomalies/shares.js';
import { type Spd, spdOf } from '../../../src/lint/anomalies/spd.js';
import { hasPorts, hasTypes, type Packet } from '../../../src/model/packet.js';
import { containsBox, intersectBoxes } from '../../../src/model/selector/algebra.js';
import { type Box, everything } from '../../../src/model/selector/box.js';
import { seededRandom } from '../../../src/model/selector/sampling.js';
import { buildSpdIndex } from '../../../src/model/selector/spd-index.js';
import { contains, packetAt } from '../../../src/model/selector/witness.js';
import type { SpdAction, SpdEntry } from '../../../src/model/system-config.js';
import { tinyBox, tinyValues } from '../../support/random-spd.js';

/** Every packet that `tinyBox` can tell apart, with how many packets it stands for. */
const classes: readonly { readonly packet: Packet; readonly weight: number }[] = allClasses();

function allClasses() {
  const axis = (last: number) =>
    Array.from({ length: tinyValues + 1 }, (_, value) => ({
      value,
      weight: value < tinyValues ? 1 : last - tinyValues + 1,
    }));
  const found: { packet: Packet; weight: number }[] = [];
  const special = [0, 1, 6, 17, 33, 50, 58, 132, 135, 136];
  // 2, 7 and 51 stand for the others up to the next border of `tinyBox`: 5, 49 and 255.
  const others = [2, 7, 51].map((value, at) => {
    const end = [5, 49, 255][at]!;
    return { value, weight: end - value + 1 - special.filter((each) => each >= value && each <= end).length };
  });
  const none = [{ value: 0, weight: 1 }];
  for (const protocol of [...special.map((value) => ({ value, weight: 1 })), ...others]) {
    const xs = hasPorts(protocol.value) || hasTypes(protocol.value) ? axis(65535) : none;
    const ys = hasPorts(protocol.value) ? axis(65535) : none;
    for (const local of axis(0xffff_ffff)) {
      for (const remote of axis(0xffff_ffff)) {
        for (const x of xs) {
          for (const y of ys) {
            for (const direction of [0, 1] as const) {
              const packet = packetAt({
                family: 4,
                direction,
                local: local.value,
                remote: remote.value,
                protocol: protocol.value,
                x: x.value,
                y: y.value,
              });
              found.push({ packet, weight: protocol.weight * local.weight * remote.weight * x.weight * y.weight });
            }
          }
        }
      }
    }
  }
  return found;
}

const actions: readonly SpdAction[] = [
  { kind: 'BYPASS' },
  { kind: 'DISCARD' },
  { kind: 'PROTECT', bundle: [], populateFromPacket: false, fallbackToClear: false },
];

interface Draft {
  readonly boxes: readonly Box[];
  readonly action: number;
}

const draft = (boxesMax: number) =>
  fc.tuple(fc.nat(), fc.integer({ min: 1, max: boxesMax }), fc.nat(2)).map(([seed, count, action]): Draft => {
    const random = seededRandom(seed);
    return { boxes: Array.from({ length: count }, () => tinyBox(random)), action };
  });

function listOf(drafts: readonly Draft[], nearMax: number): Spd {
  const entries: SpdEntry[] = drafts.map(({ boxes, action }, number) => ({
    source: { record: { kind: 'host', name: `h${number}` } },
    selectors: boxes,
    action: actions[action]!,
  }));
  entries.push({ source: { record: { kind: 'host', name: 'default' } }, selectors: everything, action: actions[0]! });
  const index = buildSpdIndex(entries.map((entry) => entry.selectors));
  return spdOf(entries, index, 1_000_000, nearMax);
}

/** The entries that hold each class of packets, in order. */
function takers(drafts: readonly Draft[]): readonly (readonly number[])[] {
  return classes.map(({ packet }) => {
    const found: number[] = [];
    for (const [number, { boxes }] of drafts.entries())
      if (boxes.some((box) => contains(box, packet))) found.push(number);
    return found;
  });
}

const lists = fc.tuple(fc.array(draft(2), { minLength: 1, maxLength: 7 }), fc.constantFrom(0, 64));
const simpleLists = fc.tuple(fc.array(draft(1), { minLength: 1, maxLength: 7 }), fc.constantFrom(0, 64));
const within = (drafts: readonly Draft[], inner: number, outer: number) =>
  drafts[inner]!.boxes.every((box) => drafts[outer]!.boxes.some((other) => containsBox(other, box)));

describe('anomalies, against looking at every packet', () => {
  it('finds what can match, and what takes the packets of what cannot', () => {
    fc.assert(
      fc.property(lists, ([drafts, nearMax]) => {
        const spd = listOf(drafts, nearMax);
        const fates = fatesOf(spd);
        const holders = takers(drafts);
        for (const number of drafts.keys()) {
          const fate = fates[number]!;
          const own = holders.filter((list) => list.includes(number));
          expect(fate.kind).toBe(own.some((list) => list[0] === number) ? 'reachable' : 'covered');
          if (fate.kind === 'reachable') expect(spd.index.classify(witnessOf(spd, number, fate))).toBe(number);
          if (fate.kind !== 'covered') continue;
          const same = (other: number) => other < number && spd.keys[other] === spd.keys[number];
          expect(fate.by.every((other) => other < number)).toBe(true);
          expect(own.every((list) => list.some((other) => fate.by.includes(other)))).toBe(true);
          if (fate.same) expect(fate.by.every(same)).toBe(true);
          else if (fate.by.length > 1) expect(own.every((list) => list.some(same))).toBe(false);
        }
      }),
      { numRuns: 25 },
    );
  });

  it('finds what could go without any packet being treated differently', () => {
    fc.assert(
      fc.property(lists, ([drafts, nearMax]) => {
        const spd = listOf(drafts, nearMax);
        const fates = fatesOf(spd);
        const followers = followersOf(spd, fates);
        const holders = takers(drafts);
        for (const number of drafts.keys()) {
          if (fates[number]!.kind !== 'reachable') continue;
          const taken = holders.filter((list) => list[0] === number);
          const needless = taken.every((list) => list[1] !== undefined && spd.keys[list[1]] === spd.keys[number]);
          expect(followers.needless(number)).toBe(needless ? 'yes' : 'no');
          const holder = [...drafts.keys()].find((other) => other > number && within(drafts, number, other));
          expect(followers.holder(number)).toBe(holder ?? 'none');
        }
      }),
      { numRuns: 25 },
    );
  });

  it('finds the first earlier entry that crosses, where order decides', () => {
    fc.assert(
      fc.property(simpleLists, ([drafts, nearMax]) => {
        const spd = listOf(drafts, nearMax);
        const fates = fatesOf(spd);
        const crossings = crossingsOf(spd, fates);
        const holders = takers(drafts);
        for (const number of drafts.keys()) {
          if (fates[number]!.kind !== 'reachable') continue;
          const crossing = [...drafts.keys()].find(
            (other) =>
              other < number &&
              spd.keys[other] !== spd.keys[number] &&
              !within(drafts, other, number) &&
              !isToItself(intersectBoxes(drafts[other]!.boxes[0]!, drafts[number]!.boxes[0]!) ?? everything[0]!) &&
              holders.some((list) => list[0] === other && list.includes(number)),
          );
          const found = crossings.get(number);
          expect(found === 'undecided' ? found : found?.with).toBe(crossing);
          if (!found || found === 'undecided') continue;
          expect(spd.index.classify(found.witness)).toBe(found.with);
          expect(drafts[number]!.boxes.some((box) => contains(box, found.witness))).toBe(true);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('finds that less than half is left', () => {
    fc.assert(
      fc.property(lists, ([drafts, nearMax]) => {
        const spd = listOf(drafts, nearMax);
        const fates = fatesOf(spd);
        const shares = sharesOf(spd, fates);
        const holders = takers(drafts);
        for (const number of drafts.keys()) {
          if (fates[number]!.kind !== 'reachable') continue;
          let all = 0;
          let lost = 0;
          for (const [at, list] of holders.entries()) {
            if (!list.includes(number)) continue;
            const { weight } = classes[at]!;
            all += weight;
            if (spd.keys[list[0]!] !== spd.keys[number]) lost += weight;
          }
          const left = 1 - lost / all;
          const share = shares.get(number);
          // Closer to one half than floating point tells apart: either answer is right.
          if (Math.abs(left - 0.5) < 1e-9) continue;
          expect(share?.kind).toBe(left < 0.5 ? 'less than half' : undefined);
          if (share?.kind === 'less than half') expect(Math.abs(share.left - left)).toBeLessThan(0.15);
        }
      }),
      { numRuns: 25 },
    );
  });
});
