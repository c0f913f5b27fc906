/** Regions in fewer boxes, regions in disjoint boxes, and how many packets a region holds. */
import type { AddressValue } from '../address.js';
import { hasPorts, hasTypes } from '../packet.js';
import { defaultBudget } from './algebra.js';
import { buildBoundingTree } from './bounding-tree.js';
import type { Box, Region } from './box.js';
import { buildBoxTable, rowSize } from './box-table.js';
import { dimensionCount } from './coordinates.js';
import { coverSearch } from './cover-search.js';
import { mergeBoxes } from './merge.js';
import { meterOf } from './meter.js';

/**
 * The same packets in fewer boxes: boxes inside another are dropped, and boxes that differ in one dimension only and
 * touch or overlap in it become one. Not the fewest possible (that is NP-hard). Never merges across protocols where x
 * or y is restricted, so the result is proper when the region is. Disjoint boxes stay disjoint.
 */
export function simplify(region: Region): Region {
  if (region.length < 2) return region;
  return ([4, 6] as const).flatMap((family) => {
    const boxes = region.filter((box) => box.family === family);
    return boxes.length < 2 ? boxes : mergeBoxes(family, boxes);
  });
}

/** The same packets in boxes of which no two share one; undefined when it takes more than `budget` steps. */
export function disjoint(region: Region, budget = defaultBudget): Region | undefined {
  if (region.length < 2) return region;
  const pieces: Box[] = [];
  const meter = meterOf(budget);
  for (const family of [4, 6] as const) {
    const boxes = region.filter((box) => box.family === family);
    const table = buildBoxTable(family, boxes, Uint32Array.from(boxes.keys()));
    const tree = buildBoundingTree(table);
    const search = coverSearch(table);
    for (const [row, box] of boxes.entries()) {
      const at = row * rowSize;
      const lo = table.lo.subarray(at, at + dimensionCount);
      const hi = table.hi.subarray(at, at + dimensionCount);
      const earlier = tree.rowsMeeting(lo, hi, 0, row, meter);
      if (!earlier) return undefined;
      if (earlier.length === 0) pieces.push(box);
      else if (!search.run(lo, hi, earlier, meter, { open: (cell) => pieces.push(cell()) > 0 })) return undefined;
    }
  }
  return pieces;
}

/**
 * How many packets a box holds, two packets being different when a selector can tell them apart: x and y count only for
 * protocols that have ports, x alone for those that have types.
 */
export function boxVolume(box: Box): bigint {
  const { protocol, x, y } = box;
  let kinds = 0n;
  const xs = size(x.lo, x.hi);
  const xys = xs * size(y.lo, y.hi);
  for (let number = protocol.lo; number <= protocol.hi; number += 1) {
    kinds += hasPorts(number) ? xys : hasTypes(number) ? xs : 1n;
  }
  return (
    size(box.direction.lo, box.direction.hi) *
    size(box.local.lo, box.local.hi) *
    size(box.remote.lo, box.remote.hi) *
    kinds
  );
}

function size(lo: AddressValue, hi: AddressValue): bigint {
  return BigInt(hi) - BigInt(lo) + 1n;
}

/** How many packets (see `boxVolume`) a region holds, its boxes may overlap; undefined when it takes more than `budget` steps. */
export function regionVolume(region: Region, budget = defaultBudget): bigint | undefined {
  return disjoint(region, budget)?.reduce((sum, box) => sum + boxVolume(box), 0n);
}
