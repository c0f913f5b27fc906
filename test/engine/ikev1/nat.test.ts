/** NAT traversal — RFC 3947. */
import { describe, expect, it } from 'vitest';
import { toHex } from '../../../src/engine/crypto/octets.js';
import type { Endpoint } from '../../../src/engine/input.js';
import { isakmpPayload } from '../../../src/engine/wire/isakmp/table.js';
import { formatSelector } from '../../../src/model/traffic-selector.js';
import {
  address,
  agree,
  type Datagram,
  eventsOf,
  failures,
  type Network,
  packetAB,
  packetBA,
  pair,
  type SystemOptions,
  straight,
  texts,
  type World,
} from './support.js';

type Side = Partial<Omit<SystemOptions, 'addresses'>>;

const outside = address('198.51.100.1');

/** A NAT before alpha: each of its ports has one outside. `shift` is what outside ports are above 40000. */
function nat(shift: () => number = () => 0): Network {
  const isAlpha = ({ address: { value } }: Endpoint) => value === address('10.1.1.1').value;
  const isOutside = ({ address: { value } }: Endpoint) => value === outside.value;
  return (datagram) => {
    const { from, to } = datagram;
    let moved: Datagram = datagram;
    if (isAlpha(from)) moved = { ...datagram, from: { address: outside, port: 40_000 + shift() + (from.port % 1000) } };
    if (isOutside(to)) {
      const inner = to.port - 40_000 - shift();
      if (inner !== 500 && inner !== 4500 % 1000) return [];
      // 4500 and 500 have the same last three digits; which one it is shows in where the peer sends from.
      moved = { ...datagram, to: { address: address('10.1.1.1'), port: from.port } };
    }
    return [{ delay: 10, datagram: moved }];
  };
}

const ids = (own: string, peer: string) =>
  `-kmp IKEV1 -preshared secret-of-both -ltype FQDN -lid ${own} -rtype FQDN -rid ${peer}`;
const a = (exchange = 'MM') => texts.a(`${ids('a.example.com', 'b.example.com')} -exchange ${exchange}`);
const b = (exchange = 'MM') =>
  texts.b(`${ids('b.example.com', 'a.example.com')} -exchange ${exchange}`).replaceAll('10.1.1.1', '198.51.100.1');

function run(alpha: Side = {}, beta: Side = {}, network: Network = nat(), until = 20_000): World {
  const world = pair({ text: a(), ...alpha }, { text: b(), ...beta }, network);
  world.request('alpha', packetAB);
  world.run(until);
  return world;
}

function expectUp(world: World): void {
  const [alpha, beta] = [world.system('alpha'), world.system('beta')];
  expect(
    failures(alpha)
      .concat(failures(beta))
      .map(({ text }) => text),
  ).toEqual([]);
  expect(alpha.sas.size).toBe(2);
  expect(agree(alpha, beta)).toBe(true);
}

describe('behind a NAT', () => {
  it.each(['MM', 'AM'])('both sides find it out, and go on from port 4500 (%s)', (exchange) => {
    const world = run({ text: a(exchange) }, { text: b(exchange) });
    expectUp(world);
    const [alpha, beta] = [world.system('alpha'), world.system('beta')];
    expect(eventsOf(alpha, 'nat')).toMatchObject([{ localBehindNat: true, peerBehindNat: false }]);
    expect(eventsOf(beta, 'nat')).toMatchObject([{ localBehindNat: false, peerBehindNat: true }]);
    const first4500 = world.sent.findIndex(({ from }) => from.port === 4500);
    expect(first4500).toBe(exchange === 'MM' ? 4 : 2);
    expect(world.sent.slice(first4500).every(({ from }) => from.port === 4500)).toBe(true);
    expect([...alpha.sas.values()].map(({ udpEncapsulation }) => udpEncapsulation)).toEqual([
      { localPort: 4500, remotePort: 4500 },
      { localPort: 4500, remotePort: 4500 },
    ]);
    expect([...beta.sas.values()][0]!.udpEncapsulation).toEqual({ localPort: 4500, remotePort: 40_500 });
  });

  it('transport mode is about the addresses that each side sees, and says its own (NAT-OA)', () => {
    const world = run();
    expectUp(world);
    const selectors = (name: string) =>
      eventsOf(world.system(name), 'child-sa').flatMap((event) =>
        'sa' in event
          ? [event.sa.selectors.local.map(formatSelector), event.sa.selectors.remote.map(formatSelector)]
          : [],
      );
    expect(selectors('alpha')).toEqual([['10.1.1.1'], ['10.2.2.2']]);
    expect(selectors('beta')).toEqual([['10.2.2.2'], ['198.51.100.1']]);
    expect(world.trace.filter((line) => line.includes('NAT-OA, NAT-OA'))).toHaveLength(2);
  });

  it('tunnel mode is about the networks', () => {
    const tunnel = (own: string, peer: string, mine: string, theirs: string, auth: string) =>
      `add tunnel t -tsource ${own} -tdestination ${peer} -source ${mine} -destination ${theirs} -action ESP_AES128_HMAC_SHA1\n` +
      `add host h -source ${mine} -destination ${theirs} -priority 10 -tunnel t -action PASS\n` +
      `add auth x -remote ${peer} -priority 10 -exchange MM ${auth}\n`;
    const [left, right] = ['172.16.1.0/24', '172.16.2.0/24'] as const;
    const world = pair(
      { text: tunnel('10.1.1.1', '10.2.2.2', left, right, ids('a.example.com', 'b.example.com')) },
      { text: tunnel('10.2.2.2', '198.51.100.1', right, left, ids('b.example.com', 'a.example.com')) },
      nat(),
    );
    world.request('alpha', 'tcp 172.16.1.1:4000 > 172.16.2.3:23');
    world.run(20_000);
    expectUp(world);
    expect(world.trace.some((line) => line.includes('NAT-OA'))).toBe(false);
  });

  it('keeps the way open, from the side behind it only', () => {
    const world = run({}, {}, nat(), 110_000);
    expect(world.systems.map(({ keepalives }) => keepalives)).toEqual([5, 0]);
  });

  it('survives the loss of each message', () => {
    for (let lost = 0; lost < 9; lost += 1) {
      const through = nat();
      const world = run({}, {}, (datagram) => (datagram.number === lost ? [] : through(datagram)), 120_000);
      expectUp(world);
    }
  });

  it('an identity that is the address inside is refused, as it is not where the packets come from', () => {
    const plain = '-kmp IKEV1 -exchange MM -preshared secret-of-both';
    const world = run(
      { text: texts.a(plain) },
      { text: texts.b(plain).replaceAll('10.1.1.1', '198.51.100.1') },
      nat(),
      300_000,
    );
    expect(failures(world.system('beta'))[0]).toMatchObject({
      code: 'identity-refused',
      text: expect.stringContaining('the peer is IPV4 10.1.1.1'),
    });
  });

  it('a new mapping that the data path sees is followed by IKE and by pairs, with their keys', () => {
    let shift = 0;
    const world = run(
      {},
      {},
      nat(() => shift),
    );
    const beta = world.system('beta');
    const keysOf = () => [...beta.sas.values()].map(({ spi, keys }) => ({ spi, keys })).sort((a, b) => a.spi - b.spi);
    const before = keysOf();
    shift = 7_000;
    const inbound = [...beta.ages.values()].find(({ id }) => id.direction === 'inbound')!.id;
    const event = { kind: 'mapping-changed' as const, sa: inbound, remote: outside, remotePort: 47_500 };
    const sent = world.sent.length;
    world.input('beta', { kind: 'sa-event', event });
    world.run(world.now + 60_000);
    expect(world.sent.length).toBe(sent);
    expect(agree(world.system('alpha'), beta)).toBe(true);
    expect(keysOf()).toEqual(before);
    for (const { udpEncapsulation } of beta.sas.values())
      expect(udpEncapsulation).toEqual({ localPort: 4500, remotePort: 47_500 });
    expect(beta.engine.ikeSas()[0]!.remote.port).toBe(47_500);
    expect(failures(beta)).toEqual([]);
  });

  it('a new mapping is seen in what is authentic of IKE, and only there', () => {
    let shift = 0;
    const world = run(
      {},
      {},
      nat(() => shift),
    );
    const beta = world.system('beta');
    const port = () => beta.engine.ikeSas()[0]!.remote.port;
    shift = 7_000;
    // What somebody has recorded, and sends again from elsewhere, moves nothing.
    const old = world.sent.filter(({ sender, exchange }) => sender === 'alpha' && exchange === 'Quick Mode');
    expect(old).toHaveLength(2);
    for (const datagram of old)
      world.deliver({ ...datagram, from: { address: address('203.0.113.66'), port: 4500 }, to: { ...datagram.to } });
    expect(port()).toBe(40_500);
    world.input('alpha', { kind: 'check-liveness', ikeSa: world.system('alpha').engine.ikeSas()[0]!.name });
    world.run(world.now + 10_000);
    expect(port()).toBe(47_500);
    expect([...beta.sas.values()].map(({ udpEncapsulation }) => udpEncapsulation?.remotePort)).toEqual([
      47_500, 47_500,
    ]);
    expect(failures(beta)).toEqual([]);
  });
});

describe('pairs through a NAT whose ISAKMP SA has ended', () => {
  it('have their way kept open, and go on where their peer is', () => {
    let shift = 0;
    const world = run(
      {},
      {},
      nat(() => shift),
    );
    const [alpha, beta] = [world.system('alpha'), world.system('beta')];
    world.input('beta', { kind: 'delete-ike', ikeSa: beta.engine.ikeSas()[0]!.name });
    world.settle();
    expect(world.systems.map(({ engine, sas }) => [engine.ikeSas().length, sas.size])).toEqual([
      [0, 2],
      [0, 2],
    ]);
    const before = alpha.keepalives;
    world.run(world.now + 65_000);
    expect(alpha.keepalives).toBe(before + 3);
    expect(beta.keepalives).toBe(0);
    shift = 7_000;
    const inbound = [...beta.ages.values()].find(({ id }) => id.direction === 'inbound')!.id;
    const event = { kind: 'mapping-changed' as const, sa: inbound, remote: outside, remotePort: 47_500 };
    world.input('beta', { kind: 'sa-event', event });
    expect([...beta.sas.values()].map(({ udpEncapsulation }) => udpEncapsulation?.remotePort)).toEqual([
      47_500, 47_500,
    ]);
    // Their successors are sought there, too.
    const sent = world.sent.length;
    world.input('beta', { kind: 'rekey-child', sa: inbound });
    world.run(world.now + 10_000);
    expect(world.sent[sent]!.to.port).toBe(47_500);
    expect(agree(alpha, beta)).toBe(true);
    expect(failures(beta)).toEqual([]);
  });
});

describe('without a NAT', () => {
  it('nothing changes', () => {
    const world = pair();
    world.request('alpha', packetAB);
    world.settle();
    expect(world.sent.every(({ from, to }) => from.port === 500 && to.port === 500)).toBe(true);
    expect([...world.system('alpha').sas.values()].every(({ udpEncapsulation }) => !udpEncapsulation)).toBe(true);
    expect(eventsOf(world.system('alpha'), 'nat')).toMatchObject([{ localBehindNat: false, peerBehindNat: false }]);
  });

  it('encapsulation can be forced by one side', () => {
    const force = texts.a('-kmp IKEV1 -exchange MM -preshared secret-of-both -nat_traversal FORCE');
    for (const request of [packetAB, packetBA]) {
      const world = pair({ text: force });
      world.request(request === packetAB ? 'alpha' : 'beta', request);
      world.settle();
      expectUp(world);
      expect([...world.system('beta').sas.values()].every(({ udpEncapsulation }) => udpEncapsulation)).toBe(true);
    }
  });

  it.each([
    ['a product that has it not', { profile: 'hpux' } as const],
    [
      'a record that says OFF',
      { text: texts.b('-kmp IKEV1 -exchange MM -preshared secret-of-both -nat_traversal OFF') },
    ],
  ])('%s says nothing of it', (_, side) => {
    const world = pair({}, side);
    world.request('alpha', packetAB);
    world.settle();
    expectUp(world);
    expect(world.trace.some((line) => line.includes('NAT-D'))).toBe(false);
  });
});

describe('a peer with the drafts before RFC 3947', () => {
  it('gets their payload types', () => {
    const rfc = isakmpPayload('VID', {
      vendorId: Uint8Array.from(Buffer.from('4a131c81070358455c5728f20e95452f', 'hex')),
    });
    // The vendor ID of the RFC is garbled on the way, so that both are left with the drafts.
    const world = pair({ text: a() }, { text: b() }, (datagram) => {
      const text = toHex(datagram.octets).replace(toHex(rfc.body.vendorId), 'ff'.repeat(16));
      return nat()({ ...datagram, octets: Uint8Array.from(Buffer.from(text, 'hex')) });
    });
    world.request('alpha', packetAB);
    world.run(20_000);
    expect(failures(world.system('beta'))).toEqual([]);
    expect(agree(world.system('alpha'), world.system('beta'))).toBe(true);
    expect(world.system('alpha').sas.size).toBe(2);
    expect(world.trace.filter((line) => line.includes('NAT-D-draft')).length).toBe(2);
  });
});

describe('IKEv1 fragmentation', () => {
  const small = { fragmentOctets: { value: 200, note: '' } } as const;

  it('cuts long messages where both announce it', () => {
    const world = pair({ traits: small }, { traits: small });
    world.request('alpha', packetAB);
    world.run(20_000);
    expectUp(world);
    const lengths = world.sent.slice(2).map(({ octets }) => octets.length);
    expect(Math.max(...lengths)).toBeLessThanOrEqual(200);
    expect(world.sent.length).toBeGreaterThan(9);
  });

  it('survives the loss of each piece', () => {
    for (let lost = 2; lost < 14; lost += 1) {
      const world = pair({ traits: small }, { traits: small }, (datagram) =>
        datagram.number === lost ? [] : straight(datagram),
      );
      world.request('alpha', packetAB);
      world.run(120_000);
      expectUp(world);
    }
  });

  it('is left where one does not announce it', () => {
    const world = pair({ traits: small }, { traits: { ...small, fragmentation: { value: false, note: '' } } });
    world.request('alpha', packetAB);
    world.settle();
    expectUp(world);
    expect(world.sent).toHaveLength(9);
  });
});
