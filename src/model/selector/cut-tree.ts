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
import { type BoxTable, rowHolds } from './box-table.js';
import { cutChooser } from './choose-cut.js';
import { dimensionCount } from './coordinates.js';
import { type CutNodes, leaf, lookup, none, nodeSize } from './cut-tree-code.js';

export interface CutTree {
  /** The lowest entry of a row that holds the point, or -1. */
  locate(direction: number, local: number, remote: number, protocol: number, x: number, y: number): number;
}

const leafRowsMax = 6;
const depthMax = 64;
/** How many times over, in all, rows may be put into both halves of a cut. */
const replicationMax = 6;
/** Rows on both sides are a third child's when they are more than this share. */
const straddlingMax = 0.25;

/** Rows that lie almost all on both sides of the best cut stay together in a leaf. */
const hopelessShare = 0.95;

/** Builds the tree in about n·log n steps. */
export function buildCutTree(table: BoxTable): CutTree {
  const { entries, lo: rowLo, hi: rowHi, space } = table;
  const choose = cutChooser(table);
  const cellLo = Uint32Array.of(0, 0, 0, 0, 0, 0);
  const cellHi = Uint32Array.of(1, space.local.last, space.remote.last, 255, 65535, 65535);
  let nodes = new Uint32Array(1024 * nodeSize);
  let nodeCount = 1;
  let tests = new Int32Array(4096);
  let testCount = 0;
  // The rows of the nodes on the path from the root, one list behind the other.
  let pool = new Uint32Array(Math.max(1024, 2 * table.count));
  for (let row = 0; row < table.count; row += 1) pool[row] = row;
  grow(0, 0, table.count, table.count, replicationMax * table.count, 0);
  return { locate: lookup(nodes, tests, depthMax) };

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
    const lowest = count > 0 ? entries[pool[start]!]! : none;
    const cut = count <= leafRowsMax || depth >= depthMax ? undefined : choose(pool, start, stop, cellLo, cellHi);
    if (!cut || cut.straddling > hopelessShare) {
      makeLeaf(node, start, stop, fallback, lowest);
      return;
    }
    const { dimension, at: where } = cut;
    let below = 0;
    let above = 0;
    for (let at = start; at < stop; at += 1) {
      const base = pool[at]! * dimensionCount + dimension;
      if (rowHi[base]! <= where) below += 1;
      else if (rowLo[base]! > where) above += 1;
    }
    const straddling = count - below - above;
    const apart = straddling > straddlingMax * count || 2 * straddling > allowance;
    if (apart && straddling > hopelessShare * count) {
      makeLeaf(node, start, stop, fallback, lowest);
      return;
    }
    const lower = free;
    const upper = lower + below + (apart ? 0 : straddling);
    const third = upper + above + (apart ? 0 : straddling);
    const last = third + (apart ? straddling : 0);
    if (pool.length < last) pool = grown(pool, 2 * last);
    let toLower = lower;
    let toUpper = upper;
    let toThird = third;
    for (let at = start; at < stop; at += 1) {
      const row = pool[at]!;
      const base = row * dimensionCount + dimension;
      const isBelow = rowHi[base]! <= where;
      const isAbove = rowLo[base]! > where;
      if (isBelow || (!isAbove && !apart)) pool[toLower++] = row;
      if (isAbove || (!isBelow && !apart)) pool[toUpper++] = row;
      if (apart && !isBelow && !isAbove) pool[toThird++] = row;
    }
    const child = nodeCount;
    nodeCount += last > third ? 3 : 2;
    if (nodes.length < nodeCount * nodeSize) nodes = grown(nodes, 2 * nodes.length);
    const base = node * nodeSize;
    nodes[base] = dimension;
    nodes[base + 1] = where;
    nodes[base + 2] = child * nodeSize;
    nodes[base + 3] = last > third ? (child + 2) * nodeSize : none;
    nodes[base + 4] = fallback;
    nodes[base + 5] = lowest;
    const perRow = (apart ? allowance : allowance - straddling) / (last - lower);
    const lo = cellLo[dimension]!;
    const hi = cellHi[dimension]!;
    cellHi[dimension] = where;
    grow(child, lower, upper, last, perRow * (upper - lower), depth + 1);
    cellHi[dimension] = hi;
    cellLo[dimension] = where + 1;
    grow(child + 1, upper, third, last, perRow * (third - upper), depth + 1);
    cellLo[dimension] = lo;
    if (last > third) grow(child + 2, third, last, last, perRow * (last - third), depth + 1);
  }

  /** A row of a leaf keeps only the tests that its cell leaves open, so most have one or two. */
  function makeLeaf(node: number, start: number, end: number, fallback: number, lowest: number): void {
    const base = node * nodeSize;
    nodes[base] = leaf;
    nodes[base + 1] = testCount;
    const needed = testCount + (end - start) * (2 + 2 * dimensionCount);
    if (tests.length < needed) tests = grown(tests, 2 * needed, Int32Array);
    for (let at = start; at < end; at += 1) {
      const row = pool[at]!;
      const header = testCount;
      testCount += 2;
      let dimensions = 0;
      let count = 0;
      for (const dimension of testOrder) {
        const lo = rowLo[row * dimensionCount + dimension]!;
        const hi = rowHi[row * dimensionCount + dimension]!;
        if (lo <= cellLo[dimension]! && hi >= cellHi[dimension]!) continue;
        dimensions += dimension * 8 ** count;
        count += 1;
        tests[testCount++] = signed(lo);
        tests[testCount++] = hi - lo;
      }
      tests[header] = dimensions * 8 + count;
      tests[header + 1] = entries[row]!;
    }
    nodes[base + 2] = testCount;
    nodes[base + 3] = none;
    nodes[base + 4] = fallback;
    nodes[base + 5] = lowest;
  }
}

/** What tells rows apart best is tested first. */
const testOrder = [2, 1, 5, 3, 4, 0] as const;
