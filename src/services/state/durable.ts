/** Files that are on the disk when the call returns: a crash right after it finds the new text, one during it the old. */
import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import { EnvironmentError, errno } from '../../model/tool-error.js';
import { makeFolder } from '../make-folder.js';

/** Octets of one file of the state directory at most; a million policies are below. */
const fileMax = 1024 * 1024 * 1024;

/** Replaces the text of a file, or makes it, for its owner only unless told. Throws EnvironmentError where the host refuses. */
export function writeDurably(file: string, text: string | Uint8Array, mode = 0o600): void {
  const temporary = `${file}.tmp`;
  try {
    rmSync(temporary, { force: true });
    const descriptor = openSync(temporary, 'wx', mode);
    try {
      writeWhole(descriptor, text);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(temporary, file);
    syncFolder(path.dirname(file));
  } catch (cause) {
    removeQuietly(temporary);
    throw cannot('write', file, cause);
  }
}

/** Adds text to a file that is open, and waits until it is on the disk. */
export function appendDurably(descriptor: number, text: string | Uint8Array, file: string): void {
  try {
    writeWhole(descriptor, text);
    fsyncSync(descriptor);
  } catch (cause) {
    throw cannot('write', file, cause);
  }
}

/** The disk may be full in the middle of a text: then a write is short first and refused next. */
function writeWhole(descriptor: number, text: string | Uint8Array): void {
  const octets = typeof text === 'string' ? Buffer.from(text) : text;
  for (let at = 0; at < octets.length; ) at += writeSync(descriptor, octets, at);
}

/** Removes a file, for good also after a crash. */
export function removeDurably(file: string): void {
  try {
    rmSync(file, { force: true });
    syncFolder(path.dirname(file));
  } catch (cause) {
    throw cannot('remove', file, cause);
  }
}

export function syncFolder(folder: string): void {
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** What is in a file, or undefined when there is none. */
export function readIfThere(file: string): Buffer | undefined {
  try {
    if (!existsSync(file)) return undefined;
    if (statSync(file).size > fileMax) throw damaged(file, 'it is larger than anything this tool writes');
    return readFileSync(file);
  } catch (cause) {
    throw cause instanceof EnvironmentError ? cause : cannot('read', file, cause);
  }
}

/** Makes a folder for its owner only. */
export function makePrivateFolder(folder: string): void {
  try {
    makeFolder(folder, 0o700);
  } catch (cause) {
    throw cannot('make', folder, cause);
  }
}

/** A file of ours that cannot be what this tool wrote. */
export function damaged(file: string, why: string): EnvironmentError {
  return new EnvironmentError(`${file} is damaged: ${why}`, {
    code: 'STATE_DAMAGED',
    hints: [
      'It may be restored from a backup. Without it, "ipsec state forget --all" makes what is installed foreign.',
    ],
  });
}

function removeQuietly(file: string): void {
  try {
    rmSync(file, { force: true });
  } catch {
    // The first fault is the one to tell.
  }
}

/** What the host refused to do with a file, and what can be done about it. */
export function cannot(verb: string, file: string, cause: unknown): EnvironmentError {
  const { code = 'EIO' } = cause as NodeJS.ErrnoException;
  const hints =
    code === 'EACCES' || code === 'EPERM' || code === 'EROFS'
      ? ['--state-dir names another folder; the default for root is /var/lib/ipsec.']
      : code === 'ENOSPC' || code === 'EDQUOT'
        ? ['The disk is full. Nothing is done to the host without a journal of it.']
        : [];
  return new EnvironmentError(`cannot ${verb} ${file} (${code})`, { code: errno(code), cause, hints });
}
