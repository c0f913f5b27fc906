/** Values that take no more room than they need: of a hundred thousand records each spared octet counts. */

const nothing: readonly never[] = [];

/**
 * The same elements in a list of their number. An array that grew by push, or was written with spreads, keeps room for some
 * sixteen more elements, which is most of what a short one takes.
 */
export function exact<T>(list: readonly T[]): readonly T[] {
  return list.length === 0 ? nothing : list.slice();
}

/**
 * The same text in one piece. A text that was put together is a tree of its parts until somebody looks into it; asking for a
 * character makes it one string.
 */
export function inOnePiece(text: string): string {
  return text.charCodeAt(0) >= 0 ? text : '';
}
