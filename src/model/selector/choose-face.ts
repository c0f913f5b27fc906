/** Where an exact search cuts a cell: at a face of one of the rows that meet it. */
import { type BoxTable, rowSize } from './box-table.js';
import { dimensionCount, protocolDimension } from './coordinates.js';

/** About so many faces are looked at to find the median. */
const facesMax = 96;

/** The face chosen last; a chooser reuses it, so read it before choosing again. */
export interface Face {
  dimension: number;
  /** Coordinates up to this one are on the lower side; both sides have some. */
  at: number;
}

export type FaceChooser = (
  rows: Uint32Array,
  start: number,
  end: number,
  cellLo: Uint32Array,
  cellHi: Uint32Array,
) => Face | undefined;

/** In how many dimensions does a row meet only a part of a cell that it meets? */
export function restrictions({ lo, hi }: BoxTable, row: number, cellLo: Uint32Array, cellHi: Uint32Array): number {
  const base = row * rowSize;
  let count = 0;
  for (let dimension = 0; dimension < dimensionCount; dimension += 1) {
    if (lo[base + dimension]! > cellLo[dimension]! || hi[base + dimension]! < cellHi[dimension]!) count += 1;
  }
  return count;
}

/**
 * Makes a chooser. It takes the weighted median of the faces of the dimension in which they weigh most, where a face weighs
 * more the fewer dimensions its row restricts in the cell: such rows come to cover a piece soonest (the weights with which
 * Chan, "Klee's measure problem made easy", gets n^(d/2)). The rows must all meet the cell; undefined when all cover it.
 */
export function faceChooser(table: BoxTable): FaceChooser {
  const { lo: rowLo, hi: rowHi } = table;
  const weights = new Float64Array(dimensionCount);
  const face: Face = { dimension: 0, at: 0 };

  return (rows, start, end, cellLo, cellHi) => {
    weights.fill(0);
    for (let at = start; at < end; at += 1) {
      const row = rows[at]!;
      const weight = 4 ** -restrictions(table, row, cellLo, cellHi);
      const base = row * rowSize;
      for (let dimension = 0; dimension < dimensionCount; dimension += 1) {
        if (rowLo[base + dimension]! > cellLo[dimension]!) weights[dimension]! += weight;
        if (rowHi[base + dimension]! < cellHi[dimension]!) weights[dimension]! += weight;
      }
    }
    // x and y mean nothing before the protocol is one number. A row that restricts them then has a face there too.
    const last = cellLo[protocolDimension] === cellHi[protocolDimension] ? dimensionCount - 1 : protocolDimension;
    let best = 0;
    for (let dimension = 1; dimension <= last; dimension += 1) {
      if (weights[dimension]! > weights[best]!) best = dimension;
    }
    if (weights[best] === 0) return undefined;
    face.dimension = best;
    face.at = median(best, rows, start, end, cellLo, cellHi);
    return face;
  };

  function median(
    dimension: number,
    rows: Uint32Array,
    start: number,
    end: number,
    cellLo: Uint32Array,
    cellHi: Uint32Array,
  ): number {
    const faces: { readonly at: number; readonly weight: number }[] = [];
    const stride = Math.max(1, Math.floor((end - start) / facesMax));
    // A strided sample may by chance hold no row with a face here: then look at every row.
    for (const step of stride === 1 ? [1] : [stride, 1]) {
      for (let at = start; at < end; at += step) {
        const row = rows[at]!;
        const first = rowLo[row * rowSize + dimension]!;
        const last = rowHi[row * rowSize + dimension]!;
        if (first <= cellLo[dimension]! && last >= cellHi[dimension]!) continue;
        const weight = 4 ** -restrictions(table, row, cellLo, cellHi);
        if (first > cellLo[dimension]!) faces.push({ at: first - 1, weight });
        if (last < cellHi[dimension]!) faces.push({ at: last, weight });
      }
      if (faces.length > 0) break;
    }
    faces.sort((a, b) => a.at - b.at);
    const total = faces.reduce((sum, { weight }) => sum + weight, 0);
    let sum = 0;
    for (const { at, weight } of faces) {
      sum += weight;
      if (2 * sum >= total) return at;
    }
    return faces.at(-1)!.at;
  }
}
