/** The provider on node:crypto (OpenSSL): for live work and for simulations of many peers. */
import { checkPrimeSync, randomBytes } from 'node:crypto';
import { aeadAlgorithms, cipherAlgorithms, integrityAlgorithms, prfAlgorithms } from '../assemble.js';
import { inOrder } from '../key-exchange.js';
import { ec2nMethods as referenceEc2n, ecpMethods as referenceEcp } from '../noble/key-exchange.js';
import { mlKemMethods } from '../noble/ml-kem.js';
import { plain } from '../octets.js';
import { keyExchangeIds } from '../preference.js';
import type { CryptoProvider } from '../provider.js';
import { type SecureRandom, systemRandom } from '../random.js';
import { ec2nMethods, ecpMethods, modpMethods, montgomeryMethods } from './key-exchange.js';
import { importPrivateKey, importPublicKey } from './keys.js';
import { nodePrimitives } from './symmetric.js';

/** The operating system's random octets. */
export const nodeRandom: SecureRandom = systemRandom((length) => plain(randomBytes(length)));

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
