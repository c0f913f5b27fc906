/**
 * Where findings about a record point, and the edits that mend it. A value that nobody wrote has no place of its own: its
 * finding points at the record's name, a note tells where the value comes from, and a fix writes the argument there.
 */
import type { RecordRef, TextEdit } from '../model/finding.js';
import { describeOrigin, type Origin } from '../model/origin.js';
import type { RecordBase } from '../model/record/policy.js';
import type { Span } from '../model/span.js';

/** What all records have. */
export type AnyRecord = RecordBase & { readonly kind: string };

/** A record by kind and name; the preloaded default policies are the records of their kind. */
export function recordRef({ kind, name }: AnyRecord): RecordRef {
  return { kind: kind.replace(/^default-/, ''), name };
}

/** `host 'web'`, or the kind alone where records of it have no name. */
export function recordText(record: AnyRecord): string {
  const { kind, name } = recordRef(record);
  return name === '' ? kind : `${kind} '${name}'`;
}

/** Where a value is written, else the record's name. */
export function placeOf(record: AnyRecord, origin: Origin | undefined): Span {
  return origin?.kind === 'explicit' ? origin.at : record.nameAt;
}

/** What to say about a value that nobody wrote; nothing for a written one. */
export function originNotes(argument: string, origin: Origin): string[] {
  return origin.kind === 'explicit' ? [] : [`-${argument} is not written; its value is from ${describeOrigin(origin)}`];
}

/** One element of a comma list as it stands in the text. */
export interface ListPiece {
  /** Upper case, without continuations and quotes. */
  readonly word: string;
  readonly start: number;
  readonly end: number;
}

/** The elements of a written comma list, in order. */
export function listPieces({ source, start, end }: Span): ListPiece[] {
  const pieces: ListPiece[] = [];
  let from = start;
  for (const raw of source.text.slice(start, end).split(',')) {
    if (!/[\\"']/.test(raw)) {
      pieces.push({ word: raw.toUpperCase(), start: from, end: from + raw.length });
      from += raw.length + 1;
      continue;
    }
    const lead = /^(?:\\\r?\n|["'])*/.exec(raw)?.[0].length ?? 0;
    const tail = /(?:\\\r?\n|["'])*$/.exec(raw.slice(lead))?.[0].length ?? 0;
    const word = raw.replace(/\\\r?\n|["']/g, '').toUpperCase();
    pieces.push({ word, start: from + lead, end: from + raw.length - tail });
    from += raw.length + 1;
  }
  return pieces;
}

/** Where a word of a list stands: its own characters, the whole list where they cannot be told, or the record's name. */
export function elementPlace(record: AnyRecord, origin: Origin, word: string): Span {
  if (origin.kind !== 'explicit') return record.nameAt;
  const piece = listPieces(origin.at).find((candidate) => candidate.word === word);
  return piece ? { source: origin.at.source, start: piece.start, end: piece.end } : origin.at;
}

/** Takes words out of a written list; undefined where that cannot be done or nothing would be left. */
export function removeElements(origin: Origin, doomed: (word: string) => boolean): TextEdit | undefined {
  if (origin.kind !== 'explicit') return undefined;
  const { source } = origin.at;
  const left = listPieces(origin.at).filter((piece) => !doomed(piece.word));
  if (left.length === 0) return undefined;
  return { at: origin.at, newText: left.map((piece) => source.text.slice(piece.start, piece.end)).join(',') };
}

/** Writes another word in the place of one; undefined where a continuation line or quotes cut through it. */
export function replaceWord(at: Span, word: string, newText: string): TextEdit | undefined {
  return at.source.text.slice(at.start, at.end).toUpperCase() === word ? { at, newText } : undefined;
}

/** Gives an argument a value: in place where it is written, else behind the record's name. */
export function setArgument(record: AnyRecord, name: string, origin: Origin | undefined, value: string): TextEdit {
  return origin?.kind === 'explicit'
    ? { at: origin.at, newText: value }
    : { at: { ...record.nameAt, start: record.nameAt.end }, newText: ` -${name} ${value}` };
}

/** Takes a written argument away with its value and one blank before it. */
export function removeArgument(origin: Origin): TextEdit | undefined {
  if (origin.kind !== 'explicit' || origin.argumentStart === undefined) return undefined;
  const { source, end } = origin.at;
  const start = /[ \t]/.test(source.text[origin.argumentStart - 1] ?? '')
    ? origin.argumentStart - 1
    : origin.argumentStart;
  return { at: { source, start, end }, newText: '' };
}
