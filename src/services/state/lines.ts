/**
 * Lines of a file that only grows, each with the checksum of what it says: so a line that a crash or a full disk cut off is told from
 * one that somebody changed.
 */
import { crc32 } from 'node:zlib';
import { damaged } from './durable.js';

/** What a line says, and where it ends in the file. */
export interface Line {
  readonly value: unknown;
  readonly end: number;
}

const newline = 0x0a;
/** Eight hexadecimal digits and a blank. */
const headLength = 9;

/** A line of a file. */
export function lineOf(value: unknown): Buffer {
  const text = Buffer.from(JSON.stringify(value));
  return Buffer.concat([Buffer.from(`${checksum(text)} `), text, Buffer.from('\n')]);
}

/**
 * The lines of a file. What stands at its end and is no whole line was never confirmed to whoever wrote it, and is left out; anything else
 * that is wrong throws EnvironmentError.
 */
export function readLines(content: Buffer, file: string): readonly Line[] {
  const lines: Line[] = [];
  for (let at = 0; at < content.length; ) {
    const end = content.indexOf(newline, at);
    const text = end < 0 ? undefined : wholeLine(content.subarray(at, end));
    if (text === undefined) {
      const isLast = end < 0 || end === content.length - 1;
      if (isLast && lines.length > 0) return lines;
      throw damaged(file, `line ${lines.length + 1} is not what this tool wrote`);
    }
    lines.push({ value: JSON.parse(text), end: end + 1 });
    at = end + 1;
  }
  return lines;
}

function wholeLine(line: Buffer): string | undefined {
  const text = line.subarray(headLength);
  return line.toString('latin1', 0, headLength) === `${checksum(text)} ` ? text.toString('utf8') : undefined;
}

function checksum(text: Buffer): string {
  return crc32(text).toString(16).padStart(8, '0');
}
