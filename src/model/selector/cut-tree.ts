/**
 * A cut tree for first-match look-ups (after HiCuts, HyperCuts and EffiCuts), over one family.
 *
 * A node stands for a cell and the rows that meet it. Rows behind the first one that covers the whole cell can never be
 * reached there and are dropped; the covering row itself becomes the node's fallback. Then the cell is cut in two. Rows
 * on both sides of the cut are put into both halves while they are few and the node's share of the replication allowance
 * lasts, and otherwise into a third child that has the same cell. So no set of rows makes the tree larger than a constant
 * times its size; a bad one only makes look-ups slower. A look-up goes down one half and, where a lower entry is still
 * possible there, the third child.
 */
import { type BoxTable, rowHolds, rowSize } from './box-table.js';
import { cutChooser } from './choose-cut.js';
import { dimensionCount } from './coordinates.js';
import { leaf, lookup, nodeSize, none, packCutTree, signed } from './cut-tree-code.js';
import { withRoom } from './typed-arrays.js';

export interface CutTree {
  /** The lowest entry of a row that holds the point, or -1. */
  locate(direction: number, local: number, remote: number, protocol: number, x: number, y: number): number;
  /** Octets of the tree. */
  readonly byteLength: number;
}

const leafRowsMax = 6;
const depthMax = 64;
/** How many times over, in all, rows may be put into both halves of a cut. */
const replicationMax = 6;
/** Rows on both sides are a third child's when they are more than this share. */
const straddlingMax = 0.1;
/** Rows that lie almost all on both sides of the best cut stay together in a leaf. */
const hopelessShare = 0.95;
/** The order in which a leaf tests dimensions: what tells rows apart best comes first. */
const testOrder = [2, 1, 5, 3, 4, 0] as const;

/** Builds the tree in about n·log n steps. */
export function buildCutTree(table: BoxTable): CutTree {
  const { entries, lo: rowLo, hi: rowHi, space } = table;
  const choose = cutChooser(table);
  const cellLo = Uint32Array.of(0, 0, 0, 0, 0, 0);
  const cellHi = Uint32Array.of(1, space.local.last, space.remote.last, 255, 65535, 65535);
  let nodes = new Int32Array(1024 * nodeSize);
  let nodeCount = 1;
  let leafRows = new Int32Array(4096);
  let leafSize = 0;
  // The rows of the nodes on the path from the root, one list behind the other.
  let pool = new Uint32Array(Math.max(1024, 2 * table.count));
  for (let row = 0; row < table.count; row += 1) pool[row] = row;
  const sides = new Int8Array(table.count);
  grow(0, 0, table.count, table.count, replicationMax * table.count, 0);
  const code = packCutTree(nodes);
  const rows = leafRows.slice(0, leafSize);
  return { locate: lookup(code, rows, depthMax), byteLength: code.byteLength + rows.byteLength };

  /** Makes `node` of the rows start..end; the pool is free from `free` on, and `allowance` rows may be replicated below. */
  function grow(node: number, start: number, end: number, free: number, allowance: number, depth: number): void {
    let fallback = none;
    let stop = end;
    for (let at = start; at < end; at += 1) {
      if (!rowHolds(table, pool[at]!, cellLo, cellHi)) continue;
      fallback = entries[pool[at]!]!;
      stop = at;
      break;
    }
    const count = stop - start;
    const base = node * nodeSize;
    nodes[base + 3] = none;
    nodes[base + 4] = fallback;
    nodes[base + 5] = count > 0 ? entries[pool[start]!]! : none;
    const cut = count <= leafRowsMax || depth >= depthMax ? undefined : choose(pool, start, stop, cellLo, cellHi);
    if (!cut || cut.straddling > hopelessShare) {
      makeLeaf(base, start, stop);
      return;
    }
    const { dimension, at: where } = cut;
    // -1 below the cut, 1 above it, 0 on both sides; kept, since reading rows is what building costs.
    let below = 0;
    let above = 0;
    for (let at = start; at < stop; at += 1) {
      const face = pool[at]! * rowSize + dimension;
      const side = rowHi[face]! <= where ? -1 : rowLo[face]! > where ? 1 : 0;
      sides[at - start] = side;
      if (side < 0) below += 1;
      else if (side > 0) above += 1;
    }
    const straddling = count - below - above;
    const apart = straddling > straddlingMax * count || 2 * straddling > allowance;
    if (apart && straddling > hopelessShare * count) {
      makeLeaf(base, start, stop);
      return;
    }
    const upper = free + below + (apart ? 0 : straddling);
    const third = upper + above + (apart ? 0 : straddling);
    const last = third + (apart ? straddling : 0);
    pool = withRoom(pool, last);
    let toLower = free;
    let toUpper = upper;
    let toThird = third;
    for (let at = start; at < stop; at += 1) {
      const side = sides[at - start]!;
      if (side < 0 || (side === 0 && !apart)) pool[toLower++] = pool[at]!;
      if (side > 0 || (side === 0 && !apart)) pool[toUpper++] = pool[at]!;
      if (side === 0 && apart) pool[toThird++] = pool[at]!;
    }
    const child = nodeCount;
    nodeCount += last > third ? 3 : 2;
    nodes = withRoom(nodes, nodeCount * nodeSize);
    nodes[base] = dimension;
    nodes[base + 1] = signed(where);
    nodes[base + 2] = child;
    if (last > third) nodes[base + 3] = child + 2;
    const perRow = (apart ? allowance : allowance - straddling) / (last - free);
    const lo = cellLo[dimension]!;
    const hi = cellHi[dimension]!;
    cellHi[dimension] = where;
    grow(child, free, upper, last, perRow * (upper - free), depth + 1);
    cellHi[dimension] = hi;
    cellLo[dimension] = where + 1;
    grow(child + 1, upper, third, last, perRow * (third - upper), depth + 1);
    cellLo[dimension] = lo;
    if (last > third) grow(child + 2, third, last, last, perRow * (last - third), depth + 1);
  }

  /** A row of a leaf keeps only the tests that its cell leaves open: most have one or two. */
  function makeLeaf(base: number, start: number, end: number): void {
    nodes[base] = leaf;
    nodes[base + 1] = leafSize;
    leafRows = withRoom(leafRows, leafSize + (end - start) * (2 + 2 * dimensionCount));
    for (let at = start; at < end; at += 1) {
      const row = pool[at]!;
      const header = leafSize;
      leafSize += 2;
      let dimensions = 0;
      let tests = 0;
      for (const dimension of testOrder) {
        const lo = rowLo[row * rowSize + dimension]!;
        const hi = rowHi[row * rowSize + dimension]!;
        if (lo <= cellLo[dimension]! && hi >= cellHi[dimension]!) continue;
        dimensions += dimension * 8 ** tests;
        tests += 1;
        leafRows[leafSize++] = signed(lo);
        leafRows[leafSize++] = hi - lo;
      }
      leafRows[header] = dimensions * 8 + tests;
      leafRows[header + 1] = entries[row]!;
    }
    nodes[base + 2] = leafSize;
  }
}
