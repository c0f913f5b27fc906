/** NATs between the peers — RFC 7296 §2.23, §2.23.1; RFC 3948. */
import { describe, expect, it } from 'vitest';
import type { Endpoint } from '../../../src/engine/input.js';
import type { EngineOutput } from '../../../src/engine/output.js';
import { formatAddress } from '../../../src/model/address.js';
import {
  address,
  disagreement,
  eventsOf,
  failuresOf,
  makeWorld,
  pairsOf,
  type Side,
  type SideOptions,
  tcpPacket,
  type World,
} from './support.js';

const nat = address('203.0.113.9');
const endpointText = ({ address: at, port }: Endpoint) => `${formatAddress(at.family, at.value)}:${port}`;

/** Puts a NAT before `a`: its ports become others, and only what it has sent to comes back. */
function throughNat(
  options: { a?: SideOptions; b?: SideOptions; both?: SideOptions } = {},
): World & { rebind(): void } {
  const world = makeWorld({ ...options, b: { peer: '203.0.113.9', ...options.b } });
  let mappings = new Map<number, number>();
  let next = 10_000;
  const send = (from: Side, output: Extract<EngineOutput, { kind: 'transmit' }>) => {
    const to = from === world.a ? world.b : world.a;
    if (from === world.a) {
      const { port } = output.local;
      if (!mappings.has(port)) {
        mappings.set(port, next);
        next += 1;
      }
      const outside = { address: nat, port: mappings.get(port)! };
      world.later(10, () => world.inject(to, outside, output.remote, output.octets));
      return;
    }
    const inside = [...mappings].find(([, port]) => port === output.remote.port);
    if (!inside || endpointText(output.remote) !== endpointText({ address: nat, port: inside[1] })) return;
    const target = { address: to.own, port: inside[0] };
    world.later(10, () => world.inject(to, output.local, target, output.octets));
  };
  world.carry = send;
  return Object.assign(world, {
    rebind() {
      mappings = new Map();
    },
  });
}

const ids: { a: SideOptions; b: SideOptions } = {
  a: { localId: { type: 'FQDN', value: 'a.example' }, remoteId: { kind: 'exact', type: 'IPV4', value: '192.0.2.2' } },
  b: { remoteId: { kind: 'exact', type: 'FQDN', value: 'a.example' } },
};

describe('NAT traversal', () => {
  it.each(['tunnel', 'transport'] as const)('in %s mode moves to port 4500 and puts ESP in UDP', (mode) => {
    const selectors =
      mode === 'tunnel' ? [{ local: { lo: 0, hi: 0xffff_ffff }, remote: { lo: 0, hi: 0xffff_ffff } }] : [{}];
    const world = throughNat({ a: { ...ids.a, mode, selectors }, b: { ...ids.b, mode, selectors } });
    world.request(world.a, tcpPacket(world.a.own, world.b.own));
    world.run(15_000);
    expect([...failuresOf(world.a), ...failuresOf(world.b)]).toEqual([]);
    expect(disagreement(world)).toEqual([]);
    expect(eventsOf(world.a, 'nat')).toMatchObject([{ localBehindNat: true, peerBehindNat: false }]);
    expect(eventsOf(world.b, 'nat')).toMatchObject([{ localBehindNat: false, peerBehindNat: true }]);
    const [ofA, ofB] = [pairsOf(world.a).outbound[0]!, pairsOf(world.b).outbound[0]!];
    expect(ofA.mode).toBe(mode);
    expect(ofA.udpEncapsulation).toEqual({ localPort: 4500, remotePort: 4500 });
    expect(ofB.udpEncapsulation).toEqual({ localPort: 4500, remotePort: 10_001 });
    const ports = world.a.sent.map(({ output }) => output.local.port);
    expect(ports[0]).toBe(500);
    expect(ports.slice(1).every((port) => port === 4500)).toBe(true);
    if (mode === 'transport') {
      // Each side sees the addresses as its packets have them (§2.23.1).
      expect(ofA.selectors.every(({ local }) => local.lo === world.a.own.value)).toBe(true);
      expect(ofB.selectors.every(({ remote }) => remote.lo === nat.value)).toBe(true);
    }
  });

  it('keepalives keep the mapping, and a new mapping is followed', () => {
    const world = throughNat({ a: { ...ids.a, dpdSeconds: 30 }, b: ids.b });
    world.request(world.a, tcpPacket(world.a.own, world.b.own));
    world.run(70_000);
    expect(world.a.keepalives).toBeGreaterThanOrEqual(1);
    expect(world.b.keepalives).toBe(0);
    world.rebind();
    world.run(200_000);
    expect(failuresOf(world.a)).toEqual([]);
    const { remote } = world.b.engine.ikeSas()[0]!;
    expect(endpointText(remote)).toBe('203.0.113.9:10002');
    const ike = world.b.engine.ikeSas()[0]!;
    world.give(world.b, { kind: 'rekey-ike', ikeSa: ike.name });
    world.run(220_000);
    expect([...failuresOf(world.a), ...failuresOf(world.b)]).toEqual([]);
    expect(disagreement(world)).toEqual([]);
  });

  it('an identity that is an address does not get through, and the reason says so', () => {
    const world = throughNat();
    world.request(world.a, tcpPacket(world.a.own, world.b.own));
    world.run(15_000);
    expect(failuresOf(world.b)[0]).toMatchObject({ code: 'identity-refused' });
    expect(failuresOf(world.b)[0]!.text).toContain('192.0.2.1');
  });

  it('is not used where a record or the product is without it', () => {
    for (const a of [
      { pad: { natTraversal: { value: 'OFF', origin: { kind: 'builtin', what: 'test' } } } },
      { profile: 'hpux' },
    ] as SideOptions[]) {
      const world = throughNat({ a: { ...ids.a, ...a }, b: ids.b });
      world.request(world.a, tcpPacket(world.a.own, world.b.own));
      world.run(15_000);
      expect(eventsOf(world.b, 'nat')).toEqual([]);
      expect(world.a.sent.every(({ output }) => output.local.port === 500)).toBe(true);
    }
  });

  it('can be forced without a NAT', () => {
    const world = makeWorld({
      a: { pad: { natTraversal: { value: 'FORCE', origin: { kind: 'builtin', what: 'test' } } } },
    });
    world.request(world.a, tcpPacket(world.a.own, world.b.own));
    world.run(15_000);
    expect(failuresOf(world.a)).toEqual([]);
    expect(disagreement(world)).toEqual([]);
    expect(pairsOf(world.b).outbound[0]!.udpEncapsulation).toEqual({ localPort: 4500, remotePort: 4500 });
  });
});
