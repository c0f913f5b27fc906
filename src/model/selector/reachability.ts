/** What earlier entries leave of an entry: the searches behind `SpdIndex.reachability` and `SpdIndex.leftover`. */
import { hasPorts, hasTypes, type Packet } from '../packet.js';
import type { BoundingTree } from './bounding-tree.js';
import type { Box, Region } from './box.js';
import type { BoxTable } from './box-table.js';
import { boxOf, dimensionCount } from './coordinates.js';
import type { CoverSearch } from './cover-search.js';
import type { CutTree } from './cut-tree.js';
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
  readonly cutTree: () => CutTree;
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
  const at = row * dimensionCount;
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
  const witness = findWitness(families, region, entry);
  let spent = 1;
  if (witness) return { kind: 'reachable', witness, spent };
  const by = new Set<number>();
  for (const index of families) {
    const bounds = rowsOf(index, entry);
    if (bounds.length === 0) continue;
    const single = holderOfAll(index, bounds, entry);
    spent += single.spent;
    if (single.entry >= 0) {
      by.add(single.entry);
      continue;
    }
    for (const each of bounds) {
      const result = searchRow(index, each, entry, budget - spent, by);
      spent += result.spent;
      if (result.kind === 'undecided') return { kind: 'undecided', spent };
      if (result.kind === 'open') return { kind: 'reachable', witness: witnessPacket(result.cell), spent };
    }
  }
  return { kind: 'covered', ...minimise(families, entry, by, budget, spent) };
}

/** A packet of the entry that the entry takes, if trying some points finds one. */
function findWitness(families: readonly FamilyIndex[], region: Region, entry: number): Packet | undefined {
  const random = seededRandom(entry);
  for (const box of region) {
    const index = families.find(({ table }) => table.space.family === box.family)!;
    const { space } = index.table;
    const packet = witnessPacket(box);
    const { direction, local, remote, protocol, x, y } = packetPoint(packet);
    const { locate } = index.cutTree();
    const found = locate(direction, space.local.coordinateOf(local), space.remote.coordinateOf(remote), protocol, x, y);
    if (found === entry) return packet;
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
        if (index.cutTree().locate(at[0]!, at[1]!, at[2]!, protocol, x, y) !== entry) continue;
        return witnessPacket(pointBox(index, at));
      }
    }
  }
  return undefined;
}

/** The packets at a point; those of a protocol without ports have no y to choose. */
function pointBox({ table }: FamilyIndex, at: Uint32Array): Box {
  return boxOf(table.space, at, at);
}

/** The first earlier entry that covers all rows by one row each. */
function holderOfAll(index: FamilyIndex, bounds: readonly Bounds[], entry: number): { entry: number; spent: number } {
  const tree = index.boundingTree();
  const before = tree.visited;
  const [first, ...others] = bounds;
  const { lo, hi } = index.table;
  const holds = (row: number, { lo: innerLo, hi: innerHi }: Bounds) => {
    for (let dimension = 0; dimension < dimensionCount; dimension += 1) {
      const at = row * dimensionCount + dimension;
      if (lo[at]! > innerLo[dimension]! || hi[at]! < innerHi[dimension]!) return false;
    }
    return true;
  };
  const accept = (candidate: number) =>
    others.every((each) => {
      for (let row = index.firstRows[candidate]!; row < index.firstRows[candidate + 1]!; row += 1) {
        if (holds(row, each)) return true;
      }
      return false;
    });
  const found = tree.firstHolding(first!.lo, first!.hi, 0, entry, others.length > 0 ? accept : undefined);
  return { entry: found, spent: tree.visited - before };
}

type RowSearch =
  | { readonly kind: 'covered'; readonly spent: number }
  | { readonly kind: 'open'; readonly cell: Box; readonly spent: number }
  | { readonly kind: 'undecided'; readonly spent: number };

/** Exactly: is a row covered by rows of earlier entries? Adds the entries that the proof uses to `by`. */
function searchRow(index: FamilyIndex, bounds: Bounds, entry: number, budget: number, by: Set<number>): RowSearch {
  const tree = index.boundingTree();
  const before = tree.visited;
  const { lo, hi } = bounds;
  const holder = tree.firstHolding(lo, hi, 0, entry);
  if (holder >= 0) {
    by.add(holder);
    return { kind: 'covered', spent: tree.visited - before };
  }
  const rows = budget > 0 ? tree.rowsMeeting(lo, hi, 0, entry, budget) : undefined;
  const looking = tree.visited - before;
  if (!rows) return { kind: 'undecided', spent: looking };
  let cell: Box | undefined;
  const { entries } = index.table;
  const { finished, spent } = index.coverSearch().run(lo, hi, rows, budget - looking, {
    open(make) {
      cell = make();
      return false;
    },
    use: (row) => by.add(entries[row]!),
  });
  if (!finished) return { kind: 'undecided', spent: looking + spent };
  return cell ? { kind: 'open', cell, spent: looking + spent } : { kind: 'covered', spent: looking + spent };
}

/** Leaves out of a cover what is not needed, later entries first; tries single entries before that. */
function minimise(
  families: readonly FamilyIndex[],
  entry: number,
  cover: ReadonlySet<number>,
  budget: number,
  before: number,
): { readonly by: readonly number[]; readonly spent: number } {
  let by = [...cover].sort((a, b) => a - b);
  let spent = before;
  const covers = (some: readonly number[]): boolean => {
    for (const index of families) {
      const rows = Uint32Array.from(some.flatMap((each) => rowsOf(index, each).map(({ row }) => row)));
      for (const { lo, hi } of rowsOf(index, entry)) {
        let open = false;
        const result = index.coverSearch().run(lo, hi, rows, budget - spent, {
          open() {
            open = true;
            return false;
          },
        });
        spent += result.spent;
        if (open || !result.finished) return false;
      }
    }
    return true;
  };
  if (by.length < 2 || by.length > minimiseMax) return { by, spent };
  for (const each of candidates(families, entry)) {
    if (spent > budget) break;
    if (covers([each])) return { by: [each], spent };
  }
  for (const each of by.slice().reverse()) {
    if (by.length === 1 || spent > budget) break;
    const rest = by.filter((other) => other !== each);
    if (covers(rest)) by = rest;
  }
  return { by, spent };
}

/** Earlier entries that might cover all rows alone: those that hold the first corner of the first one, with several rows. */
function candidates(families: readonly FamilyIndex[], entry: number): readonly number[] {
  const index = families.find((each) => rowsOf(each, entry).length > 0)!;
  const [first] = rowsOf(index, entry);
  const rows = index.boundingTree().rowsMeeting(first!.lo, first!.lo, 0, entry, candidatesMax) ?? [];
  const entries = new Set<number>();
  for (const row of rows) entries.add(index.table.entries[row]!);
  return [...entries].filter((each) => families.reduce((sum, one) => sum + rowsOf(one, each).length, 0) > 1);
}

/** So many rows at a corner are looked through for one that covers alone; with more of them the cover is reported as found. */
const candidatesMax = 1_000;

/** See `SpdIndex.leftover`. */
export function leftover(families: readonly FamilyIndex[], entry: number, budget: number): Leftover {
  const open: Box[] = [];
  let spent = 0;
  for (const index of families) {
    const tree = index.boundingTree();
    for (const { row, lo, hi } of rowsOf(index, entry)) {
      const before = tree.visited;
      const rows = tree.rowsMeeting(lo, hi, 0, entry + 1, Math.max(0, budget - spent));
      spent += tree.visited - before;
      if (!rows) return { kind: 'undecided', spent };
      // Rows of the entry itself count while they come before this one, so that the pieces are disjoint.
      const earlier = rows.subarray(0, rows.indexOf(row));
      const result = index.coverSearch().run(lo, hi, earlier, budget - spent, {
        open(cell) {
          open.push(cell());
          return true;
        },
      });
      spent += result.spent;
      if (!result.finished) return { kind: 'undecided', spent };
    }
  }
  return { kind: 'exact', region: simplify(open), spent };
}
