/** npm run generate: everything in the repository that is made from the product's own tables. A test compares. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buildProgram } from './build-program.mjs';
import { manPages } from './man-pages.js';

const dist = mkdtempSync(path.join(tmpdir(), 'ipsec-generate-'));
try {
  await buildProgram(dist, { codeCache: false });
  const { commands } = JSON.parse(readFileSync(path.join(dist, 'manifest.json'), 'utf8'));
  mkdirSync('man', { recursive: true });
  for (const [name, text] of manPages(commands)) writeFileSync(path.join('man', name), text);
} finally {
  rmSync(dist, { recursive: true, force: true });
}
