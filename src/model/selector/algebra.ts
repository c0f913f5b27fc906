/**
 * Exact operations on boxes and regions of selector space.
 *
 * All of it keeps one invariant, `isProper`: where a box restricts x or y, its protocol is a single number that gives
 * x (and y) a meaning. So a port number is never taken for an ICMP type, and a packet of a protocol without ports, whose
 * x and y are 0, is never asked for them. Proper operands give proper results: an operation that splits goes through the
 * dimensions in the order of `dimensions`, so that x and y are only cut once the protocol has become a single number.
 *
 * A budget is a number of elementary steps (about one comparison of two boxes each), never a time: equal arguments give
 * equal answers on any machine. An operation that would need more says so instead of going on.
 */
import { type AddressValue, next, previous } from '../address.js';
import type { Packet } from '../packet.js';
import { type Box, type Dimension, dimensions, type Interval, type Region } from './box.js';
import { buildBoxTable } from './box-table.js';
import { coverSearch } from './cover-search.js';
import { type Meter, meterOf } from './meter.js';
import { witnessPacket } from './witness.js';

export { type Dimension, dimensions, everything, fullBox, isProper } from './box.js';

/** What an operation may spend when its caller does not say: well below a second of work. */
export const defaultBudget = 1_000_000;

/** The packets in both boxes, or undefined when there is none. */
export function intersectBoxes(a: Box, b: Box): Box | undefined {
  if (!intersects(a, b)) return undefined;
  return {
    family: a.family,
    direction: overlap(a.direction, b.direction),
    local: overlap(a.local, b.local),
    remote: overlap(a.remote, b.remote),
    protocol: overlap(a.protocol, b.protocol),
    x: overlap(a.x, b.x),
    y: overlap(a.y, b.y),
  };
}

function overlap<T extends AddressValue>(a: Interval<T>, b: Interval<T>): Interval<T> {
  if (a.lo >= b.lo && a.hi <= b.hi) return a;
  // Not Math.max: these may be bigints.
  const later = a.lo < b.lo ? b : a;
  const earlier = a.hi < b.hi ? a : b;
  return { lo: later.lo, hi: earlier.hi };
}

/** Do two boxes share a packet? */
export function intersects(a: Box, b: Box): boolean {
  return (
    a.family === b.family &&
    // Addresses first: they tell most pairs apart.
    meets(a.remote, b.remote) &&
    meets(a.local, b.local) &&
    meets(a.protocol, b.protocol) &&
    meets(a.direction, b.direction) &&
    meets(a.x, b.x) &&
    meets(a.y, b.y)
  );
}

function meets<T extends AddressValue>(a: Interval<T>, b: Interval<T>): boolean {
  return a.lo <= b.hi && b.lo <= a.hi;
}

/** Is every packet of `inner` in `outer`? */
export function containsBox(outer: Box, inner: Box): boolean {
  return (
    outer.family === inner.family &&
    holds(outer.direction, inner.direction) &&
    holds(outer.local, inner.local) &&
    holds(outer.remote, inner.remote) &&
    holds(outer.protocol, inner.protocol) &&
    holds(outer.x, inner.x) &&
    holds(outer.y, inner.y)
  );
}

function holds<T extends AddressValue>(outer: Interval<T>, inner: Interval<T>): boolean {
  return outer.lo <= inner.lo && inner.hi <= outer.hi;
}

/** Are two boxes the same set of packets? */
export function boxesEqual(a: Box, b: Box): boolean {
  return containsBox(a, b) && containsBox(b, a);
}

/** A box with one of its intervals replaced. */
export function withInterval(box: Box, dimension: Dimension, lo: AddressValue, hi: AddressValue): Box {
  return { ...box, [dimension]: { lo, hi } };
}

/** What is left of a box without the packets of another: at most eleven disjoint boxes. */
export function subtractBox(box: Box, hole: Box): Region {
  const common = intersectBoxes(box, hole);
  if (!common) return [box];
  const pieces: Box[] = [];
  let rest = box;
  for (const dimension of dimensions) {
    const whole = rest[dimension];
    const cut = common[dimension];
    if (whole.lo < cut.lo) pieces.push(withInterval(rest, dimension, whole.lo, previous(cut.lo)));
    if (cut.hi < whole.hi) pieces.push(withInterval(rest, dimension, next(cut.hi), whole.hi));
    if (whole.lo < cut.lo || cut.hi < whole.hi) rest = withInterval(rest, dimension, cut.lo, cut.hi);
  }
  return pieces;
}

/**
 * What is left of a region without the packets of another. Where the boxes of `region` are disjoint, so are those of the
 * result. Undefined when it takes more than `budget` steps.
 */
export function subtractRegion(region: Region, hole: Region, budget = defaultBudget): Region | undefined {
  let rest: Region = region;
  let steps = 0;
  for (const box of hole) {
    steps += rest.length;
    if (steps > budget) return undefined;
    if (!rest.some((piece) => intersects(piece, box))) continue;
    rest = rest.flatMap((piece) => subtractBox(piece, box));
  }
  return rest;
}

/** The packets in both regions; takes |a|·|b| steps and yields no more boxes than that. */
export function intersectRegions(a: Region, b: Region): Region {
  const common: Box[] = [];
  for (const left of a) {
    for (const right of b) {
      const box = intersectBoxes(left, right);
      if (box) common.push(box);
    }
  }
  return common;
}

/** Do two regions share a packet? */
export function regionsIntersect(a: Region, b: Region): boolean {
  return a.some((left) => b.some((right) => intersects(left, right)));
}

export type Coverage =
  | { readonly kind: 'covered' }
  /** `rest` is a part of the box that no box of the region meets, and `witness` a packet in it. */
  | { readonly kind: 'open'; readonly witness: Packet; readonly rest: Box }
  | { readonly kind: 'undecided'; readonly spent: number };

/** Is every packet of a box in a region, taken as a whole? Exact, or 'undecided' after `budget` steps. */
export function isCovered(box: Box, region: Region, budget = defaultBudget): Coverage {
  return isRegionCovered([box], region, budget);
}

/** Is every packet of one region in another? Exact, or 'undecided' after `budget` steps. */
export function isRegionCovered(inner: Region, outer: Region, budget = defaultBudget): Coverage {
  const meter = meterOf(budget);
  for (const box of inner) {
    const coverage = coverBox(box, outer, meter);
    if (coverage.kind !== 'covered') return coverage;
  }
  return { kind: 'covered' };
}

function coverBox(box: Box, region: Region, meter: Meter): Coverage {
  const relevant = region.filter((other) => intersects(other, box));
  if (relevant.some((other) => containsBox(other, box))) return { kind: 'covered' };
  if (relevant.length === 0) return { kind: 'open', witness: witnessPacket(box), rest: box };
  const clipped = [box, ...relevant.map((other) => intersectBoxes(other, box)!)];
  const table = buildBoxTable(box.family, clipped, new Uint32Array(clipped.length));
  const lo = table.lo.subarray(0, dimensions.length);
  const hi = table.hi.subarray(0, dimensions.length);
  const rows = Uint32Array.from(relevant, (_, at) => at + 1);
  let rest: Box | undefined;
  const finished = coverSearch(table).run(lo, hi, rows, meter, {
    open(cell) {
      rest = cell();
      return false;
    },
  });
  if (rest) return { kind: 'open', witness: witnessPacket(rest), rest };
  return finished ? { kind: 'covered' } : { kind: 'undecided', spent: meter.spent };
}
