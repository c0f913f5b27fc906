/** Where to cut a set of rows in two, for the trees: judged on a sample of the rows and a few faces per dimension. */
import type { CutRows } from './cut-rows.js';

/** Rows that are looked at to place a cut. */
const sampleMax = 24;
/** Faces of a dimension that are sorted to find its median. */
const facesMax = 15;
/** Which of the sorted faces are tried; all but the first only where the first does not cut well. */
const quantiles = [0.5, 0.25, 0.75] as const;
/** Shares of the rows that have one value of a dimension, and that restrict it at all, from which on that value is cut off. */
const majorityMin = 0.6;
const restrictedMin = 0.85;
/** A cut that leaves no more than this share of the rows to search is good enough. */
const goodShare = 0.6;

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
export function cutChooser({
  lo: rowLo,
  hi: rowHi,
  stride,
  dimensions,
}: Pick<CutRows, 'lo' | 'hi' | 'stride' | 'dimensions'>): CutChooser {
  const faces = new Float64Array(2 * sampleMax);
  const sample = new Uint32Array(sampleMax);
  const restricted = new Uint32Array(dimensions);
  const cut: Cut = { dimension: 0, at: 0, straddling: 0 };
  return (rows, start, end, lo, hi) => {
    const size = Math.min(sampleMax, end - start);
    const step = (end - start) / size;
    for (let at = 0; at < size; at += 1) sample[at] = rows[start + Math.floor((at + 0.5) * step)]! * stride;
    restricted.fill(0);
    for (let at = 0; at < size; at += 1) {
      for (let dimension = 0; dimension < dimensions; dimension += 1) {
        const base = sample[at]! + dimension;
        if (rowLo[base]! > lo[dimension]! || rowHi[base]! < hi[dimension]!) restricted[dimension]! += 1;
      }
    }
    if (isolate(size, lo, hi)) return cut;
    let best = size + 1;
    for (let round = 0; round < dimensions; round += 1) {
      // The dimension that most rows restrict first: the other rows lie on both sides of any cut.
      let dimension = 0;
      for (let other = 1; other < dimensions; other += 1) {
        if (restricted[other]! > restricted[dimension]!) dimension = other;
      }
      if (restricted[dimension] === 0 || size - restricted[dimension]! / 2 >= best) break;
      restricted[dimension] = 0;
      best = tryDimension(dimension, size, best, lo[dimension]!, hi[dimension]!);
      if (best <= goodShare * size) break;
    }
    return best > size ? undefined : cut;
  };

  /**
   * Most rows may have one value of a dimension that almost all restrict, as the addresses of one organisation share their first
   * word. Cut off from the rest, it need not be compared any more in all that follows, although the cut itself parts little.
   */
  function isolate(size: number, lo: Uint32Array, hi: Uint32Array): boolean {
    for (let dimension = 0; dimension < dimensions; dimension += 1) {
      if (restricted[dimension]! < restrictedMin * size) continue;
      // The value that can be the majority's, by a vote in which others cancel.
      let value = 0;
      let votes = 0;
      for (let at = 0; at < size; at += 1) {
        const first = rowLo[sample[at]! + dimension]!;
        if (first !== rowHi[sample[at]! + dimension]) continue;
        if (votes === 0) value = first;
        votes += first === value ? 1 : -1;
      }
      if (votes <= 0 || value < lo[dimension]! || value > hi[dimension]!) continue;
      const where = value < hi[dimension]! ? value : value - 1;
      let same = 0;
      let straddling = 0;
      for (let at = 0; at < size; at += 1) {
        const first = rowLo[sample[at]! + dimension]!;
        const last = rowHi[sample[at]! + dimension]!;
        if (first === value && last === value) same += 1;
        else if (first <= where && last > where) straddling += 1;
      }
      if (same < majorityMin * size) continue;
      cut.dimension = dimension;
      cut.at = where;
      cut.straddling = straddling / size;
      return true;
    }
    return false;
  }

  /** Tries the median face and others; returns what the best cut so far costs. */
  function tryDimension(dimension: number, size: number, costBefore: number, from: number, to: number): number {
    let best = costBefore;
    let count = 0;
    for (let at = 0; at < size; at += 1) {
      const first = rowLo[sample[at]! + dimension]!;
      const last = rowHi[sample[at]! + dimension]!;
      if (first > from && first <= to) faces[count++] = first - 1;
      if (last < to && last >= from) faces[count++] = last;
    }
    if (count === 0) return best;
    const sorted = thinAndSort(faces, count);
    for (const quantile of quantiles) {
      const where = faces[Math.floor(quantile * (sorted - 1))]!;
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
      if (sorted <= 2 || cost <= goodShare * size) break;
    }
    return best;
  }
}

/** Keeps at most `facesMax` of the first `count` numbers, evenly picked, and sorts them in place; returns how many. */
function thinAndSort(faces: Float64Array, count: number): number {
  let kept = count;
  if (count > facesMax) {
    for (let at = 0; at < facesMax; at += 1) faces[at] = faces[Math.floor((at * count) / facesMax)]!;
    kept = facesMax;
  }
  // Insertion sort: for so few numbers faster than a call of sort.
  for (let at = 1; at < kept; at += 1) {
    const face = faces[at]!;
    let to = at - 1;
    for (; to >= 0 && faces[to]! > face; to -= 1) faces[to + 1] = faces[to]!;
    faces[to + 1] = face;
  }
  return kept;
}
