/** Primes from a source of random octets, for the keys of dry runs: equal octets give equal primes. */
import { modPow } from '../crypto/big-math.js';
import { bitLength, toBigInt } from '../crypto/octets.js';
import type { CryptoProvider, SecureRandom } from '../crypto/provider.js';

/** Candidates after one start; a prime of 1024 bits is met after 355 odd numbers on average. */
const candidatesMax = 20_000;
const startsMax = 64;
const smallPrimes = sieve(8_192);

function sieve(below: number): readonly number[] {
  const composite = new Uint8Array(below);
  const primes: number[] = [];
  for (let number = 2; number < below; number += 1) {
    if (composite[number]) continue;
    primes.push(number);
    for (let multiple = number * number; multiple < below; multiple += number) composite[multiple] = 1;
  }
  return primes;
}

/** A prime of exactly `bits` bits whose two highest are set, so that the product of two has twice as many; p - 1 is no multiple of e. */
export function randomPrime(
  bits: number,
  e: bigint,
  random: SecureRandom,
  { isPrime }: Pick<CryptoProvider, 'isPrime'>,
): bigint {
  const test = isPrime ?? ((candidate: bigint) => isProbablyPrime(candidate));
  for (let start = 0; start < startsMax; start += 1) {
    const octets = random(Math.ceil(bits / 8));
    const low = toBigInt(octets) & ((1n << BigInt(bits)) - 1n);
    const base = low | (3n << BigInt(bits - 2)) | 1n;
    // The remainders of the start tell those of all candidates after it without further long divisions.
    const remainders = smallPrimes.map((prime) => Number(base % BigInt(prime)));
    for (let step = 0; step < candidatesMax; step += 2) {
      if (smallPrimes.some((prime, index) => (remainders[index]! + step) % prime === 0)) continue;
      const candidate = base + BigInt(step);
      if (bitLength(candidate) !== bits) break;
      if ((candidate - 1n) % e !== 0n && test(candidate)) return candidate;
    }
  }
  throw new Error('the random source gives no primes');
}

/** Miller and Rabin's test to the first few primes as bases: for numbers that were drawn, not chosen. */
export function isProbablyPrime(candidate: bigint): boolean {
  const odd = candidate - 1n;
  let [rest, twos] = [odd, 0];
  while ((rest & 1n) === 0n) {
    rest >>= 1n;
    twos += 1;
  }
  return [2n, 3n, 5n, 7n].every((base) => {
    let value = modPow(base, rest, candidate);
    if (value === 1n || value === odd) return true;
    for (let square = 1; square < twos; square += 1) {
      value = (value * value) % candidate;
      if (value === odd) return true;
    }
    return false;
  });
}
