/** Runs a TypeScript file of this checkout: node scripts/run-ts.mjs FILE [ARGUMENTS…]. */
import path from 'node:path';
import { importTs } from './import-ts.mjs';

const [file, ...args] = process.argv.slice(2);
if (file === undefined) throw new Error('usage: node scripts/run-ts.mjs FILE [ARGUMENTS…]');
process.setSourceMapsEnabled(true);
process.argv = [process.execPath, path.resolve(file), ...args];
await importTs(file);
