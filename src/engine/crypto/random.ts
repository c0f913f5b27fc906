/**
 * Sources of random octets. The engine has none of its own: whoever makes a provider says which one it uses, so that a
 * simulation with equal seeds sends equal octets.
 */
import { chacha20 } from '@noble/ciphers/chacha.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { bitLength, toBigInt } from './octets.js';

export interface SecureRandom {
  /** `length` fresh octets. */
  (length: number): Uint8Array;
  /** Does it repeat itself when seeded alike? Then signatures must not draw randomness from anywhere else. */
  readonly reproducible: boolean;
}

/** Octets that are made at once, and how often before the nonce changes. */
const chunkOctets = 512;
const chunksPerNonce = 8;
const blocksPerChunk = chunkOctets / 64;
const zeros = new Uint8Array(chunkOctets);

/**
 * Octets that follow from `seed` alone: the ChaCha20 keystream (RFC 8439 §2.4) of the seed's SHA-256. `stream` names
 * independent sequences of one seed, as one for each simulated system.
 *
 * For simulation and tests; the seed is known, hence also every key made from it.
 */
export function seededRandom(seed: string | number | bigint, stream = ''): SecureRandom {
  const label = JSON.stringify([String(seed), stream]);
  const key = sha256(new TextEncoder().encode(label));
  const nonce = new Uint8Array(12);
  const counter = new DataView(nonce.buffer);
  let chunks = 0;
  let chunk: Uint8Array = new Uint8Array(0);
  let used = 0;

  function refill(): void {
    // The nonce goes on, so that the 32-bit block counter never wraps.
    counter.setBigUint64(4, BigInt(Math.floor(chunks / chunksPerNonce)));
    chunk = chacha20(key, nonce, zeros, undefined, (chunks % chunksPerNonce) * blocksPerChunk);
    chunks += 1;
    used = 0;
  }

  function random(length: number): Uint8Array {
    const octets = new Uint8Array(length);
    let filled = 0;
    while (filled < length) {
      if (used === chunk.length) refill();
      const part = chunk.subarray(used, used + length - filled);
      octets.set(part, filled);
      filled += part.length;
      used += part.length;
    }
    return octets;
  }
  return Object.assign(random, { reproducible: true });
}

/** A source that is not reproducible, from a function that fills (the operating system's generator). */
export function systemRandom(octets: (length: number) => Uint8Array): SecureRandom {
  return Object.assign((length: number) => octets(length), { reproducible: false });
}

const drawsMax = 512;

/**
 * A uniform integer in 1 … below - 1, by drawing octets until they fit (NIST SP 800-56A appendix B.2): each try succeeds
 * with a probability above one half.
 */
export function randomScalar(random: SecureRandom, below: bigint): bigint {
  const bits = bitLength(below - 1n);
  const length = Math.ceil(bits / 8);
  for (let draw = 0; draw < drawsMax; draw += 1) {
    const octets = random(length);
    octets[0]! &= 0xff >> (8 * length - bits);
    const value = toBigInt(octets);
    if (value > 0n && value < below) return value;
  }
  throw new Error('the random source repeats itself');
}
