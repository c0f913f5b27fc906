/** The names of formats for commands, which know no dialects themselves. */
import { formats, recordsFormat } from '../dialects/registry.js';

/** Formats that can be read, the record language first. */
export const readableFormats: readonly string[] = [
  recordsFormat,
  ...formats.filter(({ read }) => read).map(({ name }) => name),
];

/** Formats that can be written. */
export const writableFormats: readonly string[] = formats.filter(({ write }) => write).map(({ name }) => name);
