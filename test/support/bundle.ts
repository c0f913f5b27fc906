/** Programs of the tests that run as processes of their own, in namespaces or in a guest: TypeScript made into one file. */
import { rmSync } from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';
import { commonOptions, externalPackages } from '../../scripts/build-program.mjs';
import { root } from './sources.js';

const bundles = new Map<string, Promise<string>>();

/** The path of the program, built once; it goes with this process. `entry` is relative to the checkout. */
export function bundle(entry: string): Promise<string> {
  const made = bundles.get(entry) ?? make(entry);
  bundles.set(entry, made);
  return made;
}

async function make(entry: string): Promise<string> {
  // Below the packages, so that what is not bundled is found.
  const name = `${path.basename(entry, '.ts')}-${process.pid}.mjs`;
  const file = path.join(root, 'node_modules', '.cache', 'ipsec-tests', name);
  await build({
    ...commonOptions,
    format: 'esm',
    external: [...externalPackages],
    banner: {
      js: "import { createRequire as _require } from 'node:module'; const require = _require(import.meta.url);",
    },
    entryPoints: [path.join(root, entry)],
    outfile: file,
  });
  process.once('exit', () => rmSync(file, { force: true }));
  return file;
}
