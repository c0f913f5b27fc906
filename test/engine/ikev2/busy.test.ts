/** What a peer that is busy, or has lost a Child SA, says — RFC 7296 §2.25. */
import { describe, expect, it } from 'vitest';
import { temporaryFailureTriesMax } from '../../../src/engine/ikev2/limits.js';
import { notification } from '../../../src/engine/ikev2/payloads.js';
import { decodeMessage } from '../../../src/engine/wire/message.js';
import { notifyTypes } from '../../../src/engine/wire/registry.js';
import { sealedBy } from './peer-gone-wrong.js';
import {
  disagreement,
  failureCodes,
  failuresOf,
  idOf,
  makeWorld,
  pairsOf,
  type Side,
  tcpPacket,
  type World,
} from './support.js';

function connected(): World {
  const world = makeWorld({ both: { selectors: [{ protocol: { lo: 6, hi: 6 } }, { protocol: { lo: 17, hi: 17 } }] } });
  world.request(world.a, tcpPacket(world.a.own, world.b.own));
  world.run(2_000);
  expect(disagreement(world)).toEqual([]);
  return world;
}

/** Names of the notifications that a side has sent since then. */
function said(side: Side, since: number): string[] {
  return side.sent
    .slice(since)
    .flatMap(({ output }) =>
      (output.content.inner ?? []).flatMap((payload) =>
        payload.kind === 'N' && 'type' in payload.body ? [notifyTypes.brief(payload.body.type)] : [],
      ),
    );
}

const ikeSaOf = (side: Side) => side.engine.ikeSas().at(-1)!.name;

describe('TEMPORARY_FAILURE', () => {
  it('is said to who wants a Child SA while the IKE SA is being rekeyed, and it is asked for again later (§2.25.2)', () => {
    const world = connected();
    const [ofA, before] = [world.a.sent.length, world.now];
    world.give(world.a, { kind: 'rekey-ike', ikeSa: ikeSaOf(world.a) });
    world.request(world.b, tcpPacket(world.b.own, world.a.own, 5000));
    world.run(before + 1_000);
    expect(said(world.a, ofA)).toContain('TEMPORARY_FAILURE');
    expect(pairsOf(world.b).inbound).toHaveLength(1);
    world.run(before + 60_000);
    expect(pairsOf(world.b).inbound).toHaveLength(2);
    expect(disagreement(world)).toEqual([]);
    expect([...failuresOf(world.a), ...failuresOf(world.b)]).toEqual([]);
  });

  it('is said to who wants to rekey the IKE SA while a Child SA is being made in it (§2.25.2)', () => {
    const world = connected();
    const ofA = world.a.sent.length;
    world.request(world.a, tcpPacket(world.a.own, world.b.own, 5000));
    world.give(world.b, { kind: 'rekey-ike', ikeSa: ikeSaOf(world.b) });
    world.run(world.now + 1_000);
    expect(said(world.a, ofA)).toContain('TEMPORARY_FAILURE');
    world.run(world.now + 60_000);
    expect(world.b.engine.ikeSas()).toHaveLength(1);
    expect(disagreement(world)).toEqual([]);
  });

  it('is said to who wants to rekey a Child SA that is being deleted (§2.25.1)', () => {
    const world = connected();
    const ofA = world.a.sent.length;
    world.give(world.a, { kind: 'delete-child', sa: idOf(pairsOf(world.a).outbound[0]!) });
    world.give(world.b, { kind: 'rekey-child', sa: idOf(pairsOf(world.b).outbound[0]!) });
    world.run(world.now + 1_000);
    expect(said(world.a, ofA)).toContain('TEMPORARY_FAILURE');
    world.run(world.now + 60_000);
    expect(pairsOf(world.b).inbound).toEqual([]);
    expect(disagreement(world)).toEqual([]);
  });

  it('is believed to last after so many tries', () => {
    const world = connected();
    const before = world.a.sent.length;
    world.carry = (from, output) => {
      if (from !== world.a) return;
      const decoded = decodeMessage(output.octets);
      if (!decoded.ok || decoded.message.kind !== 'IKEv2') return;
      const { messageId } = decoded.message.header;
      const inner = [notification('TEMPORARY_FAILURE')];
      const octets = sealedBy(world.a, 'responder', { exchange: 'CREATE_CHILD_SA', messageId, inner, response: true });
      world.later(10, () =>
        world.give(world.a, { kind: 'datagram', local: output.local, remote: output.remote, octets }),
      );
    };
    world.request(world.a, tcpPacket(world.a.own, world.b.own, 5000));
    world.run(world.now + 400_000);
    expect(world.a.sent.length - before).toBe(temporaryFailureTriesMax);
    expect(failureCodes(world.a)).toEqual(['busy']);
    expect(world.a.failedRequests).toHaveLength(1);
    // Not at once each time: the peer needs to get done.
    const times = world.a.sent.slice(before).map(({ at }) => at);
    for (const [index, at] of times.slice(1).entries()) expect(at - times[index]!).toBeGreaterThanOrEqual(5_000);
  });
});

describe('CHILD_SA_NOT_FOUND (§2.25.1)', () => {
  it('is said of a pair that is not there, and who asked lets its end go and gets another', () => {
    const world = connected();
    // What b deletes a does not hear of, for its answer is taken for one.
    const [sa] = pairsOf(world.b).outbound;
    world.carry = (from, output) => {
      if (from !== world.b) return;
      const decoded = decodeMessage(output.octets);
      if (!decoded.ok || decoded.message.kind !== 'IKEv2') return;
      const { messageId } = decoded.message.header;
      const octets = sealedBy(world.b, 'initiator', {
        exchange: 'INFORMATIONAL',
        messageId,
        inner: [],
        response: true,
      });
      world.later(10, () =>
        world.give(world.b, { kind: 'datagram', local: output.local, remote: output.remote, octets }),
      );
    };
    world.give(world.b, { kind: 'delete-child', sa: idOf(sa!) });
    world.run(world.now + 1_000);
    delete world.carry;
    expect([world.a.sas.size, world.b.sas.size]).toEqual([2, 0]);
    const ofB = world.b.sent.length;
    world.give(world.a, { kind: 'rekey-child', sa: idOf(pairsOf(world.a).outbound[0]!) });
    world.run(world.now + 10_000);
    expect(said(world.b, ofB)[0]).toBe('CHILD_SA_NOT_FOUND');
    expect(disagreement(world)).toEqual([]);
    expect(pairsOf(world.a).inbound).toHaveLength(1);
    expect(failuresOf(world.a)).toEqual([]);
  });
});
