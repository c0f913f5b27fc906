/** Files and folders that flags name for results are looked at before the work begins. */
import { accessSync, constants, type Stats, statSync } from 'node:fs';
import path from 'node:path';
import { writeFault } from '../model/tool-error.js';

/**
 * Throws what writing the file would throw, as far as that can be told beforehand: UsageError for a place that is none,
 * EnvironmentError where the host refuses. Nothing is made or changed.
 */
export function checkFilePlace(file: string): void {
  const existing = statusOf(file);
  if (existing?.isDirectory()) throw writeFault(file, { code: 'EISDIR' });
  if (existing) {
    checkAccess(file, file, constants.W_OK);
    return;
  }
  const folder = path.dirname(file);
  const parent = statusOf(folder);
  if (!parent) throw writeFault(file, { code: 'ENOENT' });
  if (!parent.isDirectory()) throw writeFault(file, { code: 'ENOTDIR' });
  checkAccess(folder, file, constants.W_OK | constants.X_OK);
}

/** The same for a folder that is made if it is not there. */
export function checkFolderPlace(folder: string): void {
  const nearest = nearestExisting(folder);
  if (!nearest.status.isDirectory()) throw writeFault(folder, { code: 'ENOTDIR' });
  checkAccess(nearest.at, folder, constants.W_OK | constants.X_OK);
}

function checkAccess(place: string, file: string, mode: number): void {
  try {
    accessSync(place, mode);
  } catch (cause) {
    throw writeFault(file, cause as NodeJS.ErrnoException);
  }
}

function statusOf(file: string): Stats | undefined {
  try {
    return statSync(file);
  } catch (cause) {
    // A file where a folder should be: somewhere above it there is one that can be told of.
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw writeFault(file, cause as NodeJS.ErrnoException);
  }
}

function nearestExisting(folder: string): { readonly at: string; readonly status: Stats } {
  for (let at = path.resolve(folder); ; at = path.dirname(at)) {
    const status = statusOf(at);
    if (status) return { at, status };
  }
}
