'use strict';

const { existsSync, readFileSync } = require('node:fs');
const { createRequire } = require('node:module');
const path = require('node:path');
const { pathToFileURL } = require('node:url');
const vm = require('node:vm');

const root = path.resolve(__dirname, '..');
const distDefault = path.join(root, 'dist');

/**
 * Modules of Node that take long to load and that many chunks name but few runs use: loaded when something of them is first
 * asked for.
 */
const slowBuiltins = new Set(
  [
    'child_process',
    'crypto',
    'dgram',
    'fs/promises',
    'http',
    'net',
    'perf_hooks',
    'readline',
    'worker_threads',
    'zlib',
  ].map((name) => `node:${name}`),
);

/**
 * Loads the program: the chunks that the build left, each with its compiled code, which halves the start. Node's own compile
 * cache (module.enableCompileCache) exists only from 22.8 on and writes while the program runs, by default under the shared
 * temporary folder, which is no place for the code of a program that root runs. V8 refuses what another version of it made,
 * and compiles.
 *
 * @param {string} [dist] the folder of the build
 * @returns {{ program: typeof import('../src/main.js'), scripts: Map<string, import('node:vm').Script> }} the program, and the
 *   script of every chunk that has been loaded so far by its file
 */
function load(dist = distDefault) {
  const folder = path.join(dist, 'program');
  const requireOther = createRequire(path.join(folder, 'main.cjs'));
  /** @type {Map<string, { exports: any }>} */
  const modules = new Map();
  /** @type {Map<string, import('node:vm').Script>} */
  const scripts = new Map();

  /** @param {string} specifier */
  function requireChunk(specifier) {
    if (!specifier.startsWith('./')) return slowBuiltins.has(specifier) ? later(specifier) : requireOther(specifier);
    const known = modules.get(specifier);
    if (known) return known.exports;
    const file = path.join(folder, specifier);
    const script = compile(file);
    scripts.set(file, script);
    const module = { exports: {}, url: pathToFileURL(file).href };
    modules.set(specifier, module);
    script.runInThisContext()(module.exports, requireChunk, module, file, folder);
    return module.exports;
  }
  return { program: requireChunk('./main.cjs'), scripts };
}

/**
 * A chunk: a function of what CommonJS gives a module, all of it ASCII.
 *
 * @param {string} file
 */
function compile(file) {
  return new vm.Script(readFileSync(file, 'latin1'), { filename: file, cachedData: readIfThere(`${file}.cache`) });
}

/**
 * Stands for a module of Node, which is loaded when something of it is first asked for.
 *
 * @param {string} specifier
 */
function later(specifier) {
  /** @type {any} */
  let known;
  // Asked for at every use: `require` would look for it each time.
  const real = () => (known ??= require(specifier));
  return new Proxy(
    {},
    {
      get: (_, key) => (key === '__esModule' ? undefined : real()[key]),
      has: (_, key) => key in real(),
      ownKeys: () => Reflect.ownKeys(real()),
      getOwnPropertyDescriptor: (_, key) => {
        const descriptor = Reflect.getOwnPropertyDescriptor(real(), key);
        return descriptor && { ...descriptor, configurable: true };
      },
    },
  );
}

/**
 * Runs one command line.
 *
 * @param {readonly string[]} argv what follows the program's name
 * @param {string} [dist] the folder of the build
 */
function start(argv, dist = distDefault) {
  /** @type {any} */
  const pjson = require('../package.json');
  const called = path.basename(process.argv[1] ?? '');
  const bin = Object.hasOwn(pjson.bin, called) ? called : pjson.oclif.bin;
  const problem = olderThan(20, 19)
    ? `Node 20.19 or later is needed, this is ${process.version}`
    : existsSync(path.join(dist, 'manifest.json'))
      ? undefined
      : `not built yet: run "npm run build" in ${root}`;
  if (problem !== undefined) {
    process.stderr.write(`${bin}: ${problem}\n`);
    process.exitCode = 4; // src/exit-code.ts: environment
    return;
  }
  return load(dist).program.main({ root, dist, pjson, bin, argv });
}

/**
 * @param {number} major
 * @param {number} minor
 */
function olderThan(major, minor) {
  const [ownMajor = 0, ownMinor = 0] = process.versions.node.split('.').map(Number);
  return ownMajor < major || (ownMajor === major && ownMinor < minor);
}

/** @param {string} file */
function readIfThere(file) {
  try {
    return readFileSync(file);
  } catch {
    return undefined;
  }
}

module.exports = { load, compile, start };
