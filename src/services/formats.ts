/** The names of formats for commands, which know no dialects themselves. */
import { detectFormat, formats, recordsFormat } from '../dialects/registry.js';
import type { SourceText } from '../model/span.js';

/** Formats that can be read, the record language first. */
export const readableFormats: readonly string[] = [
  recordsFormat,
  ...formats.filter(({ read }) => read).map(({ name }) => name),
];

/** Formats that can be written. */
export const writableFormats: readonly string[] = formats.filter(({ write }) => write).map(({ name }) => name);

/** The name of the format that a text looks like: `records` for the record language and for what nobody claims. */
export function formatOfText(source: SourceText): string {
  return detectFormat(source)?.name ?? recordsFormat;
}
