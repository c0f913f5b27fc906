/** When a successor is sought. */
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/engine/crypto/random.js';
import { rekeyAfterSeconds, softLimit } from '../../src/engine/lifetimes.js';
import { peerProfile } from '../../src/model/peer-profile/catalogue.js';

const profile = peerProfile('strict-rfc'); // margin and its random part are 10 percent each
const random = seededRandom('lifetimes');

describe('IKEv2', () => {
  const draw = (lifetime: number, at?: number, part?: number) =>
    Array.from({ length: 200 }, () => rekeyAfterSeconds(lifetime, { at, random: part }, profile, random));
  it.each([
    ['by the margin', 1000, undefined, undefined, 890, 900],
    ['as it is written', 1000, 500, undefined, 450, 500],
    ['less the random part that is written', 1000, 500, 100, 400, 500],
    ['without an end', 0, 500, 100, 400, 500],
    ['by the margin where it would come too late', 1000, 1000, undefined, 890, 900],
  ] as const)('%s', (_, lifetime, at, part, least, most) => {
    const times = draw(lifetime, at, part);
    expect(Math.min(...times.map(Number))).toBeGreaterThanOrEqual(least);
    expect(Math.max(...times.map(Number))).toBeLessThanOrEqual(most);
    expect(new Set(times).size).toBeGreaterThan(100);
  });

  it('never', () => {
    expect(draw(1000, 0)[0]).toBeUndefined();
    expect(draw(0)[0]).toBeUndefined();
  });
});

describe('IKEv1', () => {
  const at = (limit: number, role: 'initiator' | 'responder', written: Parameters<typeof softLimit>[1] = {}) =>
    Array.from({ length: 200 }, () => softLimit(limit, written, role, profile, random));
  it.each([
    ['the initiator by the margin', 1000, 'initiator', {}, 890, 900],
    ['the responder in its second half', 1000, 'responder', {}, 945, 950],
    ['as it is written', 1000, 'responder', { at: 500 }, 500, 500],
    ['less the random part that is written', 1000, 'initiator', { at: 500, random: 100 }, 400, 500],
    ['by the margin where it would come too late', 1000, 'initiator', { at: 1200 }, 890, 900],
  ] as const)('%s', (_, limit, role, written, least, most) => {
    const times = at(limit, role, written);
    expect(Math.min(...times.map(Number))).toBeGreaterThanOrEqual(least);
    expect(Math.max(...times.map(Number))).toBeLessThanOrEqual(most);
  });

  it('never', () => {
    expect(at(1000, 'initiator', { at: 0 })[0]).toBeUndefined();
    expect(at(0, 'initiator')[0]).toBeUndefined();
  });
});

describe('a margin that is a time and grows by chance (pluto: 540 s, and as much again)', () => {
  const pluto = peerProfile('libreswan');

  it.each([200, 541, 600, 1_000, 1_080, 1_081, 3_600])('leaves most of a lifetime of %i seconds', (lifetime) => {
    const times = (['initiator', 'responder'] as const).flatMap((role) =>
      Array.from({ length: 200 }, () => [
        rekeyAfterSeconds(lifetime, {}, pluto, random, role),
        softLimit(lifetime, {}, role, pluto, random),
      ]).flat(),
    );
    // Each successor would be replaced as soon as it is there, or none would ever be sought.
    const least = lifetime > 1_080 ? lifetime - 1_080 : lifetime * 0.75;
    expect(Math.min(...times.map(Number))).toBeGreaterThanOrEqual(Math.floor(least));
    expect(Math.max(...times.map(Number))).toBeLessThan(lifetime);
  });
});
