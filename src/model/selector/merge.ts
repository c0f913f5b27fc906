/** Merging boxes of one family: the work behind `simplify`. */
import type { Family } from '../address.js';
import { buildBoundingTree } from './bounding-tree.js';
import type { Box } from './box.js';
import { buildBoxTable, rowHolds, rowSize } from './box-table.js';
import { boxOf, dimensionCount, protocolDimension } from './coordinates.js';
import { unlimited } from './meter.js';

/** Ports before addresses before directions, by number: a reader thinks of address pairs with services. */
const mergeOrder = [5, 4, 3, 2, 1, 0] as const;
/** Passes over a dimension at most; each but the last six in a row removes a box, and few sets need more than twelve. */
const passesMax = 96;
/** Up to this many boxes, those inside another one are looked for pair by pair, and by a tree above. */
const pairwiseMax = 64;

/**
 * The same packets in fewer boxes, see `simplify`. Takes about n·log n steps per pass.
 */
export function mergeBoxes(family: Family, boxes: readonly Box[]): readonly Box[] {
  const table = buildBoxTable(family, boxes, Uint32Array.from(boxes.keys()));
  const { lo, hi } = table;
  const touched = new Set<number>();
  let rows = withoutHeld(Array.from(boxes.keys()));
  let unchanged = 0;
  for (let pass = 0; pass < passesMax && unchanged < dimensionCount && rows.length > 1; pass += 1) {
    const merged = mergeAlong(rows, mergeOrder[pass % dimensionCount]!);
    unchanged = merged.length === rows.length ? unchanged + 1 : 0;
    rows = merged;
  }
  if (touched.size > 0) rows = withoutHeld(rows);
  // Boxes that nothing was merged into are given back as they came.
  return rows.map((row) => (touched.has(row) ? boxOf(table.space, boundsAt(lo, row), boundsAt(hi, row)) : boxes[row]!));

  /** Rows that no other row holds; of equal rows the first stays. */
  function withoutHeld(some: readonly number[]): number[] {
    const isHeldBy = (row: number, other: number) =>
      other !== row &&
      rowHolds(table, other, boundsAt(lo, row), boundsAt(hi, row)) &&
      (other < row || !rowHolds(table, row, boundsAt(lo, other), boundsAt(hi, other)));
    if (some.length <= pairwiseMax) return some.filter((row) => !some.some((other) => isHeldBy(row, other)));
    const present = new Set(some);
    const tree = buildBoundingTree(table);
    const { count } = table;
    return some.filter((row) => {
      const accept = (other: number) => present.has(other) && isHeldBy(row, other);
      return tree.firstHolding(boundsAt(lo, row), boundsAt(hi, row), count, unlimited(), accept) === -1;
    });
  }

  /** Joins rows that differ in one dimension only and touch in it. */
  function mergeAlong(some: readonly number[], along: number): number[] {
    const others = [0, 1, 2, 3, 4, 5].filter((dimension) => dimension !== along);
    const order = Uint32Array.from(some).sort((a, b) => {
      for (const dimension of others) {
        const difference =
          lo[a * rowSize + dimension]! - lo[b * rowSize + dimension]! ||
          hi[a * rowSize + dimension]! - hi[b * rowSize + dimension]!;
        if (difference !== 0) return difference;
      }
      return lo[a * rowSize + along]! - lo[b * rowSize + along]! || a - b;
    });
    const merged: number[] = [];
    let last = -1;
    for (const row of order) {
      if (last >= 0 && mayMerge(last, row, along, others)) {
        if (hi[row * rowSize + along]! > hi[last * rowSize + along]!) {
          hi[last * rowSize + along] = hi[row * rowSize + along]!;
          touched.add(last);
        }
      } else {
        merged.push(row);
        last = row;
      }
    }
    return merged;
  }

  function mayMerge(a: number, b: number, along: number, others: readonly number[]): boolean {
    const atA = a * rowSize;
    const atB = b * rowSize;
    if (lo[atB + along]! > hi[atA + along]! + 1) return false;
    for (const dimension of others) {
      if (lo[atA + dimension] !== lo[atB + dimension] || hi[atA + dimension] !== hi[atB + dimension]) return false;
    }
    // Ports mean something else in the next protocol.
    const anyPorts = lo[atA + 4] === 0 && hi[atA + 4] === 65535 && lo[atA + 5] === 0 && hi[atA + 5] === 65535;
    return along !== protocolDimension || anyPorts || lo[atA + along] === lo[atB + along];
  }
}

function boundsAt(ends: Uint32Array, row: number): Uint32Array {
  return ends.subarray(row * rowSize, row * rowSize + dimensionCount);
}
