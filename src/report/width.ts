/**
 * How many terminal columns a text takes (Unicode Standard Annex #11): 2 for wide and fullwidth characters and emoji, 0
 * for marks that combine with the character before, else 1. Ambiguous characters count 1, as terminals do outside
 * East Asian locales. Meant for text without hidden characters: see `visible`.
 */
import { isPrintableAscii } from './visible.js';

/** First and last code points of the blocks that are wide or fullwidth, apart from emoji. */
const wideRanges: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f], // Hangul Jamo, leading consonants
  [0x2329, 0x232a],
  [0x2630, 0x2637],
  [0x268a, 0x268f],
  [0x2e80, 0x303e], // CJK radicals to CJK punctuation
  [0x3041, 0x3247], // Hiragana to enclosed letters; the marks in between combine and are taken first
  [0x3250, 0xa4cf], // CJK compatibility to Yi
  [0xa960, 0xa97c],
  [0xac00, 0xd7a3], // Hangul syllables
  [0xf900, 0xfaff],
  [0xfe10, 0xfe19],
  [0xfe30, 0xfe6b],
  [0xff01, 0xff60],
  [0xffe0, 0xffe6],
  [0x16fe0, 0x18dff], // Tangut, Khitan
  [0x1aff0, 0x1b2ff], // Kana supplement and extensions, Nushu
  [0x1d300, 0x1d376],
  [0x1f200, 0x1f265],
  [0x20000, 0x2fffd],
  [0x30000, 0x3fffd],
];
const combining = /^[\p{Mn}\p{Me}\u1160-\u11ff\ud7b0-\ud7ff]/u;
const emoji = /^\p{Emoji_Presentation}/u;

/** Columns of one character (code point): 0, 1 or 2. */
export function characterWidth(character: string): 0 | 1 | 2 {
  const codePoint = character.codePointAt(0) ?? 0;
  if (codePoint < 0x300) return 1;
  if (combining.test(character)) return 0;
  if (codePoint < 0x1100) return 1;
  if (codePoint >= 0x1f1e6 && codePoint <= 0x1f1ff) return 1; // two regional indicators make one flag
  for (const [first, last] of wideRanges) {
    if (codePoint < first) break;
    if (codePoint <= last) return 2;
  }
  return emoji.test(character) ? 2 : 1;
}

/** Columns of a text without hidden characters. */
export function displayWidth(text: string): number {
  if (isPrintableAscii(text)) return text.length;
  let width = 0;
  for (const character of text) width += characterWidth(character);
  return width;
}

/** The longest beginning of `text` that fits into `columns`, with `…` in its last column where something is cut off. */
export function cropToWidth(text: string, columns: number): string {
  if (columns <= 0) return '';
  if (text.length <= columns && isPrintableAscii(text)) return text;
  let width = 0;
  let fitting = 0; // code units that leave room for the ellipsis
  let at = 0;
  for (const character of text) {
    width += characterWidth(character);
    at += character.length;
    if (width > columns) return `${text.slice(0, fitting)}…`;
    if (width < columns) fitting = at;
  }
  return text;
}
