/** Dry runs of strongSwan with the certificates that lie beside each swanctl.conf: believed and refused as two real daemons do it. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { octetsOf } from '../../../scripts/fidelity/material.js';
import { createPki, type Pki } from '../../../scripts/fidelity/random/pki.js';
import { seededRandom } from '../../../src/engine/crypto/random.js';
import { loadProvider } from '../../../src/services/crypto-provider.js';
import { type CertifiedRow, certifiedRows } from '../../support/certified-rows.js';
import { dryRun } from '../../support/dry-run.js';
import { folderWith } from '../../support/folder.js';

let pki: Pki;
beforeAll(async () => {
  pki = createPki(await loadProvider('node', seededRandom(1)));
}, 60_000);

function row(name: string): CertifiedRow {
  const found = certifiedRows.find((each) => each.name === name);
  if (!found) throw new Error(`there is no row '${name}'`);
  return found;
}

/** The folders of both ends; private keys are no part of what is looked at. */
function foldersOf({ pair }: CertifiedRow): string {
  const files = (side: 'left' | 'right') => {
    const held = [...octetsOf(pki, pair.files![side])].filter(([name]) => !name.startsWith('private/'));
    return Object.fromEntries([
      [`${side}/swanctl.conf`, pair[side]],
      ...held.map(([name, octets]) => [`${side}/${name}`, octets]),
    ]);
  };
  return folderWith({ ...files('left'), ...files('right') });
}

const run = (folder: string) =>
  dryRun([path.join(folder, 'left/swanctl.conf'), path.join(folder, 'right/swanctl.conf')], {
    beginsAt: new Date('2026-12-01T00:00:00Z'),
  });

describe('certificates beside swanctl.conf', () => {
  it('work where each side believes the other, and say what is assumed', async () => {
    const document = await run(foldersOf(row('certificates of one authority are believed')));
    expect(document.runs.map(({ verdict }) => verdict.word)).toEqual(['works', 'works']);
    expect(document.assumptions).toContain(
      'the private keys belong to the certificates beside swanctl.conf, whose files were read',
    );
    expect(document.assumptions.join()).not.toContain('made up');
  });

  it.each([
    ['without an identity it is the subject of the certificate', 'works'],
    ['an expired certificate is refused', 'fails'],
    ['but not be for encryption alone', 'fails'],
    ['an end that does not have it cannot send it', 'fails'],
    ['cacerts are authorities for everybody, and a demand for this peer', 'fails'],
    ['with a length it refuses other keys', 'fails'],
    ['strict revocation needs a list', 'fails'],
    ['what is revoked is refused', 'fails'],
  ])('%s: it %s', async (name, word) => {
    const each = row(name);
    const { runs } = await run(foldersOf(each));
    const [fromLeft] = runs;
    expect(fromLeft?.verdict.word).toBe(word);
    if (each.why) expect(fromLeft?.verdict.text).toMatch(each.why);
  });

  it('are not used where a connection names a file that is not there', async () => {
    const folder = foldersOf(row('an expired certificate is refused'));
    const text = readFileSync(path.join(folder, 'left/swanctl.conf'), 'utf8');
    const without = folderWith({ 'left/swanctl.conf': text.replace('left-p256-fqdn.der', 'absent.der') });
    const document = await dryRun([path.join(without, 'left/swanctl.conf'), path.join(folder, 'right/swanctl.conf')]);
    expect(document.assumptions.join()).toContain('made up for the dry run');
  });
});
