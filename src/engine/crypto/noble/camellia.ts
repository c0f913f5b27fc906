/**
 * Camellia — RFC 3713; for IKE and ESP, RFC 4312 and RFC 5529. Noble lacks it. Table look-ups depend on key and data, so
 * it is not constant-time: a reference and an oracle.
 */
import { toBigInt } from '../octets.js';
import type { BlockCipher } from './block.js';

/** Camellia of a key of 16, 24 or 32 octets. */
export function camellia(key: Uint8Array): BlockCipher {
  const encryption = keySchedule(key);
  const decryption = reversed(encryption);
  return {
    blockLength: 16,
    encryptBlock: (from, at, to, toAt) => crypt(encryption, from, at, to, toAt),
    decryptBlock: (from, at, to, toAt) => crypt(decryption, from, at, to, toAt),
  };
}

/** Subkeys of 64 bits, as pairs of words: high, low. */
interface Schedule {
  /** kw1 … kw4. */
  readonly whitening: Int32Array;
  /** k1 … k18 or k24. */
  readonly rounds: Int32Array;
  /** ke1 … ke4 or ke6. */
  readonly layers: Int32Array;
}

const roundsBetweenLayers = 6;
const mask64 = (1n << 64n) - 1n;
const mask128 = (1n << 128n) - 1n;

const sigma = [
  0xa09e667f3bcc908bn,
  0xb67ae8584caa73b2n,
  0xc6ef372fe94f82ben,
  0x54ff53a5f1d36f1cn,
  0x10e527fade682d1dn,
  0xb05688c2b3e6c1fdn,
] as const;

type Source = 'KL' | 'KR' | 'KA' | 'KB';
/** Both halves of a 128-bit value rotated to the left, or only one of them. */
type Part = readonly [source: Source, rotation: number, half?: 'high' | 'low'];

/** RFC 3713 §2.2, 128-bit keys. */
const shortPlan: Readonly<Record<keyof Schedule, readonly Part[]>> = {
  whitening: [
    ['KL', 0],
    ['KA', 111],
  ],
  rounds: [
    ['KA', 0],
    ['KL', 15],
    ['KA', 15],
    ['KL', 45],
    ['KA', 45, 'high'],
    ['KL', 60, 'low'],
    ['KA', 60],
    ['KL', 94],
    ['KA', 94],
    ['KL', 111],
  ],
  layers: [
    ['KA', 30],
    ['KL', 77],
  ],
};

/** RFC 3713 §2.2, 192-bit and 256-bit keys. */
const longPlan: Readonly<Record<keyof Schedule, readonly Part[]>> = {
  whitening: [
    ['KL', 0],
    ['KB', 111],
  ],
  rounds: [
    ['KB', 0],
    ['KR', 15],
    ['KA', 15],
    ['KB', 30],
    ['KL', 45],
    ['KA', 45],
    ['KR', 60],
    ['KB', 60],
    ['KL', 77],
    ['KR', 94],
    ['KA', 94],
    ['KL', 111],
  ],
  layers: [
    ['KR', 30],
    ['KL', 60],
    ['KA', 77],
  ],
};

function keySchedule(key: Uint8Array): Schedule {
  if (![16, 24, 32].includes(key.length)) throw new Error(`Camellia has no key of ${key.length} octets`);
  const kl = toBigInt(key.subarray(0, 16));
  const rest = toBigInt(key.subarray(16));
  const kr = key.length === 24 ? (rest << 64n) | (rest ^ mask64) : rest;

  // A Feistel network of two or four rounds mixes KL and KR into KA, and two more rounds KA and KR into KB.
  const mix = (value: bigint, first: bigint, second: bigint): bigint => {
    let [d1, d2] = [value >> 64n, value & mask64];
    d2 ^= f(d1, first);
    d1 ^= f(d2, second);
    return (d1 << 64n) | d2;
  };
  const ka = mix(mix(kl ^ kr, sigma[0], sigma[1]) ^ kl, sigma[2], sigma[3]);
  const kb = mix(ka ^ kr, sigma[4], sigma[5]);

  const sources: Readonly<Record<Source, bigint>> = { KL: kl, KR: kr, KA: ka, KB: kb };
  const words = (parts: readonly Part[]): Int32Array => {
    const result: number[] = [];
    for (const [source, rotation, half] of parts) {
      const turn = BigInt(rotation);
      const value = ((sources[source] << turn) | (sources[source] >> (128n - turn))) & mask128;
      if (half !== 'low') result.push(Number(value >> 96n), Number((value >> 64n) & 0xffffffffn));
      if (half !== 'high') result.push(Number((value >> 32n) & 0xffffffffn), Number(value & 0xffffffffn));
    }
    return Int32Array.from(result, (word) => word | 0);
  };
  const plan = key.length === 16 ? shortPlan : longPlan;
  return { whitening: words(plan.whitening), rounds: words(plan.rounds), layers: words(plan.layers) };
}

/** The F function on 64-bit numbers, for the key schedule. */
function f(value: bigint, key: bigint): bigint {
  const mixed = value ^ key;
  roundFunction(Number(mixed >> 32n) | 0, Number(mixed & 0xffffffffn) | 0);
  return (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
}

/** The subkeys for decryption: kw3, kw4, kw1, kw2 and the others from last to first. */
function reversed({ whitening, rounds, layers }: Schedule): Schedule {
  const backwards = (words: Int32Array): Int32Array =>
    words.map((_, index) => words[words.length - 2 - (index & ~1) + (index & 1)]!);
  return {
    whitening: Int32Array.from([...whitening.subarray(4), ...whitening.subarray(0, 4)]),
    rounds: backwards(rounds),
    layers: backwards(layers),
  };
}

/** What `roundFunction` gives; two words need a place outside, for an array in each round would cost more than it. */
let high = 0;
let low = 0;

/** S and P functions (RFC 3713 §2.4.1) of a half that is already combined with its subkey. */
function roundFunction(left: number, right: number): void {
  const t1 = sbox1[left >>> 24]!;
  const t2 = sbox2[(left >>> 16) & 255]!;
  const t3 = sbox3[(left >>> 8) & 255]!;
  const t4 = sbox4[left & 255]!;
  const t5 = sbox2[right >>> 24]!;
  const t6 = sbox3[(right >>> 16) & 255]!;
  const t7 = sbox4[(right >>> 8) & 255]!;
  const t8 = sbox1[right & 255]!;
  high =
    ((t1 ^ t3 ^ t4 ^ t6 ^ t7 ^ t8) << 24) |
    ((t1 ^ t2 ^ t4 ^ t5 ^ t7 ^ t8) << 16) |
    ((t1 ^ t2 ^ t3 ^ t5 ^ t6 ^ t8) << 8) |
    (t2 ^ t3 ^ t4 ^ t5 ^ t6 ^ t7);
  low =
    ((t1 ^ t2 ^ t6 ^ t7 ^ t8) << 24) |
    ((t2 ^ t3 ^ t5 ^ t7 ^ t8) << 16) |
    ((t3 ^ t4 ^ t5 ^ t6 ^ t8) << 8) |
    (t1 ^ t4 ^ t5 ^ t6 ^ t7);
}

function word(octets: Uint8Array, at: number): number {
  return (octets[at]! << 24) | (octets[at + 1]! << 16) | (octets[at + 2]! << 8) | octets[at + 3]!;
}

function rotateLeft1(value: number): number {
  return (value << 1) | (value >>> 31);
}

function crypt(schedule: Schedule, from: Uint8Array, at: number, to: Uint8Array, toAt: number): void {
  const { whitening, rounds, layers } = schedule;
  let d1h = word(from, at) ^ whitening[0]!;
  let d1l = word(from, at + 4) ^ whitening[1]!;
  let d2h = word(from, at + 8) ^ whitening[2]!;
  let d2l = word(from, at + 12) ^ whitening[3]!;
  let layer = 0;
  for (let key = 0; key < rounds.length; key += 4) {
    if (key > 0 && key % (2 * roundsBetweenLayers) === 0) {
      // FL on the left half and its inverse on the right one.
      d1l ^= rotateLeft1(d1h & layers[layer]!);
      d1h ^= d1l | layers[layer + 1]!;
      d2h ^= d2l | layers[layer + 3]!;
      d2l ^= rotateLeft1(d2h & layers[layer + 2]!);
      layer += 4;
    }
    roundFunction(d1h ^ rounds[key]!, d1l ^ rounds[key + 1]!);
    d2h ^= high;
    d2l ^= low;
    roundFunction(d2h ^ rounds[key + 2]!, d2l ^ rounds[key + 3]!);
    d1h ^= high;
    d1l ^= low;
  }
  const words = [d2h ^ whitening[4]!, d2l ^ whitening[5]!, d1h ^ whitening[6]!, d1l ^ whitening[7]!];
  for (const [index, value] of words.entries()) {
    for (let octet = 0; octet < 4; octet += 1) to[toAt + 4 * index + octet] = value >>> (24 - 8 * octet);
  }
}

// biome-ignore format: sixteen columns as in RFC 3713 §2.4.1
const sbox1 = Uint8Array.from([
  112, 130,  44, 236, 179,  39, 192, 229, 228, 133,  87,  53, 234,  12, 174,  65,
   35, 239, 107, 147,  69,  25, 165,  33, 237,  14,  79,  78,  29, 101, 146, 189,
  134, 184, 175, 143, 124, 235,  31, 206,  62,  48, 220,  95,  94, 197,  11,  26,
  166, 225,  57, 202, 213,  71,  93,  61, 217,   1,  90, 214,  81,  86, 108,  77,
  139,  13, 154, 102, 251, 204, 176,  45, 116,  18,  43,  32, 240, 177, 132, 153,
  223,  76, 203, 194,  52, 126, 118,   5, 109, 183, 169,  49, 209,  23,   4, 215,
   20,  88,  58,  97, 222,  27,  17,  28,  50,  15, 156,  22,  83,  24, 242,  34,
  254,  68, 207, 178, 195, 181, 122, 145,  36,   8, 232, 168,  96, 252, 105,  80,
  170, 208, 160, 125, 161, 137,  98, 151,  84,  91,  30, 149, 224, 255, 100, 210,
   16, 196,   0,  72, 163, 247, 117, 219, 138,   3, 230, 218,   9,  63, 221, 148,
  135,  92, 131,   2, 205,  74, 144,  51, 115, 103, 246, 243, 157, 127, 191, 226,
   82, 155, 216,  38, 200,  55, 198,  59, 129, 150, 111,  75,  19, 190,  99,  46,
  233, 121, 167, 140, 159, 110, 188, 142,  41, 245, 249, 182,  47, 253, 180,  89,
  120, 152,   6, 106, 231,  70, 113, 186, 212,  37, 171,  66, 136, 162, 141, 250,
  114,   7, 185,  85, 248, 238, 172,  10,  54,  73,  42, 104,  60,  56, 241, 164,
   64,  40, 211, 123, 187, 201,  67, 193,  21, 227, 173, 244, 119, 199, 128, 158,
]);

function rotateOctet(octet: number, by: number): number {
  return ((octet << by) | (octet >> (8 - by))) & 255;
}

const sbox2 = sbox1.map((octet) => rotateOctet(octet, 1));
const sbox3 = sbox1.map((octet) => rotateOctet(octet, 7));
const sbox4 = sbox1.map((_, index) => sbox1[rotateOctet(index, 1)]!);
