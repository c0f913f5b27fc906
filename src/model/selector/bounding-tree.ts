/**
 * A tree of bounding boxes over one family's rows, for the questions that are about boxes rather than points. Every row
 * is in one leaf. Nodes know the lowest and the highest entry below them, so that a search for the first entry passes
 * over what cannot be better than what it has.
 */
import { type BoxTable, rowHolds, rowMeets, rowSize } from './box-table.js';
import { cutChooser } from './choose-cut.js';
import { dimensionCount } from './coordinates.js';
import { type Meter, spend, unlimited } from './meter.js';
import { withRoom } from './typed-arrays.js';

export interface BoundingTree {
  /** The lowest entry in [from, to) with a row that meets the cell, or -1. */
  firstMeeting(lo: Uint32Array, hi: Uint32Array, from: number, to: number, accept?: (entry: number) => boolean): number;
  /** The lowest entry below `to` with one row that holds all of the cell, -1 for none, undefined when the budget ran out. */
  firstHolding(
    lo: Uint32Array,
    hi: Uint32Array,
    to: number,
    meter: Meter,
    accept?: (entry: number) => boolean,
  ): number | undefined;
  /** All rows of entries in [from, to) that meet the cell, in order; undefined when the budget ran out. */
  rowsMeeting(lo: Uint32Array, hi: Uint32Array, from: number, to: number, meter: Meter): Uint32Array | undefined;
}

const leafRowsMax = 4;
/** A cut that leaves one child with more than this share is no use. */
const hopelessShare = 0.9;
const depthMax = 48;

/** A node: first child or first row · count · lowest entry · highest entry. A leaf has `leafFlag` added to its count. */
const nodeSize = 4;
const leafFlag = 0x8000_0000;

/** Builds the tree in about n·log n steps. */
export function buildBoundingTree(table: BoxTable): BoundingTree {
  const { entries, lo: rowLo, hi: rowHi } = table;
  const choose = cutChooser({ lo: rowLo, hi: rowHi, stride: rowSize, dimensions: dimensionCount });
  const order = Uint32Array.from({ length: table.count }, (_, row) => row);
  const scratch = new Uint32Array(table.count);
  const sides = new Int8Array(table.count);
  const cellLo = Uint32Array.of(0, 0, 0, 0, 0, 0);
  const cellHi = Uint32Array.of(1, table.space.local.last, table.space.remote.last, 255, 65535, 65535);
  let nodes = new Uint32Array(1024 * nodeSize);
  let boundsLo = new Uint32Array(1024 * dimensionCount);
  let boundsHi = new Uint32Array(1024 * dimensionCount);
  let nodeCount = 1;
  grow(0, 0, table.count, 0);
  return searches();

  /** Makes `node` of the rows start..end of `order`. The cell serves to choose cuts; bounds come from below. */
  function grow(node: number, start: number, end: number, depth: number): void {
    const base = node * nodeSize;
    if (end - start <= leafRowsMax) {
      nodes[base] = start;
      nodes[base + 1] = leafFlag + end - start;
      boundRows(node, start, end);
      return;
    }
    const cut = depth < depthMax ? partition(start, end) : undefined;
    // Without a cut that parts the rows well, earlier entries and later ones.
    const { dimension, where, above, both } = cut ?? { dimension: 0, where: 0, above: (start + end) >>> 1, both: end };
    const first = nodeCount;
    nodeCount += (above > start ? 1 : 0) + (both > above ? 1 : 0) + (end > both ? 1 : 0);
    nodes = withRoom(nodes, nodeCount * nodeSize);
    boundsLo = withRoom(boundsLo, nodeCount * dimensionCount);
    boundsHi = withRoom(boundsHi, nodeCount * dimensionCount);
    nodes[base] = first;
    nodes[base + 1] = nodeCount - first;
    let child = first;
    const lo = cellLo[dimension]!;
    const hi = cellHi[dimension]!;
    if (above > start) {
      if (cut) cellHi[dimension] = where;
      grow(child++, start, above, depth + 1);
      cellHi[dimension] = hi;
    }
    if (both > above) {
      if (cut) cellLo[dimension] = where + 1;
      grow(child++, above, both, depth + 1);
      cellLo[dimension] = lo;
    }
    if (end > both) grow(child++, both, end, depth + 1);
    boundChildren(node, first, child);
  }

  function boundRows(node: number, start: number, end: number): void {
    let lowest = 0xffff_ffff;
    let highest = 0;
    boundsLo.fill(0xffff_ffff, node * dimensionCount, (node + 1) * dimensionCount);
    for (let at = start; at < end; at += 1) {
      const row = order[at]!;
      lowest = Math.min(lowest, entries[row]!);
      highest = Math.max(highest, entries[row]!);
      widen(node, rowLo, rowHi, row * rowSize);
    }
    nodes[node * nodeSize + 2] = lowest;
    nodes[node * nodeSize + 3] = highest;
  }

  function boundChildren(node: number, first: number, last: number): void {
    let lowest = 0xffff_ffff;
    let highest = 0;
    boundsLo.fill(0xffff_ffff, node * dimensionCount, (node + 1) * dimensionCount);
    for (let child = first; child < last; child += 1) {
      lowest = Math.min(lowest, nodes[child * nodeSize + 2]!);
      highest = Math.max(highest, nodes[child * nodeSize + 3]!);
      widen(node, boundsLo, boundsHi, child * dimensionCount);
    }
    nodes[node * nodeSize + 2] = lowest;
    nodes[node * nodeSize + 3] = highest;
  }

  /** Makes the bounds of a node hold what is at `from` of two arrays. */
  function widen(node: number, lo: Uint32Array, hi: Uint32Array, from: number): void {
    const base = node * dimensionCount;
    for (let dimension = 0; dimension < dimensionCount; dimension += 1) {
      if (lo[from + dimension]! < boundsLo[base + dimension]!) boundsLo[base + dimension] = lo[from + dimension]!;
      if (hi[from + dimension]! > boundsHi[base + dimension]!) boundsHi[base + dimension] = hi[from + dimension]!;
    }
  }

  /** Sorts start..end of `order` into what is below a cut, above it, on both sides of it; gives where the parts begin. */
  function partition(
    start: number,
    end: number,
  ): { dimension: number; where: number; above: number; both: number } | undefined {
    const cut = choose(order, start, end, cellLo, cellHi);
    if (!cut) return undefined;
    const { dimension, at: where } = cut;
    let below = 0;
    let above = 0;
    for (let at = start; at < end; at += 1) {
      const face = order[at]! * rowSize + dimension;
      const side = rowHi[face]! <= where ? -1 : rowLo[face]! > where ? 1 : 0;
      sides[at] = side;
      if (side < 0) below += 1;
      else if (side > 0) above += 1;
    }
    const count = end - start;
    if (Math.max(below, above, count - below - above) > hopelessShare * count) return undefined;
    let toBelow = start;
    let toAbove = start + below;
    let toBoth = start + below + above;
    for (let at = start; at < end; at += 1) {
      if (sides[at]! < 0) scratch[toBelow++] = order[at]!;
      else if (sides[at]! > 0) scratch[toAbove++] = order[at]!;
      else scratch[toBoth++] = order[at]!;
    }
    order.set(scratch.subarray(start, end), start);
    return { dimension, where, above: start + below, both: start + below + above };
  }

  function searches(): BoundingTree {
    const nodeMeets = (node: number, lo: Uint32Array, hi: Uint32Array): boolean => {
      const base = node * dimensionCount;
      for (let dimension = 0; dimension < dimensionCount; dimension += 1) {
        if (boundsLo[base + dimension]! > hi[dimension]! || boundsHi[base + dimension]! < lo[dimension]!) return false;
      }
      return true;
    };
    const nodeHolds = (node: number, lo: Uint32Array, hi: Uint32Array): boolean => {
      const base = node * dimensionCount;
      for (let dimension = 0; dimension < dimensionCount; dimension += 1) {
        if (boundsLo[base + dimension]! > lo[dimension]! || boundsHi[base + dimension]! < hi[dimension]!) return false;
      }
      return true;
    };

    const first =
      (nodeFits: typeof nodeMeets, rowFits: typeof rowMeets) =>
      (
        lo: Uint32Array,
        hi: Uint32Array,
        from: number,
        to: number,
        meter: Meter,
        accept?: (entry: number) => boolean,
      ): number | undefined => {
        let best = to;
        // Not shared between calls: `accept` may ask this tree in turn.
        const waiting = table.count > 0 ? [0] : [];
        for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
          if (!spend(meter, 1)) return undefined;
          const base = node * nodeSize;
          if (nodes[base + 2]! >= best || nodes[base + 3]! < from || !nodeFits(node, lo, hi)) continue;
          const start = nodes[base]!;
          const count = nodes[base + 1]!;
          if (count >= leafFlag) {
            for (let at = start; at < start + count - leafFlag; at += 1) {
              if (!spend(meter, 1)) return undefined;
              const entry = entries[order[at]!]!;
              if (entry < from || entry >= best || !rowFits(table, order[at]!, lo, hi)) continue;
              if (accept?.(entry) !== false) best = entry;
            }
            continue;
          }
          // The child with the lowest entry comes off the stack first: what it has may spare us the others.
          let lowest = start;
          for (let child = start + 1; child < start + count; child += 1) {
            if (nodes[child * nodeSize + 2]! < nodes[lowest * nodeSize + 2]!) lowest = child;
          }
          for (let child = start; child < start + count; child += 1) if (child !== lowest) waiting.push(child);
          waiting.push(lowest);
        }
        return best < to ? best : -1;
      };

    const firstThatMeets = first(nodeMeets, rowMeets);
    const firstThatHolds = first(nodeHolds, rowHolds);

    return {
      firstMeeting: (lo, hi, from, to, accept) => firstThatMeets(lo, hi, from, to, unlimited(), accept) ?? -1,
      firstHolding: (lo, hi, to, meter, accept) => firstThatHolds(lo, hi, 0, to, meter, accept),
      rowsMeeting(lo, hi, from, to, meter) {
        const found: number[] = [];
        const waiting = table.count > 0 ? [0] : [];
        for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
          if (!spend(meter, 1)) return undefined;
          const base = node * nodeSize;
          if (nodes[base + 2]! >= to || nodes[base + 3]! < from || !nodeMeets(node, lo, hi)) continue;
          const start = nodes[base]!;
          const count = nodes[base + 1]!;
          if (count < leafFlag) {
            for (let child = start; child < start + count; child += 1) waiting.push(child);
            continue;
          }
          for (let at = start; at < start + count - leafFlag; at += 1) {
            if (!spend(meter, 1)) return undefined;
            const row = order[at]!;
            if (entries[row]! < from || entries[row]! >= to || !rowMeets(table, row, lo, hi)) continue;
            found.push(row);
          }
        }
        return Uint32Array.from(found).sort();
      },
    };
  }
}
