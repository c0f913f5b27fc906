/** Every message of a whole life may be lost, doubled, late, or out of order, and nothing comes of it. */
import { describe, expect, it } from 'vitest';
import {
  disagreement,
  failuresOf,
  idOf,
  makeWorld,
  pairsOf,
  type SideOptions,
  tcpPacket,
  type World,
} from './support.js';

const both: SideOptions = { pfs: [31], mode: 'tunnel' };

/** Handshake, new keys for the Child SA and the IKE SA by either side, liveness, a second Child SA, deletes. */
function life(world: World): void {
  const { a, b } = world;
  world.request(a, tcpPacket(a.own, b.own));
  world.run(world.now + 120_000);
  const outbound = (side: World['a']) => pairsOf(side).outbound[0];
  const rekeyChild = (side: World['a']) => {
    const sa = outbound(side);
    if (sa) world.give(side, { kind: 'rekey-child', sa: idOf(sa) });
    world.run(world.now + 120_000);
  };
  const onIkeSa = (side: World['a'], kind: 'rekey-ike' | 'check-liveness' | 'delete-ike') => {
    const [sa] = side.engine.ikeSas();
    if (sa) world.give(side, { kind, ikeSa: sa.name });
    world.run(world.now + 120_000);
  };
  rekeyChild(a);
  rekeyChild(b);
  onIkeSa(a, 'rekey-ike');
  onIkeSa(b, 'rekey-ike');
  onIkeSa(b, 'check-liveness');
  const sa = outbound(b);
  if (sa) world.give(b, { kind: 'delete-child', sa: idOf(sa) });
  world.run(world.now + 120_000);
  world.request(b, tcpPacket(b.own, a.own));
  world.run(world.now + 120_000);
}

const whole = makeWorld({ both });
life(whole);
const count = whole.log.length;

describe('a whole life', () => {
  it('is without a fault when nothing happens to any message', () => {
    expect([...failuresOf(whole.a), ...failuresOf(whole.b)]).toEqual([]);
    expect(disagreement(whole)).toEqual([]);
    expect(pairsOf(whole.a).inbound).toHaveLength(1);
    expect(count).toBeGreaterThan(20);
  });

  const fates: readonly [string, (world: World, chosen: number) => void][] = [
    ['lost', (world, chosen) => (world.fate = ({ number }) => (number === chosen ? [] : [10]))],
    ['doubled', (world, chosen) => (world.fate = ({ number }) => (number === chosen ? [10, 12] : [10]))],
    ['doubled much later', (world, chosen) => (world.fate = ({ number }) => (number === chosen ? [10, 5_000] : [10]))],
    [
      'doubled after everything',
      (world, chosen) => (world.fate = ({ number }) => (number === chosen ? [10, 900_000] : [10])),
    ],
    ['late', (world, chosen) => (world.fate = ({ number }) => (number === chosen ? [2_500] : [10]))],
    ['very late', (world, chosen) => (world.fate = ({ number }) => (number === chosen ? [40_000] : [10]))],
  ];
  it.each(fates)('each of its messages may be %s', (_, arrange) => {
    for (let chosen = 1; chosen <= count; chosen += 1) {
      const world = makeWorld({ both });
      arrange(world, chosen);
      life(world);
      world.run(world.now + 1_000_000);
      expect([...failuresOf(world.a), ...failuresOf(world.b)], `message ${chosen}`).toEqual([]);
      expect(disagreement(world), `message ${chosen}`).toEqual([]);
      expect(pairsOf(world.a).inbound.length, `message ${chosen}`).toBe(1);
    }
  });

  it('goes through when all messages are doubled and every third one is lost', () => {
    const world = makeWorld({ both });
    world.fate = ({ number }) => (number % 3 === 0 ? [] : [10 + (number % 7) * 40, 300]);
    life(world);
    expect(failuresOf(world.a)).toEqual([]);
    expect(disagreement(world)).toEqual([]);
  });
});
