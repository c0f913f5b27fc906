import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { manPages } from '../../scripts/man-pages.js';
import { builtProgram } from '../support/cli.js';
import { root } from '../support/sources.js';

it('the manual pages are what `npm run generate` writes', async () => {
  const program = await builtProgram();
  const { commands } = JSON.parse(readFileSync(path.join(program, 'dist', 'manifest.json'), 'utf8'));
  const pages = manPages(commands);
  expect(readdirSync(path.join(root, 'man')).sort()).toEqual([...pages.keys()].sort());
  for (const [name, text] of pages) expect(readFileSync(path.join(root, 'man', name), 'utf8'), name).toBe(text);
});
