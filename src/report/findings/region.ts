/** Where a finding stands, in the numbers that machine formats want. */
import type { Span } from '../../model/span.js';

/** Lines and columns from 1, in UTF-16 code units; the end column is one past the last character. */
export interface Region {
  readonly startLine: number;
  readonly startColumn: number;
  readonly endLine: number;
  readonly endColumn: number;
}

/** The region of a span; offsets outside the text are moved to its nearest end. */
export function regionOf(span: Span): Region {
  const start = span.source.position(span.start);
  const end = span.source.position(Math.max(span.start, span.end));
  return { startLine: start.line, startColumn: start.column, endLine: end.line, endColumn: end.column };
}

/** The region that an annotation covers: as `regionOf`, but a line break at the end does not make it reach into the next line. */
export function shownRegionOf(span: Span): Region {
  const { source, start } = span;
  let end = Math.min(span.end, source.text.length);
  if (end > start && source.text.charCodeAt(end - 1) === 0x0a) end -= 1;
  if (end > start && source.text.charCodeAt(end - 1) === 0x0d) end -= 1;
  return regionOf({ source, start, end });
}
