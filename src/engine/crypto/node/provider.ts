/** The provider on node:crypto (OpenSSL): for live work and for simulations of many peers. */
import { checkPrimeSync, randomFillSync } from 'node:crypto';
import { aeadAlgorithms, cipherAlgorithms, integrityAlgorithms, prfAlgorithms } from '../assemble.js';
import { inOrder } from '../key-exchange.js';
import { ec2nMethods as referenceEc2n, ecpMethods as referenceEcp } from '../noble/key-exchange.js';
import { mlKemMethods } from '../noble/ml-kem.js';
import { keyExchangeIds } from '../preference.js';
import type { CryptoProvider } from '../provider.js';
import { type SecureRandom, systemRandom } from '../random.js';
import { ec2nMethods, ecpMethods, modpMethods, montgomeryMethods } from './key-exchange.js';
import { importPrivateKey, importPublicKey } from './keys.js';
import { nodePrimitives } from './symmetric.js';

/** Octets that are drawn at once, and the longest wish that is met from them: a draw costs as much for four as for four thousand. */
const poolOctets = 4096;
const pooledMax = 256;

/** What `fill` fills, given out in pieces; what was given out is wiped here. */
export function pooledRandom(fill: (octets: Uint8Array) => void): (length: number) => Uint8Array {
  const pool = new Uint8Array(poolOctets);
  let used = poolOctets;
  return (length) => {
    if (length > pooledMax) {
      const octets = new Uint8Array(length);
      fill(octets);
      return octets;
    }
    if (used + length > poolOctets) {
      fill(pool);
      used = 0;
    }
    const octets = pool.slice(used, used + length);
    pool.fill(0, used, used + length);
    used += length;
    return octets;
  };
}

/** The operating system's random octets. */
export const nodeRandom: SecureRandom = systemRandom(pooledRandom((octets) => void randomFillSync(octets)));

/** Rounds of Miller and Rabin's test for numbers that nobody chose to deceive us (FIPS 186-5 table B.1: 4 for 1024 bits). */
const primalityRounds = 8;

/**
 * Some distributions leave old curves out of OpenSSL, and Node 20 has no ML-KEM. A simulated peer must be able to have
 * them all the same, so the reference stands in; where OpenSSL has a curve, its method follows in the list and replaces
 * this one.
 */
const borrowed = [...referenceEcp, ...referenceEc2n, ...mlKemMethods];

/** The provider, drawing from the operating system unless told otherwise. */
export function nodeProvider(random: SecureRandom = nodeRandom): CryptoProvider {
  return {
    name: 'node',
    random,
    hashes: nodePrimitives.hashes,
    ciphers: cipherAlgorithms(nodePrimitives),
    aeads: aeadAlgorithms(nodePrimitives),
    integrities: integrityAlgorithms(nodePrimitives),
    prfs: prfAlgorithms(nodePrimitives),
    keyExchanges: inOrder(
      [...borrowed, ...modpMethods, ...ecpMethods, ...ec2nMethods, ...montgomeryMethods],
      keyExchangeIds,
    ),
    importPublicKey,
    importPrivateKey,
    isPrime: (candidate) => checkPrimeSync(candidate, { checks: primalityRounds }),
  };
}
