/**
 * A cut tree for first-match look-ups (after HiCuts, HyperCuts and EffiCuts), over one family.
 *
 * A node stands for a cell and the rows that meet it. Rows behind the first one that covers the whole cell can never be
 * reached there and are dropped; the covering row itself goes down to all leaves of the cell. Then the cell is cut in two. Rows
 * on both sides of the cut are put into both halves while they are few and the node's share of the replication allowance
 * lasts, and otherwise into a third child that has the same cell. So no set of rows makes the tree larger than a constant
 * times its size; a bad one only makes look-ups slower. A look-up goes down one half and, where a lower entry is still
 * possible there, the third child.
 */
import type { AddressValue } from '../address.js';
import { addressWords, putAddressWords } from './address-words.js';
import { cutChooser } from './choose-cut.js';
import { type CutRows, ipv6Dimensions } from './cut-rows.js';
import { leaf, nodeSize, none, packCutTree, rowFormat, signed, walker } from './cut-tree-code.js';
import { withRoom } from './typed-arrays.js';

interface BuiltTree {
  /** Where the point stands that `walk` looks for: by dimension, those of 32 bits `signed`. */
  readonly point: Int32Array;
  /** The lowest entry of a row that holds the point, or -1. */
  walk(): number;
  /** Octets of the tree. */
  readonly byteLength: number;
}

const leafRowsMax = 8;
const depthMax = 64;
/** How many times over, in all, rows may be put into both halves of a cut. */
const replicationMax = 6;
/** Rows on both sides are a third child's when they are more than this share. */
const straddlingMax = 0.2;
/** Rows that lie almost all on both sides of the best cut stay together in a leaf. */
const hopelessShare = 0.95;

/** Builds the tree in about n·log n steps. */
function build(table: CutRows): BuiltTree {
  const { entries, lo: rowLo, hi: rowHi, stride, dimensions, testOrder, wideCount } = table;
  const choose = cutChooser(table);
  const cellLo = new Uint32Array(dimensions);
  const cellHi = table.last.slice();
  const isWide = new Uint8Array(dimensions);
  for (const dimension of testOrder.slice(0, wideCount)) isWide[dimension] = 1;
  const format = rowFormat(table);
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
  const point = new Int32Array(16);
  const walk = walker({ code, rows, format, point, depthMax });
  return { point, walk, byteLength: code.byteLength + rows.byteLength };

  function holdsCell(row: number): boolean {
    const at = row * stride;
    for (let dimension = 0; dimension < dimensions; dimension += 1) {
      if (rowLo[at + dimension]! > cellLo[dimension]! || rowHi[at + dimension]! < cellHi[dimension]!) return false;
    }
    return true;
  }

  /** Makes `node` of the rows start..end; the pool is free from `free` on, and `allowance` rows may be replicated below. */
  function grow(node: number, start: number, end: number, free: number, allowance: number, depth: number): void {
    // The rows in front of the one that covers the cell, and that one.
    let stop = start;
    while (stop < end && !holdsCell(pool[stop]!)) stop += 1;
    const covers = stop < end ? 1 : 0;
    const count = stop - start;
    const base = node * nodeSize;
    nodes[base + 3] = none;
    nodes[base + 4] = start < end ? entries[pool[start]!]! : none;
    const cut = count <= leafRowsMax || depth >= depthMax ? undefined : choose(pool, start, stop, cellLo, cellHi);
    if (!cut || cut.straddling > hopelessShare) {
      makeLeaf(base, start, stop + covers);
      return;
    }
    const { dimension, at: where } = cut;
    // -1 below the cut, 1 above it, 0 on both sides; kept, since reading rows is what building costs.
    let below = 0;
    let above = 0;
    for (let at = start; at < stop; at += 1) {
      const face = pool[at]! * stride + dimension;
      const side = rowHi[face]! <= where ? -1 : rowLo[face]! > where ? 1 : 0;
      sides[at - start] = side;
      if (side < 0) below += 1;
      else if (side > 0) above += 1;
    }
    const straddling = count - below - above;
    const apart = straddling > straddlingMax * count || 2 * straddling > allowance;
    if (apart && straddling > hopelessShare * count) {
      makeLeaf(base, start, stop + covers);
      return;
    }
    const onBoth = (apart ? 0 : straddling) + covers;
    const upper = free + below + onBoth;
    const third = upper + above + onBoth;
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
    if (covers) {
      pool[toLower] = pool[stop]!;
      pool[toUpper] = pool[stop]!;
    }
    const child = nodeCount;
    nodeCount += last > third ? 3 : 2;
    nodes = withRoom(nodes, nodeCount * nodeSize);
    nodes[base] = dimension;
    nodes[base + 1] = isWide[dimension] ? signed(where) : where;
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
    leafRows = withRoom(leafRows, leafSize + (end - start) * (2 + 2 * dimensions));
    for (let at = start; at < end; at += 1) {
      const row = pool[at]!;
      const header = leafSize;
      leafSize += format.isLong ? 2 : 1;
      let set = 0;
      for (let bit = 0; bit < dimensions; bit += 1) {
        const dimension = testOrder[bit]!;
        const lo = rowLo[row * stride + dimension]!;
        const hi = rowHi[row * stride + dimension]!;
        if (lo <= cellLo[dimension]! && hi >= cellHi[dimension]!) continue;
        set |= 1 << bit;
        if (bit < wideCount) {
          leafRows[leafSize++] = signed(lo);
          leafRows[leafSize++] = hi - lo;
        } else leafRows[leafSize++] = lo | ((hi - lo) << 16);
      }
      if (format.isLong) {
        leafRows[header] = set;
        leafRows[header + 1] = entries[row]!;
      } else leafRows[header] = (entries[row]! << format.bits) | set;
    }
    nodes[base + 2] = leafSize;
  }
}

export interface CutTree4 {
  /** The lowest entry of a row that holds the point, or -1. */
  locate(direction: number, local: number, remote: number, protocol: number, x: number, y: number): number;
  readonly byteLength: number;
}

/** The tree of `ipv4Rows`. */
export function buildCutTree4(rows: CutRows): CutTree4 {
  const { point, walk, byteLength } = build(rows);
  return {
    byteLength,
    locate(direction, local, remote, protocol, x, y) {
      point[0] = direction;
      point[1] = signed(local);
      point[2] = signed(remote);
      point[3] = protocol;
      point[4] = x;
      point[5] = y;
      return walk();
    },
  };
}

export interface CutTree6 {
  /** The lowest entry of a row that holds the point, or -1. */
  locate(direction: number, local: AddressValue, remote: AddressValue, protocol: number, x: number, y: number): number;
  /** The same with the addresses' words, four of the local one and then four of the remote one. */
  locateWords(direction: number, words: Uint32Array, protocol: number, x: number, y: number): number;
  readonly byteLength: number;
}

/** The tree of `ipv6Rows`. */
export function buildCutTree6(rows: CutRows): CutTree6 {
  const { point, walk, byteLength } = build(rows);
  const own = new Uint32Array(2 * addressWords);
  const tree: CutTree6 = {
    byteLength,
    locate(direction, local, remote, protocol, x, y) {
      putAddressWords(local, own, 0);
      putAddressWords(remote, own, addressWords);
      return tree.locateWords(direction, own, protocol, x, y);
    },
    locateWords(direction, words, protocol, x, y) {
      point[0] = direction;
      for (let word = 0; word < 2 * addressWords; word += 1) point[ipv6Dimensions.local + word] = signed(words[word]!);
      point[ipv6Dimensions.protocol] = protocol;
      point[ipv6Dimensions.x] = x;
      point[ipv6Dimensions.y] = y;
      return walk();
    },
  };
  return tree;
}
