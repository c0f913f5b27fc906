/**
 * The formatter: one canonical way to write a file of records. Comments stay where they are; a statement that fits the line
 * stands on one, else each argument has a line of its own, so that a review shows which argument changed. A statement that
 * could not be read without doubt is left exactly as it is.
 */
import { type ArgumentRow, argumentsOf, findArgument } from '../model/language/arguments.js';
import type { Dialect } from '../model/language/dialect.js';
import { objectRow } from '../model/language/objects.js';
import type { SourceText } from '../model/span.js';
import { type ArgumentSyntax, argumentWord, type StatementSyntax, type SyntaxFile } from './syntax.js';

/** Columns of a line that a statement should not pass. */
const lineWidth = 80;
const indent = '    ';

export interface PrintOptions {
  readonly dialect: Dialect;
  /** Show `[secret]` for every secret, for diffs that people see. */
  readonly mask?: boolean;
}

/** The whole file in canonical form, ending with a line break. Printing twice gives the same text. */
export function printFile(file: SyntaxFile, options: PrintOptions): string {
  const { source } = file;
  const lines: string[] = [];
  let previousEnd = source.text.charCodeAt(0) === 0xfeff ? 1 : 0;
  for (const item of file.items) {
    if (lines.length > 0 && blankLineBetween(source.text, previousEnd, item.start)) lines.push('');
    const text =
      item.kind === 'comment' ? rawText(source, item, options).trimEnd() : printStatement(source, item, options);
    previousEnd = item.end;
    // At the beginning of a file it would be read as its mark of Unicode, and be gone the next time.
    const line = lines.length === 0 ? text.replace(/^[\ufeff\s]+/, '') : text;
    if (line !== '') lines.push(line);
  }
  const text = lines.join('\n');
  // A statement that a last backslash continues into the end of the file has its line break already.
  return text === '' || text.endsWith('\n') ? text : `${text}\n`;
}

function blankLineBetween(text: string, from: number, to: number): boolean {
  const first = text.indexOf('\n', from);
  return first !== -1 && first < to && text.indexOf('\n', first + 1) !== -1 && text.indexOf('\n', first + 1) < to;
}

function rawText(source: SourceText, { start, end }: { start: number; end: number }, { mask }: PrintOptions): string {
  const text = mask ? source.masked(start, end) : source.text.slice(start, end);
  return text.replace(/[ \t\r]+$/gm, '').replace(/\r\n/g, '\n');
}

function printStatement(source: SourceText, statement: StatementSyntax, options: PrintOptions): string {
  const parts = canonicalParts(source, statement, options);
  if (!parts) return rawText(source, statement, options);
  const oneLine = parts.join(' ');
  if (oneLine.length <= lineWidth) return oneLine;
  const [head = '', ...rest] = parts;
  return [head, ...rest.map((part) => indent + part)].join(' \\\n');
}

/** `add host web` and each argument with its value, in the order of the table; undefined where something is in doubt. */
function canonicalParts(source: SourceText, statement: StatementSyntax, options: PrintOptions): string[] | undefined {
  const { verb, object, subject } = statement;
  const row = object && objectRow(object.text.toLowerCase());
  if (statement.guessed || statement.form !== 'batch' || !verb || !row || statement.strays.length > 0) return undefined;
  const order = new Map(argumentsOf(row.name).map((argument, index) => [argument, index]));
  const printed: { readonly place: number; readonly text: string }[] = [];
  for (const argument of statement.arguments) {
    const found = findArgument(row.name, argumentWord(argument.name.text), options.dialect);
    if (!found || 'ambiguous' in found) return undefined;
    const value = printValue(source, found.row, argument, options);
    if (value === undefined) return undefined;
    printed.push({ place: order.get(found.row) ?? 0, text: `-${found.row.name}${value && ` ${value}`}` });
  }
  printed.sort((a, b) => a.place - b.place);
  // A key may end with a backslash, which must not become the end of the line.
  if (printed.at(-1)?.text.endsWith('\\')) return undefined;
  const head = [verb.text.toLowerCase(), row.name, ...(subject ? [subject.text] : [])].join(' ');
  return [head, ...printed.map((argument) => argument.text)];
}

/** A value in canonical case; the empty text for a switch; undefined where the value is missing or out of place. */
function printValue(
  source: SourceText,
  row: ArgumentRow,
  { value }: ArgumentSyntax,
  options: PrintOptions,
): string | undefined {
  if (row.kind === 'switch') return value ? undefined : '';
  if (!value) return undefined;
  if (options.mask && source.secretsWithin(value.start, value.end).length > 0) {
    return source.masked(value.start, value.end).replace(/\\\r?\n/g, '');
  }
  switch (row.kind) {
    case 'word':
    case 'words':
    case 'flags':
    case 'action':
    case 'protocol':
      return value.text.toUpperCase();
    case 'types':
      return value.text.toUpperCase() === 'ALL' ? 'ALL' : value.text;
    case 'addrspec':
      return value.text.replace(/\/[A-Za-z][A-Za-z-]*$/, (service) => service.toUpperCase());
    default:
      return value.text;
  }
}
