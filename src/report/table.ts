/**
 * Plain tables: columns two spaces apart, no lines, widths by display width. Where a table is wider than the terminal the
 * widest columns give way, and their texts wrap or are cropped. Colours are put on after that, so that no code is cut.
 */
import { type Paint, plainStyle, type Style } from './style.js';
import { visible } from './visible.js';
import { characterWidth, cropToWidth, displayWidth } from './width.js';

export interface TableColumn {
  readonly header: string;
  readonly align?: 'left' | 'right';
  /** What happens to a text that does not fit; `wrap` unless told. */
  readonly overflow?: 'wrap' | 'crop';
}

/** A text, and what it is painted with; the text itself must hold no colour codes, which would show as placeholders. */
export type TableCell = string | { readonly text: string; readonly paint: Paint };

export interface TableOptions {
  /** Columns of the terminal; without it nothing wraps. */
  readonly width?: number;
  readonly style?: Style;
}

const gap = 2;
/** A column is never made narrower than this, even if the table then is wider than the terminal. */
const columnWidthMin = 4;
/** Lines that one text may wrap to. */
const cellLinesMax = 40;

/** The lines of a table, without line breaks; a row may be shorter than the list of columns. */
export function* renderTable(
  columns: readonly TableColumn[],
  rows: readonly (readonly TableCell[])[],
  options: TableOptions = {},
): Generator<string> {
  const { bold } = options.style ?? plainStyle;
  const widths = fitWidths(naturalWidths(columns, rows), options.width);
  yield* rowLines(
    columns,
    widths,
    columns.map(({ header }) => ({ text: header, paint: bold })),
  );
  for (const row of rows) yield* rowLines(columns, widths, row);
}

function* rowLines(
  columns: readonly TableColumn[],
  widths: readonly number[],
  row: readonly TableCell[],
): Generator<string> {
  const cells = columns.map((column, index) => {
    const text = textOf(row[index]);
    const width = widths[index]!;
    return column.overflow === 'crop' ? [cropToWidth(text, width)] : wrapToWidth(text, width);
  });
  const height = Math.max(1, ...cells.map((lines) => lines.length));
  for (let line = 0; line < height; line += 1) {
    let shown = '';
    let pending = 0; // spaces due before the next text: none are left at the end of a line
    for (const [index, column] of columns.entries()) {
      const text = cells[index]![line] ?? '';
      const spare = Math.max(0, widths[index]! - displayWidth(text));
      const right = column.align === 'right';
      if (text !== '') {
        shown += `${' '.repeat(pending + (right ? spare : 0))}${paintOf(row[index])(text)}`;
        pending = right ? 0 : spare;
      } else pending += spare;
      pending += gap;
    }
    yield shown;
  }
}

function naturalWidths(columns: readonly TableColumn[], rows: readonly (readonly TableCell[])[]): number[] {
  return columns.map(({ header }, index) => {
    let width = displayWidth(visible(header));
    for (const row of rows) width = Math.max(width, displayWidth(textOf(row[index])));
    return width;
  });
}

/** Shares `width` out, narrowest column first: each gets what it needs or an equal part of what is left. */
function fitWidths(natural: readonly number[], width: number | undefined): readonly number[] {
  if (width === undefined) return natural;
  const fitted = [...natural];
  let left = width - gap * (natural.length - 1);
  const order = natural.map((_, index) => index).sort((a, b) => natural[a]! - natural[b]!);
  for (const [done, index] of order.entries()) {
    const share = Math.max(columnWidthMin, Math.floor(left / (order.length - done)));
    fitted[index] = Math.min(natural[index]!, share);
    left -= fitted[index]!;
  }
  return fitted;
}

/** Lines of at most `width` columns, broken at spaces where there are any; what exceeds the lines allowed is cropped. */
export function wrapToWidth(text: string, width: number): string[] {
  if (displayWidth(text) <= width) return [text];
  const lines: string[] = [];
  let line = '';
  let used = 0;
  const words = text.split(' ');
  for (const [index, word] of words.entries()) {
    if (lines.length >= cellLinesMax) break;
    const wordWidth = displayWidth(word);
    if (index > 0 && used + 1 + wordWidth <= width) {
      line += ` ${word}`;
      used += 1 + wordWidth;
      continue;
    }
    if (index > 0) {
      lines.push(line);
      line = '';
      used = 0;
    }
    for (const character of word) {
      const columns = characterWidth(character);
      if (used + columns > width && line !== '') {
        lines.push(line);
        line = '';
        used = 0;
      }
      line += character;
      used += columns;
    }
  }
  lines.push(line);
  if (lines.length <= cellLinesMax) return lines;
  const kept = lines.slice(0, cellLinesMax);
  kept[cellLinesMax - 1] = `${cropToWidth(kept[cellLinesMax - 1]!, Math.max(1, width - 1))}…`;
  return kept;
}

function textOf(cell: TableCell | undefined): string {
  if (cell === undefined) return '';
  return visible(typeof cell === 'string' ? cell : cell.text);
}

function paintOf(cell: TableCell | undefined): Paint {
  return cell === undefined || typeof cell === 'string' ? plainStyle.bold : cell.paint;
}
