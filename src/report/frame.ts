/**
 * A code frame: the lines of a span with their numbers, and carets under its exact columns.
 *
 *     12 | add host lab -destination 10.1.0.0/16 -priority 20
 *        |          ^^^ never matches
 *
 * What it shows is safe to print (no control characters, no secret), and what it costs depends on what it shows.
 */
import type { SourceText, Span } from '../model/span.js';
import { type LineView, viewLine } from './frame-line.js';
import { plainStyle, type Style } from './style.js';
import { visible } from './visible.js';
import { displayWidth } from './width.js';
import { wrapToWidth } from './wrap.js';

export interface FrameOptions {
  /** Columns that a line may take, indentation and numbers included; 100 unless told. */
  readonly width?: number;
  /** Spaces before each line. */
  readonly indent?: number;
  /** Digits reserved for line numbers, so that frames below each other line up. */
  readonly numberWidth?: number;
  /** Which place this is: `primary` is marked by carets in red, `secondary` by hyphens in blue. */
  readonly role?: 'primary' | 'secondary';
  /** Text behind the last carets. */
  readonly label?: string;
  /** Break the label to the width; otherwise it is one line, however long. */
  readonly wrap?: boolean;
  readonly style?: Style;
}

export const defaultWidth = 100;
/** A span of more lines than this is shown by its first and its last line. */
const linesMax = 3;
/** Columns that a label needs to stand behind its carets in several lines. */
const labelWidthMin = 24;
/** Blanks skipped to find where a later line of a span begins. */
const blanksSkippedMax = 400;

/** The lines of a frame, without line breaks. Offsets outside the text are moved to its nearest end. */
export function renderFrame(span: Span, options: FrameOptions = {}): string[] {
  const { source } = span;
  const style = options.style ?? plainStyle;
  const { start, end, first, last } = linesOf(span);
  const numberWidth = Math.max(options.numberWidth ?? 0, String(last).length);
  const indent = ' '.repeat(options.indent ?? 0);
  const columns = (options.width ?? defaultWidth) - indent.length - numberWidth - 3;
  const secondary = options.role === 'secondary';
  const paint = secondary ? style.blue : style.red;
  const bar = style.dim('|');

  const lines: string[] = [];
  const show = (line: number, label: string | undefined) => {
    const range = source.lineRange(line);
    const mark = {
      start: line === first ? start : firstVisible(source, range.start, range.end),
      end: line === last ? end : range.end,
    };
    const view = viewLine(source, range, mark, columns);
    const number = style.dim(String(line).padStart(numberWidth));
    lines.push(`${indent}${number} ${bar}${view.text === '' ? '' : ` ${view.text}`}`);
    const marks = (secondary ? '-' : '^').repeat(view.markWidth);
    const margin = `${indent}${' '.repeat(numberWidth)} ${bar} `;
    const placed = placeLabel(view, visible(label ?? ''), options.wrap ? columns : undefined);
    lines.push(`${margin}${' '.repeat(view.markColumn)}${paint(`${marks}${placed.behind}`)}`);
    for (const line of placed.below) lines.push(`${margin}${' '.repeat(placed.column)}${paint(line)}`);
  };

  if (last - first < linesMax) {
    for (let line = first; line <= last; line += 1) show(line, line === last ? options.label : undefined);
  } else {
    show(first, undefined);
    lines.push(`${indent}${style.dim(`${'…'.padStart(numberWidth)} | ${last - first - 1} more lines`)}`);
    show(last, options.label);
  }
  return lines;
}

/** A label behind its carets as far as there is room, and what stands in the lines below, from which column on. */
function placeLabel(
  { markColumn, markWidth }: LineView,
  label: string,
  columns: number | undefined,
): { readonly behind: string; readonly below: readonly string[]; readonly column: number } {
  if (label === '') return { behind: '', below: [], column: 0 };
  const behindColumn = markColumn + markWidth + 1;
  if (columns === undefined || behindColumn + displayWidth(label) <= columns)
    return { behind: ` ${label}`, below: [], column: 0 };
  if (columns - behindColumn >= labelWidthMin) {
    const [first = '', ...below] = wrapToWidth(label, columns - behindColumn);
    return { behind: ` ${first}`, below, column: behindColumn };
  }
  const column = Math.max(0, Math.min(markColumn, columns - labelWidthMin));
  return { behind: '', below: wrapToWidth(label, Math.max(1, columns - column)), column };
}

/** The digits that the line numbers of a span take. */
export function numberWidthOf(span: Span): number {
  return String(linesOf(span).last).length;
}

/** Offsets of a span moved into its text and the first and last line it touches; a line break at its end is left out. */
function linesOf(span: Span): { start: number; end: number; first: number; last: number } {
  const { source } = span;
  const start = Math.max(0, Math.min(span.start, source.text.length));
  const end = Math.max(start, Math.min(span.end, source.text.length));
  const first = source.position(start).line;
  const last = end > start ? source.position(end - 1).line : first;
  return { start, end, first, last };
}

/** Offset of the first character in [start, end) that is no blank, or `start` where there are too many of them. */
function firstVisible(source: SourceText, start: number, end: number): number {
  const limit = Math.min(end, start + blanksSkippedMax);
  for (let at = start; at < limit; at += 1) {
    const unit = source.text.charCodeAt(at);
    if (unit !== 0x20 && unit !== 0x09) return at;
  }
  return start;
}
