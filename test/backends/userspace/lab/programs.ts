/** TypeScript programs of the tests and of the product's workers as single files that node runs: built once for each state of the sources. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = checkoutOf(path.dirname(fileURLToPath(import.meta.url)));
const folder = path.join(root, 'node_modules', '.cache', 'ipsec-lab');
const built = new Map<string, Promise<string>>();

/** The folder above that holds the sources: benchmarks come here from elsewhere in it. */
function checkoutOf(folder: string): string {
  const above = path.dirname(folder);
  if (existsSync(path.join(folder, 'src', 'backends')) || above === folder) return folder;
  return checkoutOf(above);
}

/** The file for a program of this checkout, given by its path from the root. */
export function program(source: string): Promise<string> {
  const known = built.get(source) ?? make(source);
  built.set(source, known);
  return known;
}

async function make(source: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [path.join(root, source)],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    packages: 'external',
    sourcemap: 'inline',
    logLevel: 'warning',
  });
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, `${path.basename(source, '.ts')}.${process.pid}.mjs`);
  writeFileSync(file, outputFiles[0]!.contents);
  return file;
}

export const workerProgram = () => program('src/services/data-path/worker.ts');
export const dataPathProgram = () => program('test/backends/userspace/lab/data-path-program.ts');
