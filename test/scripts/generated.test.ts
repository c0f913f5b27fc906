import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
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

const pages = readdirSync(path.join(root, 'man'));

it('every command has a page, and ipsec(1) names it', async () => {
  const program = await builtProgram();
  const { commands } = JSON.parse(readFileSync(path.join(program, 'dist', 'manifest.json'), 'utf8')) as {
    commands: Record<string, { hidden?: boolean }>;
  };
  const overview = readFileSync(path.join(root, 'man', 'ipsec.1'), 'utf8');
  for (const [id, { hidden }] of Object.entries(commands)) {
    const name = `ipsec-${id.replaceAll(':', '-')}`;
    expect(pages.includes(`${name}.1`), id).toBe(!hidden);
    expect(overview.includes(`.BR ${name.replaceAll('-', '\\-')} (1)`), id).toBe(!hidden);
  }
});

const hasGroff = ['groff', 'nroff'].every((name) => {
  try {
    execFileSync('sh', ['-c', `command -v ${name}`], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
});

describe.skipIf(!hasGroff)('groff (skipped where it is missing)', () => {
  it('has nothing to warn of', () => {
    const paths = pages.map((name) => path.join(root, 'man', name));
    const warnings = execFileSync('sh', [
      '-c',
      'for page; do groff -ww -man -Tutf8 "$page" 2>&1 >/dev/null; done',
      'sh',
      ...paths,
    ]);
    expect(warnings.toString()).toBe('');
  });
});
