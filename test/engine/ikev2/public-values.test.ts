/** Public values that no honest peer has are refused, wherever they come — RFC 6989 §2, RFC 8031 §3. */
import { describe, expect, it } from 'vitest';
import type { Ikev2Message } from '../../../src/engine/wire/message.js';
import { decodeMessage, encodeMessage } from '../../../src/engine/wire/message.js';
import { type Ikev2Payload, ikev2Payload } from '../../../src/engine/wire/payloads/table.js';
import { sealedBy } from './peer-gone-wrong.js';
import { disagreement, eventsOf, failuresOf, makeWorld, pairsOf, type Side, tcpPacket, type World } from './support.js';

/** Of each kind of group one that must not be taken: 1, outside of the subgroup, off the curve, of small order. */
const bad: readonly [string, number, Uint8Array][] = [
  ['MODP: 1', 14, withLast(256, 1)],
  ['MODP: 0', 14, new Uint8Array(256)],
  ['RFC 5114: outside of the subgroup', 22, withLast(128, 2)],
  ['RFC 5114: outside of the subgroup', 23, withLast(256, 2)],
  ['RFC 5114: outside of the subgroup', 24, withLast(256, 2)],
  ['ECP: not on the curve', 19, withLast(64, 1)],
  ['Curve25519: of small order', 31, new Uint8Array(32)],
];

function withLast(length: number, value: number): Uint8Array {
  const octets = new Uint8Array(length);
  octets[length - 1] = value;
  return octets;
}

const suite = (group: number) => ({ both: { ike: [{ groups: [group] }], pfs: [group] } });

/** IKE_SA_INIT with another public value of one side. */
function exchanged(group: number, whose: 'a' | 'b', value: Uint8Array): World {
  const world = makeWorld(suite(group));
  world.carry = (from, { local, remote, octets }) => {
    const to = from === world.a ? world.b : world.a;
    const decoded = decodeMessage(octets);
    if (!decoded.ok || decoded.message.kind !== 'IKEv2') throw new Error('not IKEv2');
    const message: Ikev2Message = decoded.message;
    const payloads = message.payloads.map(
      (payload): Ikev2Payload =>
        payload.kind === 'KE' && from === world[whose]
          ? ikev2Payload('KE', { dhGroup: group, keyExchangeData: value })
          : payload,
    );
    const sent = message.header.exchangeType === 34 ? encodeMessage({ ...message, payloads }) : octets;
    world.later(10, () => world.give(to, { kind: 'datagram', local: remote, remote: local, octets: sent }));
  };
  world.request(world.a, tcpPacket(world.a.own, world.b.own));
  world.run(300_000);
  return world;
}

describe.each(bad)('%s, group %i', (_, group, value) => {
  it('as KEi: the responder makes no keys of it', () => {
    const world = exchanged(group, 'a', value);
    expect(eventsOf(world.b, 'ike-keys')).toEqual([]);
    expect(failuresOf(world.b)[0]).toMatchObject({ code: 'invalid-message', rfc: 'RFC 6989 §2' });
    expect([world.a.sas.size, world.b.sas.size]).toEqual([0, 0]);
  });

  it('as KEr: the initiator makes no keys of it, and waits for a better answer', () => {
    const world = exchanged(group, 'b', value);
    expect(eventsOf(world.a, 'ike-keys')).toEqual([]);
    expect(failuresOf(world.a)).toMatchObject([{ code: 'invalid-message', rfc: 'RFC 6989 §2' }]);
    expect([world.a.sas.size, world.b.sas.size]).toEqual([0, 0]);
  });

  it('in CREATE_CHILD_SA, for a Child SA and for the IKE SA: nothing is made, and what there was stays', () => {
    for (const rekeys of ['child', 'ike'] as const) {
      const world = makeWorld(suite(group));
      world.request(world.a, tcpPacket(world.a.own, world.b.own));
      world.run(2_000);
      expect(disagreement(world)).toEqual([]);
      const keys = eventsOf(world.b, 'ike-keys').length;
      // What a would send, were its own value not right: its request goes nowhere, and ours goes in its place.
      let inner: readonly Ikev2Payload[] = [];
      world.carry = (from, output) => {
        if (from === world.a) inner = (output.content.inner ?? []) as readonly Ikev2Payload[];
      };
      const [ikeSa] = world.a.engine.ikeSas();
      if (rekeys === 'ike') world.give(world.a, { kind: 'rekey-ike', ikeSa: ikeSa!.name });
      else world.request(world.a, tcpPacket(world.a.own, world.b.own, 5000));
      const changed = inner.map((payload) =>
        payload.kind === 'KE' ? ikev2Payload('KE', { dhGroup: group, keyExchangeData: value }) : payload,
      );
      expect(changed.some(({ kind }) => kind === 'KE')).toBe(true);
      const octets = sealedBy(world.a, 'initiator', { exchange: 'CREATE_CHILD_SA', messageId: 2, inner: changed });
      const at = (side: Side) => ({ address: side.own, port: 500 });
      world.inject(world.b, at(world.a), at(world.b), octets);
      expect(failuresOf(world.b).at(-1)).toMatchObject({ code: 'invalid-message', rfc: 'RFC 6989 §2' });
      expect(world.b.sent.at(-1)!.output.content.inner).toMatchObject([{ kind: 'N', body: { type: 7 } }]);
      expect(pairsOf(world.b).inbound).toHaveLength(1);
      expect(eventsOf(world.b, 'ike-keys')).toHaveLength(keys);
      expect(world.b.engine.ikeSas()).toHaveLength(1);
    }
  });
});
