/** Messages of somebody else: forged, damaged, far too many. */
import { describe, expect, it } from 'vitest';
import { nodeProvider } from '../../../src/engine/crypto/node/provider.js';
import { seededRandom } from '../../../src/engine/crypto/random.js';
import { createCookieJar } from '../../../src/engine/ikev2/cookie.js';
import { cookieSecretMillis } from '../../../src/engine/ikev2/limits.js';
import { notification } from '../../../src/engine/ikev2/payloads.js';
import type { Endpoint } from '../../../src/engine/input.js';
import { decodeMessage, encodeMessage } from '../../../src/engine/wire/message.js';
import { type Ikev2Payload, ikev2Payload } from '../../../src/engine/wire/payloads/table.js';
import { type Sealed, sealedBy } from './peer-gone-wrong.js';
import {
  address,
  disagreement,
  eventsOf,
  failuresOf,
  makeWorld,
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
  return world;
}

const at = (side: Side, port = 500): Endpoint => ({ address: side.own, port });

/** A message that `side` would send, sealed with its keys. */
function sealed(
  side: Side,
  exchange: Sealed['exchange'],
  messageId: number,
  inner: readonly Ikev2Payload[],
  response = false,
): Uint8Array {
  return sealedBy(side, side.engine.ikeSas()[0]!.role, { exchange, messageId, inner, response });
}

function send(world: World, from: Side, octets: Uint8Array): void {
  const to = from === world.a ? world.b : world.a;
  world.inject(to, at(from), at(to), octets);
}

describe('octets that nobody has authenticated', () => {
  it('any octets, and any change of real ones, are ignored', () => {
    const world = connected();
    const random = seededRandom('noise');
    const real = world.log.map(({ octets }) => octets);
    const before = world.log.length;
    for (let count = 0; count < 1_000; count += 1) {
      const chosen = real[count % real.length]!;
      const octets = chosen.slice(0, count % 5 === 0 ? (random(1)[0]! * chosen.length) >> 8 : chosen.length);
      for (let change = 0; change < 1 + (count % 3); change += 1) {
        if (octets.length > 0) octets[random(1)[0]! % octets.length] = random(1)[0]!;
      }
      for (const side of [world.a, world.b])
        world.inject(side, at(side === world.a ? world.b : world.a), at(side), octets);
    }
    expect(disagreement(world)).toEqual([]);
    expect(pairsOf(world.a).inbound).toHaveLength(1);
    // A request that was damaged is refused as what it is; no IKE SA suffers from it.
    expect(eventsOf(world.a, 'failed').filter(({ ikeSa }) => ikeSa)).toEqual([]);
    world.run(world.now + 200_000);
    expect(disagreement(world)).toEqual([]);
    expect(world.log.length).toBeGreaterThan(before);
  });

  it('no error in the clear ends an IKE SA that is established or being made (RFC 7296 §2.21)', () => {
    for (const error of [
      'NO_PROPOSAL_CHOSEN',
      'INVALID_SYNTAX',
      'AUTHENTICATION_FAILED',
      'INVALID_IKE_SPI',
      'INVALID_MAJOR_VERSION',
    ] as const) {
      const world = makeWorld();
      world.fate = ({ number }) => (number <= 3 ? [1_000] : [10]);
      world.request(world.a, tcpPacket(world.a.own, world.b.own));
      for (let step = 0; step < 3; step += 1) {
        const last = world.log.filter(({ from }) => from === world.a).at(-1)!;
        const header = { ...last.output.content.message.header, flags: 0x20 };
        send(world, world.b, encodeMessage({ kind: 'IKEv2', header, payloads: [notification(error)] }));
        world.run(world.now + 1_500);
      }
      world.run(60_000);
      expect(disagreement(world), error).toEqual([]);
      expect(pairsOf(world.a).inbound.length, error).toBe(1);
      expect(failuresOf(world.a), error).toEqual([]);
    }
  });

  it('what a refusal in the clear says is the reason when nothing better comes', () => {
    const world = makeWorld();
    world.fate = () => [];
    world.request(world.a);
    const header = { ...world.log[0]!.output.content.message.header, flags: 0x20 };
    send(world, world.b, encodeMessage({ kind: 'IKEv2', header, payloads: [notification('NO_PROPOSAL_CHOSEN')] }));
    world.run(100_000);
    expect(failuresOf(world.a)).toMatchObject([
      { code: 'no-ike-proposal', foundBy: 'peer', notify: 'NO_PROPOSAL_CHOSEN' },
    ]);
  });

  it('a higher version is told ours, and nothing else happens (§2.5)', () => {
    const world = connected();
    const octets = world.log[0]!.octets.slice();
    octets[17] = 0x30;
    send(world, world.a, octets);
    const answer = world.b.sent.at(-1)!.output.content.message;
    expect(answer).toMatchObject({
      kind: 'IKEv2',
      payloads: [{ kind: 'N', body: { type: 5, data: Uint8Array.of(2) } }],
    });
    expect(answer.header.flags & 0x20).toBe(0x20);
    // Not again so soon, and never to an answer.
    const count = world.b.sent.length;
    send(world, world.a, octets);
    octets[19]! |= 0x20;
    send(world, world.a, octets);
    expect(world.b.sent.length).toBe(count);
  });

  it('an unknown IKE SPI is told once a second (§2.21.4)', () => {
    const world = connected();
    const octets = sealed(world.a, 'INFORMATIONAL', 2, []);
    octets.set([9, 9, 9, 9], 8);
    send(world, world.a, octets);
    send(world, world.a, octets);
    const told = world.b.sent.filter(({ output }) => output.content.exchange === 'INFORMATIONAL');
    expect(told).toHaveLength(1);
    expect(told[0]!.output.content.message).toMatchObject({ payloads: [{ kind: 'N', body: { type: 4 } }] });
  });
});

describe('messages of a peer that cannot be right', () => {
  it('an unknown critical payload is refused, and the IKE SA stays (§2.5)', () => {
    const world = connected();
    const critical: Ikev2Payload = { kind: 'unknown', number: 200, critical: true, body: new Uint8Array(4) };
    send(world, world.a, sealed(world.a, 'INFORMATIONAL', 2, [critical]));
    expect(world.b.sent.at(-1)!.output.content.inner).toMatchObject([
      { kind: 'N', body: { type: 1, data: Uint8Array.of(200) } },
    ]);
    expect(world.b.engine.ikeSas()).toHaveLength(1);
  });

  it('an unknown payload that is not critical is skipped', () => {
    const world = connected();
    send(
      world,
      world.a,
      sealed(world.a, 'INFORMATIONAL', 2, [{ kind: 'unknown', number: 200, critical: false, body: new Uint8Array(4) }]),
    );
    expect(world.b.sent.at(-1)!.output.content.inner).toEqual([]);
  });

  it('a malformed message ends the IKE SA with INVALID_SYNTAX (§2.21.3)', () => {
    const world = connected();
    const nonces = [0, 1].map(() => ikev2Payload('Nonce', { data: new Uint8Array(32) }));
    send(world, world.a, sealed(world.a, 'CREATE_CHILD_SA', 2, nonces));
    expect(world.b.sent.at(-1)!.output.content.inner).toMatchObject([{ kind: 'N', body: { type: 7 } }]);
    expect(world.b.engine.ikeSas()).toHaveLength(0);
    expect(world.b.sas.size).toBe(0);
    expect(failuresOf(world.b)).toMatchObject([{ code: 'invalid-message' }]);
  });

  it('Message IDs outside of the window are not processed (§2.3)', () => {
    const world = connected();
    const count = world.b.sent.length;
    for (const id of [0, 5, 0xffff_ffff]) send(world, world.a, sealed(world.a, 'INFORMATIONAL', id, []));
    expect(world.b.sent.length).toBe(count);
    send(world, world.a, sealed(world.a, 'INFORMATIONAL', 2, []));
    expect(world.b.sent.length).toBe(count + 1);
  });

  it('a second IKE_AUTH, and answers that nobody waits for, are ignored', () => {
    const world = connected();
    const count = world.b.sent.length;
    send(world, world.a, sealed(world.a, 'IKE_AUTH', 2, []));
    send(world, world.a, sealed(world.a, 'CREATE_CHILD_SA', 0, [notification('NO_PROPOSAL_CHOSEN')], true));
    expect(world.b.sent.length).toBe(count);
    expect(world.b.engine.ikeSas()).toHaveLength(1);
  });

  it('an SPI that another SA has is refused', () => {
    const world = connected();
    const taken = pairsOf(world.b).outbound[0]!.spi;
    const first = eventsOf(world.b, 'received').at(-1)!.content.inner as readonly Ikev2Payload[];
    const sa = first.find((one) => one.kind === 'SA');
    if (sa?.kind !== 'SA') throw new Error('no SA payload');
    expect(new DataView(sa.body.proposals[0]!.spi.slice().buffer).getUint32(0)).toBe(taken);
    const again = first.filter(({ kind }) => kind === 'SA' || kind === 'TSi' || kind === 'TSr' || kind === 'N');
    send(
      world,
      world.a,
      sealed(world.a, 'CREATE_CHILD_SA', 2, [...again, ikev2Payload('Nonce', { data: new Uint8Array(32).fill(3) })]),
    );
    expect(failuresOf(world.b).map(({ code }) => code)).toEqual(['invalid-message']);
    expect(pairsOf(world.b).inbound).toHaveLength(1);
  });
});

describe('floods (RFC 7296 §2.6)', () => {
  it('of IKE_SA_INIT keep memory bounded, and a legitimate peer still gets in', () => {
    const limits = { halfOpenMax: 50 };
    const world = makeWorld({ b: { limits } });
    world.request(world.a, tcpPacket(world.a.own, world.b.own));
    const [first] = world.log;
    let index = 0;
    const flood = (count: number, withCookie: boolean) => {
      for (const end = index + count; index < end; index += 1) {
        const octets = first!.octets.slice();
        new DataView(octets.buffer).setBigUint64(0, 0x1000n + BigInt(index));
        const from: Endpoint = {
          address: address(`198.${index >> 16}.${(index >> 8) & 255}.${index & 255}`),
          port: 500,
        };
        const sentBefore = world.b.sent.length;
        world.inject(world.b, from, at(world.b), octets);
        const answer = world.b.sent.at(-1)?.output.content.message;
        if (!withCookie || world.b.sent.length === sentBefore || answer?.kind !== 'IKEv2') continue;
        const cookie = answer.payloads[0];
        if (cookie?.kind !== 'N') continue;
        const decoded = decodeMessage(octets);
        if (!decoded.ok || decoded.message.kind !== 'IKEv2') throw new Error('not decodable');
        const { header, payloads } = decoded.message;
        world.inject(
          world.b,
          from,
          at(world.b),
          encodeMessage({ kind: 'IKEv2', header, payloads: [cookie, ...payloads] }),
        );
      }
    };
    flood(1_000, false);
    expect(eventsOf(world.b, 'ike-keys').length).toBeLessThanOrEqual(64);
    for (let step = 0; step < 40; step += 1) {
      flood(5, true);
      world.run(world.now + 5);
    }
    expect(eventsOf(world.b, 'ike-keys').length).toBeGreaterThan(150);
    world.run(50_000);
    expect(failuresOf(world.a)).toEqual([]);
    expect(disagreement(world)).toEqual([]);
    expect(pairsOf(world.a).inbound).toHaveLength(1);
    world.run(200_000);
    expect(world.b.engine.nextTimeout()).toBeGreaterThan(200_000);
  });

  it('a cookie is good for its address, SPI and nonce only, and for a while (§2.6)', () => {
    const jar = createCookieJar(nodeProvider(seededRandom('cookies')));
    const binding = { address: address('192.0.2.1'), initiatorSpi: 1n, ni: new Uint8Array(32).fill(1) };
    const cookie = jar.make(binding, 0);
    expect(cookie.length).toBeLessThanOrEqual(64);
    expect(jar.isGood(cookie, binding, 0)).toBe(true);
    expect(jar.isGood(cookie, binding, cookieSecretMillis)).toBe(true);
    expect(jar.isGood(cookie, { ...binding, address: address('192.0.2.2') }, 0)).toBe(false);
    expect(jar.isGood(cookie, { ...binding, initiatorSpi: 2n }, 0)).toBe(false);
    expect(jar.isGood(cookie, { ...binding, ni: new Uint8Array(32).fill(2) }, 0)).toBe(false);
    expect(jar.isGood(cookie.slice(1), binding, 0)).toBe(false);
    jar.make(binding, 2 * cookieSecretMillis);
    expect(jar.isGood(cookie, binding, 2 * cookieSecretMillis)).toBe(false);
  });
});
