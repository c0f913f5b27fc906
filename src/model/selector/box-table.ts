/** Boxes of one family in typed arrays: what the trees and the cover search work on. */
import type { Family } from '../address.js';
import { type Box, isProper } from './box.js';
import { dimensionCount, rankEnds, type Space } from './coordinates.js';

/** Row k is box k; rows are in the order of their entries. */
export interface BoxTable {
  readonly space: Space;
  readonly count: number;
  /**
   * The six coordinates of row k (see coordinates.ts) are at k·`rowSize` of either array. The two are views of one buffer
   * in which the ends of a row lie together, since a row is mostly read alone.
   */
  readonly lo: Uint32Array;
  readonly hi: Uint32Array;
  /** The entry that a row belongs to. */
  readonly entries: Uint32Array;
}

/** From one row to the next. */
export const rowSize = 2 * dimensionCount;

/** Tables the boxes of a family. An improper box is a bug of the caller's and throws a RangeError. */
export function buildBoxTable(family: Family, boxes: readonly Box[], entries: ArrayLike<number>): BoxTable {
  const count = boxes.length;
  const bounds = new Uint32Array(count * rowSize + dimensionCount);
  const lo = bounds;
  const hi = bounds.subarray(dimensionCount);
  for (let row = 0; row < count; row += 1) {
    const box = boxes[row]!;
    if (box.family !== family || !isProper(box)) {
      throw new RangeError(`a box of entry ${entries[row]} is not a proper IPv${family} box`);
    }
    const at = row * rowSize;
    lo[at] = box.direction.lo;
    hi[at] = box.direction.hi;
    lo[at + 3] = box.protocol.lo;
    hi[at + 3] = box.protocol.hi;
    lo[at + 4] = box.x.lo;
    hi[at + 4] = box.x.hi;
    lo[at + 5] = box.y.lo;
    hi[at + 5] = box.y.hi;
  }
  const local = rankEnds(family, boxes, 'local', lo.subarray(1), hi.subarray(1), rowSize);
  const remote = rankEnds(family, boxes, 'remote', lo.subarray(2), hi.subarray(2), rowSize);
  return { space: { family, local, remote }, count, lo, hi, entries: Uint32Array.from(entries) };
}

/** Does a row share a point with a cell? */
export function rowMeets(table: BoxTable, row: number, lo: Uint32Array, hi: Uint32Array): boolean {
  const at = row * rowSize;
  for (let dimension = 0; dimension < dimensionCount; dimension += 1) {
    if (table.lo[at + dimension]! > hi[dimension]! || table.hi[at + dimension]! < lo[dimension]!) return false;
  }
  return true;
}

/** Does a row hold all of a cell? */
export function rowHolds(table: BoxTable, row: number, lo: Uint32Array, hi: Uint32Array): boolean {
  const at = row * rowSize;
  for (let dimension = 0; dimension < dimensionCount; dimension += 1) {
    if (table.lo[at + dimension]! > lo[dimension]! || table.hi[at + dimension]! < hi[dimension]!) return false;
  }
  return true;
}
