/**
 * A unified diff of two texts, for people: secrets are masked and hidden characters have placeholders, so that it shows
 * what would change but is not meant as input for `patch`.
 *
 * Lines are compared by their whole text, secrets and line breaks included: a changed key shows as a changed line with
 * `[secret]` on both sides, a changed line break by its placeholder `␍`.
 */
import type { SourceText } from '../model/span.js';
import { diffLines } from './line-diff.js';
import { plainStyle, type Style } from './style.js';
import { visible } from './visible.js';

export interface DiffOptions {
  /** Names in the heading; the paths of the texts unless told. */
  readonly beforeLabel?: string;
  readonly afterLabel?: string;
  /** Unchanged lines around a change; 3 unless told. */
  readonly context?: number;
  readonly style?: Style;
}

/** Code units of a line that are shown. */
const lineShownMax = 2000;

/** Lines [start, end) of a text from 0, and where the first and what follows the last begins. */
interface Window {
  readonly source: SourceText;
  /** Number of the first line in the window, from 0. */
  readonly firstLine: number;
  /** Offsets at which lines begin, and the end of the window. */
  readonly starts: readonly number[];
}

/** A run of hunk lines; ends are exclusive, numbers index the lines of the windows. */
interface Hunk {
  readonly beforeStart: number;
  beforeEnd: number;
  readonly afterStart: number;
  afterEnd: number;
}

/** The diff line by line, line breaks included; nothing where the texts are equal. Mark the secrets of both texts first. */
export function* unifiedDiff(before: SourceText, after: SourceText, options: DiffOptions = {}): Generator<string> {
  if (before.text === after.text) return;
  const context = Math.max(0, options.context ?? 3);
  const style = options.style ?? plainStyle;
  const [a, b] = changedWindows(before, after, context);
  const { removed, added } = diffLines(...numberLines(a, b));

  yield `${style.bold(`--- ${visible(options.beforeLabel ?? before.path)}`)}\n`;
  yield `${style.bold(`+++ ${visible(options.afterLabel ?? after.path)}`)}\n`;
  for (const hunk of hunksOf(removed, added, context)) {
    const place = `@@ -${rangeText(a, hunk.beforeStart, hunk.beforeEnd)} +${rangeText(b, hunk.afterStart, hunk.afterEnd)} @@`;
    yield `${style.cyan(place)}\n`;
    let right = hunk.afterStart;
    for (let left = hunk.beforeStart; left < hunk.beforeEnd || right < hunk.afterEnd; ) {
      if (left < hunk.beforeEnd && removed[left] === 1) yield* shownLine(a, left++, '-', style.red);
      else if (right < hunk.afterEnd && added[right] === 1) yield* shownLine(b, right++, '+', style.green);
      else {
        yield* shownLine(a, left++, ' ', plainStyle.bold);
        right += 1;
      }
    }
  }
}

/** Leaves out what both texts begin and end with, but for `context` lines, so that a small change in a big file stays cheap. */
function changedWindows(before: SourceText, after: SourceText, context: number): [Window, Window] {
  const a = before.text;
  const b = after.text;
  const shortest = Math.min(a.length, b.length);
  let same = 0;
  while (same < shortest && a.charCodeAt(same) === b.charCodeAt(same)) same += 1;
  let tail = 0;
  while (tail < shortest - same && a.charCodeAt(a.length - 1 - tail) === b.charCodeAt(b.length - 1 - tail)) tail += 1;

  let start = same === 0 ? 0 : a.lastIndexOf('\n', same - 1) + 1;
  for (let line = 0; line < context && start > 0; line += 1)
    start = start === 1 ? 0 : a.lastIndexOf('\n', start - 2) + 1;
  const firstLine = before.position(start).line - 1;

  // The common tail may begin within a line, and its first line break may be all that is common of the line it ends.
  let end = lineBreakAfter(a, a.length - tail);
  for (let line = 0; line < context; line += 1) end = lineBreakAfter(a, end);
  return [
    { source: before, firstLine, starts: startsWithin(a, start, end) },
    { source: after, firstLine, starts: startsWithin(b, start, end - a.length + b.length) },
  ];
}

function lineBreakAfter(text: string, offset: number): number {
  const at = text.indexOf('\n', offset);
  return at === -1 ? text.length : at + 1;
}

function startsWithin(text: string, start: number, end: number): number[] {
  const starts = [start];
  for (let at = text.indexOf('\n', start); at !== -1 && at + 1 < end; at = text.indexOf('\n', at + 1))
    starts.push(at + 1);
  if (end > start) starts.push(end);
  return starts;
}

/** Gives equal lines equal numbers. */
function numberLines(a: Window, b: Window): [Int32Array, Int32Array] {
  const numbers = new Map<string, number>();
  const number = ({ source, starts }: Window) => {
    const lines = new Int32Array(Math.max(0, starts.length - 1));
    for (let index = 0; index < lines.length; index += 1) {
      const line = source.text.slice(starts[index]!, starts[index + 1]!);
      const known = numbers.get(line);
      lines[index] = known ?? numbers.size;
      if (known === undefined) numbers.set(line, numbers.size);
    }
    return lines;
  };
  return [number(a), number(b)];
}

/** Gathers changes whose context would touch. */
function* hunksOf(removed: Uint8Array, added: Uint8Array, context: number): Generator<Hunk> {
  let hunk: Hunk | undefined;
  let left = 0;
  let right = 0;
  while (left < removed.length || right < added.length) {
    if (removed[left] !== 1 && added[right] !== 1) {
      left += 1;
      right += 1;
      continue;
    }
    const changeStart = left;
    const before = Math.min(context, left, right);
    if (hunk && changeStart - hunk.beforeEnd > 2 * context) {
      yield extended(hunk, context, removed.length);
      hunk = undefined;
    }
    hunk ??= { beforeStart: left - before, beforeEnd: left, afterStart: right - before, afterEnd: right };
    while (removed[left] === 1) left += 1;
    while (added[right] === 1) right += 1;
    hunk.beforeEnd = left;
    hunk.afterEnd = right;
  }
  if (hunk) yield extended(hunk, context, removed.length);
}

/** A hunk with the context behind it. */
function extended(hunk: Hunk, context: number, length: number): Hunk {
  const behind = Math.min(context, length - hunk.beforeEnd);
  return { ...hunk, beforeEnd: hunk.beforeEnd + behind, afterEnd: hunk.afterEnd + behind };
}

/** `line,count` of a hunk's side; the count is left out where it is 1, and an empty side names the line before it. */
function rangeText({ firstLine }: Window, start: number, end: number): string {
  const lines = end - start;
  const first = firstLine + start + (lines === 0 ? 0 : 1);
  return lines === 1 ? String(first) : `${first},${lines}`;
}

function* shownLine(
  { source, starts }: Window,
  line: number,
  sign: string,
  paint: (text: string) => string,
): Generator<string> {
  const start = starts[line]!;
  const end = starts[line + 1]!;
  const broken = source.text.charCodeAt(end - 1) === 0x0a;
  const textEnd = broken ? end - 1 : end;
  const cut = Math.min(textEnd, start + lineShownMax);
  // Tabs stay, for they are layout; everything else that is hidden becomes visible.
  const text = source
    .masked(start, cut)
    .split('\t')
    .map((part) => visible(part))
    .join('\t');
  yield `${paint(`${sign}${text}${cut < textEnd ? '…' : ''}`)}\n`;
  if (!broken) yield `${paint('\\ No newline at end of file')}\n`;
}
