/**
 * Makes the program: chunks with all commands, the manifest of their flags and texts, and the compiled code that lets it start
 * fast. Used by the build, by bin/dev.js and by the tests of the command line.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Plugin } from '@oclif/core';
import { build, transform } from 'esbuild';
import { bundleDiet } from './bundle-diet.mjs';
import { linkChunks } from './link-chunks.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

/** Packages with native code: they cannot be in a bundle and are loaded from node_modules when they are used. */
export const externalPackages = ['koffi'];

/** What every bundle is made with. @satisfies {import('esbuild').BuildOptions} */
export const commonOptions = /** @type {const} */ ({
  bundle: true,
  platform: 'node',
  target: 'node20.19',
  logLevel: 'warning',
  legalComments: 'none', // scripts/licenses.mjs collects the texts whole
});

/**
 * Builds the program into `dist/program` and `dist/manifest.json`.
 *
 * It is cut into chunks, so that a command loads only what it needs: esbuild cuts ES modules only, so each chunk is turned into
 * CommonJS afterwards, the form for which Node takes compiled code along.
 *
 * @param {string} dist
 * @param {{ codeCache?: boolean, extraCommands?: string }} [options] `codeCache: false` leaves out the compiled code, for a
 *   program that runs once; `extraCommands` is a folder of commands beside src/commands, for tests
 * @returns {Promise<import('esbuild').Metafile>} what went into the bundle
 */
export async function buildProgram(dist, { codeCache = true, extraCommands } = {}) {
  const folders = [path.join(root, 'src', 'commands')];
  if (extraCommands !== undefined) folders.push(path.resolve(root, extraCommands));
  const program = path.join(dist, 'program');
  // V8 knows the source that compiled code belongs to by its length alone, so none must outlive its source.
  rmSync(program, { recursive: true, force: true });
  mkdirSync(program, { recursive: true });
  const { metafile, outputFiles } = await build({
    ...commonOptions,
    entryPoints: [path.join(root, 'src', 'main.ts')],
    outdir: program,
    outExtension: { '.js': '.cjs' },
    chunkNames: '[name]-[hash]',
    format: 'esm',
    splitting: true,
    external: externalPackages,
    minifySyntax: true,
    minifyWhitespace: true, // not the names: a stack that a user reports must be readable
    metafile: true,
    write: false,
    plugins: [commandTable(folders), bundleDiet],
  });
  const chunks = linkChunks(new Map(outputFiles.map(({ path: file, text }) => [path.relative(program, file), text])));
  for (const [name, text] of chunks) {
    const { code } = await transform(text, {
      format: 'cjs',
      platform: 'node',
      target: 'node20.19',
      minifyWhitespace: true,
      supported: { 'dynamic-import': false }, // becomes a promise of `require`, which loads chunks (bin/start.js)
      define: { 'import.meta.url': 'module.url' },
    });
    // Already in the form that bin/start.js runs, so that it need not copy every chunk.
    writeFileSync(path.join(program, name), `(function(exports,require,module,__filename,__dirname){${code}\n})`);
  }
  const inputs = {};
  for (const [name, ...file] of workers)
    Object.assign(inputs, (await buildWorker(program, name, path.join(root, 'src', ...file))).inputs);
  writeFileSync(path.join(dist, 'manifest.json'), JSON.stringify(await makeManifest(dist)));
  if (codeCache) {
    const warmUp = path.join(root, 'scripts', 'warm-up.cjs');
    const { status, stderr } = spawnSync(process.execPath, [warmUp, dist], { encoding: 'utf8' });
    if (status !== 0) throw new Error(`the program does not start:\n${stderr}`);
  }
  return { ...metafile, inputs: { ...metafile.inputs, ...inputs } };
}

/** Programs of worker threads: their names beside the chunks, and their sources. */
const workers = /** @type {const} */ ([
  ['data-path-worker', 'services', 'data-path', 'worker.ts'],
  ['lsp-worker', 'lsp', 'judge-worker.ts'],
  ['negotiate-worker', 'services', 'negotiate', 'matrix-worker.ts'],
]);

/**
 * The program of a worker is one file: a thread starts with a file, not with chunks.
 *
 * @param {string} program the folder of the program
 * @param {string} name
 * @param {string} source
 */
async function buildWorker(program, name, source) {
  const { metafile } = await build({
    ...commonOptions,
    entryPoints: [source],
    outfile: path.join(program, `${name}.mjs`),
    format: 'esm',
    external: externalPackages,
    minifySyntax: true,
    minifyWhitespace: true,
    metafile: true,
    // Packages in the older form of modules ask for Node's own by `require`.
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  });
  return metafile;
}

/**
 * Gives `ipsec:commands`: a table from command id to a function that loads its file.
 *
 * @param {readonly string[]} folders
 * @returns {import('esbuild').Plugin}
 */
function commandTable(folders) {
  return {
    name: 'command-table',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^ipsec:commands$/ }, () => ({ path: 'commands', namespace: 'ipsec' }));
      onLoad({ filter: /.*/, namespace: 'ipsec' }, () => {
        const files = folders.flatMap(commandFiles);
        const rows = files.map(({ id, file }) => `${JSON.stringify(id)}: () => import(${JSON.stringify(file)})`);
        return { contents: `export const commands = {${rows.join(',\n')}};`, resolveDir: root };
      });
    },
  };
}

/**
 * Every file is a command; its path is its id, as in oclif (`policy/lint.ts` is `policy:lint`).
 *
 * @param {string} folder
 */
function commandFiles(folder) {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .sort()
    .map((name) => {
      const id = name
        .slice(0, -'.ts'.length)
        .split(path.sep)
        .join(':')
        .replace(/:index$/, '');
      return { id, file: path.join(folder, name) };
    });
}

/**
 * The manifest as `oclif manifest` would write it, by the same class of @oclif/core, but from the bundle's own table.
 *
 * @param {string} dist
 */
async function makeManifest(dist) {
  const require = createRequire(import.meta.url);
  /** @type {Record<string, () => Promise<{ default: object }>>} */
  const commands = await require('../bin/start.js').load(dist).program.loadCommandTable();
  const pjson = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
  const plugin = new Plugin({
    root,
    pjson,
    isRoot: true,
    ignoreManifest: true,
    errorOnManifestCreate: true,
    respectNoCacheDefault: true, // a default that depends on the machine must not be that of the machine that built
  });
  Object.assign(plugin, {
    getCommandIDs: async () => Object.keys(commands),
    /** @param {string} id */
    findCommand: async (id) => Object.assign((await commands[id]?.())?.default ?? {}, { id }),
  });
  await plugin.load();
  return plugin.manifest;
}
