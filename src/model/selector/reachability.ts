/** What earlier entries leave of an entry: the searches behind `SpdIndex.reachability` and `SpdIndex.leftover`. */
import { hasPorts, hasTypes, type Packet } from '../packet.js';
import type { BoundingTree } from './bounding-tree.js';
import type { Box, Region } from './box.js';
import { type BoxTable, rowHolds, rowSize } from './box-table.js';
import { boxOf, dimensionCount } from './coordinates.js';
import type { CoverSearch } from './cover-search.js';
import type { LookUp } from './look-up.js';
import { type Meter, meterOf } from './meter.js';
import { randomIn, seededRandom } from './sampling.js';
import { simplify } from './simplify.js';
import { packetPoint, witnessPacket } from './witness.js';

export type Reachability =
  /** `witness` is a packet that the entry takes. */
  | { readonly kind: 'reachable'; readonly witness: Packet; readonly spent: number }
  /**
   * Earlier entries, in order, that together take all packets of the entry: a single one where there is such. None of
   * them can be left out, unless the budget ran out or there were too many to try.
   */
  | { readonly kind: 'covered'; readonly by: readonly number[]; readonly spent: number }
  | { readonly kind: 'undecided'; readonly spent: number };

export type Leftover =
  | { readonly kind: 'exact'; readonly region: Region; readonly spent: number }
  | { readonly kind: 'undecided'; readonly spent: number };

/** The structures over the boxes of one family. */
export interface FamilyIndex {
  readonly table: BoxTable;
  /** Where the rows of an entry begin; those of entry i end where those of i+1 begin. */
  readonly firstRows: Uint32Array;
  readonly lookUp: () => LookUp;
  readonly boundingTree: () => BoundingTree;
  readonly coverSearch: () => CoverSearch;
}

/** Random points that are tried for a witness, beside a natural one, both corners and the middle. */
const randomPointsMax = 6;
/** A cover of more entries than this is reported as it was found. */
const minimiseMax = 64;

interface Bounds {
  readonly row: number;
  readonly lo: Uint32Array;
  readonly hi: Uint32Array;
}

function boundsOf({ table }: FamilyIndex, row: number): Bounds {
  const at = row * rowSize;
  return { row, lo: table.lo.subarray(at, at + dimensionCount), hi: table.hi.subarray(at, at + dimensionCount) };
}

function rowsOf(index: FamilyIndex, entry: number): Bounds[] {
  const rows: Bounds[] = [];
  for (let row = index.firstRows[entry]!; row < index.firstRows[entry + 1]!; row += 1) rows.push(boundsOf(index, row));
  return rows;
}

/** See `SpdIndex.reachability`. */
export function reachability(
  families: readonly FamilyIndex[],
  region: Region,
  entry: number,
  budget: number,
): Reachability {
  const meter = meterOf(budget);
  const witness = findWitness(families, region, entry);
  if (witness) return { kind: 'reachable', witness, spent: meter.spent };
  const by = new Set<number>();
  for (const index of families) {
    const bounds = rowsOf(index, entry);
    if (bounds.length === 0) continue;
    const single = holderOfAll(index, bounds, entry, meter);
    if (single === undefined) return { kind: 'undecided', spent: meter.spent };
    if (single >= 0) {
      by.add(single);
      continue;
    }
    for (const each of bounds) {
      const result = searchRow(index, each, entry, meter, by);
      if (result === 'undecided') return { kind: 'undecided', spent: meter.spent };
      if (result !== 'covered') return { kind: 'reachable', witness: witnessPacket(result.open), spent: meter.spent };
    }
  }
  return { kind: 'covered', by: minimise(families, entry, by, meter), spent: meter.spent };
}

/** A packet of the entry that the entry takes, if trying some points finds one. */
function findWitness(families: readonly FamilyIndex[], region: Region, entry: number): Packet | undefined {
  const random = seededRandom(entry);
  for (const box of region) {
    const index = families.find(({ table }) => table.space.family === box.family)!;
    const packet = witnessPacket(box);
    const { direction, local, remote, protocol, x, y } = packetPoint(packet);
    if (index.lookUp().byAddresses(direction, local, remote, protocol, x, y) === entry) return packet;
  }
  for (const index of families) {
    for (const { lo, hi } of rowsOf(index, entry)) {
      for (let point = 0; point < 3 + randomPointsMax; point += 1) {
        const pick = (dimension: number): number => {
          const from = lo[dimension]!;
          const to = hi[dimension]!;
          if (point === 0) return from;
          if (point === 1) return to;
          return point === 2 ? Math.floor((from + to) / 2) : randomIn({ lo: from, hi: to }, random);
        };
        const protocol = pick(3);
        const x = hasPorts(protocol) || hasTypes(protocol) ? pick(4) : 0;
        const y = hasPorts(protocol) ? pick(5) : 0;
        const at = Uint32Array.of(pick(0), pick(1), pick(2), protocol, x, y);
        if (index.lookUp().byCoordinates(at[0]!, at[1]!, at[2]!, protocol, x, y) !== entry) continue;
        return witnessPacket(boxOf(index.table.space, at, at));
      }
    }
  }
  return undefined;
}

/** The first earlier entry that covers all rows by one row each; -1 for none, undefined when the budget ran out. */
function holderOfAll(index: FamilyIndex, bounds: readonly Bounds[], entry: number, meter: Meter): number | undefined {
  const [first, ...others] = bounds;
  const accept = (candidate: number) =>
    others.every((each) => rowsOf(index, candidate).some(({ row }) => rowHolds(index.table, row, each.lo, each.hi)));
  const { lo, hi } = first!;
  return index.boundingTree().firstHolding(lo, hi, entry, meter, others.length > 0 ? accept : undefined);
}

/** Exactly: is a row covered by rows of earlier entries? Adds the entries that the proof uses to `by`. */
function searchRow(
  index: FamilyIndex,
  { lo, hi }: Bounds,
  entry: number,
  meter: Meter,
  by: Set<number>,
): 'covered' | { readonly open: Box } | 'undecided' {
  const tree = index.boundingTree();
  const holder = tree.firstHolding(lo, hi, entry, meter);
  if (holder === undefined) return 'undecided';
  if (holder >= 0) {
    by.add(holder);
    return 'covered';
  }
  const rows = tree.rowsMeeting(lo, hi, 0, entry, meter);
  if (!rows) return 'undecided';
  let open: Box | undefined;
  const { entries } = index.table;
  const finished = index.coverSearch().run(lo, hi, rows, meter, {
    open(cell) {
      open = cell();
      return false;
    },
    use: (row) => by.add(entries[row]!),
  });
  if (!finished) return 'undecided';
  return open ? { open } : 'covered';
}

/** Leaves out of a cover what is not needed, later entries first; tries single entries before that. */
function minimise(
  families: readonly FamilyIndex[],
  entry: number,
  cover: ReadonlySet<number>,
  meter: Meter,
): readonly number[] {
  let by = [...cover].sort((a, b) => a - b);
  if (by.length < 2 || by.length > minimiseMax) return by;
  for (const each of candidates(families, entry, meter)) if (covers(families, [each], entry, meter)) return [each];
  for (const each of by.slice().reverse()) {
    const rest = by.filter((other) => other !== each);
    if (covers(families, rest, entry, meter)) by = rest;
  }
  return by;
}

/** Do some entries together cover all rows of an entry? False as well when the budget ran out. */
function covers(families: readonly FamilyIndex[], some: readonly number[], entry: number, meter: Meter): boolean {
  for (const index of families) {
    const rows = Uint32Array.from(some.flatMap((each) => rowsOf(index, each).map(({ row }) => row)));
    for (const { lo, hi } of rowsOf(index, entry)) {
      let open = false;
      const finished = index.coverSearch().run(lo, hi, rows, meter, {
        open() {
          open = true;
          return false;
        },
      });
      if (open || !finished) return false;
    }
  }
  return true;
}

/** Earlier entries that might cover all rows alone: those that hold the first corner of the first one, with several rows. */
function candidates(families: readonly FamilyIndex[], entry: number, meter: Meter): readonly number[] {
  const index = families.find((each) => rowsOf(each, entry).length > 0)!;
  const { lo } = rowsOf(index, entry)[0]!;
  const rows = index.boundingTree().rowsMeeting(lo, lo, 0, entry, meter) ?? [];
  const entries = new Set<number>();
  for (const row of rows) entries.add(index.table.entries[row]!);
  return [...entries].filter((each) => families.reduce((sum, one) => sum + rowsOf(one, each).length, 0) > 1);
}

/** See `SpdIndex.leftover`. */
export function leftover(families: readonly FamilyIndex[], entry: number, budget: number): Leftover {
  const meter = meterOf(budget);
  const open: Box[] = [];
  for (const index of families) {
    for (const { row, lo, hi } of rowsOf(index, entry)) {
      const rows = index.boundingTree().rowsMeeting(lo, hi, 0, entry + 1, meter);
      if (!rows) return { kind: 'undecided', spent: meter.spent };
      // Rows of the entry itself count while they come before this one, so that the pieces are disjoint.
      const earlier = rows.subarray(0, rows.indexOf(row));
      const finished = index.coverSearch().run(lo, hi, earlier, meter, {
        open(cell) {
          open.push(cell());
          return true;
        },
      });
      if (!finished) return { kind: 'undecided', spent: meter.spent };
    }
  }
  return { kind: 'exact', region: simplify(open), spent: meter.spent };
}
