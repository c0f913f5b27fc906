/**
 * Splits a text into logical lines: statements (with their continuation lines), comments and blank lines. The grammar then
 * sees one statement at a time, so an error never reaches past its own statement, and memory does not grow with the file.
 */

export interface LogicalLine {
  readonly kind: 'statement' | 'comment';
  readonly start: number;
  /** Without the line break. */
  readonly end: number;
  /** Comment lines inside a continued statement: [start, end) each. The language does not allow them. */
  readonly innerComments?: readonly (readonly [number, number])[];
}

const tab = 9;
const newline = 10;
const carriageReturn = 13;
const space = 32;
const hash = 35;
const backslash = 92;

/**
 * Walks over the logical lines of a text in order. A `#` begins a comment where it is the first character of a line other
 * than blanks; a backslash before the line break continues a statement. Linear in the length of the text.
 */
export function* logicalLines(text: string): Generator<LogicalLine> {
  const length = text.length;
  let at = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  while (at < length) {
    let lineEnd = endOfLine(text, at);
    let first = at;
    const contentEnd = trimReturn(text, at, lineEnd);
    while (first < contentEnd && isBlank(text.charCodeAt(first))) first += 1;
    if (first === contentEnd) {
      at = lineEnd + 1;
      continue;
    }
    if (text.charCodeAt(first) === hash) {
      yield { kind: 'comment', start: first, end: contentEnd };
      at = lineEnd + 1;
      continue;
    }
    let end = contentEnd;
    let innerComments: [number, number][] | undefined;
    while (end > first && text.charCodeAt(end - 1) === backslash && lineEnd < length) {
      const nextStart = lineEnd + 1;
      lineEnd = endOfLine(text, nextStart);
      end = trimReturn(text, nextStart, lineEnd);
      let nextFirst = nextStart;
      while (nextFirst < end && isBlank(text.charCodeAt(nextFirst))) nextFirst += 1;
      if (text.charCodeAt(nextFirst) === hash && nextFirst < end) {
        innerComments ??= [];
        innerComments.push([nextFirst, end]);
        // What was meant is a statement that goes on after the comment, even when the comment has no backslash of its own.
        if (text.charCodeAt(end - 1) !== backslash && lineEnd < length && continuesAfter(text, lineEnd + 1)) {
          const resumed = lineEnd + 1;
          lineEnd = endOfLine(text, resumed);
          end = trimReturn(text, resumed, lineEnd);
        }
      }
    }
    yield innerComments
      ? { kind: 'statement', start: first, end, innerComments }
      : { kind: 'statement', start: first, end };
    at = lineEnd + 1;
  }
}

/** Does the next line look like the rest of a statement, that is: does it begin with an argument? */
function continuesAfter(text: string, start: number): boolean {
  let at = start;
  while (isBlank(text.charCodeAt(at))) at += 1;
  return text.charCodeAt(at) === 45;
}

function endOfLine(text: string, from: number): number {
  const at = text.indexOf('\n', from);
  return at === -1 ? text.length : at;
}

function trimReturn(text: string, start: number, end: number): number {
  return end > start && text.charCodeAt(end - 1) === carriageReturn ? end - 1 : end;
}

function isBlank(code: number): boolean {
  return code === space || code === tab || (code >= 11 && code <= 13 && code !== newline);
}
