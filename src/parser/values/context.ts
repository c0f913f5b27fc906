/** What an argument's value parser is given besides the text. */
import type { RecordRef } from '../../model/finding.js';
import type { Dialect } from '../../model/language/dialect.js';
import { describeLifespan, isIn, type Lifespan } from '../../model/language/dialect.js';
import type { ExtendedTables } from '../../model/language/extra-values.js';
import type { Problem } from '../../model/problem.js';
import type { SourceText, Span } from '../../model/span.js';
import type { Word } from '../syntax.js';

export interface ValueContext {
  readonly source: SourceText;
  readonly dialect: Dialect;
  /** The value. */
  readonly word: Word;
  /** `-source of host 'web'`: for messages. */
  readonly what: string;
  readonly record?: RecordRef;
  /** Lists of values that a configuration has extended, by record and argument. */
  readonly tables?: ExtendedTables;
  report(problem: Problem): void;
}

/**
 * The span of characters [from, to) of a value. Where a continuation line cuts through the word, offsets inside it no longer
 * match the text, and the whole word is pointed at.
 */
export function partSpan({ source, word }: ValueContext, from: number, to: number): Span {
  if (word.end - word.start !== word.text.length) return { source, start: word.start, end: word.end };
  return { source, start: word.start + from, end: word.start + to };
}

/** A value's own text for a message: cut to a readable length, secrets masked. */
export function shown(context: ValueContext, at: Span = partSpan(context, 0, context.word.text.length)): string {
  const text = context.source.masked(at.start, at.end).replace(/\\\r?\n/g, '');
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

/** Reports a value that cannot be read. */
export function badValue(context: ValueContext, at: Span, message: string, help?: string): undefined {
  context.report({
    code: 'SYN019',
    message,
    at,
    ...(help ? { help } : {}),
    ...(context.record ? { record: context.record } : {}),
  });
  return undefined;
}

/** Reports a number outside its range. */
export function outOfRange(context: ValueContext, at: Span, message: string, help?: string): void {
  context.report({
    code: 'SYN002',
    message,
    at,
    ...(help ? { help } : {}),
    ...(context.record ? { record: context.record } : {}),
  });
}

/** Reports a word that the dialect does not have (and lets it count all the same). */
export function checkDialect(context: ValueContext, at: Span, what: string, lifespan: Lifespan): void {
  if (isIn(context.dialect, lifespan)) return;
  context.report({
    code: 'SYN022',
    message: `${what} is not in dialect ${context.dialect}`,
    at,
    notes: [`known to ${describeLifespan(lifespan)}`],
    help: 'use a word of the dialect, or state another with `# ipsec-dialect: NAME`',
    ...(context.record ? { record: context.record } : {}),
  });
}
