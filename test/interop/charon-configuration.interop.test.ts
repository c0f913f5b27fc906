/**
 * Addresses by configuration payload (RFC 7296 §2.19): what two real daemons do with each pair of test/support/configuration-pairs.ts is
 * what is recorded, which test/scripts/configuration-behaviour.test.ts compares with the simulator and the analysis.
 * RECORD=1 writes the record anew.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pairHosts } from '../../scripts/fidelity/random-pairs.js';
import { compareVerdicts, type PairVerdict } from '../../scripts/fidelity/verdict.js';
import { type CharonPair, charonMissing, startCharons } from '../support/charon-pair.js';
import { recordVerdict } from '../support/charon-verdict.js';
import { configurationPairs } from '../support/configuration-pairs.js';

const missing = charonMissing();
if (missing) console.warn(`addresses given by strongSwan are skipped: ${missing}`);
const file = fileURLToPath(new URL('../support/configuration-verdicts.json', import.meta.url));
const quick = 'retransmit_timeout = 0.3\n  retransmit_tries = 2\n  retransmit_base = 1.0';

describe.skipIf(missing)(`two strongSwan daemons${missing ? ` (${missing})` : ''}`, () => {
  let daemons: CharonPair;
  beforeAll(async () => {
    daemons = await startCharons({ left: pairHosts.left, right: pairHosts.right, settings: quick });
  });
  afterAll(async () => {
    await daemons?.close();
  });

  it('give addresses as is recorded', { timeout: 900_000 }, async () => {
    const found: Record<string, PairVerdict> = {};
    for (const [name, pair] of configurationPairs) found[name] = (await recordVerdict(daemons, pair)).verdict;
    if (process.env.RECORD) writeFileSync(file, `${JSON.stringify(found, undefined, 2)}\n`);
    const recorded = JSON.parse(readFileSync(file, 'utf8')) as Record<string, PairVerdict>;
    expect(Object.keys(recorded)).toEqual(configurationPairs.map(([name]) => name));
    const differences = Object.entries(found).flatMap(([name, verdict]) =>
      compareVerdicts(recorded[name]!, verdict).map(
        ({ field, real, ours }) => `${name}: ${field} ${real}, now ${ours}`,
      ),
    );
    expect(differences).toEqual([]);
  });
});
