/** Nobody on the way, and no peer, talks two systems into less than they would choose — RFC 7296 §1.2, §2.5, §2.6, §2.10, §2.15. */
import { describe, expect, it } from 'vitest';
import { saInitTriesMax } from '../../../src/engine/ikev2/limits.js';
import { notification } from '../../../src/engine/ikev2/payloads.js';
import { ikev2Flags } from '../../../src/engine/wire/header.js';
import { decodeMessage, encodeMessage, type Ikev2Message } from '../../../src/engine/wire/message.js';
import { type Ikev2Payload, ikev2Payload } from '../../../src/engine/wire/payloads/table.js';
import { sealedBy } from './peer-gone-wrong.js';
import {
  disagreement,
  eventsOf,
  failureCodes,
  makeWorld,
  pairsOf,
  type Side,
  tcpPacket,
  type World,
} from './support.js';

function messageOf(octets: Uint8Array): Ikev2Message {
  const decoded = decodeMessage(octets);
  if (!decoded.ok || decoded.message.kind !== 'IKEv2') throw new Error('not a message of IKEv2');
  return decoded.message;
}

/** Somebody on the way puts his own in the place of messages; undefined lets one through as it is. */
function onTheWay(world: World, change: (message: Ikev2Message, from: Side) => Uint8Array | undefined): void {
  world.carry = (from, { local, remote, octets }) => {
    const to = from === world.a ? world.b : world.a;
    const changed = change(messageOf(octets), from) ?? octets;
    world.later(10, () => world.give(to, { kind: 'datagram', local: remote, remote: local, octets: changed }));
  };
}

const isSaInit = ({ header }: Ikev2Message) => header.exchangeType === 34;
const isAnswer = ({ header }: Ikev2Message) => (header.flags & ikev2Flags.RESPONSE) !== 0;
const strongAndWeak = [
  { encryption: ['AES-GCM-16-256'], groups: [19] },
  { encryption: ['3DES-CBC'], authentication: ['HMAC-SHA1-96'], prf: ['HMAC-SHA1'], groups: [19] },
];

describe('a man in the middle', () => {
  it('who takes the strong proposals out of SAi1 is found out by AUTH (§2.15)', () => {
    const world = makeWorld({ both: { ike: strongAndWeak } });
    onTheWay(world, (message, from) => {
      if (!isSaInit(message) || from === world.b) return undefined;
      const payloads = message.payloads.map((payload): Ikev2Payload => {
        if (payload.kind !== 'SA') return payload;
        const [, weak] = payload.body.proposals;
        return ikev2Payload('SA', { ...payload.body, proposals: [{ ...weak!, number: 1 }] });
      });
      return encodeMessage({ ...message, payloads });
    });
    world.request(world.a, tcpPacket(world.a.own, world.b.own));
    world.run(300_000);
    // The weak one was chosen, which is proposal 1 as the responder has it; and there it ends.
    expect(eventsOf(world.b, 'proposals')[0]?.selection.kind).toBe('selected');
    expect(failureCodes(world.a).length + failureCodes(world.b).length).toBeGreaterThan(0);
    expect([world.a.engine.ikeSas(), world.b.engine.ikeSas()]).toEqual([[], []]);
    expect([world.a.sas.size, world.b.sas.size]).toEqual([0, 0]);
  });

  it.each([
    ['N(IKEV2_FRAGMENTATION_SUPPORTED)', 16_430],
    ['N(SIGNATURE_HASH_ALGORITHMS)', 16_431],
  ] as const)('who takes %s away is found out as well', (_, type) => {
    const world = makeWorld();
    onTheWay(world, (message, from) =>
      isSaInit(message) && from === world.a
        ? encodeMessage({
            ...message,
            payloads: message.payloads.filter((payload) => payload.kind !== 'N' || payload.body.type !== type),
          })
        : undefined,
    );
    world.request(world.a, tcpPacket(world.a.own, world.b.own));
    world.run(300_000);
    expect(failureCodes(world.b)).toContain('authentication-failed');
    expect(world.a.sas.size).toBe(0);
  });

  it('who changes the nonce of the responder is found out by the initiator', () => {
    const world = makeWorld();
    onTheWay(world, (message, from) =>
      isSaInit(message) && from === world.b
        ? encodeMessage({
            ...message,
            payloads: message.payloads.map((payload) =>
              payload.kind === 'Nonce' ? ikev2Payload('Nonce', { data: new Uint8Array(32).fill(1) }) : payload,
            ),
          })
        : undefined,
    );
    world.request(world.a, tcpPacket(world.a.own, world.b.own));
    world.run(300_000);
    expect([world.a.engine.ikeSas(), world.a.sas.size]).toEqual([[], 0]);
  });
});

describe('a responder that asks for another try', () => {
  /** Answers every IKE_SA_INIT so, and gives how many there were of one IKE SA. */
  const asked = (answer: (count: number) => Ikev2Payload, groups: readonly number[]): World => {
    const world = makeWorld({ both: { ike: [{ groups }] } });
    let count = 0;
    world.carry = (from, { local, remote, octets }) => {
      const message = messageOf(octets);
      if (from !== world.a || !isSaInit(message)) return;
      count += 1;
      const header = { ...message.header, flags: ikev2Flags.RESPONSE };
      const reply = encodeMessage({ kind: 'IKEv2', header, payloads: [answer(count)] });
      world.later(10, () => world.give(world.a, { kind: 'datagram', local, remote, octets: reply }));
    };
    world.request(world.a, tcpPacket(world.a.own, world.b.own));
    world.run(400_000);
    return world;
  };
  const tries = (world: World) =>
    new Set(world.a.sent.map(({ output }) => Buffer.from(output.octets).toString('hex'))).size;

  it('with a new COOKIE each time does not keep us at it for ever (§2.6)', () => {
    const world = asked((count) => notification('COOKIE', new Uint8Array(16).fill(count)), [31]);
    expect(tries(world)).toBe(saInitTriesMax);
    expect(failureCodes(world.a)).toEqual(['timeout']);
    expect(world.a.engine.nextTimeout()).toBeUndefined();
  });

  it('with one group and then the other does not either (§1.2)', () => {
    const world = asked((count) => notification('INVALID_KE_PAYLOAD', Uint8Array.of(0, count % 2 ? 31 : 19)), [19, 31]);
    expect(tries(world)).toBe(saInitTriesMax);
    expect(world.a.engine.ikeSas()).toEqual([]);
    expect(world.a.engine.nextTimeout()).toBeUndefined();
  });

  it('with a group that we do not offer gets nothing else', () => {
    const world = asked(() => notification('INVALID_KE_PAYLOAD', Uint8Array.of(0, 2)), [19, 31]);
    expect(tries(world)).toBe(1);
    expect(failureCodes(world.a)).toEqual(['invalid-ke']);
  });

  it('asks with the whole proposal again, so that AUTH covers the order of our groups (§1.2)', () => {
    const world = makeWorld({ a: { ike: [{ groups: [19, 31] }] }, b: { ike: [{ groups: [31] }] } });
    world.request(world.a, tcpPacket(world.a.own, world.b.own));
    world.run(10_000);
    const offers = world.log
      .map(({ octets, from }) => ({ from, message: messageOf(octets) }))
      .filter(({ from, message }) => from === world.a && isSaInit(message) && !isAnswer(message))
      .map(({ message }) => message.payloads.find(({ kind }) => kind === 'SA'));
    expect(offers).toHaveLength(2);
    expect(offers[1]).toEqual(offers[0]);
  });
});

describe('nonces (§2.10)', () => {
  it.each([15, 257])('of %i octets are refused', (length) => {
    const world = makeWorld();
    onTheWay(world, (message, from) => {
      if (!isSaInit(message) || from === world.b) return undefined;
      // Behind the codec's back, which writes none of that length.
      const octets = encodeMessage(message);
      const nonce = message.payloads.find((payload) => payload.kind === 'Nonce');
      if (nonce?.kind !== 'Nonce') return undefined;
      const at = Buffer.from(octets).indexOf(Buffer.from(nonce.body.data));
      const view = new DataView(octets.buffer, octets.byteOffset);
      const changed = new Uint8Array(octets.length + length - nonce.body.data.length);
      changed.set(octets.subarray(0, at));
      changed.fill(7, at, at + length);
      changed.set(octets.subarray(at + nonce.body.data.length), at + length);
      new DataView(changed.buffer).setUint16(at - 2, length + 4);
      new DataView(changed.buffer).setUint32(24, view.getUint32(24) + length - nonce.body.data.length);
      return changed;
    });
    world.request(world.a, tcpPacket(world.a.own, world.b.own));
    world.run(2_000);
    expect(eventsOf(world.b, 'ike-keys')).toEqual([]);
  });

  it('of ours are half as long as the key of any PRF at least', () => {
    const world = makeWorld({ both: { ike: [{ prf: ['HMAC-SHA2-512'] }] } });
    world.request(world.a, tcpPacket(world.a.own, world.b.own));
    world.run(2_000);
    const nonces = world.log.flatMap(({ octets }) =>
      messageOf(octets).payloads.flatMap((payload) => (payload.kind === 'Nonce' ? [payload.body.data] : [])),
    );
    expect(nonces.map(({ length }) => length)).toEqual([32, 32]);
    expect(Buffer.from(nonces[0]!).equals(Buffer.from(nonces[1]!))).toBe(false);
  });
});

describe('the version (§2.5)', () => {
  const connected = (): World => {
    const world = makeWorld();
    world.request(world.a, tcpPacket(world.a.own, world.b.own));
    world.run(2_000);
    return world;
  };
  const answersTo = (world: World, more: { readonly flags?: number; readonly minor?: number }): number => {
    const before = world.b.sent.length;
    const octets = sealedBy(world.a, 'initiator', { exchange: 'INFORMATIONAL', messageId: 2, inner: [], ...more });
    const at = (side: Side) => ({ address: side.own, port: 500 });
    world.inject(world.b, at(world.a), at(world.b), octets);
    return world.b.sent.length - before;
  };

  it('the flag of who could speak a higher one is never set by us, and not heeded', () => {
    const world = connected();
    for (const { octets } of world.log) expect(messageOf(octets).header.flags & ikev2Flags.VERSION).toBe(0);
    expect(answersTo(world, { flags: ikev2Flags.VERSION })).toBe(1);
    expect(disagreement(world)).toEqual([]);
  });

  it('a later minor one is taken, and answered by ours', () => {
    const world = connected();
    expect(answersTo(world, { minor: 5 })).toBe(1);
    expect(world.b.sent.at(-1)!.output.content.message.header.version).toEqual({ major: 2, minor: 0 });
  });

  it('INVALID_MAJOR_VERSION in the clear does not bring us to an earlier one', () => {
    const world = makeWorld({ both: { ikeVersions: [2, 1] } });
    world.carry = (from, { local, remote, octets }) => {
      const message = messageOf(octets);
      if (from !== world.a) return;
      const header = { ...message.header, flags: ikev2Flags.RESPONSE };
      const payloads = [notification('INVALID_MAJOR_VERSION', Uint8Array.of(1))];
      const reply = encodeMessage({ kind: 'IKEv2', header, payloads });
      world.later(10, () => world.give(world.a, { kind: 'datagram', local, remote, octets: reply }));
    };
    world.request(world.a, tcpPacket(world.a.own, world.b.own));
    world.run(400_000);
    expect(new Set(world.a.sent.map(({ output }) => output.content.message.header.version.major))).toEqual(
      new Set([2]),
    );
    expect(failureCodes(world.a)).toHaveLength(1);
    expect(pairsOf(world.a).inbound).toEqual([]);
  });
});
