/**
 * Real engines on any network: once all timers have run both hold the same keys, or neither has an SA, and packets get
 * through. Play a number that fails again with `npm run simulate -- --seed NUMBER`.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { play } from '../../support/random-world/play.js';
import { scenarioOf } from '../../support/random-world/scenario.js';
import { node } from '../crypto/support.js';

describe.each([1, 2] as const)('IKEv%i', (version) => {
  it('converges on any network', () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        expect(play(scenarioOf(seed, version), node).faults).toEqual([]);
      }),
      { numRuns: 15, endOnFailure: true },
    );
  });
});

it('equal seeds give equal octets', () => {
  const octets = (seed: number): string[] =>
    play(scenarioOf(seed), node).trace.entries.flatMap((entry) =>
      entry.kind === 'sent' ? [Buffer.from(entry.octets).toString('base64')] : [],
    );
  expect(octets(7)).toEqual(octets(7));
});
