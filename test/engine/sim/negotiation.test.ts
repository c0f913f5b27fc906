/** Dry runs with the scripted version of IKE: which packets are sent, what is judged. */
import { describe, expect, it } from 'vitest';
import { type NegotiationRun, type RunOptions, runNegotiation } from '../../../src/engine/sim/negotiation.js';
import { judge, rootCause } from '../../../src/engine/sim/verdict.js';
import { peerProfile } from '../../../src/model/peer-profile/catalogue.js';
import { node } from '../crypto/support.js';
import { scriptedIke } from './scripted-ike.js';
import { beginsAt, configOf, hostRecords, noCredentials, packet } from './support.js';

function run(a: string, b: string, more: Partial<RunOptions> = {}): NegotiationRun {
  const side = (name: string, text: string) => ({
    config: configOf(name, text),
    profile: peerProfile('ours'),
    credentials: noCredentials,
  });
  return runNegotiation({
    initiator: side('a', a),
    responder: side('b', b),
    packet: packet('tcp 192.0.2.1:4000 > 192.0.2.2:23'),
    versions: [scriptedIke],
    provider: node,
    seed: 1,
    beginsAt,
    ...more,
  });
}

const [mine, theirs] = [hostRecords('192.0.2.1', '192.0.2.2'), hostRecords('192.0.2.2', '192.0.2.1')];

describe('a dry run', () => {
  it('sends packets both ways, tries forged ones, and goes on past the first rekey', () => {
    const result = run(mine, theirs);
    expect(judge(result)).toEqual({ kind: 'works' });
    expect(result.probes.slice(0, 2)).toMatchObject([
      { from: 'a', to: 'b', purpose: 'first', wasClear: false, protectedBy: [{ protocol: 'ESP' }] },
      { from: 'b', to: 'a', purpose: 'answer', wasClear: false, protectedBy: [{ protocol: 'ESP' }] },
    ]);
    expect(result.acceptedForgery).toEqual([]);
    expect(result.unmatched).toEqual([]);
    expect(result.end).toBeGreaterThan(600_000);
    expect(result.probes.every(({ acceptedAt }) => acceptedAt !== undefined)).toBe(true);
  });

  it('is over at once when only the beginning is asked for, and when no SA has an end', () => {
    expect(run(mine, theirs, { setupOnly: true }).end).toBeLessThan(20_000);
    expect(run(mine, theirs, { until: 3_600_000 }).end).toBe(3_600_000 + 3 * 35_000);
  });

  it('tells a packet that passes in the clear by policy', () => {
    const pass = (own: string) => `add host all -source ${own} -destination 0.0.0.0/0 -priority 10 -action PASS`;
    expect(judge(run(pass('192.0.2.1'), pass('192.0.2.2')))).toEqual({ kind: 'clear', because: 'policy' });
  });

  it('tells one that passes in the clear because negotiation failed', () => {
    const fallback = hostRecords('192.0.2.1', '192.0.2.2', '-flags FALLBACK_TO_CLEAR');
    const pass = 'add host all -source 192.0.2.2 -destination 0.0.0.0/0 -priority 10 -action PASS';
    expect(judge(run(fallback, pass))).toMatchObject({ kind: 'clear', because: 'fallback' });
  });

  it('tells who discards it', () => {
    const discard = (own: string) => `add host all -source ${own} -destination 0.0.0.0/0 -priority 10 -action DISCARD`;
    const pass = 'add host all -source 192.0.2.1 -destination 0.0.0.0/0 -priority 10 -action PASS';
    expect(judge(run(discard('192.0.2.1'), theirs))).toMatchObject({ kind: 'discarded', by: 'a' });
    expect(judge(run(pass, theirs))).toMatchObject({ kind: 'discarded', by: 'b' });
  });

  it('finds out that records do not let the initiator start', () => {
    const [host] = mine.split('\n');
    expect(judge(run(host!, theirs))).toMatchObject({ kind: 'fails', cause: { failure: { code: 'no-pad-entry' } } });
  });

  it('finds SAs that carry nothing', () => {
    const narrow = theirs.replace('-destination 192.0.2.1 ', '-destination 192.0.2.1/32/99 -protocol UDP ');
    expect(judge(run(mine, narrow))).toMatchObject({ kind: 'no-traffic', from: 'a', to: 'b' });
  });

  it('finds that packets stop after a while', () => {
    const result = run(mine, theirs, {
      network: { partitions: [{ from: 300_000, to: 9e9 }] },
      until: 1_000_000,
    });
    expect(judge(result)).toMatchObject({ kind: 'until-rekey' });
  });
});

it('believes the side that knows before the one that only heard', () => {
  const failure = (foundBy: 'us' | 'peer' | 'nobody', text: string) => ({
    host: 'a',
    at: 0,
    failure: { code: 'timeout', attempt: 'IKE SA', foundBy, role: 'initiator', text, records: [] } as const,
  });
  const list = [failure('nobody', '1'), failure('peer', '2'), failure('us', '3'), failure('us', '4')];
  expect(rootCause(list)?.failure.text).toBe('3');
  expect(rootCause(list.slice(0, 2))?.failure.text).toBe('2');
  expect(rootCause([])).toBeUndefined();
});
