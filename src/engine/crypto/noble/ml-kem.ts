/**
 * ML-KEM — FIPS 203, on noble's SHA-3. As key exchange methods 35 to 37 the initiator sends an encapsulation key, and the
 * responder answers with a ciphertext. Arithmetic does not branch on secrets, but an interpreter promises nothing.
 *
 * A polynomial is 256 coefficients modulo q = 3329, in a Uint16Array.
 */
import { sha3_256, sha3_512, shake128, shake256 } from '@noble/hashes/sha3.js';
import { Secret } from '../../../model/secret.js';
import { keyExchange } from '../../../model/transform.js';
import { concat, equalConstantTime } from '../octets.js';
import type { KeyExchange, KeyExchangeMethod } from '../provider.js';
import {
  add,
  type Bits,
  binomial,
  compressed,
  decode,
  decompressed,
  encode,
  inverseNtt,
  multiplyNtt,
  ntt,
  type Polynomial,
  polynomial,
  subtract,
  uniformNtt,
} from './ml-kem-ring.js';

interface Parameters {
  readonly group: number;
  /** Polynomials in a vector. */
  readonly k: number;
  readonly eta1: 2 | 3;
  readonly du: Bits;
  readonly dv: Bits;
}

/** FIPS 203 §8, in order of the group numbers. */
const parameterSets: readonly Parameters[] = [
  { group: 35, k: 2, eta1: 3, du: 10, dv: 4 },
  { group: 36, k: 3, eta1: 2, du: 10, dv: 4 },
  { group: 37, k: 4, eta1: 2, du: 11, dv: 5 },
];

const eta2 = 2;
const seedLength = 32;
const encodedLength = 384; // a polynomial of 12-bit coefficients

type Vector = readonly Polynomial[];

function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

/** Both halves of SHA3-512. */
function expand(...parts: readonly Uint8Array[]): [Uint8Array, Uint8Array] {
  const both = sha3_512(concat(parts));
  return [both.subarray(0, seedLength), both.subarray(seedLength)];
}

/** Small polynomials from a seed, counting on from `first` (PRF and SamplePolyCBD, §4.1, §4.2.2). */
function noise(seed: Uint8Array, first: number, count: number, eta: 2 | 3): Vector {
  return range(count).map((index) =>
    binomial(shake256(concat([seed, Uint8Array.of(first + index)]), { dkLen: 64 * eta }), eta),
  );
}

/** The matrix of a key, row by row, or its transpose (§5.1). */
function matrix(k: number, rho: Uint8Array, transposed: boolean): readonly Vector[] {
  return range(k).map((row) =>
    range(k).map((column) => {
      const [i, j] = transposed ? [column, row] : [row, column];
      const stream = shake128.create({});
      stream.update(concat([rho, Uint8Array.of(j, i)]));
      return uniformNtt((length) => stream.xof(length));
    }),
  );
}

/** The product of two vectors in the transformed domain. */
function dot(a: Vector, b: Vector): Polynomial {
  return a.reduce((sum, factor, index) => add(sum, multiplyNtt(factor, b[index]!)), polynomial());
}

interface KeyPair {
  readonly encapsulationKey: Uint8Array;
  /** The decryption key, transformed. */
  readonly s: Vector;
  readonly z: Uint8Array;
}

/** ML-KEM.KeyGen_internal (§6.1). */
function keyPair({ k, eta1 }: Parameters, d: Uint8Array, z: Uint8Array): KeyPair {
  const [rho, sigma] = expand(d, Uint8Array.of(k));
  const s = noise(sigma, 0, k, eta1).map(ntt);
  const e = noise(sigma, k, k, eta1).map(ntt);
  const t = matrix(k, rho, false).map((row, index) => add(dot(row, s), e[index]!));
  return { encapsulationKey: concat([...t.map((part) => encode(part, 12)), rho]), s, z };
}

/** K-PKE.Encrypt (§5.2). */
function encrypt({ k, eta1, du, dv }: Parameters, key: Uint8Array, message: Uint8Array, r: Uint8Array): Uint8Array {
  const t = range(k).map((index) => decode(key.subarray(encodedLength * index, encodedLength * (index + 1)), 12));
  const rho = key.subarray(encodedLength * k);
  const y = noise(r, 0, k, eta1).map(ntt);
  const e1 = noise(r, k, k, eta2);
  const [e2] = noise(r, 2 * k, 1, eta2) as [Polynomial];
  const u = matrix(k, rho, true).map((row, index) => add(inverseNtt(dot(row, y)), e1[index]!));
  const v = add(add(inverseNtt(dot(t, y)), e2), decompressed(decode(message, 1), 1));
  return concat([...u.map((part) => encode(compressed(part, du), du)), encode(compressed(v, dv), dv)]);
}

/** K-PKE.Decrypt (§5.3). */
function decrypt({ k, du, dv }: Parameters, s: Vector, ciphertext: Uint8Array): Uint8Array {
  const length = 32 * du;
  const u = range(k).map((index) =>
    decompressed(decode(ciphertext.subarray(length * index, length * (index + 1)), du), du),
  );
  const v = decompressed(decode(ciphertext.subarray(length * k), dv), dv);
  return encode(compressed(subtract(v, inverseNtt(dot(s, u.map(ntt)))), 1), 1);
}

/** ML-KEM.Encaps_internal (§6.2). */
function encapsulate(
  parameters: Parameters,
  key: Uint8Array,
  m: Uint8Array,
): { shared: Uint8Array; ciphertext: Uint8Array } {
  const [shared, r] = expand(m, sha3_256(key));
  return { shared, ciphertext: encrypt(parameters, key, m, r) };
}

/** ML-KEM.Decaps_internal (§6.3): a ciphertext that was not made by `encapsulate` gives a secret of its own. */
function decapsulate(parameters: Parameters, { encapsulationKey, s, z }: KeyPair, ciphertext: Uint8Array): Uint8Array {
  const again = encapsulate(parameters, encapsulationKey, decrypt(parameters, s, ciphertext));
  const rejected = shake256(concat([z, ciphertext]), { dkLen: seedLength });
  const keep = equalConstantTime(again.ciphertext, ciphertext) ? 0xff : 0;
  return rejected.map((octet, index) => (again.shared[index]! & keep) | (octet & ~keep));
}

/** The input check of §7.2: the right length, and every coefficient below q. */
function isEncapsulationKey({ k }: Parameters, key: Uint8Array): boolean {
  if (key.length !== encodedLength * k + seedLength) return false;
  return range(k).every((index) => {
    const part = key.subarray(encodedLength * index, encodedLength * (index + 1));
    return equalConstantTime(encode(decode(part, 12), 12), part);
  });
}

function method(parameters: Parameters): KeyExchangeMethod {
  const { k, du, dv } = parameters;
  const publicLength = encodedLength * k + seedLength;
  const answerLength = 32 * (du * k + dv);

  function exchange(seed: Uint8Array): KeyExchange {
    const pair = keyPair(parameters, seed.subarray(0, seedLength), seed.subarray(seedLength));
    return {
      publicValue: pair.encapsulationKey,
      agree(ciphertext) {
        if (ciphertext.length !== answerLength) return undefined;
        return new Secret(decapsulate(parameters, pair, ciphertext));
      },
    };
  }

  return {
    transform: keyExchange(parameters.group)!,
    publicLength,
    answerLength,
    start: (random) => exchange(random(2 * seedLength)),
    respond(peerPublic, random) {
      if (!isEncapsulationKey(parameters, peerPublic)) return undefined;
      const { shared, ciphertext } = encapsulate(parameters, peerPublic, random(seedLength));
      return { publicValue: ciphertext, sharedSecret: new Secret(shared) };
    },
    /** The seed d | z of FIPS 203 §3.3. */
    resume: (seed) => (seed.length === 2 * seedLength ? exchange(seed.reveal()) : undefined),
  };
}

export const mlKemMethods: readonly KeyExchangeMethod[] = parameterSets.map(method);
