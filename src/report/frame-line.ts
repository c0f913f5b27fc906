/**
 * One source line as a frame shows it: a window around a mark, at most so many columns wide.
 *
 * Only the window is read, so a line of 50 MB costs no more than one of 500 octets. Within it a tab is four spaces
 * wherever it stands (a tab stop would depend on text that is not read), a secret is `[secret]`, and a character with
 * the marks that combine with it is one cell.
 */
import type { SourceText } from '../model/span.js';
import { isHidden, isInsidePair, placeholder } from './visible.js';
import { characterWidth, displayWidth } from './width.js';

/** A window's text, and where in it the mark stands; both in terminal columns from 0. */
export interface LineView {
  readonly text: string;
  readonly markColumn: number;
  /** At least 1: an empty mark, as at the end of a line, still gets one caret. */
  readonly markWidth: number;
}

interface Range {
  readonly start: number;
  readonly end: number;
}

/** What is shown as one piece; [from, to) are offsets of the source. */
interface Cell {
  text: string;
  readonly width: number;
  readonly from: number;
  to: number;
  marks: number;
}

const tab = '    ';
const maskText = '[secret]';
/** Code units read on either side of the mark for each column that can be shown. */
const unitsPerColumn = 4;
/** Combining marks on one character; further ones are shown by number, for they could fill a screen unseen. */
const combiningMax = 8;

/** The part of the line [line.start, line.end) of `source` around `mark` that fits into `columns` (at least 20). */
export function viewLine(source: SourceText, line: Range, mark: Range, columns: number): LineView {
  const text = source.text;
  const budget = Math.max(20, columns) - 1; // the last column is for a caret behind the end of the line
  let start = clamp(mark.start, line);
  let end = Math.max(start, clamp(mark.end, line));
  if (isInsidePair(text, start)) start -= 1;
  if (isInsidePair(text, end)) end += 1;

  const reach = unitsPerColumn * budget;
  let from = Math.max(line.start, start - reach);
  let to = Math.min(line.end, start + reach);
  if (isInsidePair(text, from)) from -= 1;
  if (isInsidePair(text, to)) to += 1;

  const cells = cellsOf(source, from, to);
  const marked = firstCellAfter(cells, start);
  const shown = chooseCells(cells, marked, budget, from > line.start, to < line.end);
  return compose(cells, shown, start, end);
}

interface Shown {
  readonly first: number;
  /** One past the last. */
  readonly last: number;
  readonly cutBefore: boolean;
  readonly cutAfter: boolean;
}

/** Chooses cells around number `marked`: a third of the room for what stands before it, the rest for what follows. */
function chooseCells(
  cells: readonly Cell[],
  marked: number,
  budget: number,
  unreadBefore: boolean,
  unreadAfter: boolean,
): Shown {
  let total = 0;
  for (const cell of cells) total += cell.width;
  if (!unreadBefore && !unreadAfter && total <= budget) {
    return { first: 0, last: cells.length, cutBefore: false, cutAfter: false };
  }
  const room = budget - 2; // both ellipses
  let first = marked;
  let last = marked;
  let used = 0;
  const extendBack = (limit: number) => {
    while (first > 0 && used + cells[first - 1]!.width <= limit) {
      first -= 1;
      used += cells[first]!.width;
    }
  };
  extendBack(Math.floor(room / 3));
  while (last < cells.length && used + cells[last]!.width <= room) {
    used += cells[last]!.width;
    last += 1;
  }
  extendBack(room);
  return { first, last, cutBefore: first > 0 || unreadBefore, cutAfter: last < cells.length || unreadAfter };
}

function compose(cells: readonly Cell[], shown: Shown, start: number, end: number): LineView {
  let text = shown.cutBefore ? '…' : '';
  let column = text.length;
  let markColumn: number | undefined;
  let markEnd: number | undefined;
  for (let index = shown.first; index < shown.last; index += 1) {
    const cell = cells[index]!;
    if (markColumn === undefined && cell.to > start) markColumn = column;
    text += cell.text;
    column += cell.width;
    if (cell.from < end) markEnd = column;
  }
  if (shown.cutAfter) {
    const cutAt = cells[shown.last]?.from ?? cells.at(-1)?.to ?? start;
    if (cutAt < end) markEnd = column + 1; // the span goes on where nothing is shown
    text += '…';
  }
  const at = markColumn ?? column;
  return { text, markColumn: at, markWidth: end > start ? Math.max(1, (markEnd ?? at + 1) - at) : 1 };
}

function cellsOf(source: SourceText, from: number, to: number): Cell[] {
  const cells: Cell[] = [];
  let at = from;
  for (const [secretStart, secretEnd] of source.secretsWithin(from, to)) {
    if (at < secretStart) appendText(cells, source.masked(at, secretStart), at);
    cells.push({ text: maskText, width: maskText.length, from: secretStart, to: secretEnd, marks: combiningMax });
    at = secretEnd;
  }
  if (at < to) appendText(cells, source.masked(at, to), at);
  return cells;
}

/** Adds the cells of `text`, which stands at offset `from` of the source and holds no secret. */
function appendText(cells: Cell[], text: string, from: number): void {
  let at = from;
  for (const character of text) {
    const next = at + character.length;
    if (character === '\t') {
      cells.push({ text: tab, width: tab.length, from: at, to: next, marks: combiningMax });
    } else if (isHidden(character)) {
      pushPlaceholder(cells, character, at);
    } else {
      const width = characterWidth(character);
      const previous = cells.at(-1);
      if (width > 0) cells.push({ text: character, width, from: at, to: next, marks: 0 });
      else if (previous && previous.marks < combiningMax) {
        previous.text += character;
        previous.to = next;
        previous.marks += 1;
      } else pushPlaceholder(cells, character, at);
    }
    at = next;
  }
}

function pushPlaceholder(cells: Cell[], character: string, at: number): void {
  const text = placeholder(character);
  cells.push({ text, width: displayWidth(text), from: at, to: at + character.length, marks: combiningMax });
}

/** Index of the first cell that ends behind `offset`, or the number of cells. */
function firstCellAfter(cells: readonly Cell[], offset: number): number {
  const index = cells.findIndex((cell) => cell.to > offset);
  return index === -1 ? cells.length : index;
}

function clamp(offset: number, line: Range): number {
  return Math.max(line.start, Math.min(offset, line.end));
}
