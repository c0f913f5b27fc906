/**
 * Splits a text into logical lines: statements (with their continuation lines), comments and blank lines. The grammar then
 * sees one statement at a time, so an error never reaches past its own statement, and memory does not grow with the file.
 */

export interface LogicalLine {
  readonly kind: 'statement' | 'comment';
  readonly start: number;
  /** Without the line break. */
  readonly end: number;
  /** What the language does not allow between the lines of a statement, in order. */
  readonly breaks?: readonly LineBreakFault[];
}

/** A fault at the end of a line that was clearly meant to go on; the statement is read as if it did. */
export interface LineBreakFault {
  /**
   * `comment`: a comment line inside a continued statement. `blanks`: blanks after the backslash, [start, end) is the
   * backslash and the blanks. `no-backslash`: the next line begins with an argument, [start, end) is empty and at the line's
   * end.
   */
  readonly kind: 'comment' | 'blanks' | 'no-backslash';
  readonly start: number;
  readonly end: number;
}

/**
 * What may stand before an operation when it was copied from a shell: a history number, a prompt, sudo, a path. The
 * operation then follows the shell's rules of quoting.
 */
export const commandPrefix =
  /^(?:\d+\s+)?(?:(?:[$%>]|\S+[$%>])\s+)?(?:sudo\s+)?(?:\S*\/)?ipsec_config(?=\s|\\\r?\n|$)/i;

const tab = 9;
const newline = 10;
const carriageReturn = 13;
const space = 32;
const hash = 35;
const hyphen = 45;
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
    let end = trimReturn(text, at, lineEnd);
    const first = skipBlanks(text, at, end);
    if (first === end) {
      at = lineEnd + 1;
      continue;
    }
    if (text.charCodeAt(first) === hash) {
      yield { kind: 'comment', start: first, end };
      at = lineEnd + 1;
      continue;
    }
    let breaks: LineBreakFault[] | undefined;
    while (lineEnd < length) {
      const fault = breakAfter(text, first, end, lineEnd + 1);
      if (fault === 'end') break;
      if (fault) {
        breaks ??= [];
        breaks.push(fault);
      }
      const nextStart = lineEnd + 1;
      lineEnd = endOfLine(text, nextStart);
      end = trimReturn(text, nextStart, lineEnd);
      const nextFirst = skipBlanks(text, nextStart, end);
      if (nextFirst === end || text.charCodeAt(nextFirst) !== hash) continue;
      breaks ??= [];
      breaks.push({ kind: 'comment', start: nextFirst, end });
      // What was meant is a statement that goes on after the comment, even when the comment has no backslash of its own.
      if (text.charCodeAt(end - 1) !== backslash && lineEnd < length && beginsWithArgument(text, lineEnd + 1)) {
        const resumed = lineEnd + 1;
        lineEnd = endOfLine(text, resumed);
        end = trimReturn(text, resumed, lineEnd);
      }
    }
    yield breaks ? { kind: 'statement', start: first, end, breaks } : { kind: 'statement', start: first, end };
    at = lineEnd + 1;
  }
}

/**
 * How the line that ends at `end` goes on in the line that begins at `nextStart`: properly (undefined), with a fault that can
 * be read past, or not at all.
 */
function breakAfter(text: string, first: number, end: number, nextStart: number): LineBreakFault | 'end' | undefined {
  const last = text.charCodeAt(end - 1);
  if (last === backslash && end > first) return undefined;
  if (!beginsWithArgument(text, nextStart)) return 'end';
  let trimmed = end;
  while (trimmed > first && isBlank(text.charCodeAt(trimmed - 1))) trimmed -= 1;
  return trimmed > first && text.charCodeAt(trimmed - 1) === backslash
    ? { kind: 'blanks', start: trimmed - 1, end }
    : { kind: 'no-backslash', start: trimmed, end: trimmed };
}

/** Does a line look like the rest of a statement? No statement begins with an argument. */
function beginsWithArgument(text: string, start: number): boolean {
  const at = skipBlanks(text, start, text.length);
  if (text.charCodeAt(at) !== hyphen) return false;
  const letter = text.charCodeAt(at + 1) | 0x20;
  return letter >= 97 && letter <= 122;
}

function skipBlanks(text: string, start: number, end: number): number {
  let at = start;
  while (at < end && isBlank(text.charCodeAt(at))) at += 1;
  return at;
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
