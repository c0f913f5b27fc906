/**
 * npm run build: everything that the package holds under dist/.
 *
 *   dist/program/, manifest.json                 the program (scripts/build-program.mjs)
 *   dist/index.js, dist/chunks/                  the library, ES modules; its dependencies stay imports
 *   dist/types/                                  its declarations, by tsc (package.json)
 *   dist/THIRD-PARTY-LICENSES.txt                the licences of what is inside the bundle
 */
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { buildProgram, commonOptions } from './build-program.mjs';
import { licensesOf } from './licenses.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const dist = path.join(root, 'dist');

rmSync(dist, { recursive: true, force: true });
const metafile = await buildProgram(dist);
writeFileSync(path.join(dist, 'THIRD-PARTY-LICENSES.txt'), licensesOf(Object.keys(metafile.inputs), root));
await build({
  ...commonOptions,
  entryPoints: [path.join(root, 'src', 'index.ts')],
  outdir: dist,
  format: 'esm',
  packages: 'external',
  splitting: true,
  chunkNames: 'chunks/[name]-[hash]',
});
