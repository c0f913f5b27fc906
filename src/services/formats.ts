/** The names of formats for commands, which know no dialects themselves. */
import { formatNames, isForeign, recordsFormat } from '../dialects/registry.js';
import type { SourceText } from '../model/span.js';

/** Formats that can be read, the record language first. */
export const readableFormats: readonly string[] = [
  recordsFormat,
  ...formatNames.filter(({ reads }) => reads).map(({ name }) => name),
];

/** Formats that can be written. */
export const writableFormats: readonly string[] = formatNames.filter(({ writes }) => writes).map(({ name }) => name);

/** Is a text in the record language, or in none that anybody claims? */
export function mayBeRecords(source: SourceText): boolean {
  return !isForeign(source);
}
