/**
 * Plain tables: columns two spaces apart, no lines, widths by display width. Where a table is wider than the terminal the
 * widest columns give way, and their texts wrap or are cropped; where words that must stay whole leave too little room, each row
 * becomes a heading with the other texts under it. Colours are put on after that, so that no code is cut.
 */
import { type Paint, plainStyle, type Style } from './style.js';
import { visible } from './visible.js';
import { characterWidth, cropToWidth, displayWidth } from './width.js';

export interface TableColumn {
  readonly header: string;
  readonly align?: 'left' | 'right';
  /** What happens to a text that does not fit; `wrap` unless told. */
  readonly overflow?: 'wrap' | 'crop';
  /** Its texts are words that people copy: they are neither wrapped nor cropped while they fit on a line. */
  readonly whole?: boolean;
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
/** Columns that texts need at least to be read beside words that stay whole. */
const readableWidth = 24;
const indent = 4;
/** Lines that one text may wrap to. */
const cellLinesMax = 40;

/** The lines of a table, without line breaks; a row may be shorter than the list of columns. */
export function* renderTable(
  columns: readonly TableColumn[],
  rows: readonly (readonly TableCell[])[],
  options: TableOptions = {},
): Generator<string> {
  const { bold } = options.style ?? plainStyle;
  const { width } = options;
  const natural = naturalWidths(columns, rows);
  const whole = wholeColumns(columns, natural, width);
  if (width !== undefined && leavesTooLittle(natural, whole, width)) {
    for (const row of rows) yield* stackedLines(columns, row, width, bold);
    return;
  }
  const widths = fitWidths(natural, whole, width);
  yield* rowLines(
    columns,
    widths,
    columns.map(({ header }) => ({ text: header, paint: bold })),
  );
  for (const row of rows) yield* rowLines(columns, widths, row);
}

/** A row as a heading of the words that stay whole, and the other texts indented under it. */
function* stackedLines(
  columns: readonly TableColumn[],
  row: readonly TableCell[],
  width: number,
  bold: Paint,
): Generator<string> {
  const cells = columns
    .map((column, index) => ({ column, cell: row[index] }))
    .filter(({ cell }) => textOf(cell) !== '');
  const heading = cells.filter(({ column }) => column.whole).map(({ cell }) => textOf(cell));
  yield bold(heading.join(' '.repeat(gap)));
  for (const { column, cell } of cells) {
    if (column.whole) continue;
    const room = Math.max(columnWidthMin, width - indent);
    const lines = column.overflow === 'crop' ? [cropToWidth(textOf(cell), room)] : wrapToWidth(textOf(cell), room);
    for (const line of lines) yield `${' '.repeat(indent)}${paintOf(cell)(line)}`;
  }
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

/** The columns whose texts stay whole; none where even they do not fit on a line. */
function wholeColumns(
  columns: readonly TableColumn[],
  natural: readonly number[],
  width: number | undefined,
): ReadonlySet<number> {
  const whole = [...columns.keys()].filter((index) => columns[index]!.whole);
  return width === undefined || lineWidth(natural, whole) <= width ? new Set(whole) : new Set();
}

function lineWidth(natural: readonly number[], columns: readonly number[]): number {
  return columns.reduce((sum, index) => sum + natural[index]! + gap, -gap);
}

/** Do words that stay whole leave the other texts less than they need, and less than can be read? */
function leavesTooLittle(natural: readonly number[], whole: ReadonlySet<number>, width: number): boolean {
  if (whole.size === 0) return false;
  const others = [...natural.keys()].filter((index) => !whole.has(index));
  const left = width - lineWidth(natural, [...whole]) - gap;
  return left < Math.min(lineWidth(natural, others), readableWidth * others.length);
}

/** Shares `width` out: whole texts first, then narrowest first; each gets what it needs or an equal part of what is left. */
function fitWidths(
  natural: readonly number[],
  whole: ReadonlySet<number>,
  width: number | undefined,
): readonly number[] {
  if (width === undefined) return natural;
  const fitted = [...natural];
  let left = width - gap * (natural.length - 1) - [...whole].reduce((sum, index) => sum + natural[index]!, 0);
  const order = [...natural.keys()].filter((index) => !whole.has(index)).sort((a, b) => natural[a]! - natural[b]!);
  for (const [done, index] of order.entries()) {
    const share = Math.max(columnWidthMin, Math.floor(left / (order.length - done)));
    fitted[index] = Math.min(natural[index]!, share);
    left -= fitted[index]!;
  }
  return fitted;
}

/**
 * Lines of at most `width` columns, the ones after the first of `hang` columns less, for who writes them further in. They
 * are broken at spaces; a word that fits on no line is broken behind a slash, hyphen or comma where it has one, so that
 * paths and names of algorithms stay legible. What exceeds the lines allowed is cropped.
 */
export function wrapToWidth(text: string, width: number, hang = 0): string[] {
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
    if (lines.length >= cellLinesMax) break;
    const wordWidth = displayWidth(word);
    if (index > 0 && used + 1 + wordWidth <= room()) {
      line += ` ${word}`;
      used += 1 + wordWidth;
      continue;
    }
    if (index > 0) end();
    for (const part of wordWidth <= room() ? [word] : partsOf(word)) {
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
  end();
  if (lines.length <= cellLinesMax) return lines;
  const kept = lines.slice(0, cellLinesMax);
  kept[cellLinesMax - 1] = `${cropToWidth(kept[cellLinesMax - 1]!, Math.max(1, width - hang - 1))}…`;
  return kept;
}

/** A word with the places where it may be broken. */
function partsOf(word: string): string[] {
  return word.match(/[^/,-]*[/,-]+|[^/,-]+/g) ?? [word];
}

function textOf(cell: TableCell | undefined): string {
  if (cell === undefined) return '';
  return visible(typeof cell === 'string' ? cell : cell.text);
}

function paintOf(cell: TableCell | undefined): Paint {
  return cell === undefined || typeof cell === 'string' ? plainStyle.bold : cell.paint;
}
