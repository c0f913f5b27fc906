/**
 * The exact answer to "what of this cell do these rows leave over?": a search that cuts the cell along the rows' faces
 * until a piece lies in one row, or in none.
 *
 * Rows that restrict a piece in one dimension only (slabs) are not cut around one by one: a sweep over that dimension takes
 * all of them off at once, and a piece that is left with one gap just shrinks. The problem stays hard in five dimensions;
 * hence the budget.
 */
import type { Box } from './box.js';
import { type BoxTable, rowSize } from './box-table.js';
import { faceChooser, restrictions } from './choose-face.js';
import { boxOf, dimensionCount } from './coordinates.js';
import { type Meter, spend } from './meter.js';
import { withRoom } from './typed-arrays.js';

export interface CoverVisitor {
  /** A piece that no row meets; `cell` makes its box. False stops the search. Pieces are disjoint and proper. */
  open(cell: () => Box): boolean;
  /** A row that the proof of coverage uses; the rows reported together cover all that is not open. */
  use?(row: number): void;
}

export interface CoverSearch {
  /**
   * Searches the cell lo..hi among some rows; a step is a row looked at for a piece. False when the budget ran out first;
   * stopping by `open` counts as finished. Not reentrant: a visitor must not call it.
   */
  run(lo: Uint32Array, hi: Uint32Array, rows: Uint32Array, meter: Meter, visitor: CoverVisitor): boolean;
}

/** A frame is a cell, and where its candidate rows are in the pool. */
const frameSize = 2 * dimensionCount + 2;

/** Prepares searches over a table; the scratch memory is kept from one to the next. */
export function coverSearch(table: BoxTable): CoverSearch {
  const { lo: rowLo, hi: rowHi } = table;
  const chooseFace = faceChooser(table);
  const cellLo = new Uint32Array(dimensionCount);
  const cellHi = new Uint32Array(dimensionCount);
  const slabCounts = new Uint32Array(dimensionCount);
  // Frames are last in, first out, so what lies in the pool beyond the rows of the frame that was taken off is free.
  let frames = new Uint32Array(64 * frameSize);
  let pool = new Uint32Array(1024);
  let top = 0;

  return {
    run(lo, hi, rows, meter, visitor) {
      top = 0;
      pool = withRoom(pool, rows.length);
      pool.set(rows);
      cellLo.set(lo);
      cellHi.set(hi);
      push(0, rows.length);
      while (top > 0) {
        top -= 1;
        const at = top * frameSize;
        cellLo.set(frames.subarray(at, at + dimensionCount));
        cellHi.set(frames.subarray(at + dimensionCount, at + 2 * dimensionCount));
        let start = frames[at + 2 * dimensionCount]!;
        let end = frames[at + 2 * dimensionCount + 1]!;
        const free = end;
        pool = withRoom(pool, free + (end - start));
        for (;;) {
          if (!spend(meter, end - start + 1)) return false;
          const kept = filter(start, end, free, visitor);
          if (kept < 0) break; // covered
          start = free;
          end = kept;
          if (start === end) {
            if (!visitor.open(() => boxOf(table.space, cellLo, cellHi))) return true;
            break;
          }
          const slabs = slabDimension();
          if (slabs < 0) {
            const face = chooseFace(pool, start, end, cellLo, cellHi)!;
            cutCell(face.dimension, face.at, face.at + 1, start, end);
            break;
          }
          if (!spend(meter, end - start)) return false;
          if (sweep(slabs, start, end, visitor)) break;
        }
      }
      return true;
    },
  };

  function push(start: number, end: number): void {
    const at = top * frameSize;
    frames = withRoom(frames, at + frameSize);
    frames.set(cellLo, at);
    frames.set(cellHi, at + dimensionCount);
    frames[at + 2 * dimensionCount] = start;
    frames[at + 2 * dimensionCount + 1] = end;
    top += 1;
  }

  /** Splits the cell into what is up to `cut`, which is looked at first, and what is from `resume` on. */
  function cutCell(dimension: number, cut: number, resume: number, start: number, end: number): void {
    const lo = cellLo[dimension]!;
    cellLo[dimension] = resume;
    push(start, end);
    cellLo[dimension] = lo;
    cellHi[dimension] = cut;
    push(start, end);
  }

  /** Copies the rows that meet the cell to `to` and counts slabs; returns where they end, or -1 when one covers the cell. */
  function filter(start: number, end: number, to: number, visitor: CoverVisitor): number {
    slabCounts.fill(0);
    let write = to;
    next: for (let at = start; at < end; at += 1) {
      const row = pool[at]!;
      const base = row * rowSize;
      let restricted = 0;
      let where = 0;
      for (let dimension = 0; dimension < dimensionCount; dimension += 1) {
        const first = rowLo[base + dimension]!;
        const last = rowHi[base + dimension]!;
        if (first > cellHi[dimension]! || last < cellLo[dimension]!) continue next;
        if (first > cellLo[dimension]! || last < cellHi[dimension]!) {
          restricted += 1;
          where = dimension;
        }
      }
      if (restricted === 0) {
        visitor.use?.(row);
        return -1;
      }
      if (restricted === 1) slabCounts[where]! += 1;
      pool[write++] = row;
    }
    return write;
  }

  /** The dimension with most slabs, or -1 when there is none. */
  function slabDimension(): number {
    let best = -1;
    for (let dimension = 0; dimension < dimensionCount; dimension += 1) {
      if (slabCounts[dimension]! > 0 && (best < 0 || slabCounts[dimension]! > slabCounts[best]!)) best = dimension;
    }
    return best;
  }

  /**
   * Takes the slabs of a dimension off the cell. True when the cell is done with (covered, or split between two gaps); false
   * when it has shrunk to the one gap that is left.
   */
  function sweep(dimension: number, start: number, end: number, visitor: CoverVisitor): boolean {
    const slabs: number[] = [];
    for (let at = start; at < end; at += 1) {
      const base = pool[at]! * rowSize + dimension;
      const isSlab =
        (rowLo[base]! > cellLo[dimension]! || rowHi[base]! < cellHi[dimension]!) &&
        restrictions(table, pool[at]!, cellLo, cellHi) === 1;
      if (isSlab) slabs.push(pool[at]!);
    }
    slabs.sort((a, b) => rowLo[a * rowSize + dimension]! - rowLo[b * rowSize + dimension]!);
    const gapLo: number[] = [];
    const gapHi: number[] = [];
    const limit = cellHi[dimension]!;
    let reach = cellLo[dimension]!; // the first coordinate not known to be covered
    for (let at = 0; at < slabs.length && reach <= limit; ) {
      const first = rowLo[slabs[at]! * rowSize + dimension]!;
      if (first > reach) {
        gapLo.push(reach);
        gapHi.push(first - 1);
        reach = first;
      }
      // Of all slabs that begin by here the one that goes furthest makes the others needless.
      let furthest = -1;
      let best = -1;
      for (; at < slabs.length && rowLo[slabs[at]! * rowSize + dimension]! <= reach; at += 1) {
        const last = rowHi[slabs[at]! * rowSize + dimension]!;
        if (last > furthest) {
          furthest = last;
          best = slabs[at]!;
        }
      }
      if (furthest >= reach) {
        visitor.use?.(best);
        reach = furthest + 1;
      }
    }
    if (reach <= limit) {
      gapLo.push(reach);
      gapHi.push(limit);
    }
    const gaps = gapLo.length;
    if (gaps === 0) return true;
    cellLo[dimension] = gapLo[0]!;
    cellHi[dimension] = gapHi[gaps - 1]!;
    if (gaps === 1) return false;
    const middle = gaps >>> 1;
    cutCell(dimension, gapHi[middle - 1]!, gapLo[middle]!, start, end);
    return true;
  }
}
