/**
 * A tree of bounding boxes over one family's rows, for the questions that are about boxes rather than points. Every row
 * is in one leaf. Nodes know the lowest and the highest entry below them, so that a search for the first entry passes
 * over what cannot be better than what it has.
 */
import { type BoxTable, rowHolds, rowMeets } from './box-table.js';
import { cutChooser } from './choose-cut.js';
import { dimensionCount } from './coordinates.js';

export interface BoundingTree {
  /** The lowest entry in [from, to) with a row that meets the cell, or -1. */
  firstMeeting(lo: Uint32Array, hi: Uint32Array, from: number, to: number, accept?: (entry: number) => boolean): number;
  /** The lowest entry in [from, to) with one row that holds all of the cell, or -1. */
  firstHolding(lo: Uint32Array, hi: Uint32Array, from: number, to: number, accept?: (entry: number) => boolean): number;
  /** All rows of entries in [from, to) that meet the cell, in order; undefined when there are more than `limit`. */
  rowsMeeting(lo: Uint32Array, hi: Uint32Array, from: number, to: number, limit: number): Uint32Array | undefined;
  /** Rows and nodes that were looked at so far: the work of searches, for budgets. */
  readonly visited: number;
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
  const choose = cutChooser(table);
  const order = Uint32Array.from({ length: table.count }, (_, row) => row);
  const scratch = new Uint32Array(table.count);
  const cellLo = new Uint32Array(dimensionCount);
  const cellHi = new Uint32Array(dimensionCount);
  let nodes = new Uint32Array(1024 * nodeSize);
  let boundsLo = new Uint32Array(1024 * dimensionCount);
  let boundsHi = new Uint32Array(1024 * dimensionCount);
  let nodeCount = 1;
  grow(0, 0, table.count, 0);
  return searches();

  function grow(node: number, start: number, end: number, depth: number): void {
    cellLo.fill(0xffff_ffff);
    cellHi.fill(0);
    let lowest = 0xffff_ffff;
    let highest = 0;
    for (let at = start; at < end; at += 1) {
      const row = order[at]!;
      lowest = Math.min(lowest, entries[row]!);
      highest = Math.max(highest, entries[row]!);
      const base = row * dimensionCount;
      for (let dimension = 0; dimension < dimensionCount; dimension += 1) {
        if (rowLo[base + dimension]! < cellLo[dimension]!) cellLo[dimension] = rowLo[base + dimension]!;
        if (rowHi[base + dimension]! > cellHi[dimension]!) cellHi[dimension] = rowHi[base + dimension]!;
      }
    }
    boundsLo.set(cellLo, node * dimensionCount);
    boundsHi.set(cellHi, node * dimensionCount);
    const base = node * nodeSize;
    nodes[base + 2] = lowest;
    nodes[base + 3] = highest;
    const count = end - start;
    if (count <= leafRowsMax) {
      nodes[base] = start;
      nodes[base + 1] = leafFlag + count;
      return;
    }
    const ends = depth < depthMax ? partition(start, end) : undefined;
    const parts = ends ?? [start, (start + end) >>> 1, end];
    const children = parts.length - 1;
    const first = nodeCount;
    nodeCount += children;
    if (nodes.length < nodeCount * nodeSize) {
      nodes = grown(nodes);
      boundsLo = grown(boundsLo);
      boundsHi = grown(boundsHi);
    }
    nodes[base] = first;
    nodes[base + 1] = children;
    for (let child = 0; child < children; child += 1) grow(first + child, parts[child]!, parts[child + 1]!, depth + 1);
  }

  /** Sorts start..end of `order` into what is below, above and on both sides of a cut; gives the ends of the parts. */
  function partition(start: number, end: number): number[] | undefined {
    const cut = choose(order, start, end, cellLo, cellHi);
    if (!cut) return undefined;
    const { dimension, at: where } = cut;
    let below = 0;
    let above = 0;
    for (let at = start; at < end; at += 1) {
      const base = order[at]! * dimensionCount + dimension;
      if (rowHi[base]! <= where) below += 1;
      else if (rowLo[base]! > where) above += 1;
    }
    const count = end - start;
    if (Math.max(below, above, count - below - above) > hopelessShare * count) return undefined;
    let toBelow = start;
    let toAbove = start + below;
    let toBoth = start + below + above;
    for (let at = start; at < end; at += 1) {
      const row = order[at]!;
      const base = row * dimensionCount + dimension;
      if (rowHi[base]! <= where) scratch[toBelow++] = row;
      else if (rowLo[base]! > where) scratch[toAbove++] = row;
      else scratch[toBoth++] = row;
    }
    order.set(scratch.subarray(start, end), start);
    const ends = [start, start + below, start + below + above, end];
    return ends.filter((value, index) => index === 0 || value !== ends[index - 1]);
  }

  function searches(): BoundingTree {
    let visited = 0;

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
      (nodeFits: typeof nodeMeets, rowFits: typeof rowMeets): BoundingTree['firstMeeting'] =>
      (lo, hi, from, to, accept) => {
        let best = to;
        // Not shared between calls: `accept` may ask this tree in turn.
        const waiting = table.count > 0 ? [0] : [];
        for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
          visited += 1;
          const base = node * nodeSize;
          if (nodes[base + 2]! >= best || nodes[base + 3]! < from || !nodeFits(node, lo, hi)) continue;
          const start = nodes[base]!;
          const count = nodes[base + 1]!;
          if (count >= leafFlag) {
            for (let at = start; at < start + count - leafFlag; at += 1) {
              visited += 1;
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

    return {
      firstMeeting: first(nodeMeets, rowMeets),
      firstHolding: first(nodeHolds, rowHolds),
      rowsMeeting(lo, hi, from, to, limit) {
        const found: number[] = [];
        const waiting = table.count > 0 ? [0] : [];
        for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
          visited += 1;
          const base = node * nodeSize;
          if (nodes[base + 2]! >= to || nodes[base + 3]! < from || !nodeMeets(node, lo, hi)) continue;
          const start = nodes[base]!;
          const count = nodes[base + 1]!;
          if (count < leafFlag) {
            for (let child = start; child < start + count; child += 1) waiting.push(child);
            continue;
          }
          for (let at = start; at < start + count - leafFlag; at += 1) {
            visited += 1;
            const row = order[at]!;
            if (entries[row]! < from || entries[row]! >= to || !rowMeets(table, row, lo, hi)) continue;
            if (found.length >= limit) return undefined;
            found.push(row);
          }
        }
        return Uint32Array.from(found).sort();
      },
      get visited() {
        return visited;
      },
    };
  }
}

function grown(from: Uint32Array): Uint32Array<ArrayBuffer> {
  const to = new Uint32Array(2 * from.length);
  to.set(from);
  return to;
}
