/**
 * The exact answer to "what of this cell do these rows leave over?": a search that cuts the cell along the rows' faces
 * until a piece lies in one row, or in none.
 *
 * Two things keep it short. Rows that restrict a piece in one dimension only (slabs) are not cut around one by one: a
 * sweep over that dimension takes all of them off at once, and a piece that is left with one gap just shrinks. And a cut
 * is placed at the weighted median of the faces of the dimension in which they weigh most, where a face weighs more the
 * fewer dimensions its row restricts, since such rows become slabs, or cover, soonest (the weights with which Chan, "Klee's
 * measure problem made easy", gets n^(d/2)). The problem stays hard in five dimensions; hence the budget.
 */
import type { Box } from './box.js';
import type { BoxTable } from './box-table.js';
import { boxOf, dimensionCount, protocolDimension } from './coordinates.js';

export interface CoverVisitor {
  /** A piece that no row meets; `cell` makes its box. False stops the search. Pieces are disjoint and proper. */
  open(cell: () => Box): boolean;
  /** A row that the proof of coverage uses; the rows reported together cover all that is not open. */
  use?(row: number): void;
}

export interface CoverResult {
  /** False when the budget ran out first. Stopping by `open` counts as finished. */
  readonly finished: boolean;
  /** Steps: rows looked at, once for each piece. */
  readonly spent: number;
}

export interface CoverSearch {
  /** Searches the cell lo..hi among some rows. Not reentrant: a visitor must not call it. */
  run(lo: Uint32Array, hi: Uint32Array, rows: Uint32Array, budget: number, visitor: CoverVisitor): CoverResult;
}

/** A cell, and where its candidate rows are in the pool. */
const frameSize = 2 * dimensionCount + 2;
/** At most so many faces are looked at to place a cut. */
const facesMax = 96;

/** Prepares searches over a table; the scratch memory is kept from one to the next. */
export function coverSearch(table: BoxTable): CoverSearch {
  const { lo: rowLo, hi: rowHi } = table;
  const cellLo = new Uint32Array(dimensionCount);
  const cellHi = new Uint32Array(dimensionCount);
  const weights = new Float64Array(dimensionCount);
  const slabCounts = new Uint32Array(dimensionCount);
  // Frames are last in, first out, so the rows of a frame may be overwritten once it has been taken off: what lies beyond
  // the end of a frame's rows is free.
  let frames = new Uint32Array(64 * frameSize);
  let pool = new Uint32Array(1024);
  let top = 0;

  const push = (start: number, end: number) => {
    if ((top + 1) * frameSize > frames.length) frames = grown(frames, frames.length * 2);
    const at = top * frameSize;
    frames.set(cellLo, at);
    frames.set(cellHi, at + dimensionCount);
    frames[at + 2 * dimensionCount] = start;
    frames[at + 2 * dimensionCount + 1] = end;
    top += 1;
  };

  /** Splits the current cell after `cut`; the lower part is looked at first. */
  const cutCell = (dimension: number, cut: number, resume: number, start: number, end: number) => {
    const { [dimension]: lo } = cellLo;
    cellLo[dimension] = resume;
    push(start, end);
    cellLo[dimension] = lo!;
    cellHi[dimension] = cut;
    push(start, end);
  };

  return {
    run(lo, hi, rows, budget, visitor) {
      let spent = 0;
      top = 0;
      if (pool.length < rows.length) pool = new Uint32Array(2 * rows.length);
      pool.set(rows);
      cellLo.set(lo);
      cellHi.set(hi);
      push(0, rows.length);
      while (top > 0) {
        top -= 1;
        const at = top * frameSize;
        for (let dimension = 0; dimension < dimensionCount; dimension += 1) {
          cellLo[dimension] = frames[at + dimension]!;
          cellHi[dimension] = frames[at + dimensionCount + dimension]!;
        }
        let start = frames[at + 2 * dimensionCount]!;
        let end = frames[at + 2 * dimensionCount + 1]!;
        const free = end;
        if (pool.length < free + (end - start)) pool = grown(pool, 2 * (free + end - start));
        for (;;) {
          spent += end - start + 1;
          if (spent > budget) return { finished: false, spent };
          const kept = filter(start, end, free, visitor);
          if (kept < 0) break; // covered
          start = free;
          end = kept;
          if (start === end) {
            if (!visitor.open(() => boxOf(table.space, cellLo, cellHi))) return { finished: true, spent };
            break;
          }
          const slabs = widestSlabs();
          if (slabs < 0) {
            const dimension = heaviest();
            const cut = medianFace(dimension, start, end);
            cutCell(dimension, cut, cut + 1, start, end);
            break;
          }
          spent += end - start;
          if (sweep(slabs, start, end, visitor)) break;
        }
      }
      return { finished: true, spent };
    },
  };

  /**
   * Copies the rows that meet the cell to `to` and counts slabs and weights; returns where they end, or -1 when one of them
   * covers the cell.
   */
  function filter(start: number, end: number, to: number, visitor: CoverVisitor): number {
    weights.fill(0);
    slabCounts.fill(0);
    const oneProtocol = cellLo[protocolDimension] === cellHi[protocolDimension];
    let write = to;
    next: for (let at = start; at < end; at += 1) {
      const row = pool[at]!;
      const base = row * dimensionCount;
      let restricted = 0;
      for (let dimension = 0; dimension < dimensionCount; dimension += 1) {
        const first = rowLo[base + dimension]!;
        const last = rowHi[base + dimension]!;
        const from = cellLo[dimension]!;
        const to = cellHi[dimension]!;
        if (first > to || last < from) continue next;
        if (first > from || last < to) restricted += 1;
      }
      if (restricted === 0) {
        visitor.use?.(row);
        return -1;
      }
      pool[write++] = row;
      const weight = 4 ** -restricted;
      for (let dimension = 0; dimension < dimensionCount; dimension += 1) {
        const faces =
          (rowLo[base + dimension]! > cellLo[dimension]! ? 1 : 0) +
          (rowHi[base + dimension]! < cellHi[dimension]! ? 1 : 0);
        if (faces === 0) continue;
        if (restricted === 1) slabCounts[dimension]! += 1;
        // x and y mean nothing before the protocol is one number, and then a row that restricts them has a face there too.
        if (dimension <= protocolDimension || oneProtocol) weights[dimension]! += weight * faces;
      }
    }
    return write;
  }

  function widestSlabs(): number {
    let best = -1;
    for (let dimension = 0; dimension < dimensionCount; dimension += 1) {
      if (slabCounts[dimension]! > 0 && (best < 0 || slabCounts[dimension]! > slabCounts[best]!)) best = dimension;
    }
    return best;
  }

  function heaviest(): number {
    let best = 0;
    for (let dimension = 1; dimension < dimensionCount; dimension += 1) {
      if (weights[dimension]! > weights[best]!) best = dimension;
    }
    return best;
  }

  /**
   * Takes the slabs of a dimension off the cell. True when the cell is done with (covered, or split at a gap's end); false
   * when it has shrunk to its one gap, or to the stretch from its first gap to its last.
   */
  function sweep(dimension: number, start: number, end: number, visitor: CoverVisitor): boolean {
    const slabs: number[] = [];
    for (let at = start; at < end; at += 1) if (isSlab(pool[at]!, dimension)) slabs.push(pool[at]!);
    slabs.sort((a, b) => rowLo[a * dimensionCount + dimension]! - rowLo[b * dimensionCount + dimension]!);
    const gapLo: number[] = [];
    const gapHi: number[] = [];
    const limit = cellHi[dimension]!;
    let reach = cellLo[dimension]!; // the first coordinate not known to be covered
    for (let at = 0; at < slabs.length && reach <= limit; ) {
      const first = rowLo[slabs[at]! * dimensionCount + dimension]!;
      if (first > reach) {
        gapLo.push(reach);
        gapHi.push(first - 1);
        reach = first;
      }
      // Of all slabs that begin by here the one that goes furthest makes the others needless.
      let furthest = -1;
      let best = -1;
      for (; at < slabs.length && rowLo[slabs[at]! * dimensionCount + dimension]! <= reach; at += 1) {
        const last = rowHi[slabs[at]! * dimensionCount + dimension]!;
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

  function isSlab(row: number, dimension: number): boolean {
    const base = row * dimensionCount;
    for (let other = 0; other < dimensionCount; other += 1) {
      if (other === dimension) continue;
      if (rowLo[base + other]! > cellLo[other]! || rowHi[base + other]! < cellHi[other]!) return false;
    }
    return true;
  }

  function medianFace(dimension: number, start: number, end: number): number {
    const stride = Math.max(1, Math.floor((end - start) / facesMax));
    const faces: { cut: number; weight: number }[] = [];
    let total = 0;
    // A strided sample may by chance hold no row with a face here: then look at every row.
    for (const step of stride === 1 ? [1] : [stride, 1]) {
      for (let at = start; at < end; at += step) {
        const base = pool[at]! * dimensionCount;
        let restricted = 0;
        for (let other = 0; other < dimensionCount; other += 1) {
          if (rowLo[base + other]! > cellLo[other]! || rowHi[base + other]! < cellHi[other]!) restricted += 1;
        }
        const weight = 4 ** -restricted;
        const first = rowLo[base + dimension]!;
        const last = rowHi[base + dimension]!;
        if (first > cellLo[dimension]!) faces.push({ cut: first - 1, weight });
        if (last < cellHi[dimension]!) faces.push({ cut: last, weight });
      }
      if (faces.length > 0) break;
    }
    for (const { weight } of faces) total += weight;
    faces.sort((a, b) => a.cut - b.cut);
    let sum = 0;
    for (const { cut, weight } of faces) {
      sum += weight;
      if (2 * sum >= total) return cut;
    }
    return faces.at(-1)!.cut;
  }
}

function grown(from: Uint32Array, length: number): Uint32Array<ArrayBuffer> {
  const to = new Uint32Array(length);
  to.set(from);
  return to;
}
