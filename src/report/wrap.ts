/**
 * Breaking texts and lines to the width of a terminal. Widths are columns, so that wide characters count two and the codes
 * of colours none. Without a width nothing is broken: a pipe gets each line whole.
 */
import { characterWidth, cropToWidth, displayWidth } from './width.js';

/** Lines that a cell of a table may wrap to. */
const linesMaxDefault = 40;
/** Columns that further lines are further in than the first. */
const hangDefault = 2;
/** Columns that a text keeps beside what it hangs under; with fewer it moves to the left. */
const readableWidth = 20;

/**
 * Lines of at most `width` columns, the ones after the first of `hang` columns less, for who writes them further in. They
 * are broken at spaces; a word that fits on no line is broken behind a slash, hyphen or comma where it has one, so that
 * paths and names of algorithms stay legible. What exceeds the lines allowed is cropped.
 */
export function wrapToWidth(text: string, width: number, hang = 0, linesMax = linesMaxDefault): string[] {
  if (displayWidth(text) <= width) return [text];
  const lines: string[] = [];
  let line = '';
  let used = 0;
  const room = () => (lines.length === 0 ? width : Math.max(1, width - hang));
  const end = () => {
    lines.push(line.trimEnd());
    line = '';
    used = 0;
  };
  for (const [index, word] of text.split(' ').entries()) {
    if (lines.length >= linesMax) break;
    const wordWidth = displayWidth(word);
    // Of a run of spaces nothing is left where it is broken.
    const isBroken = lines.length > 0 && line === '';
    if (isBroken && word === '') continue;
    if (index > 0 && !isBroken && used + 1 + wordWidth <= room()) {
      line += ` ${word}`;
      used += 1 + wordWidth;
      continue;
    }
    const parts = wordWidth <= room() ? [word] : partsOf(word);
    if (index > 0 && !isBroken) {
      // A word that is broken anyhow begins where the text is.
      if (parts.length > 1 && used + 1 + displayWidth(parts[0]!) <= room()) {
        line += ' ';
        used += 1;
      } else end();
    }
    for (const part of parts) {
      const partWidth = displayWidth(part);
      if (used + partWidth > room() && line !== '') end();
      if (partWidth <= room()) {
        line += part;
        used += partWidth;
        continue;
      }
      for (const character of part) {
        const columns = characterWidth(character);
        if (used + columns > room() && line !== '') end();
        line += character;
        used += columns;
      }
    }
  }
  if (line !== '' || lines.length === 0) end();
  if (lines.length <= linesMax) return lines;
  const kept = lines.slice(0, linesMax);
  kept[linesMax - 1] = `${cropToWidth(kept[linesMax - 1]!, Math.max(1, width - hang - 1))}…`;
  return kept;
}

/** A word with the places where it may be broken. */
export function partsOf(word: string): string[] {
  return word.match(/[^/,-]*[/,-]+|[^/,-]+/g) ?? [word];
}

export interface LineWrap {
  /** Column under which further lines begin, never left of where the line begins; two further in unless told. */
  readonly under?: number;
  /** Put at the end of each line that goes on, as ` \` for commands that people copy. */
  readonly continuation?: string;
}

/** A finished line, colours and all, as lines of at most `width` columns. Each line closes the colours that it opens. */
export function wrapLine(
  line: string,
  width: number | undefined,
  { under, continuation = '' }: LineWrap = {},
): string[] {
  // No character is wider than two columns, so that a short line need not be looked at.
  if (width === undefined || 2 * line.length <= width) return [line];
  const { plain, codes } = withoutCodes(line);
  if (displayWidth(plain) <= width) return [line];
  const indent = /^ */.exec(plain)![0].length;
  const wanted = under === undefined ? indent + hangDefault : Math.max(under, indent);
  const hang =
    width - wanted >= readableWidth
      ? wanted
      : Math.max(0, Math.min(wanted, indent + hangDefault, width - readableWidth));
  const room = Math.max(1, width - displayWidth(continuation));
  const pieces = wrapToWidth(plain.trimEnd(), room, hang, Number.POSITIVE_INFINITY);
  return painted(pieces, plain, codes).map(
    (piece, index) => `${index === 0 ? '' : ' '.repeat(hang)}${piece}${index < pieces.length - 1 ? continuation : ''}`,
  );
}

/** The same for all lines of a text. */
export function* wrapLines(
  lines: Iterable<string>,
  width: number | undefined,
  options: LineWrap = {},
): Generator<string> {
  for (const line of lines) yield* wrapLine(line, width, options);
}

interface Code {
  /** Offset in the text without codes. */
  readonly at: number;
  readonly text: string;
}

const codePattern = /\u001b\[([\d;]*)m/g;

function withoutCodes(line: string): { plain: string; codes: readonly Code[] } {
  if (!line.includes('\u001b')) return { plain: line, codes: [] };
  const codes: Code[] = [];
  let plain = '';
  let from = 0;
  for (const match of line.matchAll(codePattern)) {
    plain += line.slice(from, match.index);
    codes.push({ at: plain.length, text: match[0] });
    from = match.index + match[0].length;
  }
  return { plain: plain + line.slice(from), codes };
}

/** Puts the codes back into the pieces of `plain`, of which only spaces were left out. */
function painted(pieces: readonly string[], plain: string, codes: readonly Code[]): string[] {
  if (codes.length === 0) return [...pieces];
  let at = 0;
  let next = 0;
  let open: string[] = [];
  const codesUntil = (offset: number): string => {
    let text = '';
    for (; next < codes.length && codes[next]!.at <= offset; next += 1) {
      text += codes[next]!.text;
      open = after(open, codes[next]!.text);
    }
    return text;
  };
  return pieces.map((piece, index) => {
    if (index > 0) while (plain[at] === ' ') at += 1;
    let line = open.join('');
    for (let end = at + piece.length; at < end; at += 1) line += codesUntil(at) + plain[at];
    line += codesUntil(at);
    return open.length === 0 ? line : `${line}\u001b[0m`;
  });
}

/** What is open once `code` was written. */
function after(open: readonly string[], code: string): string[] {
  const number = Number(code.slice(2, -1));
  if (number === 0) return [];
  if (number === 22) return open.filter((each) => each !== '\u001b[1m' && each !== '\u001b[2m');
  if (number === 39) return open.filter((each) => !/^\u001b\[(?:3[0-7]|9[0-7])m$/.test(each));
  return [...open, code];
}
