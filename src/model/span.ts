/**
 * Source text and places in it.
 *
 * Offsets count UTF-16 code units from the start of the text (as JavaScript strings and SARIF's `utf16CodeUnits` do);
 * lines and columns count from 1 and are computed only when asked for, because a clean file needs none.
 */

/** One text that was read: a file, standard input or a string of a test. */
export class SourceText {
  readonly path: string;
  readonly text: string;
  #lineStarts: number[] | undefined;
  /** Sorted, disjoint [start, end) pairs that hold secrets; see `markSecret`. */
  readonly #secrets: [number, number][] = [];

  constructor(path: string, text: string) {
    this.path = path;
    this.text = text;
  }

  /** Line and column (both from 1) of an offset in 0..text.length; an offset outside is moved to the nearest end. */
  position(offset: number): Position {
    const starts = this.#starts();
    const at = Math.max(0, Math.min(offset, this.text.length));
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (starts[middle]! <= at) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: Math.max(at - starts[low]!, 0) + 1 };
  }

  /** Number of lines; a text that ends with a line break does not count the empty line after it, an empty text has 1. */
  get lineCount(): number {
    const starts = this.#starts();
    return starts.length > 1 && starts.at(-1) === this.text.length ? starts.length - 1 : starts.length;
  }

  /** Offsets [start, end) of a line (from 1) without its line break. */
  lineRange(line: number): { start: number; end: number } {
    const starts = this.#starts();
    const start = starts[Math.max(0, Math.min(line - 1, starts.length - 1))]!;
    let end = starts[line] ?? this.text.length;
    if (end > start && this.text.charCodeAt(end - 1) === 10) end -= 1;
    if (end > start && this.text.charCodeAt(end - 1) === 13) end -= 1;
    return { start, end };
  }

  /** Declares that [start, end) holds a secret: no frame, message or report may show it. */
  markSecret(start: number, end: number): void {
    if (end <= start) return;
    const secrets = this.#secrets;
    const last = secrets.at(-1);
    if (!last || last[1] <= start) {
      secrets.push([start, end]);
      return;
    }
    secrets.push([start, end]);
    secrets.sort((a, b) => a[0] - b[0]);
    let kept = 0;
    for (let index = 1; index < secrets.length; index += 1) {
      const current = secrets[index]!;
      const previous = secrets[kept]!;
      if (current[0] < previous[1]) previous[1] = Math.max(previous[1], current[1]);
      else {
        kept += 1;
        secrets[kept] = current;
      }
    }
    secrets.length = kept + 1;
  }

  /** The secret ranges that meet [start, end), clipped to it, in order. */
  secretsWithin(start: number, end: number): readonly (readonly [number, number])[] {
    const secrets = this.#secrets;
    if (end <= start) return [];
    let low = 0;
    let high = secrets.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (secrets[middle]![1] <= start) low = middle + 1;
      else high = middle;
    }
    const found: [number, number][] = [];
    for (let index = low; index < secrets.length && secrets[index]![0] < end; index += 1) {
      found.push([Math.max(start, secrets[index]![0]), Math.min(end, secrets[index]![1])]);
    }
    return found;
  }

  /** The text of [start, end) with every secret replaced by `[secret]`, whatever its length. */
  masked(start: number, end: number): string {
    let shown = '';
    let from = start;
    for (const [secretStart, secretEnd] of this.secretsWithin(start, end)) {
      shown += `${this.text.slice(from, secretStart)}[secret]`;
      from = secretEnd;
    }
    return shown + this.text.slice(from, end);
  }

  #starts(): number[] {
    if (!this.#lineStarts) {
      // A byte order mark is before the first line, and no column of it: editors do not show it.
      const starts = [this.text.charCodeAt(0) === 0xfeff ? 1 : 0];
      for (let at = this.text.indexOf('\n'); at !== -1; at = this.text.indexOf('\n', at + 1)) starts.push(at + 1);
      this.#lineStarts = starts;
    }
    return this.#lineStarts;
  }
}

/** Line and column, both from 1; the column counts UTF-16 code units. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** A half-open piece [start, end) of one text. */
export interface Span {
  readonly source: SourceText;
  readonly start: number;
  readonly end: number;
}

/** `file:line:column` of where a span begins. */
export function formatPlace(span: Span): string {
  const { line, column } = span.source.position(span.start);
  return `${span.source.path}:${line}:${column}`;
}
