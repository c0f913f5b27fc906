/**
 * "Did you mean …?": the one place that decides when two words are close enough to suggest one for the other. Used for
 * commands, flags and the words of the record language alike.
 */

/** Longer words are not compared: no command, flag or keyword comes near it, and the table below is quadratic. */
const wordLengthMax = 64;

/**
 * The candidate nearest to `word`, or undefined when none is near enough to be worth saying.
 *
 * Nearness is the Damerau-Levenshtein distance (insert, delete, replace, swap two neighbours) without regard to case.
 * It is damped by the length of the longer word: up to two letters must be equal but for case, up to five may differ by
 * one edit, up to nine by two, longer ones by three. A candidate that merely continues the word (`dest` → `destination`) also
 * counts when at least three letters were typed, after all closer ones. Ties go to the earlier candidate, so that the
 * answer does not depend on anything but the arguments.
 */
export function closest(word: string, candidates: Iterable<string>): string | undefined {
  const sought = word.toLowerCase();
  if (sought.length === 0 || sought.length > wordLengthMax) return undefined;
  let best: { readonly candidate: string; readonly distance: number } | undefined;
  for (const candidate of candidates) {
    const offered = candidate.toLowerCase();
    if (offered.length > wordLengthMax) continue;
    const distance = rank(sought, offered);
    if (distance === undefined || (best && best.distance <= distance)) continue;
    best = { candidate, distance };
  }
  return best?.candidate;
}

/** Edits that may lie between a word of this length and a suggestion for it. */
function editsAllowed(length: number): number {
  if (length <= 2) return 0;
  if (length <= 5) return 1;
  return length <= 9 ? 2 : 3;
}

/** A distance to compare by, or undefined when the two are too far apart. */
function rank(sought: string, offered: string): number | undefined {
  const allowed = editsAllowed(Math.max(sought.length, offered.length));
  const distance = editDistance(sought, offered, allowed);
  if (distance !== undefined) return distance;
  // Behind every true near miss, and the shorter continuation first.
  if (sought.length >= 3 && offered.startsWith(sought)) return wordLengthMax + offered.length;
  return undefined;
}

/**
 * Optimal string alignment distance, in edits; undefined when it is above `max`.
 *
 * Only three rows of the table are kept: a swap looks two rows back.
 */
export function editDistance(a: string, b: string, max: number): number | undefined {
  if (Math.abs(a.length - b.length) > max) return undefined;
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const replace = last[column - 1]! + (a[row - 1] === b[column - 1] ? 0 : 1);
      let cell = Math.min(replace, last[column]! + 1, current[column - 1]! + 1);
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      if (swapped) cell = Math.min(cell, beforeLast[column - 2]! + 1);
      current.push(cell);
    }
    beforeLast = last;
    last = current;
  }
  const distance = last[b.length]!;
  return distance <= max ? distance : undefined;
}
