/**
 * The search behind the comparison of two ordered lists, over one family. It cuts a cell along the rows' faces until both
 * lists begin with a row that covers the piece, so that the treatment of its packets can be read off. A piece is left alone
 * as soon as the two lists, without what lies behind a covering row, are the same there, or have one treatment only.
 */
import type { Box } from './box.js';
import { type BoxTable, rowHolds, rowMeets, rowSize } from './box-table.js';
import { faceChooser } from './choose-face.js';
import { boxOf, dimensionCount } from './coordinates.js';
import { type Meter, spend } from './meter.js';
import { withRoom } from './typed-arrays.js';

export interface DifferenceVisitor {
  /** A piece in which the first rows, `before` and `after`, have different keys. False stops the search. */
  differ(before: number, after: number, cell: () => Box): boolean;
}

export interface DifferenceSearch {
  /**
   * Compares two lists of rows in the cell lo..hi, leaving out what lies in one of the `done` rows. In each list some row
   * must cover the cell. Pieces are disjoint and proper; a step is a row looked at for a piece.
   */
  run(
    lo: Uint32Array,
    hi: Uint32Array,
    before: Uint32Array,
    after: Uint32Array,
    done: Uint32Array,
    meter: Meter,
    visitor: DifferenceVisitor,
  ): 'finished' | 'stopped' | 'budget';
}

/** A frame is a cell, and where in the pool its three lists begin and the last one ends. */
const frameSize = 2 * dimensionCount + 4;

/** Prepares searches over a table with a key (treatment) for each row. */
export function differenceSearch(table: BoxTable, keys: ArrayLike<number>): DifferenceSearch {
  const { lo: rowLo, hi: rowHi } = table;
  const chooseFace = faceChooser(table);
  const cellLo = new Uint32Array(dimensionCount);
  const cellHi = new Uint32Array(dimensionCount);
  let frames = new Uint32Array(64 * frameSize);
  let pool = new Uint32Array(1024);
  let top = 0;

  return {
    run(lo, hi, before, after, done, meter, visitor) {
      top = 0;
      pool = withRoom(pool, before.length + after.length + done.length);
      pool.set(before);
      pool.set(after, before.length);
      pool.set(done, before.length + after.length);
      cellLo.set(lo);
      cellHi.set(hi);
      push(0, before.length, before.length + after.length, before.length + after.length + done.length);
      while (top > 0) {
        top -= 1;
        const at = top * frameSize;
        cellLo.set(frames.subarray(at, at + dimensionCount));
        cellHi.set(frames.subarray(at + dimensionCount, at + 2 * dimensionCount));
        const list = at + 2 * dimensionCount;
        const start = frames[list]!;
        const startAfter = frames[list + 1]!;
        const startDone = frames[list + 2]!;
        const end = frames[list + 3]!;
        if (!spend(meter, end - start + 1)) return 'budget';
        pool = withRoom(pool, end + (end - start));
        // What lies behind this frame's rows is free: frames are last in, first out.
        const toAfter = copyMeeting(start, startAfter, end);
        const toDone = copyMeeting(startAfter, startDone, toAfter);
        if (!needsLook(end, toAfter, toDone)) continue;
        const toEnd = copyMeeting(startDone, end, toDone);
        if (toEnd > toDone && rowHolds(table, pool[toEnd - 1]!, cellLo, cellHi)) continue;
        const decided = toAfter - end === 1 && toDone - toAfter === 1;
        const face = decided
          ? chooseFace(pool, toDone, toEnd, cellLo, cellHi)
          : chooseFace(pool, end, toDone, cellLo, cellHi);
        if (!face) {
          const go = visitor.differ(pool[end]!, pool[toAfter]!, () => boxOf(table.space, cellLo, cellHi));
          if (!go) return 'stopped';
          continue;
        }
        const { dimension, at: cut } = face;
        const from = cellLo[dimension]!;
        cellLo[dimension] = cut + 1;
        push(end, toAfter, toDone, toEnd);
        cellLo[dimension] = from;
        cellHi[dimension] = cut;
        push(end, toAfter, toDone, toEnd);
      }
      return 'finished';
    },
  };

  function push(start: number, startAfter: number, startDone: number, end: number): void {
    const at = top * frameSize;
    frames = withRoom(frames, at + frameSize);
    frames.set(cellLo, at);
    frames.set(cellHi, at + dimensionCount);
    frames.set([start, startAfter, startDone, end], at + 2 * dimensionCount);
    top += 1;
  }

  /** Copies the rows that meet the cell to `to`, up to and with the first that covers it; returns where they end. */
  function copyMeeting(start: number, end: number, to: number): number {
    let write = to;
    for (let at = start; at < end; at += 1) {
      const row = pool[at]!;
      if (!rowMeets(table, row, cellLo, cellHi)) continue;
      pool[write++] = row;
      if (rowHolds(table, row, cellLo, cellHi)) break;
    }
    return write;
  }

  /**
   * Can a packet of the cell be treated differently by the two lists, start..middle and middle..end? False is a proof:
   * behind the rows with which both lists begin alike there is only one treatment, or nothing.
   */
  function needsLook(start: number, middle: number, end: number): boolean {
    const common = Math.min(middle - start, end - middle);
    let alike = 0;
    while (alike < common && sameHere(pool[start + alike]!, pool[middle + alike]!)) alike += 1;
    // The last rows of both lists cover the cell, so neither list is the other's beginning, unless they are equal.
    if (start + alike === middle) return false;
    const key = keys[pool[start + alike]!];
    for (let at = start + alike; at < middle; at += 1) if (keys[pool[at]!] !== key) return true;
    for (let at = middle + alike; at < end; at += 1) if (keys[pool[at]!] !== key) return true;
    return false;
  }

  /** Are two rows alike in key and in what they hold of the cell? */
  function sameHere(a: number, b: number): boolean {
    if (keys[a] !== keys[b]) return false;
    for (let dimension = 0; dimension < dimensionCount; dimension += 1) {
      const atA = a * rowSize + dimension;
      const atB = b * rowSize + dimension;
      const from = cellLo[dimension]!;
      const to = cellHi[dimension]!;
      if (Math.max(rowLo[atA]!, from) !== Math.max(rowLo[atB]!, from)) return false;
      if (Math.min(rowHi[atA]!, to) !== Math.min(rowHi[atB]!, to)) return false;
    }
    return true;
  }
}
