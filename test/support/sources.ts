/** Reads the imports of our own source files, for the tests that judge the order of the code. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

export const root = path.resolve(import.meta.dirname, '..', '..');

export interface Source {
  /** Relative to the checkout, with slashes, as `src/model/span.ts`. */
  readonly path: string;
  readonly imports: readonly Import[];
}

export interface Import {
  /** As it is written. */
  readonly specifier: string;
  /** The file, relative to the checkout, where the specifier is a relative one. */
  readonly target?: string;
}

/** Static imports and exports (also of types alone), imports for effect, and dynamic imports of a literal. */
const importForms = /^(?:import|export)\s[^;]*?\bfrom\s+'([^']+)'|^import\s+'([^']+)'|\bimport\(\s*'([^']+)'\s*\)/gms;

/** Every TypeScript file under a folder of the checkout; declarations of modules that the build makes are left out. */
export function readSources(folder: string): readonly Source[] {
  return readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'))
    .sort()
    .map((name) => {
      const file = path.join(folder, name);
      const text = readFileSync(path.join(root, file), 'utf8');
      return { path: file, imports: importsOf(text, file) };
    });
}

/** The imports of one file's text; `file` is relative to the checkout. */
export function importsOf(text: string, file: string): readonly Import[] {
  return [...text.matchAll(importForms)].map(([, from, effect, dynamic]) => {
    const specifier = from ?? effect ?? dynamic!;
    if (!specifier.startsWith('.')) return { specifier };
    return { specifier, target: path.join(path.dirname(file), specifier).replace(/\.js$/, '.ts') };
  });
}
