/**
 * Exact comparison of ordered lists of regions: where two lists treat packets differently, whether they treat all packets
 * alike, and the order-free form of one list (RFC 4301 appendix B).
 */
import type { Packet } from '../packet.js';
import { defaultBudget, everything } from './algebra.js';
import { align, type Keyed } from './alignment.js';
import type { Box, Region } from './box.js';
import { compareFamily } from './comparison.js';
import { differenceSearch } from './difference-search.js';
import { meterOf } from './meter.js';
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
  /** How many boxes at most, before they are merged. */
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

/** All packets that two lists treat differently. Boxes must be proper (`isProper`), else it throws a RangeError. */
export function differences(before: KeyedList, after: KeyedList, options: DifferenceOptions = {}): Differences {
  const { budget = defaultBudget, limit = differencesMax } = options;
  const lists = { before: withNoMatch(before), after: withNoMatch(after) };
  const changed = align(lists.before, lists.after);
  const found: Difference[] = [];
  const meter = meterOf(budget);
  let reason: Differences['reason'];
  for (const family of [4, 6] as const) {
    const { table, keys, entries, roots } = compareFamily(family, lists.before, lists.after, changed);
    const search = differenceSearch(table, keys);
    for (const root of roots()) {
      if (reason) break;
      const outcome = search.run(root.lo, root.hi, root.before, root.after, root.done, meter, {
        differ(beforeRow, afterRow, cell) {
          if (found.length >= limit) return false;
          found.push({ box: cell(), beforeEntry: entries[beforeRow]!, afterEntry: entries[afterRow]! });
          return true;
        },
      });
      if (outcome === 'stopped') reason = 'limit';
      if (outcome === 'budget') reason = 'budget';
    }
  }
  const merged = mergeByEntries(found).map(({ box, beforeEntry, afterEntry }) => ({
    box,
    beforeEntry: beforeEntry === before.regions.length ? -1 : beforeEntry,
    afterEntry: afterEntry === after.regions.length ? -1 : afterEntry,
  }));
  const { spent } = meter;
  return reason
    ? { differences: merged, truncated: true, reason, spent }
    : { differences: merged, truncated: false, spent };
}

/** What no entry takes is treated as if a last entry took it: then some entry takes every packet. */
function withNoMatch({ regions, keys, noMatchKey = -1 }: KeyedList): Keyed {
  return { regions: [...regions, everything], keys: [...regions.map((_, entry) => keys[entry]!), noMatchKey] };
}

/** Merges boxes of the same two entries; in the order of the entries before, then after. */
function mergeByEntries(found: readonly Difference[]): Difference[] {
  const groups = new Map<string, Difference[]>();
  for (const difference of found) {
    const name = `${difference.beforeEntry} ${difference.afterEntry}`;
    const group = groups.get(name);
    if (group) group.push(difference);
    else groups.set(name, [difference]);
  }
  return [...groups.values()]
    .sort(([a], [b]) => a!.beforeEntry - b!.beforeEntry || a!.afterEntry - b!.afterEntry)
    .flatMap((group) => simplify(group.map(({ box }) => box)).map((box) => ({ ...group[0]!, box })));
}

export type ListComparison =
  | { readonly kind: 'equal'; readonly spent: number }
  | { readonly kind: 'different'; readonly difference: Difference; readonly witness: Packet; readonly spent: number }
  | { readonly kind: 'undecided'; readonly spent: number };

/** Do two lists treat every packet alike? A proof that they do, a packet that they treat differently, or 'undecided'. */
export function firstMatchEqual(a: KeyedList, b: KeyedList, budget = defaultBudget): ListComparison {
  const { differences: found, truncated, spent } = differences(a, b, { budget, limit: 1 });
  const difference = found[0];
  if (difference) return { kind: 'different', difference, witness: witnessPacket(difference.box), spent };
  return truncated ? { kind: 'undecided', spent } : { kind: 'equal', spent };
}

export interface Decorrelated {
  /** For each entry what it takes, in disjoint boxes; regions of different entries are disjoint too. */
  readonly entries: readonly Leftover[];
  /** False when some entry is 'undecided'. */
  readonly complete: boolean;
  readonly spent: number;
}

/**
 * The same policy in a form in which order does not matter (RFC 4301 appendix B). `budget` is for the whole list and
 * `entryBudget` for one entry, so that a bad one does not use up what the others need.
 */
export function decorrelate(
  regions: readonly Region[],
  options: { readonly budget?: number; readonly entryBudget?: number } = {},
): Decorrelated {
  const { budget = 20 * defaultBudget, entryBudget = defaultBudget } = options;
  const index = buildSpdIndex(regions);
  let spent = 0;
  const entries = regions.map((_, entry) => {
    const result = index.leftover(entry, Math.min(entryBudget, Math.max(0, budget - spent)));
    spent += result.spent;
    return result;
  });
  return { entries, complete: entries.every(({ kind }) => kind === 'exact'), spent };
}
