/** How often a peer that says nothing is tried, and from and to which ports. */
import { describe, expect, it } from 'vitest';
import { disagreement, eventsOf, failuresOf, makeWorld, pairsOf, sourced, tcpPacket, type World } from './support.js';

function connect(tries: number | undefined, arrange: (world: World) => void, until: number): World {
  const world = makeWorld({ a: tries === undefined ? {} : { pad: { initiationTries: sourced(tries) } } });
  arrange(world);
  world.request(world.a, tcpPacket(world.a.own, world.b.own));
  world.run(until);
  return world;
}

const deafUntil = (time: number) => (world: World) => {
  world.fate = () => (world.now < time ? [] : [10]);
};

/** Initiator SPIs of the IKE_SA_INIT requests that went out. */
function begun(world: World): number {
  const spis = world.a.sent
    .filter(({ output }) => output.content.exchange === 'IKE_SA_INIT')
    .map(({ output }) => output.content.message.header.initiatorSpi);
  return new Set(spis).size;
}

describe('a peer that says nothing', () => {
  it.each([
    [undefined, 1],
    [1, 1],
    [3, 3],
  ])('is tried as often as the record says (%s)', (tries, expected) => {
    const world = connect(tries, deafUntil(Number.POSITIVE_INFINITY), 10_000_000);
    expect(begun(world)).toBe(expected);
    expect(failuresOf(world.a)).toHaveLength(expected);
    expect(failuresOf(world.a).filter(({ text }) => text.includes('tried again'))).toHaveLength(expected - 1);
    // Who waits is told once, at the end.
    expect(world.a.failedRequests).toHaveLength(1);
    expect(world.a.engine.nextTimeout()).toBeUndefined();
  });

  it('is tried without end where the record says 0', () => {
    const world = connect(0, deafUntil(20_000_000), 21_000_000);
    expect(begun(world)).toBeGreaterThan(100);
    expect(world.a.failedRequests).toEqual([]);
    expect(pairsOf(world.a).inbound).toHaveLength(1);
    expect(disagreement(world)).toEqual([]);
  });

  it('is tried anew from the first message where it falls silent in between', () => {
    const world = connect(
      2,
      (of) => (of.fate = ({ output, from }) => (from === of.b && of.now < 130_000 && isAuth(output) ? [] : [10])),
      600_000,
    );
    expect(begun(world)).toBe(2);
    expect(failuresOf(world.a).map(({ text }) => text)).toEqual([
      'nothing came back to IKE_AUTH; it is tried again (2 of 2)',
    ]);
    expect(world.a.failedRequests).toEqual([]);
    expect(disagreement(world)).toEqual([]);
    expect(pairsOf(world.a).inbound).toHaveLength(1);
  });

  it('is not tried again when it refuses', () => {
    const world = makeWorld({ a: { ike: [{ groups: [14] }], pad: { initiationTries: sourced(5) } } });
    world.request(world.a, tcpPacket(world.a.own, world.b.own));
    world.run();
    expect(begun(world)).toBe(1);
    expect(failuresOf(world.a)).toHaveLength(1);
  });
});

it('all that waits goes on with the next try', () => {
  const world = makeWorld({ a: { pad: { initiationTries: sourced(2) }, populateFromPacket: true } });
  world.fate = () => (world.now < 100_000 ? [] : [10]);
  for (const port of [4000, 4001, 4002]) world.request(world.a, tcpPacket(world.a.own, world.b.own, port));
  world.run();
  expect(eventsOf(world.a, 'child-sa')).toHaveLength(3);
  expect(world.a.failedRequests).toEqual([]);
});

it('the ports are those of the record', () => {
  const world = makeWorld({ a: { pad: { localPort: sourced(1500), remotePort: sourced(2500) } } });
  world.request(world.a, tcpPacket(world.a.own, world.b.own));
  const [{ output }] = world.a.sent as [World['a']['sent'][number]];
  expect([output.local.port, output.remote.port]).toEqual([1500, 2500]);
});

function isAuth({ content }: { readonly content: { readonly exchange: string } }): boolean {
  return content.exchange === 'IKE_AUTH';
}
