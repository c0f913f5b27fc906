/**
 * Exchanges of both sides that cross — RFC 7296 §2.8.1, §2.8.2, §2.25: every pair of commands, begun at every distance that
 * makes another order of the messages, with every one of the first messages held back or not.
 */
import { describe, expect, it } from 'vitest';
import { hasLowestNonce } from '../../../src/engine/ikev2/exchanges/rekey-ike.js';
import type { EngineInput } from '../../../src/engine/input.js';
import { disagreement, failuresOf, idOf, makeWorld, pairsOf, type Side, tcpPacket, type World } from './support.js';

const commands = ['rekey-child', 'rekey-ike', 'delete-child', 'delete-ike', 'create-child', 'check-liveness'] as const;
type Command = (typeof commands)[number];

function command(world: World, side: Side, what: Command): void {
  if (what === 'create-child') {
    world.request(side, tcpPacket(side.own, (side === world.a ? world.b : world.a).own, 5000));
    return;
  }
  if (what === 'rekey-child' || what === 'delete-child') {
    const [outbound] = pairsOf(side).outbound;
    if (outbound) world.give(side, { kind: what, sa: idOf(outbound) });
    return;
  }
  const [sa] = side.engine.ikeSas();
  if (sa) world.give(side, { kind: what, ikeSa: sa.name } satisfies EngineInput);
}

function connected(seed: string): World {
  const world = makeWorld({ seed, both: { pfs: [31] } });
  world.request(world.a, tcpPacket(world.a.own, world.b.own));
  world.run(1_000);
  return world;
}

const pairs = commands.flatMap((first) => commands.map((second) => [first, second] as const));

describe('two commands that cross', () => {
  it.each(pairs)('%s of a and %s of b', (first, second) => {
    // Messages take 10 ms. So far apart, each order of the requests, answers and deletes comes about.
    for (const distance of [0, 5, 11, 21]) {
      for (const held of [0, 1, 2, 3, 4, 5]) {
        const world = connected(`${distance} ${held}`);
        const before = world.log.length;
        // One of the messages takes so long that others overtake it.
        world.fate = ({ number }) => (number === before + held ? [34] : [10]);
        command(world, world.a, first);
        world.run(world.now + distance);
        command(world, world.b, second);
        world.run(world.now + 400_000);
        const where = `${distance} ms apart, message ${held} held back`;
        expect(disagreement(world), where).toEqual([]);
        expect([...failuresOf(world.a), ...failuresOf(world.b)], where).toEqual([]);
        const deletes = [first, second].some((one) => one.startsWith('delete'));
        if (!deletes) {
          const created = [first, second].filter((one) => one === 'create-child').length;
          expect(pairsOf(world.a).inbound.length, where).toBe(1 + created);
          expect(world.a.engine.ikeSas().length, where).toBe(1);
        }
      }
    }
  });

  it('of two successors the one with the lowest nonce goes (§2.8.1)', () => {
    const nonce = (...octets: number[]) => Uint8Array.from(octets);
    const low = { ni: nonce(1, 9), nr: nonce(7) };
    const high = { ni: nonce(3), nr: nonce(2) };
    expect(hasLowestNonce(low, high)).toBe(true);
    expect(hasLowestNonce(high, low)).toBe(false);
    expect(hasLowestNonce({ ni: nonce(1), nr: nonce(9) }, { ni: nonce(1, 0), nr: nonce(9) })).toBe(true);
  });

  it('three commands of each side at once', () => {
    for (const order of pairs) {
      const world = connected(order.join());
      for (const one of [...order, 'rekey-child'] as const) {
        command(world, world.a, one);
        command(world, world.b, one);
      }
      world.run(world.now + 600_000);
      expect(disagreement(world), order.join()).toEqual([]);
    }
  });
});
