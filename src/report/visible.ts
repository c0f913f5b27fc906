/**
 * Makes text from a user's file safe to show.
 *
 * A configuration may hold escape sequences that rewrite a terminal, bidirectional overrides that make a line read as
 * another one, and invisible letters. Each such character is shown as a placeholder instead: the control picture of C0
 * controls (`␛`), else its number (`<U+202E>`).
 */

/**
 * Controls, format characters, line and paragraph separators, lone surrogates, characters that Unicode lets a renderer
 * leave out, and non-characters. What is left is legal in XML 1.0 too.
 */
const hidden = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{DI}\p{NChar}]/u;
const everyHidden = new RegExp(hidden.source, 'gu');
const printableAscii = /^[\x20-\x7e]*$/;

/** Longest message, note or help text that a report shows, in UTF-16 code units; the rest is cut off with `…`. */
export const shownTextMax = 4096;

/** Is this one character (code point) one that must not be shown as it is? */
export function isHidden(character: string): boolean {
  return hidden.test(character);
}

/** Is the whole text printable ASCII, so that it needs neither placeholders nor a width table? */
export function isPrintableAscii(text: string): boolean {
  return printableAscii.test(text);
}

/** What is shown in place of a hidden character. */
export function placeholder(character: string): string {
  const codePoint = character.codePointAt(0) ?? 0;
  if (codePoint < 0x20) return String.fromCharCode(0x2400 + codePoint);
  if (codePoint === 0x7f) return '\u2421';
  return `<U+${codePoint.toString(16).toUpperCase().padStart(4, '0')}>`;
}

/** `text` on one line with a placeholder for each hidden character, cut to `max` code units of the input. */
export function visible(text: string, max: number = shownTextMax): string {
  const cut = text.length > max ? `${text.slice(0, wholeCharacters(text, max))}…` : text;
  return printableAscii.test(cut) ? cut : cut.replace(everyHidden, placeholder);
}

/** Replaces every hidden character by what `replace` says; visible ones stay. */
export function replaceHidden(text: string, replace: (character: string) => string): string {
  return printableAscii.test(text) ? text : text.replace(everyHidden, replace);
}

/** The largest offset at or below `offset` that does not lie between the halves of a surrogate pair. */
export function wholeCharacters(text: string, offset: number): number {
  return isInsidePair(text, offset) ? offset - 1 : offset;
}

/** Does `offset` lie between the halves of a surrogate pair? */
export function isInsidePair(text: string, offset: number): boolean {
  if (offset <= 0 || offset >= text.length) return false;
  const before = text.charCodeAt(offset - 1);
  const after = text.charCodeAt(offset);
  return before >= 0xd800 && before <= 0xdbff && after >= 0xdc00 && after <= 0xdfff;
}
