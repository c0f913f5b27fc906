'use strict';
/**
 * Writes the compiled code of a freshly built bundle: node scripts/warm-up.cjs DIST.
 *
 * V8 compiles a function when it is first called and can give out what it has compiled so far. So the common commands are run
 * first, in this process, with their output thrown away.
 */
const { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } = require('node:fs');
const path = require('node:path');
const { load } = require('../bin/start.js');

const root = path.resolve(__dirname, '..');
const dist = path.resolve(process.argv[2] ?? path.join(root, 'dist'));

async function main() {
  /** @type {any} */
  const pjson = require('../package.json');
  const { program, script } = load(dist);
  const { commands } = JSON.parse(readFileSync(path.join(dist, 'manifest.json'), 'utf8'));
  const examples = path.join(root, 'examples');
  const entries = existsSync(examples) ? readdirSync(examples, { withFileTypes: true }) : [];
  const example = entries.find((entry) => entry.isFile() && entry.name.endsWith('.conf'));
  const lines = [['--help'], ['version'], ['version', '--help'], ['nonsense'], ['version', '--json', '--nonsense']];
  if (commands['policy:lint'] && example) lines.push(['policy', 'lint', path.join(examples, example.name)]);
  const write = process.stdout.write;
  const writeError = process.stderr.write;
  process.stdout.write = process.stderr.write = () => true;
  for (const argv of lines) await program.main({ root, dist, pjson, bin: pjson.oclif.bin, argv });
  process.stdout.write = write;
  process.stderr.write = writeError;
  process.exitCode = 0;
  const cache = path.join(dist, 'cli.cjs.cache');
  writeFileSync(`${cache}.new`, script.createCachedData());
  renameSync(`${cache}.new`, cache);
}

main();
