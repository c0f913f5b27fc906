/**
 * How the entries of an ordered list lie to one another: which share packets, which holds which, which cross. It asks the
 * index about few boxes or points, so that a question about one of 100,000 entries costs microseconds.
 *
 * `holds` compares box by box: it is exact where the outer entry has one box, and may miss that several boxes of one entry
 * hold another together.
 */
import { firstAddress, lastAddress, next, previous } from '../../model/address.js';
import { containsBox, intersects, withInterval } from '../../model/selector/algebra.js';
import { type Box, dimensions, type Region } from '../../model/selector/box.js';
import type { SpdIndex } from '../../model/selector/spd-index.js';

export interface Relations {
  /** Is every box of `inner` within one box of `outer`? */
  holds(outer: number, inner: number): boolean;
  /** Other entries in [from, to) that share a packet with an entry, in order; undefined when they are more than `limit`. */
  near(entry: number, from: number, to: number, limit: number): Uint32Array | undefined;
  /** The first entry in [from, to) that holds an entry, -1 for none; undefined when too many had to be looked at. */
  firstHolder(entry: number, from: number, to: number): number | undefined;
  /**
   * The first entry in [0, to) that shares a packet with an entry without lying within it and that `accept` takes, -1 for none;
   * undefined when too many had to be looked at. Those within it are passed over without a look, however many there are.
   */
  firstStraddler(entry: number, to: number, accept: (other: number) => boolean): number | undefined;
  /** How many entries were looked at so far, for budgets. */
  readonly looked: number;
}

/** Entries that may be looked at for one question. */
const looksMax = 4_096;

/** Relations between the regions that an index was made of. */
export function relationsOf(regions: readonly Region[], index: SpdIndex): Relations {
  let looked = 0;
  let gathered = new Uint32Array(64);
  let question = 0;
  const lastAsked = new Uint32Array(regions.length);

  const holds = (outer: number, inner: number): boolean => {
    const by = regions[outer]!;
    return regions[inner]!.every((box) => by.some((other) => containsBox(other, box)));
  };

  /** `firstOverlap` that gives up: accepting everything ends the search. */
  const firstOf = (box: Box, from: number, to: number, accept: (other: number) => boolean): number | undefined => {
    let left = looksMax;
    const found = index.firstOverlap(box, {
      from,
      to,
      accept: (other) => {
        left -= 1;
        return left < 0 || accept(other);
      },
    });
    looked += looksMax - Math.max(left, 0) + 1;
    return left < 0 ? undefined : found;
  };

  return {
    holds,
    near(entry, from, to, limit) {
      const own = regions[entry]!;
      let size = 0;
      if (gathered.length <= limit) gathered = new Uint32Array(limit + 1);
      const accept = (other: number): boolean => {
        // An entry comes once for each of its boxes.
        if (other === entry || lastAsked[other] === question) return size > limit;
        lastAsked[other] = question;
        if (size <= limit) gathered[size++] = other;
        return size > limit;
      };
      question += 1;
      for (const box of own) {
        index.firstOverlap(box, { from, to, accept });
        if (size > limit) return undefined;
      }
      looked += size + 1;
      return gathered.slice(0, size).sort();
    },
    firstHolder(entry, from, to) {
      const [first] = regions[entry]!;
      // What holds the entry holds a corner of it, which few others do.
      return first && from < to ? firstOf(corner(first), from, to, (other) => holds(other, entry)) : -1;
    },
    firstStraddler(entry, to, accept) {
      const own = regions[entry]!;
      let best = to;
      for (const box of own) {
        const isStraddler = (other: number) =>
          regions[other]!.some((each) => intersects(each, box)) && !holds(entry, other) && accept(other);
        for (const face of outerFaces(box)) {
          const found = firstOf(face, 0, best, isStraddler);
          if (found === undefined) return undefined;
          if (found >= 0) best = found;
        }
      }
      return best < to ? best : -1;
    },
    get looked() {
      return looked;
    },
  };
}

/** The lowest point of a box, as a box for searches: `isProper` does not hold for it. */
function corner(box: Box): Box {
  return dimensions.reduce(
    (point, dimension) => withInterval(point, dimension, box[dimension].lo, box[dimension].lo),
    box,
  );
}

/**
 * The thin boxes just outside of a box's faces, for searches. What shares a packet with the box and also has packets
 * outside of it meets one of them: in a dimension in which it goes further, it holds the value next to the face.
 */
function outerFaces(box: Box): Box[] {
  const { family } = box;
  const first = { direction: 0, local: firstAddress(family), remote: firstAddress(family), protocol: 0, x: 0, y: 0 };
  const last = {
    direction: 1,
    local: lastAddress(family),
    remote: lastAddress(family),
    protocol: 255,
    x: 65535,
    y: 65535,
  };
  const faces: Box[] = [];
  for (const dimension of dimensions) {
    const { lo, hi } = box[dimension];
    if (lo > first[dimension]) faces.push(withInterval(box, dimension, previous(lo), previous(lo)));
    if (hi < last[dimension]) faces.push(withInterval(box, dimension, next(hi), next(hi)));
  }
  return faces;
}
