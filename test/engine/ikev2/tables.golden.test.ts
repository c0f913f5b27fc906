/** Life cycles, message rules, and what an engine does with every message in every state, as golden files. */
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { childTransitions } from '../../../src/engine/ikev2/child-sa.js';
import { ikeSaTransitions } from '../../../src/engine/ikev2/lifecycle.js';
import { messageRules } from '../../../src/engine/ikev2/message-rules.js';
import { notification } from '../../../src/engine/ikev2/payloads.js';
import { describe as describeMessage } from '../../../src/engine/wire/describe.js';
import type { Ikev2Payload } from '../../../src/engine/wire/payloads/table.js';
import { sealedBy } from './peer-gone-wrong.js';
import { idOf, makeWorld, pairsOf, type Side, tcpPacket, type World } from './support.js';

const folder = path.resolve(import.meta.dirname, '../../golden/ikev2');

function golden(name: string, lines: readonly string[]) {
  return expect(`${lines.join('\n')}\n`).toMatchFileSnapshot(path.join(folder, name));
}

describe('life cycles', () => {
  it('of IKE SAs are as in their golden file', async () => {
    const lines = Object.entries(ikeSaTransitions).flatMap(([state, row]) => [
      state,
      ...Object.entries(row).map(([happening, next]) => `  ${happening.padEnd(26)} ${(next as string[]).join(', ')}`),
    ]);
    await golden('ike-sa.txt', lines);
  });

  it('of Child SAs are as in their golden file', async () => {
    const lines = Object.entries(childTransitions).flatMap(([state, row]) => [
      state,
      ...Object.entries(row).map(([happening, next]) => `  ${happening.padEnd(20)} ${next}`),
    ]);
    await golden('child-sa.txt', lines);
  });

  it('messages have the payloads of their golden file', async () => {
    const lines = Object.entries(messageRules).flatMap(([message, forms]) => [
      message,
      ...Object.entries(forms).map(
        ([form, rules]) =>
          `  ${form.padEnd(18)} ${Object.entries(rules as Record<string, string>)
            .map(([kind, occurrence]) => `${kind} ${occurrence}`)
            .join(', ')}`,
      ),
    ]);
    await golden('messages.txt', lines);
  });
});

/** How a side comes into a state, which side that is, and what it expects next of its peer. */
interface Situation {
  readonly name: string;
  readonly side: (world: World) => Side;
  readonly expected: number;
  readonly outstanding: number;
  readonly ikeSa?: number;
  arrange(world: World): void;
}

const connect = (world: World) => {
  world.request(world.a, tcpPacket(world.a.own, world.b.own));
  world.run(1_000);
};
const only = (count: number) => (world: World) => {
  world.fate = ({ number }) => (number <= count ? [10] : []);
  world.request(world.a, tcpPacket(world.a.own, world.b.own));
  world.run(100);
};
const ikeSaOf = (side: Side) => side.engine.ikeSas()[0]!.name;
const a = (world: World) => world.a;
const b = (world: World) => world.b;

const situations: readonly Situation[] = [
  { name: 'AwaitSaInitResponse', side: a, expected: 0, outstanding: 0, arrange: only(1) },
  { name: 'AwaitAuthRequest', side: b, expected: 1, outstanding: 0, arrange: only(2) },
  { name: 'AwaitAuthResponse', side: a, expected: 0, outstanding: 1, arrange: only(2) },
  {
    name: 'Refused',
    side: b,
    expected: 2,
    outstanding: 0,
    arrange(world) {
      only(3)(world);
    },
  },
  { name: 'Established', side: b, expected: 2, outstanding: 0, arrange: connect },
  {
    name: 'Established, a Child SA being rekeyed',
    side: b,
    expected: 2,
    outstanding: 0,
    arrange(world) {
      connect(world);
      world.fate = () => [];
      world.give(world.b, { kind: 'rekey-child', sa: idOf(pairsOf(world.b).outbound[0]!) });
    },
  },
  {
    name: 'Established, the IKE SA being rekeyed',
    side: b,
    expected: 2,
    outstanding: 0,
    arrange(world) {
      connect(world);
      world.fate = () => [];
      world.give(world.b, { kind: 'rekey-ike', ikeSa: ikeSaOf(world.b) });
    },
  },
  {
    name: 'Replaced',
    side: b,
    expected: 3,
    outstanding: 0,
    ikeSa: 0,
    arrange(world) {
      connect(world);
      const before = world.log.length;
      world.fate = ({ number }) => (number <= before + 2 ? [10] : []);
      world.give(world.a, { kind: 'rekey-ike', ikeSa: ikeSaOf(world.a) });
      world.run(1_500);
    },
  },
  {
    name: 'Deleting',
    side: b,
    expected: 2,
    outstanding: 0,
    arrange(world) {
      connect(world);
      world.fate = () => [];
      world.give(world.b, { kind: 'delete-ike', ikeSa: ikeSaOf(world.b) });
    },
  },
];

const nonce: Ikev2Payload = { kind: 'Nonce', critical: false, body: { data: new Uint8Array(32) } };
const messages = (
  world: World,
): readonly (readonly [string, Parameters<typeof sealedBy>[2]['exchange'], readonly Ikev2Payload[]])[] => {
  const asked = world.a.sent.map(({ output }) => output.content).find(({ exchange }) => exchange === 'IKE_AUTH')
    ?.inner as readonly Ikev2Payload[] | undefined;
  const child = (asked ?? []).filter(({ kind }) => ['SA', 'TSi', 'TSr', 'N'].includes(kind));
  const fresh = child.map((payload): Ikev2Payload => {
    if (payload.kind !== 'SA') return payload;
    const proposals = payload.body.proposals.map((one) => ({ ...one, spi: Uint8Array.of(1, 2, 3, 4) }));
    return { ...payload, body: { proposals } };
  });
  return [
    ['IKE_AUTH', 'IKE_AUTH', asked ?? []],
    ['CREATE_CHILD_SA, a new Child SA', 'CREATE_CHILD_SA', [...fresh, nonce]],
    ['CREATE_CHILD_SA without a nonce', 'CREATE_CHILD_SA', fresh],
    ['CREATE_CHILD_SA, an error', 'CREATE_CHILD_SA', [notification('NO_PROPOSAL_CHOSEN')]],
    ['INFORMATIONAL, empty', 'INFORMATIONAL', []],
    [
      'INFORMATIONAL, Delete of the IKE SA',
      'INFORMATIONAL',
      [{ kind: 'D', critical: false, body: { protocolId: 1, spis: { size: 0, list: [] } } }],
    ],
    ['INFORMATIONAL, AUTHENTICATION_FAILED', 'INFORMATIONAL', [notification('AUTHENTICATION_FAILED')]],
    ['SESSION_RESUME, which is not spoken', 'IKE_SESSION_RESUME', []],
  ];
};

/** What a side did since its last events and messages, in words. */
function reaction(side: Side, events: number, sent: number): string {
  const words = side.events.slice(events).flatMap((event): string[] => {
    switch (event.kind) {
      case 'ignored':
        return [`ignored (${event.why})`];
      case 'failed':
        return [`failed: ${event.failure.code}`];
      case 'ike-sa':
        return [`IKE SA ${event.change}`];
      case 'child-sa':
        return [`Child SA ${event.change}`];
      default:
        return [];
    }
  });
  const answers = side.sent.slice(sent).map(({ output: { content } }) => {
    const { inner } = content;
    return `sends ${content.exchange} ${describeMessage(content.message, inner ? { inner: inner as readonly Ikev2Payload[] } : {})}`;
  });
  return [...words, ...answers].join('; ') || 'nothing';
}

describe('every message in every state', () => {
  it('is treated as in the golden file', async () => {
    const lines: string[] = [];
    for (const { name, side: sideOf, expected, outstanding, ikeSa, arrange } of situations) {
      lines.push(name);
      const count = messages(makeWorld()).length;
      for (const response of [false, true]) {
        for (let index = 0; index < count; index += 1) {
          const world = makeWorld(name === 'Refused' ? { b: { psk: 'another' } } : {});
          arrange(world);
          const side = sideOf(world);
          const peer = side === world.a ? world.b : world.a;
          const [text, exchange, inner] = messages(world)[index]!;
          const [events, sent] = [side.events.length, side.sent.length];
          const messageId = response ? outstanding : expected;
          const role = side === world.a ? 'responder' : 'initiator';
          const octets = sealedBy(peer, role, { exchange, messageId, inner, response, ikeSa });
          world.inject(side, { address: peer.own, port: 500 }, { address: side.own, port: 500 }, octets);
          lines.push(`  ${response ? 'answer ' : 'request'} ${text}: ${reaction(side, events, sent)}`);
        }
      }
    }
    await golden('states.txt', lines);
  });
});
