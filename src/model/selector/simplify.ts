/** Regions in fewer boxes, regions in disjoint boxes, and how many packets a region holds. */
import { type AddressValue, next } from '../address.js';
import { hasPorts, hasTypes } from '../packet.js';
import {
  boxesEqual,
  containsBox,
  type Dimension,
  defaultBudget,
  dimensions,
  intersects,
  subtractBox,
  withInterval,
} from './algebra.js';
import type { Box, Region } from './box.js';

/** Rounds of merging; each round that changes anything removes a box, and few sets need more than three. */
const roundsMax = 16;
/** Up to this many boxes, those inside another single box are looked for pair by pair. */
const pairwiseMax = 2_000;

/**
 * The same packets in fewer boxes: boxes inside another are dropped, and boxes that differ in one dimension only and
 * touch or overlap in it become one. Not the fewest possible (that is NP-hard). Never merges across protocols where x
 * or y is restricted, so the result is proper when the region is. Disjoint boxes stay disjoint.
 */
export function simplify(region: Region): Region {
  let boxes: readonly Box[] = region.length <= pairwiseMax ? withoutContained(region) : region;
  for (let round = 0; round < roundsMax && boxes.length > 1; round += 1) {
    const before = boxes.length;
    for (const dimension of mergeOrder) boxes = mergeAlong(boxes, dimension);
    if (boxes.length === before) break;
  }
  return boxes.length <= pairwiseMax ? withoutContained(boxes) : boxes;
}

/** Ports before addresses before directions: a reader thinks of address pairs with services. */
const mergeOrder: readonly Dimension[] = ['y', 'x', 'protocol', 'remote', 'local', 'direction'];

function withoutContained(boxes: readonly Box[]): readonly Box[] {
  return boxes.filter((box, index) =>
    boxes.every((other, at) => at === index || !containsBox(other, box) || (boxesEqual(other, box) && at > index)),
  );
}

function mergeAlong(boxes: readonly Box[], along: Dimension): readonly Box[] {
  const order: readonly Dimension[] = [...dimensions.filter((dimension) => dimension !== along), along];
  const sorted = [...boxes].sort((a, b) => compare(a, b, order));
  const merged: Box[] = [];
  for (const box of sorted) {
    const last = merged.at(-1);
    if (last && mayMerge(last, box, along)) {
      if (box[along].hi > last[along].hi)
        merged[merged.length - 1] = withInterval(last, along, last[along].lo, box[along].hi);
    } else merged.push(box);
  }
  return merged;
}

function compare(a: Box, b: Box, order: readonly Dimension[]): number {
  if (a.family !== b.family) return a.family - b.family;
  for (const dimension of order) {
    const left = a[dimension];
    const right = b[dimension];
    if (left.lo !== right.lo) return left.lo < right.lo ? -1 : 1;
    if (left.hi !== right.hi) return left.hi < right.hi ? -1 : 1;
  }
  return 0;
}

function mayMerge(a: Box, b: Box, along: Dimension): boolean {
  if (a.family !== b.family) return false;
  for (const dimension of dimensions) {
    if (dimension !== along && (a[dimension].lo !== b[dimension].lo || a[dimension].hi !== b[dimension].hi))
      return false;
  }
  // Ports mean something else in the next protocol.
  const anyPorts = a.x.lo === 0 && a.x.hi === 65535 && a.y.lo === 0 && a.y.hi === 65535;
  if (along === 'protocol' && !anyPorts && a.protocol.lo !== b.protocol.lo) return false;
  const { hi } = a[along];
  return b[along].lo <= hi || b[along].lo === next(hi);
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
