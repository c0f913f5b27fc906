/** A text that an editor has open, with what its own words tell: nothing here looks at other files. */
import { fileURLToPath } from 'node:url';
import { type ArgumentRow, findArgument } from '../model/language/arguments.js';
import { type Dialect, defaultDialect } from '../model/language/dialect.js';
import { type ObjectRow, objectRow } from '../model/language/objects.js';
import { SourceText } from '../model/span.js';
import { readDirectives } from '../parser/directives.js';
import { parseText } from '../parser/parse.js';
import {
  type ArgumentSyntax,
  argumentWord,
  type StatementSyntax,
  type SyntaxItem,
  type Word,
} from '../parser/syntax.js';
import { mayBeRecords } from '../services/formats.js';

export interface OpenDocument {
  readonly uri: string;
  /** Absolute path; absent for texts that were never saved. */
  readonly file?: string;
  readonly version: number;
  readonly source: SourceText;
}

/** What stands in a document of records. */
export interface Outline {
  readonly source: SourceText;
  readonly items: readonly SyntaxItem[];
  /** As a comment of the file states it. */
  readonly dialect?: Dialect;
}

/** Makes a document; the path that findings show is the file's, or the URI. */
export function openDocument(uri: string, version: number, text: string): OpenDocument {
  const file = uri.startsWith('file:') ? fileURLToPath(uri) : undefined;
  return { uri, version, source: new SourceText(file ?? uri, text), ...(file === undefined ? {} : { file }) };
}

const outlines = new WeakMap<SourceText, Outline | undefined>();

/** The outline of a text; undefined for other products' formats. */
export function outlineOf({ source }: OpenDocument): Outline | undefined {
  if (!outlines.has(source)) outlines.set(source, mayBeRecords(source) ? read(source) : undefined);
  return outlines.get(source);
}

function read({ path, text }: SourceText): Outline {
  // A text of its own, because reading marks secrets in it.
  const source = new SourceText(path, text);
  const { items } = parseText(source);
  const { dialect } = readDirectives({ source, items });
  return { source, items, ...(dialect ? { dialect: dialect.value } : {}) };
}

/** What the cursor is on, in a statement. */
export type Target = { readonly statement: StatementSyntax; readonly row: ObjectRow } & (
  | { readonly on: 'object' | 'subject'; readonly word: Word }
  | { readonly on: 'argument'; readonly word: Word; readonly argument: ArgumentRow; readonly value?: Word }
  | { readonly on: 'value'; readonly word: Word; readonly argument: ArgumentRow }
);

/** The word of a statement that an offset touches; undefined where it touches none, or none that the language knows. */
export function targetAt({ items }: Outline, offset: number, dialect: Dialect = defaultDialect): Target | undefined {
  const statement = statementAt(items, offset);
  const { object, subject } = statement ?? {};
  const row = object && objectRow(object.text.toLowerCase());
  if (!statement || !row) return undefined;
  const base = { statement, row };
  if (touches(object, offset)) return { ...base, on: 'object', word: object };
  if (subject && touches(subject, offset)) return { ...base, on: 'subject', word: subject };
  for (const each of statement.arguments) {
    const argument = argumentRow(row, each, dialect);
    if (!argument) continue;
    if (touches(each.name, offset))
      return { ...base, on: 'argument', word: each.name, argument, ...(each.value ? { value: each.value } : {}) };
    if (each.value && touches(each.value, offset)) return { ...base, on: 'value', word: each.value, argument };
  }
  return undefined;
}

/** The statement that an offset is in. */
export function statementAt(items: readonly SyntaxItem[], offset: number): StatementSyntax | undefined {
  let [low, high] = [0, items.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (items[middle]!.end < offset) low = middle + 1;
    else high = middle;
  }
  const item = items[low];
  return item?.kind === 'statement' && item.start <= offset ? item : undefined;
}

/** What an argument is by the tables of the language; undefined where it is none. */
export function argumentRow({ name }: ObjectRow, syntax: ArgumentSyntax, dialect: Dialect): ArgumentRow | undefined {
  const found = findArgument(name, argumentWord(syntax.name.text), dialect);
  return found && 'row' in found ? found.row : undefined;
}

export function touches(word: Word, offset: number): boolean {
  return word.start <= offset && offset <= word.end;
}
