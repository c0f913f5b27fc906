/** Every pair of a repository as text: a grid where it is small enough to be read, and what fails, with its reason. */
import { plainStyle, type Style } from '../style.js';
import { visible } from '../visible.js';
import { cropToWidth, displayWidth } from '../width.js';
import { wrapToWidth } from '../wrap.js';
import type { MatrixDocument, MatrixPair } from './document.js';
import { verdictWord } from './text.js';

export interface MatrixTextOptions {
  readonly width?: number;
  readonly style?: Style;
  /** Every failing pair, however many. */
  readonly all?: boolean;
}

/** Systems that a grid is drawn for. */
const gridMax = 60;
const nameWidthMax = 24;
const failuresMax = 50;

/** Lines, without line breaks. */
export function* renderMatrix(document: MatrixDocument, options: MatrixTextOptions = {}): Generator<string> {
  const style = options.style ?? plainStyle;
  const { systems, pairs } = document;
  const bad = pairs.filter(({ good }) => !good);
  const columns = Math.max(1, systems.length * 2 + nameWidthMax + 4);
  if (systems.length > 1 && systems.length <= gridMax && columns <= (options.width ?? Number.POSITIVE_INFINITY)) {
    yield* grid(document, style);
    yield '';
  }
  const shown = options.all ? bad : bad.slice(0, failuresMax);
  for (const pair of shown) yield* failure(pair, options.width, style);
  if (bad.length > shown.length) yield style.dim(`… ${bad.length - shown.length} more pairs fail: see --json`);
  for (const line of [...document.assumptions.map((text) => `assumed: ${text}`), ...document.notes])
    for (const part of options.width === undefined ? [line] : wrapToWidth(visible(line), options.width - 2))
      yield `  ${part}`;
  const negotiated = pairs.filter(({ word }) => word !== 'nothing-to-negotiate').length;
  const text = `${systems.length} systems, ${negotiated} pairs protect something between them: ${
    bad.length === 0 ? 'all negotiate' : `${bad.length} fail`
  }`;
  yield document.good ? style.green(text) : style.red(text);
}

function* grid({ systems, pairs }: MatrixDocument, style: Style): Generator<string> {
  const cells = new Map(
    pairs.flatMap(
      (pair) =>
        [
          [`${pair.a} ${pair.b}`, pair],
          [`${pair.b} ${pair.a}`, pair],
        ] as const,
    ),
  );
  const width = Math.min(nameWidthMax, Math.max(...systems.map((name) => displayWidth(visible(name)))));
  const number = (index: number): string => String((index + 1) % 10);
  yield style.dim(`${' '.repeat(width + 4)}${systems.map((_, index) => number(index)).join(' ')}`);
  for (const [index, name] of systems.entries()) {
    const label = cropToWidth(visible(name), width);
    const row = systems.map((other) => mark(name === other ? undefined : cells.get(`${name} ${other}`), style));
    const lead = `${String(index + 1).padStart(2)}  ${label}${' '.repeat(width - displayWidth(label))}`;
    yield `${lead}${row.map((cell) => ` ${cell}`).join('')}`.trimEnd();
  }
  yield style.dim(`${' '.repeat(width + 4)}+ works  x fails  . nothing between them`);
}

function mark(pair: MatrixPair | undefined, style: Style): string {
  if (!pair || pair.word === 'nothing-to-negotiate') return style.dim('.');
  return pair.good ? style.green('+') : style.red('x');
}

function* failure(
  { a, b, word, text = '', initiator }: MatrixPair,
  width: number | undefined,
  style: Style,
): Generator<string> {
  const what = word === 'nothing-to-negotiate' ? word : verdictWord(word);
  const starts = initiator === undefined ? '' : ` when ${initiator} starts`;
  yield style.red(visible(`${a} and ${b}: ${what}${starts}`));
  for (const line of width === undefined ? [visible(text)] : wrapToWidth(visible(text), Math.max(20, width - 2)))
    if (line !== '') yield `  ${line}`;
}
