import { describe, expect, it } from 'vitest';
import { disagreement, eventsOf, failuresOf, makeWorld, messages, pairsOf, tcpPacket } from './support.js';

describe('IKE_SA_INIT and IKE_AUTH (RFC 7296 §1.2)', () => {
  it('make an IKE SA and a Child SA in four messages', () => {
    const world = makeWorld();
    world.request(world.a, tcpPacket(world.a.own, world.b.own));
    world.run(5_000);
    expect(failuresOf(world.a)).toEqual([]);
    expect(failuresOf(world.b)).toEqual([]);
    expect(messages(world)).toEqual(['a IKE_SA_INIT 0', 'b IKE_SA_INIT 0 R', 'a IKE_AUTH 1', 'b IKE_AUTH 1 R']);
    expect(disagreement(world)).toEqual([]);
    expect(pairsOf(world.a).inbound).toHaveLength(1);
    expect(eventsOf(world.a, 'child-sa')).toHaveLength(1);
    expect(world.a.engine.ikeSas()).toHaveLength(1);
  });
});
