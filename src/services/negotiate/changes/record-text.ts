/** Edits of records in their text: an argument more or with another value, a statement more. */
import type { SystemContext } from '../../../lint/context.js';
import { systemContext } from '../../../lint/context.js';
import { statementsAtEnd } from '../../../lint/new-records.js';
import { recordOf } from '../../../lint/pair-finding.js';
import { type AnyRecord, recordText, setArgument } from '../../../lint/places.js';
import type { TextEdit } from '../../../model/finding.js';
import type { Origin } from '../../../model/origin.js';
import { allRecords } from '../../../model/resolve.js';
import type { EntrySource } from '../../../model/system-config.js';
import { defaultBudget } from '../../lint.js';
import type { NegotiatingSystem } from '../systems.js';

/** A system as the helpers of lint rules want it. */
export function contextOf({ name, loaded, config, host }: NegotiatingSystem): SystemContext {
  const settings = { asOf: '', profiles: [], repository: false, budget: defaultBudget } as const;
  return systemContext({
    name,
    policies: loaded.policies,
    config,
    settings: settings as SystemContext['settings'],
    ...(host ? { host } : {}),
  });
}

/** The record that an entry was made of, where it is one that stands in a text. */
export function writtenRecord(system: NegotiatingSystem, source: EntrySource): AnyRecord | undefined {
  const record = recordOf(contextOf(system), source);
  return record && record.at.end > record.at.start && record.at.source.path !== '' ? record : undefined;
}

/** `auth 'b_auth'`, or what the entry is called in another language. */
export function ownerText(system: NegotiatingSystem, source: EntrySource): string {
  const record = writtenRecord(system, source);
  if (record) return recordText(record);
  return source.record.name === '' ? source.record.kind : `${source.record.kind} '${source.record.name}'`;
}

/** Gives several arguments values, each in place where it is written, else behind the record's name. */
export function setArguments(
  record: AnyRecord,
  values: readonly { readonly name: string; readonly origin: Origin | undefined; readonly value: string }[],
): TextEdit[] {
  const edits = values.map(({ name, origin, value }) => setArgument(record, name, origin, value));
  // Arguments that go behind the name are one insertion: two at one place would meet.
  const insertions = edits.filter(({ at }) => at.start === at.end);
  const others = edits.filter(({ at }) => at.start !== at.end);
  const [first] = insertions;
  return first ? [...others, { at: first.at, newText: insertions.map(({ newText }) => newText).join('') }] : others;
}

/** A value as it stands in the text; undefined where nobody wrote it. */
export function writtenValue(origin: Origin | undefined): string | undefined {
  if (origin?.kind !== 'explicit') return undefined;
  return origin.at.source.text.slice(origin.at.start, origin.at.end).replace(/\\\r?\n/g, '');
}

/** Everything behind a record's name as it is written, with other values in some places. */
export function argumentsOf(
  { nameAt, at }: AnyRecord,
  values: readonly { readonly origin: Origin | undefined; readonly value: string }[],
): string {
  let text = at.source.text.slice(0, at.end);
  const written = values.flatMap(({ origin, value }) =>
    origin?.kind === 'explicit' && origin.at.source === at.source ? [{ place: origin.at, value }] : [],
  );
  for (const { place, value } of [...written].sort((x, y) => y.place.start - x.place.start))
    text = text.slice(0, place.start) + value + text.slice(place.end);
  return text.slice(nameAt.end);
}

/** Adds a statement at the end of a system's first file; undefined for a system without records. */
export function addStatement({ loaded }: NegotiatingSystem, statement: string): TextEdit | undefined {
  const written = allRecords(loaded.policies).find(({ at }) => at.end > at.start)?.at ?? fileSpan(loaded);
  return written && statementsAtEnd(written, [statement]);
}

function fileSpan({ files }: NegotiatingSystem['loaded']): TextEdit['at'] | undefined {
  const source = files[0]?.source;
  return source && { source, start: source.text.length, end: source.text.length };
}

/** A name that no record of a kind has yet. */
export function freeName({ loaded }: NegotiatingSystem, base: string): string {
  const taken = new Set(allRecords(loaded.policies).map(({ name }) => name));
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? base : `${base}_${number}`;
    if (!taken.has(name)) return name;
  }
}
