/**
 * Imports TypeScript files of this checkout. Node 20 cannot by itself, and to bundle one file takes milliseconds.
 * `import.meta.dirname` and `import.meta.url` in them are those of the imported file.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

/**
 * Imports a TypeScript file with all that it imports of this checkout; packages come from node_modules.
 *
 * @param {string} file
 * @returns {Promise<Record<string, unknown>>} its exports
 */
export async function importTs(file) {
  const full = path.resolve(file);
  const { outputFiles } = await build({
    entryPoints: [full],
    bundle: true,
    write: false,
    outdir: root,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    packages: 'external',
    sourcemap: 'inline',
    logLevel: 'warning',
    define: {
      'import.meta.url': JSON.stringify(pathToFileURL(full).href),
      'import.meta.dirname': JSON.stringify(path.dirname(full)),
    },
    plugins: [scriptsStayOutside],
  });
  const folder = path.join(root, 'node_modules', '.cache', 'ipsec-run');
  mkdirSync(folder, { recursive: true });
  const bundle = path.join(folder, `${path.basename(file, '.ts')}.${process.pid}.${Date.now()}.mjs`);
  writeFileSync(bundle, /** @type {import('esbuild').OutputFile} */ (outputFiles[0]).contents);
  try {
    return await import(pathToFileURL(bundle).href);
  } finally {
    rmSync(bundle);
  }
}

/** Our scripts find the checkout by their own place, which a bundle would change. @type {import('esbuild').Plugin} */
const scriptsStayOutside = {
  name: 'scripts-stay-outside',
  setup({ onResolve }) {
    onResolve({ filter: /\.mjs$/ }, ({ path: name, resolveDir }) =>
      name.startsWith('.') ? { path: pathToFileURL(path.resolve(resolveDir, name)).href, external: true } : undefined,
    );
  },
};
