/** Finds the files that other products' configurations name, as their products would: by path or glob pattern. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import type { FileAccess, FoundFile } from '../../dialects/dialect.js';
import type { SourceText } from '../../model/span.js';
import { globMatcher } from './glob.js';
import type { ReadSource } from './read-source.js';

/** Files that one pattern may mean. */
export const matchesMax = 2_000;

const isPattern = /[*?[]/;

/** Files of this host, relative to the file that names them. `read` is how they are read. */
export function hostFiles(read: (file: string) => ReadSource): FileAccess {
  return {
    find(pattern: string, from: SourceText): readonly FoundFile[] {
      const full = path.resolve(path.dirname(path.resolve(from.path)), pattern);
      return expand(full).map((file) => read(file));
    },
  };
}

/** The files of a path, or of a pattern with `*`, `?` and `[…]` in any of its parts, sorted; folders are none. */
function expand(full: string): string[] {
  if (!isPattern.test(full)) return isFile(full) ? [full] : [];
  let found = [path.parse(full).root];
  for (const part of full.slice(found[0]!.length).split(path.sep)) {
    if (!isPattern.test(part)) {
      found = found.map((folder) => path.join(folder, part)).filter((candidate) => existsSync(candidate));
      continue;
    }
    const fits = globMatcher([part]);
    found = found
      .flatMap((folder) =>
        entriesOf(folder)
          .filter((entry) => fits(entry) && (part.startsWith('.') || !entry.startsWith('.')))
          .map((entry) => path.join(folder, entry)),
      )
      .slice(0, matchesMax);
  }
  return found.filter(isFile).sort();
}

function isFile(file: string): boolean {
  try {
    return !statSync(file).isDirectory();
  } catch {
    return false;
  }
}

function entriesOf(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}
