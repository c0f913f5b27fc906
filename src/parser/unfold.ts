/**
 * Takes the continuations out of a statement: a backslash and the line break after it vanish, so that only an indented next
 * line begins a new word (hpux-ipsec reference 1.1). Offsets in what is left can be turned back.
 */
import type { LineBreakFault } from './statements.js';

export interface Unfolded {
  readonly text: string;
  /** The offset in the statement as written of an offset in `text`, where they differ; `isEnd` for the end of a word. */
  readonly original?: (offset: number, isEnd: boolean) => number;
}

/** Unfolds the statement [start, end) of a text; what the line break faults stand on counts as blanks. */
export function unfold(
  source: string,
  start: number,
  end: number,
  breaks: readonly LineBreakFault[] | undefined,
): Unfolded {
  let text = source.slice(start, end);
  if (breaks) {
    const parts: string[] = [];
    let from = 0;
    for (const fault of breaks) {
      parts.push(text.slice(from, fault.start - start), ' '.repeat(fault.end - fault.start));
      from = fault.end - start;
    }
    text = parts.join('') + text.slice(from);
  }
  if (!text.includes('\\\n') && !text.includes('\\\r\n')) return { text };
  // Indented continuations outside of quotes are white space whether they vanish or not: then offsets stay what they are.
  if (!text.includes('"') && !text.includes("'") && !/\\\r?\n(?![ \t\v\f\r\n]|$)/.test(text)) {
    return { text: text.replace(/\\\r?\n/g, (pair) => (pair.length === 2 ? '  ' : '   ')) };
  }
  const parts: string[] = [];
  /** Parallel: where in the unfolded text something is missing, and how much up to there. */
  const places: number[] = [];
  const missing: number[] = [];
  let from = 0;
  let length = 0;
  let removed = 0;
  for (const match of text.matchAll(/\\\r?\n/g)) {
    parts.push(text.slice(from, match.index));
    length += match.index - from;
    removed += match[0].length;
    from = match.index + match[0].length;
    places.push(length);
    missing.push(removed);
  }
  parts.push(text.slice(from));
  return {
    text: parts.join(''),
    original(offset, isEnd) {
      let low = 0;
      let high = places.length;
      while (low < high) {
        const middle = (low + high) >> 1;
        const place = places[middle]!;
        if (place < offset || (place === offset && !isEnd)) low = middle + 1;
        else high = middle;
      }
      return offset + (missing[low - 1] ?? 0);
    },
  };
}
