/**
 * Plain tables: columns two spaces apart, no lines, widths by display width. Where a table is wider than the terminal the
 * widest columns give way, and their texts wrap or are cropped; where words that must stay whole leave too little room, or words
 * would be broken, each row becomes a heading with the other texts under it. Colours are put on after that, so that no code is cut.
 */
import { type Paint, plainStyle, type Style } from './style.js';
import { visible } from './visible.js';
import { cropToWidth, displayWidth } from './width.js';
import { partsOf, wrapToWidth } from './wrap.js';

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
/** Longer words than this may be broken in a column. */
const wordWidthMax = 16;

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
  if (width !== undefined && areCrushed(columns, rows, widths, width)) {
    for (const row of rows) yield* stackedLines(columns, row, width, bold);
    return;
  }
  yield* rowLines(
    columns,
    widths,
    columns.map(({ header }) => ({ text: header, paint: bold })),
  );
  for (const row of rows) yield* rowLines(columns, widths, row);
}

/**
 * A row as a heading and the other texts indented under it. The heading is the words that stay whole, else the first column
 * with its header. Several texts get their headers as labels; a single one needs none.
 */
function* stackedLines(
  columns: readonly TableColumn[],
  row: readonly TableCell[],
  width: number,
  bold: Paint,
): Generator<string> {
  const hasWhole = columns.some((column) => column.whole);
  const isHeading = (index: number) => (hasWhole ? columns[index]!.whole === true : index === 0);
  const indexes = [...columns.keys()].filter((index) => textOf(row[index]) !== '');
  const heading = indexes.filter(isHeading).map((index) => textOf(row[index]));
  if (!hasWhole) heading.unshift(visible(columns[0]!.header));
  const joined = heading.filter((text) => text !== '').join(hasWhole ? ' '.repeat(gap) : ' ');
  for (const line of wrapToWidth(joined, width)) yield bold(line);

  const others = [...columns.keys()].filter((index) => !isHeading(index));
  const labelled = others.length > 1;
  const labelWidth = labelled
    ? Math.max(...others.map((index) => displayWidth(visible(columns[index]!.header)))) + gap
    : 0;
  const room = Math.max(columnWidthMin, width - indent - labelWidth);
  for (const index of others) {
    const text = textOf(row[index]);
    if (text === '') continue;
    const lines = columns[index]!.overflow === 'crop' ? [cropToWidth(text, room)] : wrapToWidth(text, room);
    for (const [number, line] of lines.entries()) {
      const label = labelled && number === 0 ? visible(columns[index]!.header) : '';
      const padding = ' '.repeat(Math.max(0, labelWidth - displayWidth(label)));
      yield `${' '.repeat(indent)}${label}${padding}${paintOf(row[index])(line)}`;
    }
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

/** Is the table wider than the terminal, or are words broken that columns of a readable width would hold? */
function areCrushed(
  columns: readonly TableColumn[],
  rows: readonly (readonly TableCell[])[],
  widths: readonly number[],
  width: number,
): boolean {
  if (lineWidth(widths, [...widths.keys()]) > width) return true;
  return columns.some(({ header, overflow }, index) => {
    if (overflow === 'crop') return false;
    const longest = Math.max(longestPart(visible(header)), ...rows.map((row) => longestPart(textOf(row[index]))));
    return widths[index]! < Math.min(longest, wordWidthMax);
  });
}

/** Columns of the longest piece of a text that wrapping does not break. */
function longestPart(text: string): number {
  return Math.max(0, ...text.split(' ').flatMap(partsOf).map(displayWidth));
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

function textOf(cell: TableCell | undefined): string {
  if (cell === undefined) return '';
  return visible(typeof cell === 'string' ? cell : cell.text);
}

function paintOf(cell: TableCell | undefined): Paint {
  return cell === undefined || typeof cell === 'string' ? plainStyle.bold : cell.paint;
}
