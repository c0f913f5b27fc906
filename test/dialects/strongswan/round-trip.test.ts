/** Every swanctl.conf that there is, read, written and read again: it is the same, or a loss says what is not. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { strongswan } from '../../../src/dialects/strongswan/dialect.js';
import { readDialect } from '../../support/dialects.js';
import { plainConfig } from '../../support/plain-config.js';
import { sharedMissing, sharedPath } from '../../support/shared.js';
import { lossesOf, write } from '../../support/written.js';

/** Texts by name: strongSwan's own tests, the lab's, and both sides of the recorded pairs. */
function samples(): readonly (readonly [name: string, text: string, settings?: string])[] {
  const found: (readonly [string, string, string?])[] = [];
  for (const folder of [
    ['vectors', 'strongswan', 'configs'],
    ['lab', 'strongswan', 'examples'],
  ]) {
    const root = sharedPath(...folder);
    if (root === undefined) continue;
    for (const file of readdirSync(root, { recursive: true, encoding: 'utf8' }).sort()) {
      if (path.basename(file) !== 'swanctl.conf') continue;
      const settings = path.join(root, path.dirname(file), 'strongswan.conf');
      const text = readFileSync(path.join(root, file), 'utf8');
      found.push(existsSync(settings) ? [file, text, readFileSync(settings, 'utf8')] : [file, text]);
    }
  }
  const pairs = sharedPath('vectors', 'charon-pairs', 'pairs.jsonl');
  if (pairs !== undefined) {
    for (const line of readFileSync(pairs, 'utf8').split('\n').filter(Boolean)) {
      const { id, left, right } = JSON.parse(line) as { id: string; left: string; right: string };
      found.push([`pair ${id} left`, left], [`pair ${id} right`, right]);
    }
  }
  return found;
}

const all = samples();

describe.skipIf(all.length === 0)(`round trips${all.length === 0 ? ` (${sharedMissing})` : ''}`, () => {
  it.each(strongswan.versions)('of every sample in %s', (version) => {
    expect(all.length).toBeGreaterThan(400);
    const differing: string[] = [];
    // What differs between versions are defaults and words: some of the samples will do for the others.
    const some = version === strongswan.defaultVersion ? all : all.filter((_, at) => at % 5 === 0);
    for (const [name, text, settings] of some) {
      const files: Record<string, string> = settings === undefined ? {} : { 'strongswan.conf': settings };
      const first = readDialect(strongswan, text, { path: 'swanctl.conf', version, files });
      const writing = write(strongswan, first.config, version);
      const texts = Object.fromEntries(writing.files.map((file) => [file.path, file.text]));
      const again = readDialect(strongswan, texts['swanctl.conf']!, { path: 'swanctl.conf', version, files: texts });
      expect([name, again.problems.filter(({ severity }) => severity === undefined)]).toEqual([name, []]);
      const losses = lossesOf(writing).filter((loss) => !loss.startsWith('local'));
      const isSame = JSON.stringify(plainConfig(first.config)) === JSON.stringify(plainConfig(again.config));
      if (!isSame && losses.length === 0) differing.push(name);
      else if (!isSame) differing.push(`${name}: ${losses.join(' | ')}`);
    }
    expect(differing).toEqual([]);
  });
});
