/** Globs of file paths, always against paths with forward slashes; files and folders that begin with a dot match too. */
import picomatch from 'picomatch';

/** A function that says whether a path matches one of the globs. */
export function globMatcher(globs: readonly string[]): (file: string) => boolean {
  return picomatch([...globs], { dot: true });
}
