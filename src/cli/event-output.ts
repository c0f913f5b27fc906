/**
 * Where a daemon's events go: the standard output, which may be a log on a full disk or a pipe whose reader has gone. What cannot be
 * written is counted and said as soon as something can be written again; the daemon goes on in any case.
 */
import { fstatSync, writeSync } from 'node:fs';
import { isatty } from 'node:tty';

export interface EventOutput {
  /** Writes one line. Never throws. */
  line(text: string): void;
}

/** Puts octets out, or throws as the system's write does. */
type Write = (text: string) => void;

/** `lost`: the line that says how many lines could not be written, and why not. */
export function eventOutput(write: Write, lost: (count: number, why: string) => string): EventOutput {
  let count = 0;
  let why = '';
  return {
    line(text) {
      try {
        write(count > 0 ? `${lost(count, why)}\n${text}\n` : `${text}\n`);
        count = 0;
      } catch (error) {
        count += 1;
        why = (error as NodeJS.ErrnoException).code ?? String(error);
      }
    },
  };
}

/**
 * How this process writes to its standard output. A stream of Node is closed for good by its first error, so that a log would stay silent
 * when there is room on the disk again: files are written to by their descriptor.
 */
export function standardOutput(): Write {
  const { fd } = process.stdout as { readonly fd?: number };
  if (fd === undefined || !isPlain(fd)) return (text) => void process.stdout.write(text);
  return (text) => {
    const octets = Buffer.from(text);
    for (let at = 0; at < octets.length; ) at += writeSync(fd, octets, at);
  };
}

/** A file or a device that is no terminal: what writes to it waits until it is written. */
function isPlain(descriptor: number): boolean {
  const kind = fstatSync(descriptor);
  return kind.isFile() || (kind.isCharacterDevice() && !isatty(descriptor));
}
