/**
 * Exact comparison of ordered lists of regions: where two lists treat packets differently, whether they treat all packets
 * alike, and the order-free form of one list (RFC 4301 appendix B).
 */
import type { Packet } from '../packet.js';
import { defaultBudget, everything, intersectBoxes, subtractBox } from './algebra.js';
import type { Box, Region } from './box.js';
import { simplify } from './simplify.js';
import { buildSpdIndex, type Leftover } from './spd-index.js';
import { witnessPacket } from './witness.js';

/** An ordered list with a number per entry for how it treats packets: equal numbers, equal treatment. */
export interface KeyedList {
  readonly regions: readonly Region[];
  readonly keys: ArrayLike<number>;
  /** The treatment of packets that no entry takes; -1 when absent. */
  readonly noMatchKey?: number;
}

/** A box of packets that are treated differently. */
export interface Difference {
  readonly box: Box;
  /** The entries that take these packets, -1 for none. */
  readonly beforeEntry: number;
  readonly afterEntry: number;
}

export interface DifferenceOptions {
  /** Steps, see algebra.ts. */
  readonly budget?: number;
  /** How many boxes at most. */
  readonly limit?: number;
}

export interface Differences {
  /** Disjoint; sorted by the entry before, then after. */
  readonly differences: readonly Difference[];
  /** True when there may be more than what is listed, because of the limit or the budget. */
  readonly truncated: boolean;
  readonly reason?: 'limit' | 'budget';
  readonly spent: number;
}

/** Default of `DifferenceOptions.limit`. */
export const differencesMax = 10_000;

/** All packets that two lists treat differently. */
export function differences(before: KeyedList, after: KeyedList, options: DifferenceOptions = {}): Differences {
  const { budget = defaultBudget, limit = differencesMax } = options;
  const found: Difference[] = [];
  let spent = 0;
  const truncated = (reason: 'limit' | 'budget'): Differences => ({
    differences: found,
    truncated: true,
    reason,
    spent,
  });
  const rows = (list: KeyedList) => list.regions.flatMap((region, entry) => region.map((box) => ({ box, entry })));
  type Rows = ReturnType<typeof rows>;
  const stack: { cell: Box; a: Rows; b: Rows }[] = everything.map((cell) => ({
    cell,
    a: rows(before),
    b: rows(after),
  }));
  for (let top = stack.pop(); top; top = stack.pop()) {
    const { cell } = top;
    spent += top.a.length + top.b.length + 1;
    if (spent > budget) return truncated('budget');
    const a = top.a.filter(({ box }) => intersectBoxes(box, cell));
    const b = top.b.filter(({ box }) => intersectBoxes(box, cell));
    const pivot = [a[0], b[0]].find((row) => row && subtractBox(cell, row.box).length > 0);
    if (pivot) {
      stack.push({ cell: intersectBoxes(cell, pivot.box)!, a, b });
      for (const piece of subtractBox(cell, pivot.box)) stack.push({ cell: piece, a, b });
      continue;
    }
    const beforeEntry = a[0]?.entry ?? -1;
    const afterEntry = b[0]?.entry ?? -1;
    const keyBefore = beforeEntry < 0 ? (before.noMatchKey ?? -1) : before.keys[beforeEntry];
    const keyAfter = afterEntry < 0 ? (after.noMatchKey ?? -1) : after.keys[afterEntry];
    if (keyBefore === keyAfter) continue;
    if (found.length >= limit) return truncated('limit');
    found.push({ box: cell, beforeEntry, afterEntry });
  }
  return { differences: merge(found), truncated: false, spent };
}

function merge(found: readonly Difference[]): readonly Difference[] {
  const groups = new Map<string, Difference[]>();
  for (const difference of found) {
    const key = `${difference.beforeEntry} ${difference.afterEntry}`;
    const group = groups.get(key);
    if (group) group.push(difference);
    else groups.set(key, [difference]);
  }
  const merged = [...groups.values()].flatMap((group) =>
    simplify(group.map(({ box }) => box)).map((box) => ({ ...group[0]!, box })),
  );
  return merged.sort((a, b) => a.beforeEntry - b.beforeEntry || a.afterEntry - b.afterEntry);
}

export type Comparison =
  | { readonly kind: 'equal' }
  | { readonly kind: 'different'; readonly difference: Difference; readonly witness: Packet }
  | { readonly kind: 'undecided'; readonly spent: number };

/** Do two lists treat every packet alike? A proof, a packet that they treat differently, or 'undecided'. */
export function firstMatchEqual(a: KeyedList, b: KeyedList, budget = defaultBudget): Comparison {
  const result = differences(a, b, { budget, limit: 1 });
  const difference = result.differences[0];
  if (difference) return { kind: 'different', difference, witness: witnessPacket(difference.box) };
  return result.truncated ? { kind: 'undecided', spent: result.spent } : { kind: 'equal' };
}

export interface Decorrelated {
  /** For each entry what it takes, in disjoint boxes; regions of different entries are disjoint too. */
  readonly entries: readonly Leftover[];
  /** False when some entry is 'undecided'. */
  readonly complete: boolean;
}

/** The same policy in a form in which order does not matter (RFC 4301 appendix B). `budget` is for the whole list. */
export function decorrelate(regions: readonly Region[], options: { readonly budget?: number } = {}): Decorrelated {
  const { budget = defaultBudget } = options;
  const index = buildSpdIndex(regions);
  const entries = regions.map((_, entry) => index.leftover(entry, budget));
  return { entries, complete: entries.every(({ kind }) => kind === 'exact') };
}
