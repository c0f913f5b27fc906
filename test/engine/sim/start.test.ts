/** What systems start by themselves: at the beginning, after a crash, when the peer is dead or has closed it, and over again. */
import { describe, expect, it } from 'vitest';
import { unmatchedSas } from '../../../src/engine/sim/convergence.js';
import type { SaTemplate } from '../../../src/model/system-config.js';
import { type RealSide, realWorld, records, say } from './real-world.js';

const [a, b] = ['192.0.2.1', '192.0.2.2'];
const start = { start: say('START' as const) };

function worldOf(
  version: 1 | 2,
  sides: { readonly a?: Partial<RealSide>; readonly b?: Partial<RealSide> },
  network: NonNullable<Parameters<typeof realWorld>[1]>['network'] = {},
) {
  return realWorld(
    { a: { text: records(version, a, b), ...sides.a }, b: { text: records(version, b, a), ...sides.b } },
    { network },
  );
}

const pairs = ({ host }: ReturnType<typeof worldOf>, name: string) => host(name).stack.sad.size / 2;
const begun = ({ events }: ReturnType<typeof worldOf>, name: string) => events(name, 'begin').map(({ why }) => why);

describe.each([1, 2] as const)('IKEv%i', (version) => {
  it('begins without a packet where the configuration says so, and only there', () => {
    for (const starts of ['always', 'after-crash', undefined] as const) {
      const real = worldOf(version, { a: { template: start, ...(starts ? { host: { starts } } : {}) } });
      real.pass(30_000);
      expect([pairs(real, 'a'), pairs(real, 'b'), begun(real, 'a')]).toEqual(
        starts === 'always' ? [1, 1, ['configured']] : [0, 0, []],
      );
    }
    const trap = worldOf(version, { a: { template: { start: say('TRAP') }, host: { starts: 'always' } } });
    trap.pass(30_000);
    expect(trap.messages()).toEqual([]);
  });

  it('finds the SA there when the first packet comes, in either direction', () => {
    const real = worldOf(version, { a: { template: start, host: { starts: 'always' } } });
    real.pass(5_000);
    const messages = real.messages().length;
    real.send('a', `tcp ${a}:4000 > ${b}:23`, 1);
    real.send('b', `tcp ${b}:23 > ${a}:4000`, 2);
    expect([real.accepted('b'), real.accepted('a')]).toEqual([[[1, 1]], [[2, 1]]]);
    expect(real.messages()).toHaveLength(messages);
  });

  it('makes two sets when both begin at once, and packets go both ways', () => {
    const both = { template: start, host: { starts: 'always' as const } };
    const real = worldOf(version, { a: both, b: both });
    real.pass(10_000);
    real.send('a', `tcp ${a}:4000 > ${b}:23`, 1);
    real.send('b', `tcp ${b}:23 > ${a}:4000`, 2);
    expect(pairs(real, 'a')).toBe(2);
    expect([real.accepted('b'), real.accepted('a')]).toEqual([[[1, 1]], [[2, 1]]]);
    expect(unmatchedSas(real.host('a'), real.host('b'))).toEqual([]);
  });

  it('begins again after a crash', () => {
    const real = worldOf(version, { a: { template: start, host: { starts: 'after-crash' } } });
    real.send('a', `tcp ${a}:4000 > ${b}:23`, 1);
    real.world.crash('a', 10_000, 5_000);
    real.pass(60_000);
    expect(begun(real, 'a')).toEqual(['configured']);
    // INITIAL-CONTACT took the old ones away.
    expect([pairs(real, 'a'), pairs(real, 'b')]).toEqual([1, 1]);
  });

  it('says what it cannot begin', () => {
    const text = records(version, a, '192.0.2.0/24');
    const real = realWorld({ a: { text, template: start, host: { starts: 'always' } } });
    real.pass(60_000);
    const failures = real.events('a', 'failed').map(({ failure }) => [failure.code, failure.text]);
    expect(failures).toEqual([
      ['may-not-initiate', "host 'to_peer' is to be started, but it names no single address of a peer"],
    ]);
    const flows = realWorld({
      a: { text: records(version, a, b, { host: '-flags EXCLUSIVE' }), template: start, host: { starts: 'always' } },
    });
    flows.pass(60_000);
    expect(flows.events('a', 'failed').map(({ failure }) => failure.text)).toEqual([
      "host 'to_peer' is to be started, but it is for each flow by itself, and there is none yet",
    ]);
  });

  const kept = (schedule: { firstMillis: number; addedMillis: number; longestMillis: number } | false) => ({
    template: start,
    host: { starts: 'always' as const },
    traits: { keepsStarted: { value: schedule, note: '' } },
  });
  const linear = { firstMillis: 1_000, addedMillis: 50_000, longestMillis: 120_000 };

  it.each([
    ['until the peer is there, where the product keeps it up', linear, 1],
    ['once, where the product does that', false, 0],
  ] as const)('tries %s', (_, schedule, expected) => {
    const real = worldOf(
      version,
      { a: kept(schedule) },
      { partitions: [{ from: 0, to: 1_000_000, between: ['a', 'b'] }] },
    );
    real.pass(1_400_000);
    expect([pairs(real, 'a'), pairs(real, 'b')]).toEqual([expected, expected]);
    const tries = begun(real, 'a');
    if (schedule) expect(tries.length).toBeGreaterThan(3);
    else expect(tries).toEqual(['configured']);
    expect(new Set(tries.slice(1))).toEqual(new Set(schedule ? ['kept up'] : []));
  });

  it('waits longer from one try to the next, up to a bound', () => {
    const real = worldOf(
      version,
      { a: kept({ firstMillis: 0, addedMillis: 60_000, longestMillis: 120_000 }) },
      { loss: 1 },
    );
    real.pass(3_000_000);
    const at = real.trace.entries.flatMap((entry) =>
      entry.kind === 'event' && entry.event.kind === 'begin' ? [entry.at] : [],
    );
    const waits = at.slice(1).map((time, index) => time - at[index]!);
    const [first = 0, second = 0, third = 0, fourth = 0] = waits;
    expect(second).toBeGreaterThan(first);
    expect(third).toBeGreaterThan(second);
    expect(fourth).toBe(third);
  });

  it('is sought again when it was lost, whoever deleted it', () => {
    for (const who of ['a', 'b']) {
      const real = worldOf(version, { a: kept(linear) });
      real.pass(5_000);
      for (const { name } of real.host(who).engine.ikeSas())
        real.host(who).command({ kind: 'delete-ike', ikeSa: name });
      for (const { id } of [...real.host(who).stack.sad.all()])
        real.host(who).command({ kind: 'delete-child', sa: id });
      real.pass(500);
      real.pass(60_000);
      // In IKEv1 the other side may learn of nothing, where the ISAKMP SA went first.
      expect(pairs(real, 'a')).toBe(1);
      expect(begun(real, 'a').slice(0, 2)).toEqual(
        version === 2 || who === 'a' ? ['configured', 'kept up'] : ['configured'],
      );
    }
  });
});

describe.each([1, 2] as const)('IKEv%i: a peer that is dead', (version) => {
  const dpd = (action: NonNullable<SaTemplate['onDeadPeer']>['value'] | undefined): Partial<RealSide> => ({
    pad: { dpdSeconds: say(20), initiationTries: say(0) },
    template: action ? { onDeadPeer: say(action) } : {},
  });

  it.each([
    ['START', 1, ['peer dead']],
    ['TRAP', 0, []],
    ['NONE', 0, []],
    [undefined, 0, []],
  ] as const)('dpd_action %s', (action, after, reasons) => {
    const real = worldOf(version, { a: dpd(action) });
    real.send('a', `tcp ${a}:4000 > ${b}:23`, 1);
    real.world.crash('b', 10_000, 400_000);
    real.pass(300_000);
    // b is down still: it is sought all the time.
    expect(pairs(real, 'a')).toBe(0);
    real.pass(300_000);
    expect([pairs(real, 'a'), pairs(real, 'b')]).toEqual([after, after]);
    expect(begun(real, 'a')).toEqual(reasons);
    expect(real.failures('a')[0]).toBe('timeout');
  });
});

describe.each([1, 2] as const)('IKEv%i: a pair that the peer closes', (version) => {
  const closing = (action: NonNullable<SaTemplate['onClose']>['value']): Partial<RealSide> => ({
    template: { onClose: say(action) },
  });

  it.each([
    ['START', 1],
    ['TRAP', 0],
    ['NONE', 0],
  ] as const)('close_action %s', (action, after) => {
    const real = worldOf(version, { a: closing(action) });
    real.send('a', `tcp ${a}:4000 > ${b}:23`, 1);
    const [sa] = real.host('b').stack.sad.all();
    real.host('b').command({ kind: 'delete-child', sa: sa!.id });
    real.pass(20_000);
    expect([pairs(real, 'a'), pairs(real, 'b')]).toEqual([after, after]);
    expect(begun(real, 'a')).toEqual(after === 1 ? ['closed by the peer'] : []);
    expect(unmatchedSas(real.host('a'), real.host('b'))).toEqual([]);
  });

  it('is not started again by the side that closed it, nor when it was rekeyed', () => {
    const real = worldOf(version, { a: closing('START'), b: closing('START') });
    real.send('a', `tcp ${a}:4000 > ${b}:23`, 1);
    real.pass(3_600_000);
    expect([...begun(real, 'a'), ...begun(real, 'b')]).toEqual([]);
    expect(pairs(real, 'a')).toBe(1);
    const [sa] = real.host('b').stack.sad.all();
    real.host('b').command({ kind: 'delete-child', sa: sa!.id });
    real.pass(20_000);
    expect([begun(real, 'a'), begun(real, 'b')]).toEqual([['closed by the peer'], []]);
  });
});

describe('an IKE SA that the peer closes', () => {
  const closing = { template: { onClose: say('START' as const) } };
  const closes = (real: ReturnType<typeof worldOf>, name: string) => {
    for (const { name: ikeSa } of real.host(name).engine.ikeSas())
      real.host(name).command({ kind: 'delete-ike', ikeSa });
    real.pass(20_000);
  };

  it('takes its pairs along in IKEv2, and a new one brings them again', () => {
    const real = worldOf(2, { a: closing });
    real.send('a', `tcp ${a}:4000 > ${b}:23`, 1);
    closes(real, 'b');
    expect(begun(real, 'a')).toEqual(['closed by the peer']);
    expect([pairs(real, 'a'), pairs(real, 'b')]).toEqual([1, 1]);
  });

  it('does so in IKEv1 where pairs end with it', () => {
    for (const profile of ['strongswan', 'libreswan'] as const) {
      const real = worldOf(1, { a: { ...closing, profile }, b: { profile } });
      real.send('a', `tcp ${a}:4000 > ${b}:23`, 1);
      closes(real, 'b');
      // charon deletes the pair and then the ISAKMP SA, which the successor of the pair is being made under.
      expect(begun(real, 'a')).toEqual(profile === 'strongswan' ? ['closed by the peer'] : []);
      expect([pairs(real, 'a'), pairs(real, 'b')]).toEqual([1, 1]);
    }
  });

  it.each([
    ['strongswan', 2],
    ['ours', 1],
  ] as const)('because its peers have authenticated anew: %s has %i pairs in the end', (profile, expected) => {
    // b authenticates anew and deletes the old IKE SA; charon then starts a second pair, as its manual warns.
    const reauthentication: Partial<RealSide> = {
      profile,
      adjust: (config) => ({
        ...config,
        ikePolicies: config.ikePolicies.map((policy) => ({ ...policy, reauthenticationSeconds: say(100) })),
      }),
    };
    const real = worldOf(2, { a: { ...closing, profile }, b: reauthentication });
    real.send('b', `tcp ${b}:23 > ${a}:4000`, 1);
    real.pass(150_000);
    expect(begun(real, 'a')).toEqual(profile === 'strongswan' ? ['closed by the peer'] : []);
    expect(pairs(real, 'a')).toBe(expected);
  });
});

describe.each([1, 2] as const)('IKEv%i: what is being made when the peer closes the IKE SA', (version) => {
  it('is asked for under a new one, so that its packets need not wait', () => {
    const two = (own: string, peer: string) =>
      `${records(version, own, peer)}\nadd host udp -source ${own} -destination ${peer} -protocol UDP -priority 5 -action ESP_AES128_HMAC_SHA1/600/0`;
    const real = worldOf(version, { a: { text: two(a, b) }, b: { text: two(b, a) } }, { delayMillis: 100 });
    real.send('a', `tcp ${a}:4000 > ${b}:23`, 1, 5_000);
    // Both at once: the delete and the request cross.
    for (const { name } of real.host('b').engine.ikeSas()) real.host('b').command({ kind: 'delete-ike', ikeSa: name });
    real.send('a', `udp ${a}:4000 > ${b}:53`, 2, 5_000);
    expect(real.accepted('b')).toEqual([
      [1, 1],
      [2, 1],
    ]);
    expect(real.failures('a')).toEqual([]);
  });
});
