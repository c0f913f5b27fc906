/** Every example parses, is in canonical form, and lints as its README says: no warning except where it is the point. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { formatFiles } from '../src/services/format.js';
import { lint } from '../src/services/lint.js';
import { runAssertions } from '../src/services/run-assertions.js';
import { dryRun } from './support/dry-run.js';
import { root } from './support/sources.js';

const folder = path.join(root, 'examples');
const folders = readdirSync(folder).filter((name) => statSync(path.join(folder, name)).isDirectory());
/** Programs that use the library, and no policies. */
const programs = ['library'];

describe.each(folders.filter((name) => !programs.includes(name)))('%s', (name) => {
  it('lints as it should, its systems together', async () => {
    const { report } = await lint({ paths: [path.join(folder, name)], together: true, asOf: '2026-11-01' });
    const serious = report.findings
      .filter((finding) => finding.severity !== 'info')
      .map((finding) => `${finding.code} ${finding.message}`);
    if (name === 'legacy-a02') expect(report.summary.errors).toBeGreaterThan(3);
    else if (name === 'faulty')
      expect(serious.map((line) => line.slice(0, 7))).toEqual(expect.arrayContaining(['SHD001 ', 'PEER001']));
    // The partner kept its secrets to itself.
    else if (name === 'partner')
      expect([...new Set(serious.map((line) => line.slice(0, 7)))].sort()).toEqual(['CRY014 ', 'PEER006']);
    else if (name === 'tutorial') {
      expect(serious.map((line) => line.slice(0, 7))).toEqual(expect.arrayContaining(['PEER002', 'PEER009']));
      const linux = await lint({ paths: [path.join(folder, name, 'linux')], together: true, asOf: '2026-11-01' });
      expect(linux.report.summary).toMatchObject({ errors: 0, warnings: 0 });
    } else expect(serious).toEqual([]);
    // A suppression in an example that hides nothing would teach the wrong thing.
    expect(report.findings.filter((finding) => finding.code.startsWith('HYG'))).toEqual([]);
  });

  it('is in canonical form', async () => {
    if (name === 'legacy-a02') return;
    const files = await formatFiles({ paths: [path.join(folder, name)] });
    expect(files.filter((file) => file.changed).map((file) => file.path)).toEqual([]);
  });
});

describe('the partner', () => {
  const file = (...parts: string[]) => path.join('examples', 'partner', ...parts);

  it('has another idea of PFS, which shows at the first rekeying and can be mended on either side', async () => {
    const { good, runs, assumptions } = await dryRun([file('ours.conf'), file('theirs', 'swanctl.conf')]);
    expect(good).toBe(false);
    expect(runs).toHaveLength(2);
    for (const { verdict, suggestions } of runs) {
      expect(verdict).toMatchObject({ word: 'until-rekey', step: 'key exchange group (PFS)' });
      expect(suggestions.map(({ changes }) => changes.map(({ system }) => system).join()).sort()).toEqual([
        'ours',
        'theirs',
      ]);
    }
    // Nobody sends his key along.
    expect(assumptions).toEqual([expect.stringMatching(/^the preshared keys of .* are the same/)]);
  });

  it('and ours agree once it is mended', async () => {
    expect((await dryRun([file('ours.conf'), file('mended', 'swanctl.conf')])).good).toBe(true);
  });
});

it('the assertions of the site hold', async () => {
  expect((await runAssertions({ paths: [path.join(folder, 'site')] })).failed).toBe(false);
});

it('the README names every folder', () => {
  const text = readFileSync(path.join(folder, 'README.md'), 'utf8');
  for (const name of folders) expect(text).toContain(`| \`${name}\` |`);
});
