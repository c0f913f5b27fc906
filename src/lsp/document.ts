/** A text that an editor has open, with what its own words tell: nothing here looks at other files. */
import { fileURLToPath } from 'node:url';
import { type ArgumentRow, findArgument } from '../model/language/arguments.js';
import { type Dialect, defaultDialect } from '../model/language/dialect.js';
import { type ObjectRow, objectRow } from '../model/language/objects.js';
import { SourceText } from '../model/span.js';
import { readDirectives } from '../parser/directives.js';
import { outline, parseLine, parseText } from '../parser/parse.js';
import type { LogicalLine } from '../parser/statements.js';
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

/** What stands in a text of records. Only what is asked for is parsed: of a large text that is one statement, mostly. */
export interface Outline {
  /** A copy of the text in which reading marks secrets. */
  readonly source: SourceText;
  readonly lines: readonly LogicalLine[];
  /** As a comment of the file states it. */
  readonly dialect?: Dialect;
  /** The statement or comment that is the line. */
  item(line: LogicalLine): SyntaxItem;
  /** All of them. */
  items(): readonly SyntaxItem[];
}

/** Makes a document; the path that findings show is the file's, or the URI. */
export function openDocument(uri: string, version: number, text: string): OpenDocument {
  const file = uri.startsWith('file:') ? fileURLToPath(uri) : undefined;
  return { uri, version, source: new SourceText(file ?? uri, text), ...(file === undefined ? {} : { file }) };
}

const outlines = new WeakMap<SourceText, Outline | undefined>();

/** The outline of a text; undefined for other products' formats. */
export function outlineOf({ source }: Pick<OpenDocument, 'source'>): Outline | undefined {
  if (!outlines.has(source)) outlines.set(source, mayBeRecords(source) ? read(source) : undefined);
  return outlines.get(source);
}

function read({ path, text }: SourceText): Outline {
  const source = new SourceText(path, text);
  const lines = outline(source);
  const { dialect } = readDirectives({ source, items: lines });
  const parsed = new Map<LogicalLine, SyntaxItem>();
  let all: readonly SyntaxItem[] | undefined;
  return {
    source,
    lines,
    ...(dialect ? { dialect: dialect.value } : {}),
    item(line) {
      const known = parsed.get(line);
      if (known) return known;
      const { kind, start, end } = line;
      const item = kind === 'comment' ? { kind, start, end } : parseLine(source, line);
      parsed.set(line, item);
      return item;
    },
    items() {
      all ??= parseText(source).items;
      return all;
    },
  };
}

/** What the cursor is on, in a statement. */
export type Target = { readonly statement: StatementSyntax; readonly row: ObjectRow } & (
  | { readonly on: 'object' | 'subject'; readonly word: Word }
  | { readonly on: 'argument'; readonly word: Word; readonly argument: ArgumentRow; readonly value?: Word }
  | { readonly on: 'value'; readonly word: Word; readonly argument: ArgumentRow }
);

/** The word of a statement that an offset touches; undefined where it touches none, or none that the language knows. */
export function targetAt(outline: Outline, offset: number, dialect: Dialect = defaultDialect): Target | undefined {
  const statement = statementAt(outline, offset);
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
export function statementAt(outline: Outline, offset: number): StatementSyntax | undefined {
  const item = itemAt(outline, offset);
  return item?.kind === 'statement' ? item : undefined;
}

/** The statement or comment that an offset is in. */
export function itemAt({ lines, item }: Outline, offset: number): SyntaxItem | undefined {
  let [low, high] = [0, lines.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (lines[middle]!.end < offset) low = middle + 1;
    else high = middle;
  }
  const line = lines[low];
  return line && line.start <= offset ? item(line) : undefined;
}

/** What an argument is by the tables of the language; undefined where it is none. */
export function argumentRow({ name }: ObjectRow, syntax: ArgumentSyntax, dialect: Dialect): ArgumentRow | undefined {
  const found = findArgument(name, argumentWord(syntax.name.text), dialect);
  return found && 'row' in found ? found.row : undefined;
}

export function touches(word: Word, offset: number): boolean {
  return word.start <= offset && offset <= word.end;
}
