'use strict';

const { existsSync, readFileSync } = require('node:fs');
const { createRequire } = require('node:module');
const path = require('node:path');
const vm = require('node:vm');

const root = path.resolve(__dirname, '..');
const distDefault = path.join(root, 'dist');

/**
 * Loads the bundle with the compiled code that the build left beside it, which halves its start. Node's own compile cache
 * (module.enableCompileCache) exists only from 22.8 on and writes while the program runs, by default under the shared temporary
 * folder, which is no place for the code of a program that root runs. V8 refuses what another version of it made, and compiles.
 *
 * @param {string} [dist] the folder of the bundle
 * @returns {{ program: typeof import('../src/main.js'), script: import('node:vm').Script }}
 */
function load(dist = distDefault) {
  const filename = path.join(dist, 'cli.cjs');
  const source = `(function(exports,require,module,__filename,__dirname){${readFileSync(filename, 'latin1')}\n})`;
  const script = new vm.Script(source, {
    filename,
    cachedData: readIfThere(`${filename}.cache`),
    importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  });
  const module = { exports: /** @type {any} */ ({}) };
  script.runInThisContext()(module.exports, createRequire(filename), module, filename, dist);
  return { program: module.exports, script };
}

/**
 * Runs one command line.
 *
 * @param {readonly string[]} argv what follows the program's name
 * @param {string} [dist] the folder of the bundle
 */
function start(argv, dist = distDefault) {
  /** @type {any} */
  const pjson = require('../package.json');
  const called = path.basename(process.argv[1] ?? '');
  const bin = Object.hasOwn(pjson.bin, called) ? called : pjson.oclif.bin;
  const problem = olderThan(20, 19)
    ? `Node 20.19 or later is needed, this is ${process.version}`
    : existsSync(path.join(dist, 'cli.cjs'))
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

module.exports = { load, start };
