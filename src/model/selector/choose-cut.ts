/** Where to cut a set of rows in two, for the trees: judged on a sample of the rows and a few faces per dimension. */
import type { BoxTable } from './box-table.js';
import { dimensionCount } from './coordinates.js';

/** Rows that are looked at to place a cut. */
const sampleMax = 32;
/** Of the sorted faces of a dimension, which are tried. */
const quantiles = [0.5, 0.3, 0.7] as const;

/** The cut chosen last; a chooser reuses it, so read it before choosing again. */
export interface Cut {
  dimension: number;
  /** Coordinates up to this one are on the lower side. */
  at: number;
  /** The share of the (sampled) rows that lie on both sides. */
  straddling: number;
}

export type CutChooser = (
  rows: Uint32Array,
  start: number,
  end: number,
  lo: Uint32Array,
  hi: Uint32Array,
) => Cut | undefined;

/**
 * Makes a chooser. It looks for the cut after which a look-up has the fewest rows left to search, those on both sides
 * included; undefined when no row of the sample has a face inside the cell.
 */
export function cutChooser({ lo: rowLo, hi: rowHi }: BoxTable): CutChooser {
  const faces = new Float64Array(2 * sampleMax);
  const sample = new Uint32Array(sampleMax);
  const cut: Cut = { dimension: 0, at: 0, straddling: 0 };
  return (rows, start, end, lo, hi) => {
    const size = Math.min(sampleMax, end - start);
    const stride = (end - start) / size;
    for (let at = 0; at < size; at += 1) sample[at] = rows[start + Math.floor((at + 0.5) * stride)]! * dimensionCount;
    let best = Number.POSITIVE_INFINITY;
    for (let dimension = 0; dimension < dimensionCount; dimension += 1) {
      const from = lo[dimension]!;
      const to = hi[dimension]!;
      if (from === to) continue;
      let count = 0;
      for (let at = 0; at < size; at += 1) {
        const first = rowLo[sample[at]! + dimension]!;
        const last = rowHi[sample[at]! + dimension]!;
        if (first > from && first <= to) faces[count++] = first - 1;
        if (last < to && last >= from) faces[count++] = last;
      }
      if (count === 0) continue;
      const sorted = faces.subarray(0, count).sort();
      for (const quantile of quantiles) {
        const where = sorted[Math.floor(quantile * (count - 1))]!;
        let below = 0;
        let above = 0;
        for (let at = 0; at < size; at += 1) {
          if (rowHi[sample[at]! + dimension]! <= where) below += 1;
          else if (rowLo[sample[at]! + dimension]! > where) above += 1;
        }
        const straddling = size - below - above;
        const cost = Math.max(below, above) + straddling;
        if (cost < best) {
          best = cost;
          cut.dimension = dimension;
          cut.at = where;
          cut.straddling = straddling / size;
        }
        if (count <= 2) break;
      }
    }
    return best === Number.POSITIVE_INFINITY ? undefined : cut;
  };
}
