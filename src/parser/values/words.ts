/** Values that are words of a table: single, comma lists and flags joined by plus signs. */
import { closest } from '../../model/did-you-mean.js';
import { exact } from '../../model/exact.js';
import { type Dialect, isIn } from '../../model/language/dialect.js';
import { ranges } from '../../model/language/limits.js';
import { protocolRows, type ValueRow } from '../../model/language/values.js';
import type { Span } from '../../model/span.js';
import { badValue, checkDialect, outOfRange, partSpan, shown, type ValueContext } from './context.js';

/** The row of a word in any case; one that is not in the table is reported with what could stand there. */
export function findWord<Row extends ValueRow>(
  context: ValueContext,
  table: readonly Row[],
  text: string,
  at: Span,
): Row | undefined {
  const upper = text.toUpperCase();
  const row = table.find((candidate) => candidate.word === upper);
  if (row) {
    checkDialect(context, at, row.word, row);
    return row;
  }
  const words = wordsOf(table, context.dialect);
  const guess = closest(upper, words);
  const help = guess ? `did you mean ${guess}?` : undefined;
  context.report({
    code: 'SYN019',
    message: `${context.what}: '${shown(context, at)}' is not one of its values`,
    at,
    notes: [`values: ${words.join(', ')}`],
    ...(help ? { help } : {}),
    ...(context.record ? { record: context.record } : {}),
    ...(guess ? { fixes: [{ safety: 'unsafe', title: `write ${guess}`, edits: [{ at, newText: guess }] }] } : {}),
  });
  return undefined;
}

/** The words of a table that a dialect has. */
export function wordsOf(table: readonly ValueRow[], dialect: Dialect): string[] {
  return table.filter((row) => isIn(dialect, row)).map((row) => row.word);
}

/** Splits a value at a separator, with the place of each part; an empty part is reported. */
export function splitValue(context: ValueContext, separator: ',' | '+'): { text: string; at: Span }[] {
  const { text } = context.word;
  const parts: { text: string; at: Span }[] = [];
  let from = 0;
  while (from <= text.length) {
    const found = text.indexOf(separator, from);
    const to = found === -1 ? text.length : found;
    if (to === from) {
      const near = partSpan(context, Math.max(0, from - 1), Math.min(text.length, to + 1));
      badValue(
        context,
        near,
        `${context.what}: an element is missing in the list`,
        `lists are written without blanks: A${separator}B`,
      );
    } else parts.push({ text: text.slice(from, to), at: partSpan(context, from, to) });
    from = to + 1;
  }
  return parts;
}

/** Reads a comma list of words of a table; a word given twice is reported and counts once. */
export function parseWords<Row extends ValueRow>(
  context: ValueContext,
  table: readonly Row[],
): readonly Row[] | undefined {
  const rows: Row[] = [];
  for (const part of splitValue(context, ',')) {
    const row = findWord(context, table, part.text, part.at);
    if (!row) continue;
    if (rows.includes(row)) {
      context.report({
        code: 'SYN021',
        message: `${context.what}: ${row.word} is listed twice`,
        at: part.at,
        help: 'the first one counts; leave the second out',
        severity: 'warning',
        ...(context.record ? { record: context.record } : {}),
      });
    } else rows.push(row);
  }
  return rows.length > 0 ? exact(rows) : undefined;
}

/** Reads flags; NONE stands alone. */
export function parseFlags(context: ValueContext, table: readonly ValueRow[]): readonly string[] | undefined {
  const words: string[] = [];
  for (const part of splitValue(context, '+')) {
    const row = findWord(context, table, part.text, part.at);
    if (row && !words.includes(row.word)) words.push(row.word);
  }
  if (words.length > 1 && words.includes('NONE')) {
    context.report({
      code: 'SYN015',
      message: `${context.what}: NONE means no flag and cannot stand with another`,
      at: partSpan(context, 0, context.word.text.length),
      ...(context.record ? { record: context.record } : {}),
    });
    return words.filter((word) => word !== 'NONE');
  }
  return words.length > 0 ? exact(words) : undefined;
}

/** Reads a protocol by name or number: 0 is every protocol. */
export function parseProtocol(context: ValueContext): number | undefined {
  const { text } = context.word;
  const at = partSpan(context, 0, text.length);
  if (!/^\d+$/.test(text)) return findWord(context, protocolRows, text, at)?.number;
  const number = Number(text);
  if (number <= ranges.protocol.max) return number;
  outOfRange(context, at, `${context.what}: protocol ${shown(context, at)} is out of range`, 'give 0 (all) to 255');
  return undefined;
}

/** Reads a list of message types, sorted and each once, or ALL. */
export function parseTypes(context: ValueContext): readonly number[] | 'ALL' | undefined {
  if (context.word.text.toUpperCase() === 'ALL') return 'ALL';
  const types = new Set<number>();
  for (const { text, at } of splitValue(context, ',')) {
    if (!/^\d+$/.test(text))
      badValue(
        context,
        at,
        `${context.what}: '${shown(context, at)}' is not a message type`,
        'give numbers from 0 to 255, or ALL',
      );
    else if (Number(text) > ranges.messageType.max)
      outOfRange(context, at, `${context.what}: message type ${shown(context, at)} is out of range`, 'give 0 to 255');
    else types.add(Number(text));
  }
  return types.size > 0 ? [...types].sort((a, b) => a - b) : undefined;
}
