/** Reads record files. Whatever is wrong with a file becomes a finding on it, never an exception. */
import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import type { Problem } from '../../model/problem.js';
import { SourceText } from '../../model/span.js';
import { isBinary } from '../../parser/file-kind.js';

/** Octets; more cannot become one string of this JavaScript engine. */
export const fileLengthMax = 256 * 1024 * 1024;

export interface ReadSource {
  readonly source: SourceText;
  readonly problems: readonly Problem[];
}

/** Reads a file; `shown` is the path that findings name. */
export function readSource(file: string, shown: string): ReadSource {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(file, 'r');
    const status = fstatSync(descriptor);
    if (!status.isFile() && !status.isFIFO() && !status.isCharacterDevice())
      return unreadable(shown, 'it is not a regular file', 'leave it out, or give the files that hold the records');
    if (status.size > fileLengthMax)
      return unreadable(
        shown,
        `it has ${status.size} octets; at most ${fileLengthMax} are read`,
        'leave it out, or split it: no system needs so many records',
      );
    return decodeSource(readFileSync(descriptor), shown);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    return unreadable(
      shown,
      code === 'EACCES' ? 'permission denied' : code === 'ENOENT' ? 'it does not exist' : (code ?? message),
    );
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

/** Text of octets in UTF-8; others are reported at the first octet that does not fit, and shown as U+FFFD. */
export function decodeSource(octets: Uint8Array, shown: string): ReadSource {
  try {
    return {
      source: new SourceText(shown, new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(octets)),
      problems: [],
    };
  } catch {
    const source = new SourceText(shown, new TextDecoder('utf-8', { ignoreBOM: true }).decode(octets));
    const at = Math.max(0, source.text.indexOf('\ufffd'));
    const problem: Problem = {
      code: 'SYN024',
      message: 'the text is not UTF-8',
      at: { source, start: at, end: Math.min(source.text.length, at + 1) },
      help: 'convert the file, for instance with iconv -f ISO-8859-1 -t UTF-8',
    };
    // Of what is no text at all the parser tells what it is.
    return { source, problems: source.text.includes('\0') || isBinary(source.text) ? [] : [problem] };
  }
}

function unreadable(shown: string, why: string, help = 'check the path and its permissions'): ReadSource {
  const source = new SourceText(shown, '');
  const problem: Problem = {
    code: 'SYN024',
    message: `this file cannot be read: ${why}`,
    at: { source, start: 0, end: 0 },
    help,
  };
  return { source, problems: [problem] };
}
