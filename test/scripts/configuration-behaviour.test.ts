/** What two real daemons (strongSwan 5.9.8) did with addresses that are asked for and given by configuration payload (RFC 7296 §2.19). */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { pairHosts } from '../../scripts/fidelity/random-pairs.js';
import { settingOf } from '../../scripts/fidelity/setting.js';
import { compareVerdicts, type PairVerdict } from '../../scripts/fidelity/verdict.js';
import { judgeNamed, judgeNames } from '../../scripts/fidelity.js';
import { configurationPairs } from '../support/configuration-pairs.js';

const setting = settingOf(pairHosts.left, pairHosts.right, 'libipsec');
const recorded = JSON.parse(
  readFileSync(new URL('../support/configuration-verdicts.json', import.meta.url), 'utf8'),
) as Record<string, PairVerdict>;

describe.each(judgeNames)('by the %s', (name) => {
  it.each(configurationPairs)('%s', async (title, pair) => {
    const ours = await (await judgeNamed(name, setting))(pair);
    expect(compareVerdicts(recorded[title]!, ours)).toEqual([]);
  });
});

it('is a record of every outcome', () => {
  const verdicts = Object.values(recorded);
  const notified = (text: string) => verdicts.filter(({ notifies }) => notifies.includes(text)).length;
  expect(verdicts.filter(({ child }) => child).length).toBeGreaterThan(10);
  expect(notified('INTERNAL_ADDRESS_FAILURE')).toBeGreaterThan(3);
  expect(notified('FAILED_CP_REQUIRED')).toBeGreaterThan(0);
  expect(notified('TS_UNACCEPTABLE')).toBeGreaterThan(0);
});
