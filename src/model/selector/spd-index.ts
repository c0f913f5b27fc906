/**
 * An index over an ordered list of regions (an SPD, a PAD, a list of IKE policies): entry i is the i-th region, the first
 * match wins. It answers which entry takes a packet, which entries meet a box, and what earlier entries leave of an entry.
 */
import type { Packet } from '../packet.js';
import { defaultBudget, intersects, isCovered, subtractRegion } from './algebra.js';
import type { Box, Region } from './box.js';
import { simplify } from './simplify.js';
import { contains, packetAt } from './witness.js';

export interface OverlapOptions {
  /** The first entry to look at; 0 when absent. */
  readonly from?: number;
  /** The entry before which to stop; the list's length when absent. */
  readonly to?: number;
  /** Entries for which this says false are passed over. */
  readonly accept?: (entry: number) => boolean;
}

export type Reachability =
  /** `witness` is a packet that the entry takes. */
  | { readonly kind: 'reachable'; readonly witness: Packet; readonly spent: number }
  /** Earlier entries, in order, that together take all packets of the entry; none of them can be left out. */
  | { readonly kind: 'covered'; readonly by: readonly number[]; readonly spent: number }
  | { readonly kind: 'undecided'; readonly spent: number };

export type Leftover =
  | { readonly kind: 'exact'; readonly region: Region; readonly spent: number }
  | { readonly kind: 'undecided'; readonly spent: number };

export interface SpdIndex {
  /** How many entries there are. */
  readonly size: number;
  /** The number of the first entry that holds the packet, or -1. */
  classify(packet: Packet): number;
  /** As `classify` for IPv4, without allocating: direction 0 outbound or 1 inbound; x and y as in `Box`, 0 where they mean nothing. */
  classify4(direction: number, local: number, remote: number, protocol: number, x: number, y: number): number;
  /** The lowest-numbered entry that shares a packet with the box, or -1. */
  firstOverlap(box: Box, options?: OverlapOptions): number;
  /** All entries that share a packet with the box, in order, at most `limit` (default: no limit). */
  overlaps(box: Box, options?: OverlapOptions & { readonly limit?: number }): readonly number[];
  /** Does the entry take any packet, or do earlier ones take them all? An entry without packets is covered by none. */
  reachability(entry: number, budget?: number): Reachability;
  /** The packets that the entry takes, in disjoint boxes, merged where they can be. */
  leftover(entry: number, budget?: number): Leftover;
  /** An estimate, 0 to 1, of the share of an entry's packets that it takes (weights as in `boxVolume`). Equal seeds, equal answers. */
  reachableShare(entry: number, options?: { readonly samples?: number; readonly seed?: number }): number;
}

/** Indexes a list. Boxes must be proper (`isProper`): anything else is a bug of the caller's and throws a RangeError. */
export function buildSpdIndex(regions: readonly Region[]): SpdIndex {
  function* meeting(box: Box, { from = 0, to = regions.length, accept }: OverlapOptions = {}): Generator<number> {
    for (let entry = from; entry < to; entry += 1) {
      if (accept?.(entry) === false) continue;
      if (regions[entry]!.some((other) => intersects(other, box))) yield entry;
    }
  }
  const index: SpdIndex = {
    size: regions.length,
    classify: (packet) => regions.findIndex((region) => region.some((box) => contains(box, packet))),
    classify4: (direction, local, remote, protocol, x, y) =>
      index.classify(packetAt({ family: 4, direction: direction === 0 ? 0 : 1, local, remote, protocol, x, y })),
    firstOverlap: (box, options) => meeting(box, options).next().value ?? -1,
    overlaps(box, options) {
      const found: number[] = [];
      for (const entry of meeting(box, options)) {
        if (found.length >= (options?.limit ?? Number.POSITIVE_INFINITY)) break;
        found.push(entry);
      }
      return found;
    },
    reachability(entry, budget = defaultBudget) {
      let by = regions.flatMap((_, at) => (at < entry ? [at] : []));
      for (const box of regions[entry]!) {
        const coverage = isCovered(
          box,
          by.flatMap((at) => regions[at]!),
          budget,
        );
        if (coverage.kind === 'open') return { kind: 'reachable', witness: coverage.witness, spent: 0 };
        if (coverage.kind === 'undecided') return coverage;
      }
      for (const drop of by.slice()) {
        const rest = by.filter((at) => at !== drop);
        const among = rest.flatMap((at) => regions[at]!);
        if (regions[entry]!.every((box) => isCovered(box, among, budget).kind === 'covered')) by = rest;
      }
      return { kind: 'covered', by, spent: 0 };
    },
    leftover(entry, budget = defaultBudget) {
      const region = subtractRegion(regions[entry]!, regions.slice(0, entry).flat(), budget);
      return region ? { kind: 'exact', region: simplify(region), spent: 0 } : { kind: 'undecided', spent: budget };
    },
    reachableShare: () => 1,
  };
  return index;
}
