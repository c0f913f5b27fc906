/** Two ordered lists laid side by side in one table, with the places to look for differences. */
import type { Family } from '../address.js';
import { intersects } from './algebra.js';
import type { Alignment, Keyed } from './alignment.js';
import { buildBoundingTree } from './bounding-tree.js';
import type { Box } from './box.js';
import { type BoxTable, buildBoxTable, rowMeets, rowSize } from './box-table.js';
import { dimensionCount } from './coordinates.js';
import { unlimited } from './meter.js';
import { boxVolume } from './simplify.js';

/** A cell to be searched, with the rows that meet it. */
export interface ComparisonRoot {
  readonly lo: Uint32Array;
  readonly hi: Uint32Array;
  readonly before: Uint32Array;
  readonly after: Uint32Array;
  /** Rows that earlier roots have dealt with. */
  readonly done: Uint32Array;
}

export interface Comparison {
  /** Rows of both lists. */
  readonly table: BoxTable;
  /** The treatment, and the entry in its own list, of each row. */
  readonly keys: readonly number[];
  readonly entries: readonly number[];
  /** The boxes of changed entries, larger ones first. Outside of them nothing differs. */
  roots(): Generator<ComparisonRoot>;
}

/** With no more changed boxes than this, what meets them is found by comparing; with more, by a tree. */
const comparedMax = 32;

/** Lays out the boxes of one family, leaving out those that no changed box meets if that is cheap to tell. */
export function compareFamily(family: Family, before: Keyed, after: Keyed, changed: Alignment): Comparison {
  const changedBoxes = [
    ...changed.before.flatMap((entry) => before.regions[entry]!),
    ...changed.after.flatMap((entry) => after.regions[entry]!),
  ].filter((box) => box.family === family);
  const few = changedBoxes.length <= comparedMax;
  const isRelevant = few ? meetsAny(changedBoxes) : () => true;
  const boxes: Box[] = [];
  const keys: number[] = [];
  const entries: number[] = [];
  const changedRows: number[] = [];
  const add = (list: Keyed, changedEntries: ReadonlySet<number>) => {
    for (let entry = 0; changedBoxes.length > 0 && entry < list.regions.length; entry += 1) {
      for (const box of list.regions[entry]!) {
        if (box.family !== family || !isRelevant(box)) continue;
        if (changedEntries.has(entry)) changedRows.push(boxes.length);
        boxes.push(box);
        keys.push(list.keys[entry]!);
        entries.push(entry);
      }
    }
  };
  add(before, new Set(changed.before));
  const firstAfter = boxes.length;
  add(after, new Set(changed.after));

  const table = buildBoxTable(family, boxes, entries);
  const volumes = new Map(changedRows.map((row) => [row, Number(boxVolume(boxes[row]!))]));
  changedRows.sort((a, b) => volumes.get(b)! - volumes.get(a)! || a - b);
  return { table, keys, entries, roots };

  function* roots(): Generator<ComparisonRoot> {
    const meeting = few ? comparing() : searching();
    const done = new Set<number>();
    for (const row of changedRows) {
      const at = row * rowSize;
      const lo = table.lo.slice(at, at + dimensionCount);
      const hi = table.hi.slice(at, at + dimensionCount);
      const rows = meeting(lo, hi);
      yield {
        lo,
        hi,
        before: rows.filter((other) => other < firstAfter),
        after: rows.filter((other) => other >= firstAfter),
        done: rows.filter((other) => done.has(other)),
      };
      done.add(row);
    }
  }

  function comparing(): (lo: Uint32Array, hi: Uint32Array) => Uint32Array {
    const all = Uint32Array.from({ length: table.count }, (_, row) => row);
    return (lo, hi) => all.filter((row) => rowMeets(table, row, lo, hi));
  }

  function searching(): (lo: Uint32Array, hi: Uint32Array) => Uint32Array {
    const tree = buildBoundingTree(table);
    return (lo, hi) => tree.rowsMeeting(lo, hi, 0, Number.POSITIVE_INFINITY, unlimited()) ?? new Uint32Array();
  }
}

/** Tells whether a box may meet one of some boxes of its family: surely not where it says no. */
function meetsAny(changed: readonly Box[]): (box: Box) => boolean {
  if (changed[0]?.family !== 4) return (box) => changed.some((other) => intersects(other, box));
  // Plain numbers, compared as such, are several times faster than addresses that might be bigints.
  const ends = changed.map(({ local, remote }) => [local.lo, local.hi, remote.lo, remote.hi].map(Number));
  return ({ local, remote }) => {
    const localLo = local.lo as number;
    const localHi = local.hi as number;
    const remoteLo = remote.lo as number;
    const remoteHi = remote.hi as number;
    for (const [lo1, hi1, lo2, hi2] of ends) {
      if (remoteLo <= hi2! && remoteHi >= lo2! && localLo <= hi1! && localHi >= lo1!) return true;
    }
    return false;
  };
}
