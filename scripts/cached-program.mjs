/**
 * The program as a package folder (bin/, dist/, package.json …) under node_modules/.cache, built only when its sources have
 * changed: for bin/dev.js, the tests of the command line and the benchmarks.
 */
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildProgram } from './build-program.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const cache = path.join(root, 'node_modules', '.cache', 'ipsec');
const sources = ['src', 'bin', 'scripts', 'package.json', 'package-lock.json'];
const keptMillis = 3600 * 1000;

/**
 * @param {{ codeCache?: boolean, extraCommands?: string }} [options] `extraCommands` is a folder of commands that are added
 *   to those of src/commands
 * @returns {Promise<string>} the package folder; start `bin/run.js` in it
 */
export async function cachedProgram({ codeCache = true, extraCommands } = {}) {
  const inputs = extraCommands === undefined ? sources : [...sources, extraCommands];
  const variant = `${codeCache ? 'cached' : 'plain'}-${process.version}`;
  const folder = path.join(cache, `${variant}-${fingerprint(inputs)}`);
  if (existsSync(folder)) return folder;

  // Several processes may come here at once: each builds for itself, and the first to finish gives the folder its name.
  const draft = `${folder}.${process.pid}.${Math.random().toString(36).slice(2)}`;
  mkdirSync(draft, { recursive: true });
  try {
    for (const name of ['bin', 'package.json'])
      cpSync(path.join(root, name), path.join(draft, name), { recursive: true });
    for (const name of ['examples', 'man', 'schemas', 'systemd'])
      symlinkSync(path.join(root, name), path.join(draft, name));
    await buildProgram(path.join(draft, 'dist'), { codeCache, extraCommands });
    try {
      renameSync(draft, folder);
    } catch (error) {
      if (!existsSync(folder)) throw error;
    }
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
  removeOld();
  return folder;
}

/** @param {readonly string[]} inputs files and folders, relative to the checkout */
function fingerprint(inputs) {
  const hash = createHash('sha256');
  for (const input of inputs) {
    const full = path.resolve(root, input);
    const isFolder = statSync(full).isDirectory();
    const names = isFolder ? readdirSync(full, { recursive: true, encoding: 'utf8' }).sort() : [''];
    for (const name of names) {
      const { mtimeMs, size } = statSync(path.join(full, name));
      hash.update(`${input}/${name} ${mtimeMs} ${size}\n`);
    }
  }
  return hash.digest('hex').slice(0, 16);
}

/** Folders that no run can be using any more: each state of the sources leaves one of ten megabytes. */
function removeOld() {
  for (const name of readdirSync(cache)) {
    const folder = path.join(cache, name);
    const age = Date.now() - (statSync(folder, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
    if (age > keptMillis) rmSync(folder, { recursive: true, force: true });
  }
}
