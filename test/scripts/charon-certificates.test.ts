/** What charon does with certificates, as two real daemons have shown it (charon-pairs.interop.test.ts runs the same rows). */
import { beforeAll, describe, expect, it } from 'vitest';
import { mixedPairs, pairHosts } from '../../scripts/fidelity/random-pairs.js';
import { settingOf } from '../../scripts/fidelity/setting.js';
import { createSimulator, type Simulator } from '../../scripts/fidelity/simulation.js';
import { certifiedRows } from '../support/certified-rows.js';

const setting = settingOf(pairHosts.left, pairHosts.right, 'libipsec');

describe('the simulator with the files of both ends', () => {
  let simulator: Simulator;
  beforeAll(async () => {
    simulator = await createSimulator();
  });

  it.each(certifiedRows)('$name', ({ pair, expected, why }) => {
    const said: string[] = [];
    const verdict = simulator.judge(pair, setting, (entry) => {
      if (entry.kind === 'event' && entry.event.kind === 'failed') said.push(entry.event.failure.text);
    });
    const { notifies, ...rest } = expected;
    expect(verdict, said.join('\n')).toMatchObject(rest);
    if (notifies) expect([...verdict.notifies].sort()).toEqual([...notifies].sort());
    if (why) expect(said.join('\n')).toMatch(why);
  });

  it('judges random pairs the same way twice, and some of them come about', () => {
    const pairs = mixedPairs(20261201, 24, 0, 'certified');
    const verdicts = pairs.map((pair) => simulator.judge(pair, setting));
    expect(pairs.map((pair) => simulator.judge(pair, setting))).toEqual(verdicts);
    expect(verdicts.filter(({ ike }) => ike).length).toBeGreaterThan(4);
    expect(verdicts.filter(({ ike }) => !ike).length).toBeGreaterThan(4);
  });

  it('has nothing of a key in what a pair prints', () => {
    const text = JSON.stringify(mixedPairs(7, 40, 0, 'certified'));
    expect(text).toContain('private/');
    for (const { pkcs8 } of simulator.pki().privateKeys.values())
      for (const form of ['hex', 'base64'] as const) {
        const secret = Buffer.from(pkcs8.reveal()).toString(form);
        expect(text.includes(secret.slice(-24))).toBe(false);
      }
    expect(JSON.stringify([...simulator.pki().privateKeys])).toContain('[secret]');
  });
});
