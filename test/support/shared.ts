/** Finds the reference material that some tests compare with; a user's checkout has none, and those tests then skip. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..', '..');

/** The absolute path of a file or folder of the reference material, or undefined where it is not there. */
export function sharedPath(...parts: string[]): string | undefined {
  const full = path.join(root, '..', 'shared', ...parts);
  return existsSync(full) ? full : undefined;
}

/** What a test says when it skips for want of the reference material. */
export const sharedMissing = 'the reference material (../shared) is not beside this checkout';
