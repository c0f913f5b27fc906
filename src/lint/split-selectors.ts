/** A fix that splits a host policy with several sources or destinations into one policy for each pair. */
import type { Fix, TextEdit } from '../model/finding.js';
import type { Sourced } from '../model/origin.js';
import type { AddressSpec, HostRecord } from '../model/record/policy.js';
import type { Prioritised } from '../model/resolve.js';
import type { NewNames } from './new-records.js';
import { statementsAfter } from './new-records.js';
import { removeArgument, setArgument } from './places.js';
import type { FreeNumbers } from './priorities.js';

/** Pairs that one policy is split into at most. */
const pairsMax = 16;

type Pair = readonly [source: Sourced<AddressSpec>, destination: Sourced<AddressSpec>];

/**
 * The first pair stays in the statement, the others become statements behind it with the next free priorities. Undefined
 * where there are too many, no priorities are free, or the statement holds a key, which no fix may repeat.
 */
export function splitPolicy(record: Prioritised<HostRecord>, free: FreeNumbers, names: NewNames): Fix | undefined {
  const { sources, destinations, at } = record;
  const pairs = sources.flatMap((source) => destinations.map((destination): Pair => [source, destination]));
  const [first, ...others] = pairs;
  if (!first || pairs.length > pairsMax || at.source.secretsWithin(at.start, at.end).length > 0) return undefined;
  const statements: string[] = [];
  for (const pair of others) {
    const priority = free.after(record.priority.value);
    if (priority === undefined) return undefined;
    const name: TextEdit = { at: record.nameAt, newText: names.next(record.name) };
    const number = setArgument(record, 'priority', record.priority.origin, String(priority));
    // Without a written priority the new one goes right behind the new name.
    const head =
      number.at.start === record.nameAt.end ? [{ ...name, newText: name.newText + number.newText }] : [name, number];
    statements.push(textWith(record, [...head, ...without(record, pair)]));
  }
  return {
    safety: 'unsafe',
    title: `split it into ${pairs.length} policies, one for each pair`,
    edits: [...without(record, first), statementsAfter(at, statements)],
  };
}

/** Takes all sources and destinations away but those of a pair. */
function without({ sources, destinations }: HostRecord, [source, destination]: Pair): TextEdit[] {
  const doomed = [...sources.filter((each) => each !== source), ...destinations.filter((each) => each !== destination)];
  return doomed.flatMap(({ origin }) => removeArgument(origin) ?? []);
}

/** The text of a statement after edits. */
function textWith({ at: { source, start, end } }: HostRecord, edits: readonly TextEdit[]): string {
  let text = '';
  let from = start;
  for (const edit of [...edits].sort((a, b) => a.at.start - b.at.start)) {
    text += source.text.slice(from, edit.at.start) + edit.newText;
    from = edit.at.end;
  }
  return text + source.text.slice(from, end);
}
