/**
 * The kernel's priority numbers. The SPD is an order; the kernel has numbers, of which the lowest that matches wins. An entry
 * keeps the number that it has been given as long as the order allows, so that one record more changes one record's
 * policies and not all that follow.
 *
 * Numbers below 1024 are left to the operator (`ip xfrm policy add` without a priority gives 0), and the last entry of all has
 * one near the end, so that what other programs on the host protect for themselves still comes before "discard the rest".
 */

/** By the name of a place in the order. */
export type PriorityTable = ReadonlyMap<string, number>;

export const priorityFirst = 1024;
/** Where IKE daemons begin, to which it is friendly to leave their range while there is room. */
const friendlyLast = 98_303;
export const priorityLast = 0xefff_ffff;
/** Of the entry for everything that nothing else takes. */
export const priorityOfDefault = 0xffff_0000;

const stepMost = 1024;
/** Room that is left between neighbours where the friendly range is too small. */
const stepLeast = 16;

/** Numbers for places in their order, ascending; those of `known` are kept where they fit. Places must be different. */
export function assignPriorities(places: readonly string[], known: PriorityTable = new Map()): PriorityTable {
  const assigned = new Map<string, number>();
  const kept = keepAscending(places, known);
  // Between two kept numbers the others share the room evenly; without room, everything behind the first of them moves.
  let previous = priorityFirst - 1;
  for (let at = 0; at < places.length; ) {
    const number = kept.get(at);
    if (number !== undefined && number > previous) {
      assigned.set(places[at]!, number);
      previous = number;
      at += 1;
      continue;
    }
    let end = at + 1;
    while (end < places.length && (kept.get(end) ?? -1) <= previous + (end - at)) end += 1;
    const next = end < places.length ? kept.get(end)! : undefined;
    const count = end - at;
    const step = next === undefined ? openStep(count, previous) : Math.floor((next - previous) / (count + 1));
    for (; at < end; at += 1) {
      previous += step;
      assigned.set(places[at]!, previous);
    }
  }
  if (previous > priorityLast) throw new RangeError('there are more places than priority numbers');
  return assigned;
}

/** How far apart places go that nothing follows. */
function openStep(count: number, previous: number): number {
  const room = Math.floor((friendlyLast - previous) / (count + 1));
  if (room >= stepLeast) return Math.min(room, stepMost);
  return Math.max(1, Math.min(stepLeast, Math.floor((priorityLast - previous) / (count + 1))));
}

/** The most places that can keep their number, by position: a longest ascending subsequence. */
function keepAscending(places: readonly string[], known: PriorityTable): ReadonlyMap<number, number> {
  const numbers = places.map((place) => {
    const number = known.get(place);
    return number !== undefined && number >= priorityFirst && number <= priorityLast ? number : undefined;
  });
  /** Position of the smallest last number of an ascending sequence of each length. */
  const tails: number[] = [];
  const before = new Int32Array(places.length).fill(-1);
  for (const [at, number] of numbers.entries()) {
    if (number === undefined) continue;
    let low = 0;
    let high = tails.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (numbers[tails[middle]!]! < number) low = middle + 1;
      else high = middle;
    }
    before[at] = low > 0 ? tails[low - 1]! : -1;
    tails[low] = at;
  }
  const kept = new Map<number, number>();
  for (let at = tails.at(-1) ?? -1; at >= 0; at = before[at]!) kept.set(at, numbers[at]!);
  return kept;
}
