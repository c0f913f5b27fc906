/** Which entries two ordered lists have in common, in the same order: the rest is all that can make them differ. */
import { boxesEqual } from './algebra.js';
import type { Box, Region } from './box.js';

export interface Keyed {
  readonly regions: readonly Region[];
  readonly keys: ArrayLike<number>;
}

export interface Alignment {
  /** Entries of either list that are not in the common subsequence, ascending. */
  readonly before: readonly number[];
  readonly after: readonly number[];
}

/**
 * Finds a common subsequence of entries with equal regions and keys: first a common beginning and end, then the longest
 * increasing run of equal entries between (the k-th of equal entries goes with the k-th). It takes about n·log n steps.
 *
 * A packet that is in none of the entries returned is taken by the same common entry in both lists, or by none: the first
 * entry that holds it is a common one, and the common ones come in the same order.
 */
export function align(before: Keyed, after: Keyed): Alignment {
  const same = (a: number, b: number) =>
    before.keys[a] === after.keys[b] && regionsIdentical(before.regions[a]!, after.regions[b]!);
  let start = 0;
  let endBefore = before.regions.length;
  let endAfter = after.regions.length;
  while (start < endBefore && start < endAfter && same(start, start)) start += 1;
  while (endBefore > start && endAfter > start && same(endBefore - 1, endAfter - 1)) {
    endBefore -= 1;
    endAfter -= 1;
  }
  const occurrences = new Map<string, number[]>();
  for (let entry = endAfter - 1; entry >= start; entry -= 1) {
    const name = nameOf(after, entry);
    const entries = occurrences.get(name);
    if (entries) entries.push(entry);
    else occurrences.set(name, [entry]);
  }
  const pairs: { readonly a: number; readonly b: number }[] = [];
  for (let a = start; a < endBefore; a += 1) {
    const b = occurrences.get(nameOf(before, a))?.pop();
    if (b !== undefined) pairs.push({ a, b });
  }
  const kept = longestIncreasing(pairs.map(({ b }) => b)).map((at) => pairs[at]!);
  const keptBefore = new Set(kept.map(({ a }) => a));
  const keptAfter = new Set(kept.map(({ b }) => b));
  return { before: between(start, endBefore, keptBefore), after: between(start, endAfter, keptAfter) };
}

function between(start: number, end: number, without: ReadonlySet<number>): number[] {
  const entries: number[] = [];
  for (let entry = start; entry < end; entry += 1) if (!without.has(entry)) entries.push(entry);
  return entries;
}

function regionsIdentical(a: Region, b: Region): boolean {
  return a === b || (a.length === b.length && a.every((box, at) => box === b[at] || boxesEqual(box, b[at]!)));
}

function nameOf({ regions, keys }: Keyed, entry: number): string {
  return `${keys[entry]} ${regions[entry]!.map(boxName).join(' ')}`;
}

function boxName({ family, direction, local, remote, protocol, x, y }: Box): string {
  const ends = [direction, local, remote, protocol, x, y].map(({ lo, hi }) => `${lo.toString(36)}-${hi.toString(36)}`);
  return `${family}:${ends.join(',')}`;
}

/** Positions of a longest increasing subsequence of different numbers (patience sorting). */
function longestIncreasing(numbers: readonly number[]): number[] {
  const tails: number[] = []; // position of the least last number of a run of each length
  const previous = new Int32Array(numbers.length);
  for (let at = 0; at < numbers.length; at += 1) {
    let low = 0;
    let high = tails.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (numbers[tails[middle]!]! < numbers[at]!) low = middle + 1;
      else high = middle;
    }
    previous[at] = low > 0 ? tails[low - 1]! : -1;
    tails[low] = at;
  }
  const run: number[] = [];
  for (let at = tails.at(-1) ?? -1; at >= 0; at = previous[at]!) run.push(at);
  return run.reverse();
}
