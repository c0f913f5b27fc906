/** Makes folders where files are to be written. */
import { mkdirSync } from 'node:fs';
import path from 'node:path';

/**
 * Makes a folder and those above it that are missing, with `mode`. Throws the system's error where one cannot be made.
 *
 * Node's own `recursive: true` never ends where the system says that there is no such file although the folder above is there,
 * as /proc does.
 */
export function makeFolder(folder: string, mode = 0o777): void {
  try {
    makeOne(folder, mode);
  } catch (error) {
    const above = path.dirname(folder);
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || above === folder) throw error;
    makeFolder(above, mode);
    makeOne(folder, mode);
  }
}

function makeOne(folder: string, mode: number): void {
  try {
    mkdirSync(folder, { mode });
  } catch (error) {
    // Somebody else's folder will do, and so will a link to one; a file fails where something is written into it.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}
