/**
 * An index over an ordered list of regions (an SPD, a PAD, a list of IKE policies): entry i is the i-th region, the first
 * match wins. It answers which entry takes a packet, which entries meet a box, and what earlier entries leave of an entry.
 *
 * Made for lists of 100,000 entries. What a question needs is built when it is first asked: a cut tree for packets, a tree
 * of bounding boxes for boxes, each in about n·log n steps and a few dozen octets per box.
 */
import type { Family } from '../address.js';
import type { Packet } from '../packet.js';
import { defaultBudget } from './algebra.js';
import { buildBoundingTree } from './bounding-tree.js';
import type { Box, Region } from './box.js';
import { buildBoxTable } from './box-table.js';
import { cellOf, dimensionCount } from './coordinates.js';
import { coverSearch } from './cover-search.js';
import { lookUp4, lookUp6 } from './look-up.js';
import { unlimited } from './meter.js';
import { type FamilyIndex, type Leftover, leftover, type Reachability, reachability } from './reachability.js';
import { packetSource, seededRandom } from './sampling.js';
import { packetX, packetY } from './witness.js';

export type { Leftover, Reachability } from './reachability.js';

export interface OverlapOptions {
  /** The first entry to look at; 0 when absent. */
  readonly from?: number;
  /** The entry before which to stop; the list's length when absent. */
  readonly to?: number;
  /** Entries for which this says false are passed over. It may be asked about entries in any order. */
  readonly accept?: (entry: number) => boolean;
}

export interface SpdIndex {
  /** How many entries there are. */
  readonly size: number;
  /** The number of the first entry that holds the packet, or -1. */
  classify(packet: Packet): number;
  /**
   * As `classify` for IPv4, without allocating: direction 0 outbound or 1 inbound; x and y as in `Box`, 0 where they mean
   * nothing.
   */
  classify4(direction: number, local: number, remote: number, protocol: number, x: number, y: number): number;
  /**
   * The same for IPv6: `words` are the four words of the local address, the most significant first, and then those of the
   * remote one.
   */
  classify6(direction: number, words: Uint32Array, protocol: number, x: number, y: number): number;
  /** The lowest-numbered entry that meets the box, or -1. The box may be any part of selector space, proper or not. */
  firstOverlap(box: Box, options?: OverlapOptions): number;
  /** All entries that meet the box, in order, at most `limit` (default: no limit). */
  overlaps(box: Box, options?: OverlapOptions & { readonly limit?: number }): readonly number[];
  /**
   * Does the entry take any packet, or do earlier ones take them all? Exact, or 'undecided' after `budget` steps. An entry
   * without packets is covered by none.
   */
  reachability(entry: number, budget?: number): Reachability;
  /** The packets that the entry takes, in disjoint boxes, merged where they can be; or 'undecided' after `budget` steps. */
  leftover(entry: number, budget?: number): Leftover;
  /**
   * An estimate, 0 to 1, of the share of an entry's packets that it takes, every packet that `boxVolume` counts weighing
   * the same; 0 for an entry without packets. Equal seeds give equal answers.
   */
  reachableShare(entry: number, options?: { readonly samples?: number; readonly seed?: number }): number;
}

/** Up to this many entries are found one by one, in order; for more all are gathered and sorted. */
const oneByOneMax = 16;
/** Default of the samples of `reachableShare`: the estimate is then within 3 % nineteen times in twenty. */
const samplesDefault = 1_000;

/** Indexes a list. Boxes must be proper (`isProper`): anything else is a bug of the caller's and throws a RangeError. */
export function buildSpdIndex(regions: readonly Region[]): SpdIndex {
  const v4 = indexFamily(4, regions);
  const v6 = indexFamily(6, regions);
  const families = [v4, v6];
  const familyOf = (family: Family) => (family === 4 ? v4 : v6);
  const lo = new Uint32Array(dimensionCount);
  const hi = new Uint32Array(dimensionCount);

  const index: SpdIndex = {
    size: regions.length,
    classify(packet) {
      const { local, remote, protocol } = packet;
      const direction = packet.direction === 'outbound' ? 0 : 1;
      const x = packetX(packet);
      const y = packetY(packet);
      return familyOf(packet.family).lookUp().byAddresses(direction, local, remote, protocol, x, y);
    },
    classify4: (direction, local, remote, protocol, x, y) =>
      v4.lookUp().byCoordinates(direction, local, remote, protocol, x, y),
    classify6: (direction, words, protocol, x, y) => v6.lookUp().byWords(direction, words, protocol, x, y),
    firstOverlap(box, { from = 0, to = regions.length, accept } = {}) {
      const { table, boundingTree } = familyOf(box.family);
      cellOf(table.space, box, lo, hi);
      return boundingTree().firstMeeting(lo.slice(), hi.slice(), from, to, accept);
    },
    overlaps(box, options = {}) {
      const { from = 0, to = regions.length, accept, limit = Number.POSITIVE_INFINITY } = options;
      const found: number[] = [];
      if (limit <= oneByOneMax) {
        for (let next = from; found.length < limit; ) {
          const entry = index.firstOverlap(box, { from: next, to, accept });
          if (entry < 0) break;
          found.push(entry);
          next = entry + 1;
        }
        return found;
      }
      const { table, boundingTree } = familyOf(box.family);
      cellOf(table.space, box, lo, hi);
      const rows = boundingTree().rowsMeeting(lo, hi, from, to, unlimited()) ?? [];
      for (const row of rows) {
        const entry = table.entries[row]!;
        if (found.length >= limit) break;
        if (entry !== found.at(-1) && accept?.(entry) !== false) found.push(entry);
      }
      return found;
    },
    reachability: (entry, budget = defaultBudget) => reachability(families, regions[entry]!, entry, budget),
    leftover: (entry, budget = defaultBudget) => leftover(families, entry, budget),
    reachableShare(entry, { samples = samplesDefault, seed = 1 } = {}) {
      const next = packetSource(regions[entry]!, seededRandom(seed));
      if (!next) return 0;
      let taken = 0;
      for (let sample = 0; sample < samples; sample += 1) if (index.classify(next()) === entry) taken += 1;
      return taken / samples;
    },
  };
  return index;
}

function indexFamily(family: Family, regions: readonly Region[]): FamilyIndex {
  const boxes: Box[] = [];
  const entries: number[] = [];
  const firstRows = new Uint32Array(regions.length + 1);
  for (let entry = 0; entry < regions.length; entry += 1) {
    firstRows[entry] = boxes.length;
    for (const box of regions[entry]!) {
      if (box.family !== family) continue;
      boxes.push(box);
      entries.push(entry);
    }
  }
  firstRows[regions.length] = boxes.length;
  const table = buildBoxTable(family, boxes, entries);
  return {
    table,
    firstRows,
    lookUp: once(() => (family === 4 ? lookUp4(table) : lookUp6(table, boxes))),
    boundingTree: once(() => buildBoundingTree(table)),
    coverSearch: once(() => coverSearch(table)),
  };
}

function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
