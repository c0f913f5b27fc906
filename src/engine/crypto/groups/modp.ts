/**
 * The MODP groups of IKE: parameters and the checks of public values, shared by both providers.
 *
 * The primes of groups 1, 2, 5 and 14 to 18 are 2^n - 2^(n-64) - 1 + 2^64 · (⌊2^(n-130) π⌋ + c) (RFC 2409 §6.1 and
 * §6.2, RFC 3526): they are computed from n and c. Groups 22 to 24 (RFC 5114) are subgroups of prime order q.
 */
import { type KeyExchangeTransform, keyExchange } from '../../../model/transform.js';
import { modPow } from '../big-math.js';
import { toBigInt } from '../octets.js';
import { randomScalar, type SecureRandom } from '../random.js';
import { subgroupParameters } from './modp-subgroup.js';

export interface ModpGroup {
  readonly transform: KeyExchangeTransform;
  readonly prime: bigint;
  readonly generator: bigint;
  /** The order of the subgroup, for groups 22 to 24. */
  readonly order?: bigint;
  /** Octets of the prime, hence of public values and shared secrets. */
  readonly octets: number;
  /** Private values are below 2^privateBits, or below the subgroup's order. */
  readonly privateBits: number;
}

/** n and c of the formula above, by group number. */
const oakleyPrimes: readonly (readonly [id: number, bits: number, addend: bigint])[] = [
  [14, 2048, 124476n],
  [15, 3072, 1690314n],
  [16, 4096, 240904n],
  [17, 6144, 929484n],
  [18, 8192, 4743158n],
  [5, 1536, 741804n],
  [2, 1024, 129093n],
  [1, 768, 149686n],
];

/** In order of preference; groups with small subgroups last (RFC 8247 §2.4: SHOULD NOT, MUST NOT). */
export const modpGroupIds: readonly number[] = [...oakleyPrimes.map(([id]) => id), 24, 23, 22];

/** An exponent of twice the group's strength is as strong as a full one (RFC 3526 §8), and never below 256 bits. */
const privateBitsMin = 256;

const groups = new Map<number, ModpGroup>();

/** The parameters of a MODP group, computed when first asked for; an unknown number is a bug of the caller. */
export function modpGroup(id: number): ModpGroup {
  let group = groups.get(id);
  if (!group) {
    group = makeGroup(id);
    groups.set(id, group);
  }
  return group;
}

function makeGroup(id: number): ModpGroup {
  const transform = keyExchange(id);
  if (transform?.kind !== 'MODP') throw new Error(`group ${id} is not a MODP group`);
  const oakley = oakleyPrimes.find(([number]) => number === id);
  if (oakley) {
    const [, bits, addend] = oakley;
    const privateBits = Math.max(privateBitsMin, 2 * transform.strengthBits);
    return { transform, prime: oakleyPrime(bits, addend), generator: 2n, octets: bits / 8, privateBits };
  }
  const parameters = subgroupParameters(id);
  return { transform, ...parameters, privateBits: parameters.order.toString(2).length };
}

function oakleyPrime(bits: number, addend: bigint): bigint {
  const n = BigInt(bits);
  return 2n ** n - 2n ** (n - 64n) - 1n + 2n ** 64n * (scaledPi(n - 130n) + addend);
}

const guardBits = 64n;

/** ⌊2^bits · π⌋ by Machin's formula, π/4 = 4 atan(1/5) - atan(1/239). */
function scaledPi(bits: bigint): bigint {
  const one = 1n << (bits + guardBits);
  return (4n * (4n * arcTangentOfInverse(5n, one) - arcTangentOfInverse(239n, one))) >> guardBits;
}

/** atan(1/x) in units of 1/one, by its power series until the terms vanish. */
function arcTangentOfInverse(x: bigint, one: bigint): bigint {
  let power = one / x;
  let sum = power;
  for (let divisor = 3n; power !== 0n; divisor += 2n) {
    power /= -x * x;
    sum += power / divisor;
  }
  return sum;
}

/** A private value for the group. */
export function modpPrivate(group: ModpGroup, random: SecureRandom): bigint {
  return randomScalar(random, group.order ?? 1n << BigInt(group.privateBits));
}

/**
 * A peer's public value as a number, or undefined where RFC 6989 §2.1 and §2.2 forbid it: of another length than the
 * prime (RFC 7296 §3.4), outside 2 … p - 2, or outside the subgroup of prime order where the group has one.
 */
export function modpPublic(group: ModpGroup, octets: Uint8Array): bigint | undefined {
  if (octets.length !== group.octets) return undefined;
  const value = toBigInt(octets);
  if (value <= 1n || value >= group.prime - 1n) return undefined;
  if (group.order !== undefined && modPow(value, group.order, group.prime) !== 1n) return undefined;
  return value;
}

/** A private value given from outside, or undefined where it is not in 1 … p - 2 (or 1 … q - 1). */
export function modpGivenPrivate(group: ModpGroup, octets: Uint8Array): bigint | undefined {
  const value = toBigInt(octets);
  return value >= 1n && value < (group.order ?? group.prime - 1n) ? value : undefined;
}
