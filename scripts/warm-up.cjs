'use strict';
/**
 * Writes the compiled code of a freshly built program: node scripts/warm-up.cjs DIST.
 *
 * V8 compiles a function when it is first called and can give out what it has compiled so far. So the common commands are run
 * first, in this process, with their output thrown away. Chunks that they do not load are compiled only as far as V8 goes
 * without running them.
 */
const { readdirSync, readFileSync, writeFileSync } = require('node:fs');
const path = require('node:path');
const { compile, load } = require('../bin/start.js');

const root = path.resolve(__dirname, '..');
const dist = path.resolve(process.argv[2] ?? path.join(root, 'dist'));
const sample = path.join(__dirname, 'warm-up.conf');

/** The commands whose start matters, that is, those which people and hooks run again and again; and the ways to go wrong. */
const lines = [
  ['--help'],
  ['version'],
  ['version', '--help'],
  ['nonsense'],
  ['version', '--json', '--nonsense'],
  ['policy', 'lint', sample],
  ['policy', 'lint', '--json', sample],
  ['policy', 'fmt', '--check', sample],
  ['policy', 'show', sample],
  ['policy', 'query', '--src', '10.1.1.1', '--dst', '10.2.2.2', '--proto', 'tcp', sample],
];

async function main() {
  /** @type {any} */
  const pjson = require('../package.json');
  const { program, scripts } = load(dist);
  const { commands } = JSON.parse(readFileSync(path.join(dist, 'manifest.json'), 'utf8'));
  const { write } = process.stdout;
  const writeError = process.stderr.write;
  process.stdout.write = process.stderr.write = () => true;
  for (const argv of lines) {
    const isTopic = argv[0] === 'policy';
    if (isTopic && !commands[`policy:${argv[1]}`]) continue;
    await program.main({ root, dist, pjson, bin: pjson.oclif.bin, argv });
    if (process.exitCode === 3) throw new Error(`"${argv.join(' ')}" ends with an internal error`);
  }
  process.stdout.write = write;
  process.stderr.write = writeError;
  process.exitCode = 0;
  const folder = path.join(dist, 'program');
  for (const name of readdirSync(folder).filter((each) => each.endsWith('.cjs'))) {
    const file = path.join(folder, name);
    writeFileSync(`${file}.cache`, (scripts.get(file) ?? compile(file)).createCachedData());
  }
}

main();
