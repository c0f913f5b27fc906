/**
 * Pairs that are said to work, in dry runs: those of the reference material, with the Linux side where a header tells it, and every
 * folder of examples/ that holds two ends.
 */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { NegotiationDocument } from '../../../src/report/negotiation/document.js';
import { dryRun } from '../../support/dry-run.js';
import { folderWith } from '../../support/folder.js';
import { sharedMissing, sharedPath } from '../../support/shared.js';
import { root } from '../../support/sources.js';

const folder = sharedPath('reference', 'hpux-examples');
const files = folder === undefined ? [] : readdirSync(folder).filter((name) => name.endsWith('.conf'));
const pairs = files.flatMap((name) => {
  const [, number] = /^(\d+)a-/.exec(name) ?? [];
  const other = files.find((each) => each.startsWith(`${number}b-`));
  return number !== undefined && other ? [{ name: name.replace(/^\d+a-|\.conf$/g, ''), a: name, b: other }] : [];
});

const run = (systems: readonly string[], profiles: readonly string[] = []): Promise<NegotiationDocument> =>
  dryRun(systems, { profiles });

/** Everything that is protected passes, whoever starts, past the first rekeys; and nothing passes that should not. */
function expectToWork({ runs, good }: NegotiationDocument): void {
  expect(runs.length).toBeGreaterThan(0);
  for (const { verdict, traffic, warnings } of runs) {
    expect(verdict).toMatchObject({ word: 'works', good: true });
    expect(traffic).toMatchObject({ arrived: traffic.sent, inTheClear: 0, unmatched: [] });
    expect(warnings).toEqual([]);
  }
  expect(good).toBe(true);
}

describe.skipIf(!folder)(`pairs of HP-UX examples (skipped where ${sharedMissing})`, () => {
  it('are there', () => expect(pairs.length).toBeGreaterThanOrEqual(5));

  it.each(pairs)('$name', async ({ a, b }) => {
    expectToWork(await run([path.join(folder!, a), path.join(folder!, b)]));
  });
});

/** The comment of a file from a line on, without its signs. */
function commentAfter(text: string, heading: RegExp): string {
  const lines = text
    .split('\n')
    .filter((line) => line.startsWith('#'))
    .map((line) => line.slice(1));
  const start = lines.findIndex((line) => heading.test(line));
  // A remark in parentheses is for readers, not for racoon.
  const end = lines.findIndex((line, index) => index > start && (!/^ {2,}/.test(line) || /^ *\(/.test(line)));
  return lines.slice(start + 1, end < 0 ? undefined : end).join('\n');
}

const keyOf = (text: string): string => /-preshared (\S+)/.exec(text)![1]!;

describe.skipIf(!folder)(`HP-UX with Linux, as the headers have it (skipped where ${sharedMissing})`, () => {
  it('IKEv1 with racoon and setkey', async () => {
    const hpux = readFileSync(path.join(folder!, '14-linux-interop-ikev1.conf'), 'utf8');
    const [setkey, racoon] = [
      commentAfter(hpux, /Linux side, setkey:/),
      commentAfter(hpux, /Linux side, racoon\.conf:/),
    ];
    expect(setkey).toContain('spdadd');
    expect(racoon).toContain('sainfo');
    const place = folderWith({
      'hosts/hpux/policy.conf': hpux,
      'hosts/linux/setkey.conf': `${setkey}\n`,
      'hosts/linux/racoon.conf': `path pre_shared_key "psk.txt";\n${racoon}\n`,
      'hosts/linux/psk.txt': `10.1.1.1 ${keyOf(hpux)}\n`,
    });
    expectToWork(await run([place]));
  });

  it('IKEv2 with strongSwan', async () => {
    const hpux = readFileSync(path.join(folder!, '15-linux-interop-ikev2-sha2.conf'), 'utf8');
    const swan = commentAfter(hpux, /Linux side, swanctl\.conf:/).replaceAll(/ {2,}(?=[a-z_]+ = )/g, '\n');
    expect(swan).toContain('esp_proposals');
    const place = folderWith({
      'hpux.conf': hpux,
      'swanctl.conf': `${swan}\nsecrets {\n  ike-hpux {\n    secret = "${keyOf(hpux)}"\n  }\n}\n`,
    });
    expectToWork(await run([path.join(place, 'hpux.conf'), path.join(place, 'swanctl.conf')]));
  });
});

const examples = path.join(root, 'examples');
/** Folders with two files are two ends. */
const twoEnds = readdirSync(examples, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)
  .filter((name) => readdirSync(path.join(examples, name)).filter((file) => file.endsWith('.conf')).length === 2);

describe('folders of examples/ with two ends', () => {
  it('are most of them', () => expect(twoEnds.length).toBeGreaterThanOrEqual(8));

  it.each(twoEnds)('%s', async (name) => {
    const document = await run([path.join('examples', name)]);
    if (name !== 'faulty') return expectToWork(document);
    expect(document.good).toBe(false);
    for (const { suggestions } of document.runs) expect(suggestions.length).toBeGreaterThan(1);
  });

  it('the hosts of site', async () => {
    const hosts = readdirSync(path.join(examples, 'site', 'hosts')).map((name) => name.replace(/\.\w+$/, ''));
    const { negotiateMatrix } = await import('../../../src/services/negotiate/matrix.js');
    const { document } = await negotiateMatrix({
      paths: [path.join('examples', 'site')],
      seed: '1',
      beginsAt: new Date('2026-11-01T00:00:00Z'),
      profiles: [],
      jobs: 1,
    });
    expect(hosts.length).toBeGreaterThan(1);
    expect(document.pairs.length).toBeGreaterThan(0);
    expect(document.good).toBe(true);
  });
});
