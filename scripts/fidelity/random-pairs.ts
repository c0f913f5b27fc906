/**
 * Random pairs of swanctl.conf: one that would match, and then changed on either side. A seed gives the same pairs again.
 * The selectors are such that hosts with the addresses of `pairHosts` can install them.
 */

import { certifiedPair } from './random/certified.js';
import { type Conf, pairHosts, print } from './random/conf.js';
import { type Draw, drawFrom, randomOf } from './random/draw.js';
import { mutations as first } from './random/mutations.js';
import { espPool, groupPool, ikePool, ikePoolV2, selectorPool } from './random/pools.js';
import { rarerMutations } from './random/rarer-mutations.js';
import { widerMutations } from './random/wider-mutations.js';
import type { Pair } from './verdict.js';

export { pairHosts, randomOf };

const mutations = { ...first, ...widerMutations, ...rarerMutations };

/** Names of what pairs are changed by. */
export const mutationNames = Object.keys(mutations);

/** Pairs number `first` and following of a seed. */
export function randomPairs(seed: number, count: number, first = 0): Pair[] {
  return Array.from({ length: count }, (_, at) => randomPair(seed, first + at));
}

/** Of so many pairs one has certificates. */
const certifiedShare = 4;

/** Pairs number `first` and following of a seed, some of them with certificates: one in four, or all or none of them. */
export function mixedPairs(seed: number, count: number, first = 0, kind?: string): Pair[] {
  return Array.from({ length: count }, (_, at) => {
    const number = first + at;
    const isCertified = kind === 'certified' || (kind !== 'other' && number % certifiedShare === certifiedShare - 1);
    return isCertified ? certifiedPair(seed, number) : randomPair(seed, number);
  });
}

/** One pair of a seed, by its number. */
export function randomPair(seed: number, number: number): Pair {
  const draw = drawFrom(randomOf(Math.imul(seed, 0x9e3779b1) ^ Math.imul(number + 1, 0x85ebca6b)));
  const [left, right] = baseConf(draw);
  const applied: string[] = [];
  for (let count = draw.one([0, 1, 1, 1, 2, 2, 3, 4, 5]); count > 0; count -= 1) {
    const name = draw.one(mutationNames);
    const [one, other] = draw.chance(0.7) ? [right, left] : [left, right];
    mutations[name]!(draw, one, other);
    applied.push(`${name}${one === left ? ' (left)' : ''}`);
  }
  // Whoever starts must know where to.
  if (left.remote.startsWith('%any') || left.remote.includes('/')) left.remote = pairHosts.right[0];
  return { id: `${seed}-${number}`, mutations: applied, left: print(left), right: print(right) };
}

function baseConf(draw: Draw): readonly [Conf, Conf] {
  const version = draw.one(['2', '2', '2', '1', '1', '0']);
  const aggressive = version === '1' && draw.chance(0.35);
  const pool = version === '1' ? ikePool : [...ikePool, ...ikePoolV2];
  const proposals = draw.some(pool, 1, 3);
  const secret = `key-${draw.number(1e9)}`;
  const [leftTs, rightTs] = draw.one(selectorPool);
  const group = draw.chance(0.5) ? `-${draw.one(groupPool)}` : '';
  const esp = draw.some(espPool, 1, 3).map((proposal) => `${proposal}${group}`);
  const mode = 'tunnel';
  const make = (isLeft: boolean): Conf => ({
    name: 'c',
    version,
    aggressive,
    local: isLeft ? pairHosts.left[0] : pairHosts.right[0],
    remote: isLeft ? pairHosts.right[0] : pairHosts.left[0],
    proposals: [...proposals],
    localAuth: 'psk',
    remoteAuth: 'psk',
    localId: isLeft ? 'left.example.org' : 'right.example.org',
    remoteId: isLeft ? 'right.example.org' : 'left.example.org',
    options: [],
    children: [
      {
        name: 'net',
        localTs: isLeft ? [...leftTs] : [...rightTs],
        remoteTs: isLeft ? [...rightTs] : [...leftTs],
        esp: [...esp],
        ah: undefined,
        mode,
        options: [],
      },
    ],
    secrets: [{ secret, ids: [] }],
    localRounds: [],
    remoteRounds: [],
    more: [],
    before: [],
    inherits: false,
    inheritsChild: false,
    omits: [],
    spareSecrets: [],
    layout: 0,
  });
  return [make(true), make(false)];
}
