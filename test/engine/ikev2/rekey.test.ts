import { describe, expect, it } from 'vitest';
import type { SaId } from '../../../src/engine/ipsec/sa.js';
import { peerProfile } from '../../../src/model/peer-profile/catalogue.js';
import {
  disagreement,
  eventsOf,
  failureCodes,
  failuresOf,
  idOf,
  makeWorld,
  messages,
  pairsOf,
  type Side,
  tcpPacket,
  type World,
} from './support.js';

function connected(options: Parameters<typeof makeWorld>[0] = {}): World {
  const world = makeWorld(options);
  world.request(world.a, tcpPacket(world.a.own, world.b.own));
  world.run(2_000);
  expect(disagreement(world)).toEqual([]);
  expect(pairsOf(world.a).inbound).toHaveLength(1);
  return world;
}

function outboundOf(side: Side): SaId {
  return idOf(pairsOf(side).outbound[0]!);
}

function nameOf(side: Side) {
  return side.engine.ikeSas()[0]!.name;
}

const noFailures = (world: World) => expect([...failuresOf(world.a), ...failuresOf(world.b)]).toEqual([]);

describe('rekeying of a Child SA (RFC 7296 §1.3.3, §2.8)', () => {
  it.each([
    ['without PFS', {}],
    ['with PFS', { both: { pfs: [31] } }],
    ['with another group than the first', { a: { pfs: [19, 31] }, b: { pfs: [31] } }],
  ])('%s makes a successor and deletes the old one', (_, options) => {
    for (const which of ['a', 'b'] as const) {
      const world = connected(options);
      const before = outboundOf(world.a).spi;
      world.give(world[which], { kind: 'rekey-child', sa: outboundOf(world[which]) });
      world.run(10_000);
      noFailures(world);
      expect(disagreement(world)).toEqual([]);
      expect(pairsOf(world.a).outbound).toHaveLength(1);
      expect(outboundOf(world.a).spi).not.toBe(before);
      for (const side of [world.a, world.b]) {
        expect(eventsOf(side, 'child-sa').map(({ change }) => change)).toEqual(['established', 'rekeyed', 'closed']);
      }
    }
  });

  it('remembers the group that the peer wants', () => {
    const world = connected({ a: { pfs: [19, 31] }, b: { pfs: [31] } });
    for (let count = 0; count < 2; count += 1) {
      world.give(world.a, { kind: 'rekey-child', sa: outboundOf(world.a) });
      world.run(world.now + 5_000);
    }
    const rekeys = messages(world).filter((one) => one.startsWith('a CREATE_CHILD_SA'));
    expect(rekeys).toHaveLength(3);
  });

  it('fails where one side wants PFS and the other does not, and the old pair stays', () => {
    const world = connected({ a: { pfs: [31] } });
    world.give(world.a, { kind: 'rekey-child', sa: outboundOf(world.a) });
    world.run(20_000);
    expect(failureCodes(world.a)).toEqual(['no-child-proposal']);
    expect(failureCodes(world.b)).toEqual(['no-child-proposal']);
    expect(failuresOf(world.b)[0]!.mismatch!.closest!.differing).toEqual(['key-exchange']);
    expect(failuresOf(world.a)[0]!.attempt).toBe('rekeying of the Child SA');
    expect(disagreement(world)).toEqual([]);
    expect(pairsOf(world.a).outbound).toHaveLength(1);
  });

  it('is not tried again with another group by a product that does not', () => {
    const stubborn = { ...peerProfile('strict-rfc'), retriesWithGroup: { value: false, note: '' } };
    const world = connected({ a: { pfs: [19, 31], profile: stubborn }, b: { pfs: [31] } });
    world.give(world.a, { kind: 'rekey-child', sa: outboundOf(world.a) });
    world.run(20_000);
    expect(failureCodes(world.a)).toEqual(['invalid-ke']);
  });

  it('comes by itself before the lifetime ends, for a whole day', () => {
    const world = connected({ both: { child: [{ lifetimeSeconds: 3600 }], ikeLifetimeSeconds: 7200 } });
    world.run(86_400_000);
    noFailures(world);
    expect(disagreement(world)).toEqual([]);
    expect(pairsOf(world.a).outbound).toHaveLength(1);
    const rekeyed = eventsOf(world.a, 'child-sa').filter(({ change }) => change === 'rekeyed');
    expect(rekeyed.length).toBeGreaterThan(24);
    expect(eventsOf(world.a, 'ike-sa').filter(({ change }) => change === 'rekeyed').length).toBeGreaterThan(12);
    expect(eventsOf(world.a, 'child-sa').filter(({ change }) => change === 'established')).toHaveLength(1);
  });

  it('finds that the peer has lost the pair, and makes another one (§2.25.1)', () => {
    const world = connected();
    world.give(world.b, { kind: 'delete-child', sa: outboundOf(world.b) });
    // The Delete is lost for a while, and the rekeying comes first.
    world.fate = ({ from }) => (from === world.b && world.now < 3_000 ? [] : [10]);
    world.give(world.a, { kind: 'rekey-child', sa: outboundOf(world.a) });
    world.run(60_000);
    expect(disagreement(world)).toEqual([]);
  });
});

describe('rekeying of an IKE SA (RFC 7296 §1.3.2, §2.18)', () => {
  it.each(['a', 'b'] as const)('begun by %s moves the Child SAs', (which) => {
    const world = connected();
    const child = outboundOf(world.a).spi;
    const before = world.a.engine.ikeSas()[0]!;
    world.give(world[which], { kind: 'rekey-ike', ikeSa: nameOf(world[which]) });
    world.run(10_000);
    noFailures(world);
    expect(disagreement(world)).toEqual([]);
    expect(outboundOf(world.a).spi).toBe(child);
    const after = world.a.engine.ikeSas();
    expect(after).toHaveLength(1);
    expect(after[0]!.initiatorSpi).not.toBe(before.initiatorSpi);
    expect(after[0]!.role).toBe(which === 'a' ? 'initiator' : 'responder');
    // What comes next goes through the new one.
    world.give(world.b, { kind: 'rekey-child', sa: outboundOf(world.b) });
    world.give(world.a, { kind: 'delete-ike', ikeSa: nameOf(world.a) });
    world.run(30_000);
    noFailures(world);
    expect(disagreement(world)).toEqual([]);
    expect(world.a.sas.size).toBe(0);
    expect(world.b.engine.nextTimeout()).toBeUndefined();
  });

  it('takes the group of the IKE SA, or the one that the peer asks for', () => {
    const world = connected({ a: { ike: [{ groups: [19, 31] }] }, b: { ike: [{ groups: [31] }] } });
    world.give(world.a, { kind: 'rekey-ike', ikeSa: nameOf(world.a) });
    world.run(10_000);
    noFailures(world);
    expect(messages(world).filter((one) => one.startsWith('a CREATE_CHILD_SA'))).toHaveLength(1);
  });
});

describe('several Child SAs', () => {
  it('one for each flow where selectors are populated from the packet', () => {
    const world = makeWorld({ both: { populateFromPacket: true } });
    for (const port of [4000, 4001, 4002]) world.request(world.a, tcpPacket(world.a.own, world.b.own, port));
    world.request(world.a, tcpPacket(world.a.own, world.b.own, 4001));
    world.run(10_000);
    noFailures(world);
    expect(disagreement(world)).toEqual([]);
    expect(world.a.engine.ikeSas()).toHaveLength(1);
    const ports = pairsOf(world.a).outbound.map(({ populatedFrom }) => populatedFrom!.localPort);
    expect(ports.sort()).toEqual([4000, 4001, 4002]);
    expect(
      pairsOf(world.b)
        .outbound.map(({ populatedFrom }) => populatedFrom!.remotePort)
        .sort(),
    ).toEqual(ports);
  });

  it('a responder that wants one flow each says so, and the initiator gives way', () => {
    const world = makeWorld({
      b: { populateFromPacket: true },
      a: { profile: { ...peerProfile('strict-rfc'), packetSelectorsFirst: { value: false, note: '' } } },
    });
    world.request(world.a, tcpPacket(world.a.own, world.b.own));
    world.run(10_000);
    expect(failureCodes(world.a)).toEqual([]);
    expect(failureCodes(world.b)).toEqual(['selectors-unacceptable']);
    expect(disagreement(world)).toEqual([]);
    expect(pairsOf(world.b).outbound[0]!.populatedFrom).toBeDefined();
  });
});

describe('deletes (RFC 7296 §1.4.1)', () => {
  it.each(['a', 'b'] as const)('of a Child SA by %s', (which) => {
    const world = connected();
    world.give(world[which], { kind: 'delete-child', sa: outboundOf(world[which]) });
    world.run(10_000);
    noFailures(world);
    expect(world.a.sas.size + world.b.sas.size).toBe(0);
    expect(world.a.engine.ikeSas()).toHaveLength(1);
  });

  it.each(['a', 'b'] as const)('of the IKE SA by %s', (which) => {
    const world = connected();
    world.give(world[which], { kind: 'delete-ike', ikeSa: nameOf(world[which]) });
    world.run(10_000);
    noFailures(world);
    expect(world.a.sas.size + world.b.sas.size).toBe(0);
    expect(world.a.engine.ikeSas()).toHaveLength(0);
    expect(world.b.engine.ikeSas()).toHaveLength(0);
    expect(world.a.engine.nextTimeout()).toBeUndefined();
    expect(world.b.engine.nextTimeout()).toBeUndefined();
  });
});

describe('liveness (RFC 7296 §2.4)', () => {
  it('a peer that is there answers, one that is gone takes its SAs along', () => {
    const world = connected({ both: { dpdSeconds: 30 } });
    world.run(200_000);
    noFailures(world);
    expect(messages(world).filter((one) => one.includes('INFORMATIONAL')).length).toBeGreaterThan(4);
    world.b.restart();
    world.run(500_000);
    expect(failureCodes(world.a)).toEqual(['timeout']);
    expect(world.a.sas.size).toBe(0);
    expect(disagreement(world)).toEqual([]);
  });

  it('INITIAL_CONTACT makes the peer forget what was before (§2.4)', () => {
    const world = connected();
    world.a.restart();
    world.request(world.a, tcpPacket(world.a.own, world.b.own));
    world.run(20_000);
    expect(disagreement(world)).toEqual([]);
    expect(pairsOf(world.b).inbound).toHaveLength(1);
  });

  it('an unknown SPI makes the sender ask, and start again (§1.5; hpux-ipsec reference 8.2)', () => {
    const world = connected();
    world.run(60_000);
    world.b.restart();
    const { spi } = outboundOf(world.a);
    const event = { kind: 'unknown-spi', protocol: 'ESP', spi, source: world.a.own, destination: world.b.own } as const;
    world.give(world.b, { kind: 'sa-event', event });
    world.run(400_000);
    expect(failureCodes(world.a)).toEqual(['timeout']);
    expect(world.a.sas.size).toBe(0);
  });
});

describe('reauthentication (RFC 7296 §2.8.3)', () => {
  it('makes a new IKE SA before the old one goes', () => {
    const world = connected({ a: { reauthenticationSeconds: 600 } });
    world.run(660_000);
    noFailures(world);
    expect(disagreement(world)).toEqual([]);
    expect(pairsOf(world.a).inbound).toHaveLength(1);
    const changes = eventsOf(world.a, 'child-sa').map(({ change }) => change);
    expect(changes).toEqual(['established', 'established', 'closed']);
    expect(world.a.engine.ikeSas()).toHaveLength(1);
  });
});
