/** Regions in fewer boxes, regions in disjoint boxes, and how many packets a region holds. */
import type { AddressValue } from '../address.js';
import { hasPorts, hasTypes } from '../packet.js';
import { defaultBudget, intersects, subtractBox } from './algebra.js';
import type { Box, Region } from './box.js';
import { mergeBoxes } from './merge.js';

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
  const result: Box[] = [];
  let steps = 0;
  for (const box of region) {
    let pieces: Region = [box];
    for (const other of result.slice()) {
      steps += pieces.length;
      if (steps > budget) return undefined;
      if (pieces.some((piece) => intersects(piece, other)))
        pieces = pieces.flatMap((piece) => subtractBox(piece, other));
    }
    result.push(...pieces);
  }
  return result;
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
