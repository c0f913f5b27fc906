import { describe, expect, it } from 'vitest';
import { agree, eventsOf, packetAB, pair } from './support.js';

describe('Main Mode with a preshared key', () => {
  it('makes an ISAKMP SA and a pair of SAs', () => {
    const world = pair();
    const [alpha, beta] = [world.system('alpha'), world.system('beta')];
    world.request('alpha', packetAB);
    world.settle();
    expect(eventsOf(alpha, 'child-sa').map(({ change }) => change)).toEqual(['established']);
    expect(eventsOf(beta, 'child-sa').map(({ change }) => change)).toEqual(['established']);
    expect(alpha.sas.size).toBe(2);
    expect(agree(alpha, beta)).toBe(true);
  });
});
