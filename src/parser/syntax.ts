/**
 * The syntax tree of a record file: every statement and comment with its place, nothing interpreted. Together with the
 * source text it is lossless: what stands between the items is white space.
 */
import type { Problem } from '../model/problem.js';
import type { SourceText, Span } from '../model/span.js';

/** A word as it counts (continuations and quotes taken away) and where it stands. */
export interface Word {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

export interface ArgumentSyntax {
  /** With its hyphen, as written. */
  readonly name: Word;
  readonly value?: Word;
}

/** How a statement was written: as a line of a batch file, or as a command that a shell would read. */
export type StatementForm = 'batch' | 'command';

export interface StatementSyntax {
  readonly kind: 'statement';
  readonly form: StatementForm;
  readonly start: number;
  readonly end: number;
  /** Absent where the statement is broken before it. */
  readonly verb?: Word;
  readonly object?: Word;
  /** The first word after the object: a name or an address. */
  readonly subject?: Word;
  readonly arguments: readonly ArgumentSyntax[];
  /** Words that belong to no argument. */
  readonly strays: readonly Word[];
  /** It breaks the grammar and was read as what it was probably meant to be: never rewrite it. */
  readonly guessed?: true;
}

export interface CommentSyntax {
  readonly kind: 'comment';
  /** From the `#` to the end of the line. */
  readonly start: number;
  readonly end: number;
}

export type SyntaxItem = StatementSyntax | CommentSyntax;

export interface SyntaxFile {
  readonly source: SourceText;
  readonly items: readonly SyntaxItem[];
  readonly problems: readonly Problem[];
}

/** The span of a word. */
export function wordSpan(source: SourceText, word: { readonly start: number; readonly end: number }): Span {
  return { source, start: word.start, end: word.end };
}

/** The name of an argument without what it begins with: a hyphen, or what may stand in the place of one. */
export function argumentWord(text: string): string {
  return text.charCodeAt(0) === 45 && text.charCodeAt(1) !== 45
    ? text.slice(1)
    : text.replace(/^[-\u2010-\u2015\u2212]+/, '');
}
