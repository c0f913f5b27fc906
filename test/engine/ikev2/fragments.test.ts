/** Fragmentation — RFC 7383. */
import { describe, expect, it } from 'vitest';
import { addFragment, type Reassembly } from '../../../src/engine/ikev2/fragments.js';
import { fragmentOctetsMax, fragmentsMax } from '../../../src/engine/ikev2/limits.js';
import type { OpenedFragment } from '../../../src/engine/wire/protect.js';
import { peerProfile } from '../../../src/model/peer-profile/catalogue.js';
import { disagreement, eventsOf, failuresOf, makeWorld, pairsOf, type SideOptions } from './support.js';

const small = { ...peerProfile('strict-rfc'), fragmentOctets: { value: 400, note: 'for tests' } };
/** Selectors that make IKE_AUTH long, both ways: forty networks behind `a`, one behind `b`. */
const networks = Array.from({ length: 40 }, (_, index) => ({
  lo: 0x0a00_0000 + index * 512,
  hi: 0x0a00_00ff + index * 512,
}));
const single = { lo: 0x0b00_0000, hi: 0x0b00_00ff };
const both: SideOptions = { profile: small, mode: 'tunnel' };
const a: SideOptions = { selectors: networks.map((local) => ({ local, remote: single })) };
const b: SideOptions = { selectors: networks.map((remote) => ({ local: single, remote })) };

function run(fate?: (number: number) => readonly number[], options = { a, b, both }) {
  const world = makeWorld(options);
  if (fate) world.fate = ({ number }) => fate(number);
  world.request(world.a);
  world.run(60_000);
  return world;
}

describe('long messages', () => {
  it('go in fragments of the profile’s length, both ways', () => {
    const world = run();
    expect([...failuresOf(world.a), ...failuresOf(world.b)]).toEqual([]);
    expect(disagreement(world)).toEqual([]);
    for (const side of [world.a, world.b]) {
      const auth = side.sent.filter(({ output }) => output.content.exchange === 'IKE_AUTH');
      expect(auth.length).toBeGreaterThan(2);
      for (const { output } of auth) expect(output.octets.length + 28).toBeLessThanOrEqual(400);
      expect(auth.filter(({ output }) => output.content.inner)).toHaveLength(1);
      expect(
        eventsOf(side, 'received').filter(({ content }) => content.exchange === 'IKE_AUTH' && content.inner),
      ).toHaveLength(1);
    }
  });

  it.each([
    ['each fragment lost once', (chosen: number) => (number: number) => (number === chosen ? [] : [10])],
    ['each fragment doubled', (chosen: number) => (number: number) => (number === chosen ? [10, 15, 3_000] : [10])],
    ['each fragment late', (chosen: number) => (number: number) => (number === chosen ? [700] : [10])],
  ])('arrive with %s', (_, fate) => {
    const { length } = run().log;
    for (let chosen = 3; chosen <= length; chosen += 1) {
      const world = run(fate(chosen));
      expect(failuresOf(world.a), `message ${chosen}`).toEqual([]);
      expect(disagreement(world), `message ${chosen}`).toEqual([]);
      expect(pairsOf(world.a).inbound).toHaveLength(1);
    }
  });

  it('arrive backwards', () => {
    const world = run((number) => [200 - number * 5]);
    expect(failuresOf(world.a)).toEqual([]);
    expect(disagreement(world)).toEqual([]);
  });

  it('go in one piece where one side does not know fragments', () => {
    const world = run(undefined, {
      a,
      b: { ...b, profile: { ...small, fragmentation: { value: false, note: '' } } },
      both,
    });
    expect(disagreement(world)).toEqual([]);
    expect(world.a.sent.some(({ output }) => output.octets.length > 600)).toBe(true);
  });
});

describe('what waits for other fragments', () => {
  const part = (fragmentNumber: number, totalFragments: number, length = 10): OpenedFragment => ({
    ok: true,
    fragmentNumber,
    totalFragments,
    firstPayload: 0,
    content: new Uint8Array(length),
  });
  const add = (waiting: Reassembly | undefined, fragment: OpenedFragment, room = 1 << 20) => {
    const outcome = addFragment(waiting, 1, fragment, room);
    return outcome.kind === 'waiting' ? outcome.waiting : outcome;
  };

  it('is bounded in number, octets and room', () => {
    expect(add(undefined, part(1, fragmentsMax + 1))).toMatchObject({ kind: 'refused' });
    expect(add(undefined, part(3, 2))).toMatchObject({ kind: 'refused' });
    expect(add(undefined, part(0, 2))).toMatchObject({ kind: 'refused' });
    expect(add(undefined, part(1, 3, fragmentOctetsMax + 1))).toMatchObject({ kind: 'refused' });
    expect(add(undefined, part(1, 3, 100), 99)).toMatchObject({ kind: 'refused' });
    const first = add(undefined, part(1, 3)) as Reassembly;
    expect(add(first, part(1, 3))).toMatchObject({ kind: 'refused', waiting: first });
  });

  it('is void when the sender cuts smaller, and kept when an older and coarser piece comes (§2.6)', () => {
    const first = add(undefined, part(1, 2)) as Reassembly;
    const finer = add(first, part(2, 3)) as Reassembly;
    expect([...finer.parts.keys()]).toEqual([2]);
    expect(add(finer, part(2, 2))).toMatchObject({ kind: 'refused', waiting: finer });
  });
});
