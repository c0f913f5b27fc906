/** Rekeying, deletes, lifetimes, dead peers, unknown SPIs, operators. */
import { describe, expect, it } from 'vitest';
import type { SaId } from '../../../src/engine/ipsec/sa.js';
import type { PeerProfileName } from '../../../src/model/peer-profile/peer-profile.js';
import type { IkePolicy, SystemConfig } from '../../../src/model/system-config.js';
import {
  address,
  agree,
  eventsOf,
  failures,
  packetAB,
  packetBA,
  pair,
  type System,
  type SystemOptions,
  straight,
  texts,
  type World,
} from './support.js';

type Side = Partial<Omit<SystemOptions, 'addresses'>>;
const psk = '-kmp IKEV1 -exchange MM -preshared secret-of-both';
const hours = 3_600_000;

function up(a: Side = {}, b: Side = {}): World {
  const world = pair(a, b);
  world.request('alpha', packetAB);
  world.settle();
  expect(agree(world.system('alpha'), world.system('beta'))).toBe(true);
  expect(world.system('alpha').sas.size).toBe(2);
  return world;
}

const changes = (of: System, kind: 'ike-sa' | 'child-sa') => eventsOf(of, kind).map(({ change }) => change);
const ids = (of: System, direction: 'inbound' | 'outbound'): SaId[] =>
  [...of.ages.values()].map(({ id }) => id).filter((id) => id.direction === direction);

const traitsWithPeerCheck = (seconds: number): Side => ({ traits: { livenessSeconds: { value: seconds, note: '' } } });

describe('a pair of SAs', () => {
  const short: [Side, Side] = [
    { text: texts.a(psk, '', 'ESP_AES128_HMAC_SHA1/600/0') },
    { text: texts.b(psk, '', 'ESP_AES128_HMAC_SHA1/600/0') },
  ];

  it('is replaced before it ends, by its initiator', () => {
    const world = up(...short);
    const [alpha, beta] = [world.system('alpha'), world.system('beta')];
    world.run(599_000);
    expect(changes(alpha, 'child-sa')).toEqual(['established', 'rekeyed', 'closed']);
    expect(changes(beta, 'child-sa')).toEqual(['established', 'established', 'closed']);
    expect(eventsOf(alpha, 'child-sa')[1]).toMatchObject({ replaces: { serial: 1 } });
    expect(agree(alpha, beta)).toBe(true);
    expect(alpha.sas.size).toBe(2);
    expect(failures(alpha).concat(failures(beta))).toEqual([]);
  });

  it('is replaced again and again for a day, without growing', () => {
    const world = up(...short);
    const [alpha, beta] = [world.system('alpha'), world.system('beta')];
    world.run(24 * hours);
    expect(agree(alpha, beta)).toBe(true);
    expect(alpha.sas.size).toBe(2);
    expect(failures(alpha).concat(failures(beta))).toEqual([]);
    const established = changes(alpha, 'child-sa').filter((change) => change !== 'closed').length;
    expect(established).toBeGreaterThan(150);
    expect(established).toBeLessThan(180);
    expect(alpha.engine.ikeSas()).toHaveLength(1);
  });

  it('is replaced by both at the same time without leaving more behind', () => {
    const world = up(...short);
    const [alpha, beta] = [world.system('alpha'), world.system('beta')];
    for (const [name, of] of [
      ['alpha', alpha],
      ['beta', beta],
    ] as const) {
      world.input(name, { kind: 'rekey-child', sa: ids(of, 'inbound')[0]! });
    }
    world.run(24 * hours);
    expect(agree(alpha, beta)).toBe(true);
    expect(alpha.sas.size).toBeLessThanOrEqual(4);
    expect(failures(alpha).concat(failures(beta))).toEqual([]);
  });

  it('keeps its PFS when it is replaced', () => {
    const ike = '-group 2 -hash SHA1 -encryption AES128-CBC -pfs ON';
    const world = up({ text: texts.a(psk, ike) }, { text: texts.b(psk, ike) });
    world.input('alpha', { kind: 'rekey-child', sa: ids(world.system('alpha'), 'inbound')[0]! });
    world.run(60_000);
    expect(world.trace.filter((line) => line.includes('SA, NONCE, KE'))).toHaveLength(4);
    expect(agree(world.system('alpha'), world.system('beta'))).toBe(true);
  });

  it('ends on both sides when one deletes it', () => {
    const world = up();
    world.input('beta', { kind: 'delete-child', sa: ids(world.system('beta'), 'inbound')[0]! });
    world.settle();
    expect(world.systems.map(({ sas }) => sas.size)).toEqual([0, 0]);
    expect(changes(world.system('alpha'), 'child-sa')).toEqual(['established', 'closed']);
    expect(world.systems.map(({ engine }) => engine.ikeSas().length)).toEqual([1, 1]);
  });

  it('ends by itself when its peer no longer answers', () => {
    const world = up(...short);
    world.network = () => [];
    world.run(3 * hours);
    expect(world.systems.map(({ sas }) => sas.size)).toEqual([0, 0]);
    expect(failures(world.system('alpha')).map(({ attempt, code }) => [attempt, code])).toContainEqual([
      'rekeying of the Child SA',
      'timeout',
    ]);
  });

  it('goes on where its successor fails, which is sought again until it ends', () => {
    const life = 'ESP_AES128_HMAC_SHA1/3000/0';
    const world = up({ text: texts.a(psk, '', life) }, { text: texts.b(psk, '', life) });
    const [alpha, beta] = [world.system('alpha'), world.system('beta')];
    const first = ids(alpha, 'outbound')[0]!.spi;
    world.network = (datagram) => (world.now < 2_850_000 ? [] : straight(datagram));
    world.run(2_999_000);
    expect(failures(alpha).map(({ attempt, code }) => [attempt, code])).toEqual([
      ['rekeying of the Child SA', 'timeout'],
    ]);
    // Nobody waits for it: packets have the old pair.
    expect(alpha.failedRequests).toEqual([]);
    expect(ids(alpha, 'outbound').map(({ spi }) => spi)).not.toContain(first);
    world.run(3_100_000);
    expect(alpha.sas.size).toBeGreaterThan(0);
    expect(agree(alpha, beta)).toBe(true);
  });

  it('that is not known to the peer is let go (INVALID-SPI)', () => {
    const world = up();
    const [alpha, beta] = [world.system('alpha'), world.system('beta')];
    // Beta has lost it without a word.
    const { spi } = ids(alpha, 'outbound')[0]!;
    const event = {
      kind: 'unknown-spi' as const,
      protocol: 'ESP' as const,
      spi,
      source: address('10.1.1.1'),
      destination: address('10.2.2.2'),
    };
    world.input('beta', { kind: 'sa-event', event });
    world.settle();
    expect(alpha.sas.size).toBe(0);
    expect(world.trace.at(-1)).toContain('N(INVALID-SPI)');
    expect(beta.sas.size).toBe(2);
  });
});

describe('an ISAKMP SA', () => {
  const ike = (life: number) => `-group 2 -hash SHA1 -encryption AES128-CBC -life ${life}`;
  const short: [Side, Side] = [{ text: texts.a(psk, ike(900)) }, { text: texts.b(psk, ike(900)) }];

  it('is replaced before it ends, as long as there are pairs with its peer', () => {
    const world = up(...short);
    const [alpha, beta] = [world.system('alpha'), world.system('beta')];
    world.run(895_000);
    expect(changes(alpha, 'ike-sa')).toEqual(['established', 'rekeyed']);
    expect(eventsOf(alpha, 'ike-sa')[1]).toMatchObject({ replaces: { version: 1, serial: 1 } });
    world.run(950_000);
    expect(changes(alpha, 'ike-sa')).toEqual(['established', 'rekeyed', 'closed']);
    expect(alpha.sas.size).toBe(2);
    expect(agree(alpha, beta)).toBe(true);
    expect(world.systems.map(({ engine }) => engine.ikeSas().length)).toEqual([1, 1]);
  });

  it('lives through a day with its pairs', () => {
    const world = up(...short);
    const [alpha, beta] = [world.system('alpha'), world.system('beta')];
    world.run(24 * hours);
    expect(failures(alpha).concat(failures(beta))).toEqual([]);
    expect(agree(alpha, beta)).toBe(true);
    expect(alpha.sas.size).toBe(2);
    for (const { engine } of world.systems) expect(engine.ikeSas().length).toBeLessThanOrEqual(2);
  });

  it('ends, and its pairs go on without it until a new one is needed', () => {
    const world = up();
    const [alpha, beta] = [world.system('alpha'), world.system('beta')];
    world.input('alpha', { kind: 'delete-ike', ikeSa: alpha.engine.ikeSas()[0]!.name });
    world.settle();
    expect(world.systems.map(({ engine, sas }) => [engine.ikeSas().length, sas.size])).toEqual([
      [0, 2],
      [0, 2],
    ]);
    world.run(30 * hours);
    expect(agree(alpha, beta)).toBe(true);
    expect(alpha.sas.size).toBe(2);
    expect(changes(alpha, 'child-sa')).toContain('rekeyed');
  });

  it('has the shorter lifetime of both, and the initiator is told', () => {
    const world = up({ text: texts.a(psk, ike(7200)) }, { text: texts.b(psk, ike(900)) });
    expect(world.trace.some((line) => line.includes('N(RESPONDER-LIFETIME)'))).toBe(true);
    world.input('alpha', { kind: 'delete-child', sa: ids(world.system('alpha'), 'inbound')[0]! });
    world.run(901_000);
    expect(world.systems.map(({ engine }) => engine.ikeSas().length)).toEqual([0, 0]);
  });

  it('is made anew when an operator asks', () => {
    const world = up();
    const alpha = world.system('alpha');
    world.input('alpha', { kind: 'rekey-ike', ikeSa: alpha.engine.ikeSas()[0]!.name });
    world.settle();
    expect(changes(alpha, 'ike-sa')).toEqual(['established', 'rekeyed']);
  });

  it('whose successor fails is told so, and sought again', () => {
    const world = up();
    const alpha = world.system('alpha');
    world.network = () => [];
    world.input('alpha', { kind: 'rekey-ike', ikeSa: alpha.engine.ikeSas()[0]!.name });
    world.run(140_000);
    expect(failures(alpha).map(({ attempt, code }) => [attempt, code])).toEqual([
      ['rekeying of the IKE SA', 'timeout'],
    ]);
    world.network = straight;
    world.run(300_000);
    expect(failures(alpha)).toHaveLength(1);
    expect(changes(alpha, 'ike-sa')).toEqual(['established', 'rekeyed']);
  });

  it('is replaced when its policy says so: rekeying and reauthentication are one in IKEv1', () => {
    const at = (times: Partial<IkePolicy>): Side => ({
      adjust: (config) => ({ ...config, ikePolicies: config.ikePolicies.map((policy) => ({ ...policy, ...times })) }),
    });
    const say = (value: number) => ({ value, origin: { kind: 'builtin' as const, what: 'test' } });
    const replacedAt = (times: Partial<IkePolicy>): number | undefined => {
      const world = up({ text: texts.a(psk, ike(3600)), ...at(times) }, { text: texts.b(psk, ike(3600)) });
      const alpha = world.system('alpha');
      for (let time = 10; time < 3590; time += 10) {
        world.run(time * 1000);
        if (changes(alpha, 'ike-sa').includes('rekeyed')) return time;
      }
      return undefined;
    };
    expect(replacedAt({ rekeySeconds: say(1000) })).toBeCloseTo(1000, -2);
    expect(replacedAt({ reauthenticationSeconds: say(700) })).toBeCloseTo(700, -2);
    expect(replacedAt({ rekeySeconds: say(0), reauthenticationSeconds: say(700) })).toBeCloseTo(700, -2);
    expect(replacedAt({ rekeySeconds: say(1000), reauthenticationSeconds: say(700) })).toBeCloseTo(700, -2);
    expect(replacedAt({ rekeySeconds: say(0) })).toBeUndefined();
    const random = replacedAt({ rekeySeconds: say(1000), rekeyRandomSeconds: say(500) });
    expect(random).toBeGreaterThan(490);
    expect(random).toBeLessThan(1000);
  });

  it('that the peer has no longer does not take the others along', () => {
    const world = up(traitsWithPeerCheck(30), {});
    const [alpha, beta] = [world.system('alpha'), world.system('beta')];
    world.input('alpha', { kind: 'rekey-ike', ikeSa: alpha.engine.ikeSas()[0]!.name });
    world.settle();
    expect(beta.engine.ikeSas()).toHaveLength(2);
    world.network = () => [];
    world.input('beta', { kind: 'delete-ike', ikeSa: beta.engine.ikeSas()[0]!.name });
    world.network = straight;
    world.run(400_000);
    expect(failures(alpha)).toEqual([]);
    expect(alpha.sas.size).toBe(2);
    expect(alpha.engine.ikeSas()).toHaveLength(1);
    expect(agree(alpha, beta)).toBe(true);
  });

  it('that nothing comes back through is not used for ever', () => {
    const world = up();
    const alpha = world.system('alpha');
    // Beta has forgotten everything, and has no way to say so.
    world.network = (datagram) =>
      datagram.sender === 'alpha' && datagram.exchange === 'Quick Mode' ? [] : straight(datagram);
    world.input('alpha', { kind: 'delete-child', sa: ids(alpha, 'inbound')[0]! });
    for (let time = 0; time < 4; time += 1) {
      world.request('alpha', packetAB);
      world.run(world.now + 300_000);
    }
    expect(changes(alpha, 'ike-sa')).toEqual(['established', 'closed', 'established']);
  });
});

describe('pairs whose last ISAKMP SA ends', () => {
  const at = (profile: PeerProfileName): Side => ({ profile });

  it.each(['strict-rfc', 'hpux', 'libreswan'] as const)('go on (%s)', (profile) => {
    const world = up(at(profile), at(profile));
    world.input('alpha', { kind: 'delete-ike', ikeSa: world.system('alpha').engine.ikeSas()[0]!.name });
    world.settle();
    expect(world.systems.map(({ engine, sas }) => [engine.ikeSas().length, sas.size])).toEqual([
      [0, 2],
      [0, 2],
    ]);
  });

  it('end with it in charon, which tells the peer of them first', () => {
    const world = up(at('strongswan'), at('libreswan'));
    const [alpha, beta] = [world.system('alpha'), world.system('beta')];
    world.input('alpha', { kind: 'delete-ike', ikeSa: alpha.engine.ikeSas()[0]!.name });
    world.settle();
    expect(world.systems.map(({ sas }) => sas.size)).toEqual([0, 0]);
    expect(world.trace.slice(-2).map((line) => line.replace(/.*HASH, /, ''))).toEqual([
      'D(PROTO_IPSEC_ESP)',
      'D(PROTO_ISAKMP)',
    ]);
    expect(eventsOf(beta, 'child-sa').at(-1)).toMatchObject({ change: 'closed', why: 'the peer has deleted it' });
  });

  it('end in charon when the peer deletes it, and stay there until their end', () => {
    const world = up(at('strongswan'), at('libreswan'));
    const beta = world.system('beta');
    world.input('beta', { kind: 'delete-ike', ikeSa: beta.engine.ikeSas()[0]!.name });
    world.settle();
    expect(world.systems.map(({ sas }) => sas.size)).toEqual([0, 2]);
  });

  it('are kept in charon when a new one has taken its place', () => {
    const world = up(at('strongswan'), at('strongswan'));
    const alpha = world.system('alpha');
    const [old] = alpha.engine.ikeSas();
    world.input('alpha', { kind: 'rekey-ike', ikeSa: old!.name });
    world.settle();
    world.input('alpha', { kind: 'delete-ike', ikeSa: old!.name });
    world.settle();
    expect(world.systems.map(({ engine, sas }) => [engine.ikeSas().length, sas.size])).toEqual([
      [1, 2],
      [1, 2],
    ]);
  });
});

describe('a request while there is an ISAKMP SA', () => {
  it('takes it, whichever side made it', () => {
    const world = up();
    world.input('alpha', { kind: 'delete-child', sa: ids(world.system('alpha'), 'inbound')[0]! });
    world.settle();
    world.request('beta', packetBA);
    world.settle();
    expect(world.system('beta').sas.size).toBe(2);
    expect(changes(world.system('beta'), 'ike-sa')).toEqual(['established']);
  });

  it('is possible even for AUTOCONF, once the peer has come', () => {
    const id = (own: string, peer: string) => `-ltype FQDN -lid ${own} -rtype FQDN -rid ${peer}`;
    const am = '-kmp IKEV1 -exchange AM -preshared k';
    const world = pair(
      { text: texts.a(`${am} ${id('a.example.com', 'b.example.com')}`) },
      { text: texts.b(`${am} -flags AUTOCONF ${id('b.example.com', 'a.example.com')}`) },
    );
    world.request('beta', packetBA);
    expect(failures(world.system('beta')).map(({ code }) => code)).toEqual(['may-not-initiate']);
    world.request('alpha', packetAB);
    world.settle();
    const sas = world.system('beta').sas.size;
    world.request('beta', packetBA);
    world.settle();
    expect(world.system('beta').sas.size).toBe(sas + 2);
  });
});

describe('a peer that started anew', () => {
  it('says INITIAL-CONTACT, and what was there before goes', () => {
    const world = up();
    const [alpha, beta] = [world.system('alpha'), world.system('beta')];
    const reborn = pair({}, {}, straight, 'second life').system('alpha');
    alpha.engine = reborn.engine;
    alpha.sas.clear();
    alpha.ages.clear();
    world.run(world.now + 10_000);
    world.request('alpha', packetAB);
    world.settle();
    expect(agree(alpha, beta)).toBe(true);
    expect(beta.sas.size).toBe(2);
    expect(changes(beta, 'child-sa')).toEqual(['established', 'closed', 'established']);
    const closed = eventsOf(beta, 'child-sa').find((event) => event.change === 'closed');
    expect(closed).toMatchObject({ why: expect.stringContaining('INITIAL-CONTACT') });
  });

  it('is found out by its unknown SPI, where the product starts IKE then (HP-UX)', () => {
    const world = up({ profile: 'hpux' }, { profile: 'hpux' });
    const [alpha, beta] = [world.system('alpha'), world.system('beta')];
    const { spi } = ids(alpha, 'outbound')[0]!;
    const reborn = pair({}, { profile: 'hpux' }, straight, 'second life').system('beta');
    beta.engine = reborn.engine;
    beta.sas.clear();
    beta.ages.clear();
    world.run(world.now + 10_000);
    const event = {
      kind: 'unknown-spi' as const,
      protocol: 'ESP' as const,
      spi,
      source: address('10.1.1.1'),
      destination: address('10.2.2.2'),
    };
    for (let packet = 0; packet < 10; packet += 1) world.input('beta', { kind: 'sa-event', event });
    world.settle();
    expect(alpha.sas.size).toBe(0);
    expect(world.systems.map(({ engine }) => engine.ikeSas().length)).toEqual([1, 1]);
  });
});

describe('dead peer detection (RFC 3706)', () => {
  it('asks a silent peer, which answers', () => {
    const world = up(traitsWithPeerCheck(30), {});
    world.run(100_000);
    expect(world.trace.filter((line) => line.includes('N(R-U-THERE)')).length).toBe(3);
    expect(world.trace.filter((line) => line.includes('N(R-U-THERE-ACK)')).length).toBe(3);
    expect(world.system('alpha').sas.size).toBe(2);
  });

  it('takes one that does not answer to be gone, and everything with it', () => {
    const world = up(traitsWithPeerCheck(30), {});
    world.network = () => [];
    world.run(300_000);
    const alpha = world.system('alpha');
    expect(alpha.sas.size).toBe(0);
    expect(alpha.engine.ikeSas()).toEqual([]);
    expect(failures(alpha).at(-1)).toMatchObject({ code: 'timeout', rfc: 'RFC 3706 §5.4' });
    expect(alpha.engine.nextTimeout()).toBeUndefined();
  });

  it('survives the loss of a question and of an answer', () => {
    const world = up(traitsWithPeerCheck(30), {});
    let lost = 0;
    world.network = (datagram) => {
      lost += 1;
      return lost <= 2 ? [] : straight(datagram);
    };
    world.run(100_000);
    expect(world.system('alpha').sas.size).toBe(2);
  });

  it('asks in a new message each time, so that an answer that was lost comes again', () => {
    const world = up({}, {});
    const [alpha, beta] = [world.system('alpha'), world.system('beta')];
    // The first three answers are lost.
    let answers = 0;
    world.network = (datagram) => {
      if (datagram.sender === 'beta') answers += 1;
      return datagram.sender === 'beta' && answers <= 3 ? [] : straight(datagram);
    };
    world.input('alpha', { kind: 'check-liveness', ikeSa: alpha.engine.ikeSas()[0]!.name });
    world.run(world.now + 300_000);
    expect(answers).toBe(4);
    expect(failures(alpha)).toEqual([]);
    expect(eventsOf(beta, 'ignored')).toEqual([]);
    expect([alpha.engine.ikeSas().length, alpha.sas.size]).toEqual([1, 2]);
  });

  it('starts again where that is asked for', () => {
    const adjust = (config: SystemConfig): SystemConfig => ({
      ...config,
      spd: config.spd.map((entry) =>
        entry.action.kind === 'PROTECT'
          ? {
              ...entry,
              action: {
                ...entry.action,
                bundle: entry.action.bundle.map((template) => ({
                  ...template,
                  onDeadPeer: { value: 'START' as const, origin: { kind: 'builtin' as const, what: 'test' } },
                })),
              },
            }
          : entry,
      ),
    });
    const world = up({ ...traitsWithPeerCheck(30), adjust }, {});
    world.network = () => [];
    world.run(160_000);
    world.network = straight;
    world.run(400_000);
    expect(world.system('alpha').sas.size).toBe(2);
    expect(agree(world.system('alpha'), world.system('beta'))).toBe(true);
  });

  it('can be asked for by an operator', () => {
    const world = up();
    world.input('alpha', { kind: 'check-liveness', ikeSa: world.system('alpha').engine.ikeSas()[0]!.name });
    world.run(60_000);
    expect(world.trace.filter((line) => line.includes('R-U-THERE'))).toHaveLength(2);
    expect(world.system('alpha').sas.size).toBe(2);
  });
});
