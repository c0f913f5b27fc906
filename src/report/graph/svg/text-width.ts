/**
 * How wide a text will be in a picture, without a font: advance widths of DejaVu Sans, which is as wide as any font that browsers
 * take for `sans-serif` and `system-ui`, so that texts fit their boxes everywhere.
 */
import { characterWidth } from '../../width.js';

/** Thousandths of the font size, from the blank to the tilde. */
// biome-ignore format: a table
const widths = [
  318, 401, 460, 838, 636, 950, 780, 275, 390, 390, 500, 838, 318, 361, 318, 337, 636, 636, 636, 636, 636, 636, 636, 636,
  636, 636, 337, 337, 838, 838, 838, 531, 1000, 684, 686, 698, 770, 632, 575, 775, 752, 295, 295, 656, 557, 863, 748, 787,
  603, 787, 695, 635, 611, 732, 684, 989, 685, 611, 685, 390, 337, 390, 838, 500, 500, 613, 635, 550, 635, 615, 352, 635,
  634, 278, 278, 579, 278, 974, 634, 612, 635, 635, 411, 521, 392, 634, 592, 818, 592, 592, 525, 636, 337, 636, 838,
];
const other = 700;
const wide = 1_000;
/** Bold letters are wider. */
const boldFactor = 1.12;
/** Of a font of fixed width. */
const fixedWidth = 0.602;

export interface Font {
  readonly size: number;
  readonly bold?: boolean;
  readonly fixed?: boolean;
}

/** The width of a text in pixels. */
export function textWidth(text: string, { size, bold, fixed }: Font): number {
  let width = 0;
  for (const character of text) {
    const columns = characterWidth(character);
    if (fixed) width += columns * fixedWidth * 1_000;
    else width += columns === 2 ? wide : columns === 0 ? 0 : (widths[(character.codePointAt(0) ?? 0) - 32] ?? other);
  }
  return (width * size * (bold ? boldFactor : 1)) / 1_000;
}

/** The longest beginning of a text that fits, with an ellipsis where something is left out. */
export function cropText(text: string, room: number, font: Font): string {
  if (textWidth(text, font) <= room) return text;
  const characters = [...text];
  let [low, high] = [0, characters.length];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (textWidth(`${characters.slice(0, middle).join('')}…`, font) <= room) low = middle;
    else high = middle - 1;
  }
  return `${characters.slice(0, low).join('')}…`;
}

/** Lines that each fit, broken at blanks; a word that is too long is broken where it must be. */
export function wrapText(text: string, room: number, font: Font, linesMax = Number.POSITIVE_INFINITY): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (textWidth(longer, font) <= room) {
      line = longer;
      continue;
    }
    if (line !== '') lines.push(line);
    line = word;
    while (textWidth(line, font) > room && line.length > 1) {
      const fitting = Math.max(1, [...cropText(line, room, font)].length - 1);
      const characters = [...line];
      lines.push(characters.slice(0, fitting).join(''));
      line = characters.slice(fitting).join('');
    }
  }
  if (line !== '' || lines.length === 0) lines.push(line);
  if (lines.length <= linesMax) return lines;
  const last = `${lines[linesMax - 1]} …`;
  return [...lines.slice(0, linesMax - 1), cropText(last, room, font)];
}
