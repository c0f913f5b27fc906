/**
 * Dry runs as users see them: every folder of test/golden/negotiation holds two systems (and sometimes a gateway between them), says
 * what must come of it, and the text of the run. `npm run golden` writes the texts anew.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { NegotiationDocument } from '../../../src/report/negotiation/document.js';
import { renderNegotiation } from '../../../src/report/negotiation/text.js';
import { negotiate } from '../../../src/services/negotiate/negotiate.js';
import { root } from '../../support/sources.js';

const folder = path.join('test', 'golden', 'negotiation');
const cases = readdirSync(path.join(root, folder));
const beginsAt = new Date('2026-01-01T00:00:00Z');
const width = 100;

async function run(name: string): Promise<NegotiationDocument> {
  const file = (letter: string) => path.join(folder, name, `${letter}.conf`);
  const { document } = await negotiate({
    systems: [file('a'), file('b')],
    further: existsSync(path.join(root, file('c'))) ? [file('c')] : [],
    initiator: 'both',
    seed: '1',
    beginsAt,
    faults: { nat: [] },
    profiles: [],
    detail: 'messages',
    suggest: true,
  });
  return document;
}

/** `# expect: works` or `# expect: waits, works`: for each run in its order, or one word for all. */
function expected(name: string): string[] {
  const found = /^# expect: (.+)$/m.exec(readFileSync(path.join(root, folder, name, 'a.conf'), 'utf8'));
  return found?.[1]?.split(', ') ?? [];
}

/** What a fault is called where it is found, by the first part of the folder's name. */
const steps: Readonly<Record<string, RegExp>> = {
  key: /^authentication$/,
  group: /^IKE proposals$/,
  hash: /^IKE proposals$/,
  cipher: /^IKE proposals$/,
  transform: /^ESP and AH proposals$/,
  id: /^identities$/,
  selectors: /^(?:selectors|policies)$/,
  kmp: /^IKE version$/,
  exchange: /^exchange$/,
  pfs: /^ESP and AH proposals$|^key exchange group \(PFS\)$/,
  mode: /^transport or tunnel mode$/,
  'one-sided': /^policies$/,
};

describe.each(cases)('%s', (name) => {
  it('comes to what it says, with a reason and a change that mends it where it fails', async () => {
    const document = await run(name);
    const words = expected(name);
    expect(words.length).toBeGreaterThan(0);
    expect(document.runs.map(({ verdict }) => verdict.word)).toEqual(
      document.runs.map((_, index) => (words.length === 1 ? words[0] : words[index])),
    );
    for (const { verdict, failure, suggestions, traffic, warnings } of document.runs) {
      expect(warnings).toEqual([]);
      if (verdict.word === 'works') {
        expect(traffic.arrived).toBe(traffic.sent);
        expect(traffic).toMatchObject({ inTheClear: 0, acceptsClear: [], unmatched: [] });
      }
      const [, fault] = /^fault-(.+)-ikev\d$/.exec(name) ?? [];
      if (!fault) continue;
      expect(verdict.step).toMatch(steps[fault]!);
      expect(failure?.reason).not.toBe('');
      expect(suggestions.length).toBeGreaterThan(0);
    }
    const text = [...renderNegotiation(document, { width })].join('\n');
    // No key of any file in it.
    for (const key of keysOf(name)) expect(JSON.stringify(document) + text).not.toContain(key);
    await expect(`${text}\n`).toMatchFileSnapshot(path.join(root, folder, name, 'trace.txt'));
  });
});

function keysOf(name: string): string[] {
  return readdirSync(path.join(root, folder, name))
    .filter((file) => file.endsWith('.conf'))
    .flatMap((file) => {
      const text = readFileSync(path.join(root, folder, name, file), 'utf8');
      return [...text.matchAll(/-preshared (\S+)|\/(0x[0-9a-f]{8,})|secret = "([^"]+)"/g)].flatMap(
        ([, key, manual, quoted]) => key ?? manual ?? quoted ?? [],
      );
    });
}
