/** A naive model of selector space: every packet that a list of tiny boxes can tell apart, one by one. */
import type { Packet } from '../../src/model/packet.js';
import { hasPorts, hasTypes } from '../../src/model/packet.js';
import type { Region } from '../../src/model/selector/box.js';
import { type Random, seededRandom } from '../../src/model/selector/sampling.js';
import { contains, packetAt, packetPoint } from '../../src/model/selector/witness.js';
import { tinyAxis, tinyBox, tinyProtocols } from './random-spd.js';

/** One packet of each class that `tinyBox` boxes can tell apart. */
export const tinyPackets: readonly Packet[] = [...enumerate()];

function* enumerate(): Generator<Packet> {
  for (const direction of [0, 1] as const) {
    for (const local of tinyAxis) {
      for (const remote of tinyAxis) {
        for (const protocol of tinyProtocols) {
          for (const x of hasPorts(protocol) || hasTypes(protocol) ? tinyAxis : [0]) {
            for (const y of hasPorts(protocol) ? tinyAxis : [0]) {
              yield packetAt({ family: 4, direction, local, remote, protocol, x, y });
            }
          }
        }
      }
    }
  }
}

const points = tinyPackets.map(packetPoint);

/** For each of `tinyPackets`: is it in the region? */
export function members(region: Region): boolean[] {
  return points.map((point) =>
    region.some(
      (box) =>
        box.family === 4 &&
        (['local', 'remote', 'direction', 'protocol', 'x', 'y'] as const).every(
          (dimension) => box[dimension].lo <= point[dimension] && point[dimension] <= box[dimension].hi,
        ),
    ),
  );
}

/** For each of `tinyPackets`: the first entry that holds it, or -1. */
export function tinyEntries(regions: readonly Region[]): number[] {
  const entries = points.map(() => -1);
  for (const [entry, region] of regions.entries()) {
    for (const [at, isMember] of members(region).entries()) if (isMember && entries[at]! < 0) entries[at] = entry;
  }
  return entries;
}

export function regionHolds(region: Region, packet: Packet): boolean {
  return region.some((box) => contains(box, packet));
}

/** What first match means. */
export function naiveClassify(regions: readonly Region[], packet: Packet): number {
  return regions.findIndex((region) => regionHolds(region, packet));
}

/** A list of up to `entriesMax` regions of up to three tiny boxes; entries without any are possible. */
export function tinySpd(seed: number, entriesMax: number): Region[] {
  const random = seededRandom(seed);
  const entries = 1 + Math.floor(random() * entriesMax);
  return Array.from({ length: entries }, () => tinyRegion(random));
}

export function tinyRegion(random: Random, boxesMax = 3): Region {
  const dice = random();
  const boxes = dice < 0.03 ? 0 : dice < 0.7 ? 1 : 1 + Math.floor(random() * boxesMax);
  return Array.from({ length: boxes }, () => tinyBox(random));
}
