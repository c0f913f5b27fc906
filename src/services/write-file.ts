/** Writes a file so that a reader, or a crash, sees the old text or the new one, never a part. */
import {
  chmodSync,
  chownSync,
  closeSync,
  fsyncSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import { EnvironmentError } from '../model/tool-error.js';

/**
 * Replaces the text of a file, or makes it. Mode and owner of an existing file stay; a new one gets `mode`. Links are
 * followed. Throws EnvironmentError where the host refuses, and leaves the old text then.
 */
export function replaceFile(named: string, text: string, mode = 0o644): void {
  const file = statSync(named, { throwIfNoEntry: false }) ? realpathSync(named) : named;
  const temporary = path.join(path.dirname(file), `.${path.basename(file)}.${process.pid}.tmp`);
  const existing = statSync(file, { throwIfNoEntry: false });
  let descriptor: number | undefined;
  try {
    descriptor = openSync(temporary, 'wx', 0o600);
    writeSync(descriptor, text);
    fsyncSync(descriptor);
    closeSync(descriptor);
    descriptor = undefined;
    if (existing) chownSync(temporary, existing.uid, existing.gid);
    chmodSync(temporary, existing ? existing.mode & 0o7777 : mode);
    renameSync(temporary, file);
  } catch (cause) {
    if (descriptor !== undefined) closeSync(descriptor);
    rmSync(temporary, { force: true });
    throw new EnvironmentError(`cannot write ${file} (${(cause as NodeJS.ErrnoException).code})`, { cause });
  }
}
