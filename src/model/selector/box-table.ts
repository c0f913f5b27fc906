/** Boxes of one family in typed arrays: what the trees and the cover search work on. */
import type { Family } from '../address.js';
import { type Box, isProper } from './box.js';
import { dimensionCount, rankIntervals, type Space } from './coordinates.js';

/** Row k is box k; rows are in the order of their entries. */
export interface BoxTable {
  readonly space: Space;
  readonly count: number;
  /** Six coordinates a row, see coordinates.ts. */
  readonly lo: Uint32Array;
  readonly hi: Uint32Array;
  /** The entry that a row belongs to. */
  readonly entries: Uint32Array;
}

/** Tables the boxes of a family. An improper box is a bug of the caller's and throws a RangeError. */
export function buildBoxTable(family: Family, boxes: readonly Box[], entries: ArrayLike<number>): BoxTable {
  const count = boxes.length;
  const local = rankIntervals(
    family,
    boxes.map((box) => box.local),
  );
  const remote = rankIntervals(
    family,
    boxes.map((box) => box.remote),
  );
  const lo = new Uint32Array(count * dimensionCount);
  const hi = new Uint32Array(count * dimensionCount);
  for (let row = 0; row < count; row += 1) {
    const box = boxes[row]!;
    if (box.family !== family || !isProper(box))
      throw new RangeError(`box ${row} of entry ${entries[row]} is not proper`);
    const at = row * dimensionCount;
    lo[at] = box.direction.lo;
    hi[at] = box.direction.hi;
    lo[at + 1] = local.lo[row]!;
    hi[at + 1] = local.hi[row]!;
    lo[at + 2] = remote.lo[row]!;
    hi[at + 2] = remote.hi[row]!;
    lo[at + 3] = box.protocol.lo;
    hi[at + 3] = box.protocol.hi;
    lo[at + 4] = box.x.lo;
    hi[at + 4] = box.x.hi;
    lo[at + 5] = box.y.lo;
    hi[at + 5] = box.y.hi;
  }
  const space: Space = { family, local: local.axis, remote: remote.axis };
  return { space, count, lo, hi, entries: Uint32Array.from(entries) };
}

/** Does a row share a point with a cell? */
export function rowMeets(table: BoxTable, row: number, lo: Uint32Array, hi: Uint32Array): boolean {
  const at = row * dimensionCount;
  for (let dimension = 0; dimension < dimensionCount; dimension += 1) {
    if (table.lo[at + dimension]! > hi[dimension]! || table.hi[at + dimension]! < lo[dimension]!) return false;
  }
  return true;
}

/** Does a row hold all of a cell? */
export function rowHolds(table: BoxTable, row: number, lo: Uint32Array, hi: Uint32Array): boolean {
  const at = row * dimensionCount;
  for (let dimension = 0; dimension < dimensionCount; dimension += 1) {
    if (table.lo[at + dimension]! > lo[dimension]! || table.hi[at + dimension]! < hi[dimension]!) return false;
  }
  return true;
}
