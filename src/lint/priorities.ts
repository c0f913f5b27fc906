/** Priorities of records of one kind: free numbers between them, and edits that give a record one. */
import type { Fix, TextEdit } from '../model/finding.js';
import { findArgument } from '../model/language/arguments.js';
import type { Dialect } from '../model/language/dialect.js';
import { ranges } from '../model/language/limits.js';
import type { ObjectName } from '../model/language/objects.js';
import type { AuthRecord } from '../model/record/auth.js';
import type { IkeRecord } from '../model/record/ike.js';
import type { PolicySet, Prioritised } from '../model/resolve.js';
import type { OrderedPolicy } from './entries.js';
import { setArgument } from './places.js';

export type OrderedRecord = OrderedPolicy | Prioritised<IkeRecord> | Prioritised<AuthRecord>;

/** The lists in which every record has a number of its own, each in search order. A.02's authentication records have none. */
export function orderedLists(policies: PolicySet): readonly (readonly OrderedRecord[])[] {
  const { hosts, gateways, ike, ikev1, ikev2, auths, dialect } = policies;
  return [hosts, gateways, ike, ikev1, ikev2, ...(dialect === 'A.02' ? [] : [auths])];
}

/**
 * Free numbers in a list. Every number is given out once, so that two fixes of one run do not give two records the same.
 */
export interface FreeNumbers {
  /** One right before the records of number `value`, in the middle of the gap; undefined where there is no gap. */
  before(value: number): number | undefined;
  /** The same right after them; behind the last record within two steps of automatic numbers. */
  after(value: number): number | undefined;
}

/** So many numbers of a gap are tried. */
const triesMax = 64;

/** Free numbers of a list in search order. */
export function freeNumbers(list: readonly OrderedRecord[]): FreeNumbers {
  const given = new Set<number>();
  const between = (lower: number, upper: number): number | undefined => {
    const middle = Math.floor((lower + upper) / 2);
    for (let distance = 0; distance < triesMax; distance += 1) {
      for (const number of [middle + distance, middle - distance]) {
        if (number <= lower || number >= upper || given.has(number)) continue;
        given.add(number);
        return number;
      }
    }
    return undefined;
  };
  return {
    before: (value) => between(list[firstFrom(list, value) - 1]?.priority.value ?? ranges.priority.min - 1, value),
    after(value) {
      const next = list[firstFrom(list, value + 1)];
      return between(value, next?.priority.value ?? Math.min(value + 20, ranges.priority.max + 1));
    },
  };
}

/** The first place in a list whose number is not below a value. */
function firstFrom(list: readonly OrderedRecord[], value: number): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const half = (low + high) >> 1;
    if (list[half]!.priority.value < value) low = half + 1;
    else high = half;
  }
  return low;
}

/**
 * Gives a record a priority: undefined where an argument is written that could not be read, which a person must mend first.
 */
export function setPriority(record: OrderedRecord, value: number, dialect: Dialect): TextEdit | undefined {
  const { origin } = record.priority;
  if (origin.kind !== 'explicit' && mentions(record, 'priority', dialect)) return undefined;
  return setArgument(record, 'priority', origin, String(value));
}

/** Moves a record right before another of its list, if a number is free there. */
export function moveBefore(
  free: FreeNumbers,
  record: OrderedRecord,
  before: OrderedRecord,
  dialect: Dialect,
): Fix | undefined {
  const number = free.before(before.priority.value);
  const edit = number === undefined ? undefined : setPriority(record, number, dialect);
  return edit && { safety: 'unsafe', title: `search it before '${before.name}': priority ${number}`, edits: [edit] };
}

/** Is an argument written in a record's statement, readable or not? */
export function mentions(
  { kind, at }: { readonly kind: ObjectName; readonly at: OrderedRecord['at'] },
  argument: string,
  dialect: Dialect,
): boolean {
  for (const [, word] of at.source.text.slice(at.start, at.end).matchAll(/(?<=\s)-([a-z_]+)/gi)) {
    const found = findArgument(kind, word!, dialect);
    if (found && 'row' in found && found.row.name === argument) return true;
  }
  return false;
}
