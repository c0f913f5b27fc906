/** Dry runs judge the certificates that the records name, at the time of the run, against what each side trusts. */
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../src/engine/crypto/random.js';
import { loadProvider } from '../../../src/services/crypto-provider.js';
import { dryRun, withChanges } from '../../support/dry-run.js';
import { folderWith } from '../../support/folder.js';
import { madeUpPki } from '../../support/made-up-pki.js';
import { root } from '../../support/sources.js';

/** The example with two ends and a CA of their own, where its files may be changed. */
function example(): string {
  const folder = folderWith({});
  cpSync(path.join(root, 'examples/certificates'), folder, { recursive: true });
  return folder;
}

const run = (folder: string, at: string) =>
  dryRun([path.join(folder, 'alpha.conf'), path.join(folder, 'beta.conf')], { beginsAt: new Date(at) });

describe('certificates whose files are at hand', () => {
  it.each([
    {
      what: 'not valid yet',
      at: '2025-12-30T00:00:00Z',
      text: /is not valid: it is not valid before 2026-01-01 \(RFC 5280/,
    },
    { what: 'expired', at: '2046-01-02T00:00:00Z', text: /is not valid: it expired on 2045-12-31 \(RFC 5280/ },
  ])('fail at certificates where they are $what', async ({ at, text }) => {
    const document = await run(example(), at);
    expect(document.runs.map(({ initiator }) => initiator)).toEqual(['alpha', 'beta']);
    for (const { verdict, failure, initiator } of document.runs) {
      expect(verdict).toMatchObject({
        word: 'fails',
        good: false,
        step: 'certificates',
        text: expect.stringMatching(text),
      });
      const peer = initiator === 'alpha' ? 'beta' : 'alpha';
      expect(verdict.text).toContain(
        `${peer}: the certificate of X500-DN CN=${initiator},OU=Blue Lab,O=Example,C=US is`,
      );
      expect(failure).toMatchObject({ code: 'certificate-refused', foundBy: peer, notify: 'AUTHENTICATION_FAILED' });
    }
    expect(document.assumptions.join()).not.toContain('certificates are valid');
  });

  it('work while they are valid, and say what is still assumed', async () => {
    const document = await run(example(), '2030-01-01T00:00:00Z');
    expect(document.runs.map(({ verdict }) => verdict.word)).toEqual(['works', 'works']);
    expect(document.assumptions).toEqual([
      'the private keys belong to the certificates that the records name, whose files were read',
    ]);
  });

  it('fail at the side that does not know the authority', async () => {
    const folder = example();
    const { authority } = madeUpPki({ seed: 1, provider: await loadProvider('node', seededRandom(1)) });
    writeFileSync(path.join(folder, 'certs/other-ca.der'), authority);
    const beta = path.join(folder, 'beta.conf');
    writeFileSync(beta, readFileSync(beta, 'utf8').replace('certs/example-ca.pem', 'certs/other-ca.der'));
    const document = await run(folder, '2030-01-01T00:00:00Z');
    for (const { verdict, failure, suggestions } of document.runs) {
      expect([verdict, failure]).toMatchObject([
        { word: 'fails', step: 'certificates' },
        {
          foundBy: 'beta',
          reason: expect.stringMatching(
            /CN=alpha,.* is not valid: no trusted or known certificate has issued it \(RFC 5280 §6.1\)$/,
          ),
        },
      ]);
      const [[change, ...more] = []] = suggestions.map(({ changes }) => changes);
      expect([change, ...more]).toMatchObject([
        {
          system: 'beta',
          title: "trust in auth 'alpha' the authority that auth 'beta' of alpha names",
          diff: ['-    -ca certs/other-ca.der \\', '+    -ca certs/example-ca.pem \\'],
        },
      ]);
      const mended = await withChanges(folder, [change!], () => run(folder, '2030-01-01T00:00:00Z'));
      expect(mended.good).toBe(true);
    }
  });

  it('are assumed to be valid where a file is absent', async () => {
    const folder = example();
    const alpha = path.join(folder, 'alpha.conf');
    writeFileSync(alpha, readFileSync(alpha, 'utf8').replace('certs/alpha.pem', 'certs/elsewhere.pem'));
    const document = await run(folder, '2046-02-01T00:00:00Z');
    // The other one's file is here, and is judged.
    expect(document.runs.map(({ failure }) => failure?.foundBy)).toEqual(['alpha', 'alpha']);
    expect(document.assumptions).toContain(
      'certificates are valid and name what the records say; they were made up for the dry run',
    );
  });
});
