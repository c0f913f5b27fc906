/** Whatever a network does and whoever wants what: once all timers have run, both hold the same keys, or neither has an SA. */
import fc from 'fast-check';
import { describe, it } from 'vitest';
import { disagreement, idOf, makeWorld, pairsOf, type SideOptions, tcpPacket, type World } from './support.js';

const wishes = [
  'request',
  'rekey-child',
  'rekey-ike',
  'delete-child',
  'delete-ike',
  'check-liveness',
  'restart',
] as const;
const wish = fc.record({ after: fc.nat(30_000), of: fc.constantFrom('a', 'b'), what: fc.constantFrom(...wishes) });

/** For each message: lost, or delivered after these delays. */
const fates = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.constant([10]) },
    { weight: 1, arbitrary: fc.constant<number[]>([]) },
    { weight: 2, arbitrary: fc.array(fc.nat(20_000), { minLength: 1, maxLength: 3 }) },
  ),
  { maxLength: 120 },
);

const side: fc.Arbitrary<SideOptions> = fc.record({
  profile: fc.constantFrom('strict-rfc', 'hpux', 'strongswan', 'libreswan'),
  pfs: fc.constantFrom([], [31], [19, 31]),
  dpdSeconds: fc.constant(60),
  child: fc.constantFrom([{ lifetimeSeconds: 120 }], [{ lifetimeSeconds: 300 }]),
  ikeLifetimeSeconds: fc.constantFrom(400, 900),
});

function act(world: World, which: 'a' | 'b', what: (typeof wishes)[number], port: number): void {
  const one = world[which];
  const other = which === 'a' ? world.b : world.a;
  if (what === 'request') {
    world.request(one, tcpPacket(one.own, other.own, 4000 + (port % 3)));
    return;
  }
  if (what === 'restart') {
    one.restart();
    return;
  }
  if (what === 'rekey-child' || what === 'delete-child') {
    const [outbound] = pairsOf(one).outbound;
    if (outbound) world.give(one, { kind: what, sa: idOf(outbound) });
    return;
  }
  const [sa] = one.engine.ikeSas();
  if (sa) world.give(one, { kind: what, ikeSa: sa.name });
}

describe('convergence', () => {
  it('holds on any network', () => {
    fc.assert(
      fc.property(
        fc.array(wish, { minLength: 1, maxLength: 12 }),
        fates,
        side,
        side,
        fc.nat(1000),
        (list, delays, a, b, seed) => {
          const world = makeWorld({ a, b, seed: String(seed) });
          world.fate = ({ number }) => delays[number - 1] ?? [10];
          world.request(world.a, tcpPacket(world.a.own, world.b.own));
          for (const [index, { after, of, what }] of list.entries()) {
            world.run(world.now + after);
            act(world, of as 'a' | 'b', what, index);
          }
          // The last rekeying may be under way at any given moment: some time is found when it is not.
          let faults: string[] = [];
          for (let tries = 0; tries < 8; tries += 1) {
            world.run(world.now + 400_000 + tries * 7_000);
            faults = disagreement(world);
            if (faults.length === 0) return;
          }
          throw new Error(faults.join('\n'));
        },
      ),
      { numRuns: 60 },
    );
  });
});
