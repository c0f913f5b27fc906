/** The clock of a system may begin anywhere, also below zero: only how time passes counts. */
import { expect, it } from 'vitest';
import { disagreement, failuresOf, idOf, makeWorld, pairsOf, tcpPacket } from './ikev2/support.js';

it.each([-100_000_000, -1, 0, 1_900_000_000_000])('IKEv2 works from %i on', (beginning) => {
  const world = makeWorld();
  world.now = beginning;
  world.request(world.a, tcpPacket(world.a.own, world.b.own));
  world.run(beginning + 10_000);
  const [outbound] = pairsOf(world.a).outbound;
  world.give(world.a, { kind: 'rekey-child', sa: idOf(outbound!) });
  world.run(beginning + 20_000);
  world.give(world.b, { kind: 'rekey-ike', ikeSa: world.b.engine.ikeSas()[0]!.name });
  world.run(beginning + 30_000);
  expect(pairsOf(world.a).outbound[0]!.spi).not.toBe(outbound!.spi);
  expect(world.b.engine.ikeSas()[0]!.name.serial).toBe(2);
  expect(failuresOf(world.a)).toEqual([]);
  expect(disagreement(world)).toEqual([]);
});
