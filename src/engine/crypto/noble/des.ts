/**
 * DES and Triple DES — FIPS 46-3; for IKE and ESP, RFC 2405 and RFC 2451. Noble has neither, and OpenSSL 3 no longer
 * offers single DES. Table look-ups depend on key and data, so this is not constant-time: a reference and an oracle.
 *
 * Bits are numbered from 1, the most significant, as in the standard. Parity bits of keys are ignored.
 */
import type { BlockCipher } from './block.js';

/** Triple DES of a key of 24 octets (encrypt, decrypt, encrypt), or DES of a key of 8. */
export function des(key: Uint8Array): BlockCipher {
  const encryption: Uint8Array[] = [];
  for (let at = 0; at < key.length; at += 8) {
    const rounds = keySchedule(key.subarray(at, at + 8));
    encryption.push(at === 8 ? reversed(rounds) : rounds);
  }
  if (encryption.length !== 1 && encryption.length !== 3) throw new Error(`DES has no key of ${key.length} octets`);
  const decryption = encryption.map(reversed).reverse();
  return {
    blockLength: 8,
    encryptBlock: (from, at, to, toAt) => crypt(encryption, from, at, to, toAt),
    decryptBlock: (from, at, to, toAt) => crypt(decryption, from, at, to, toAt),
  };
}

const roundsCount = 16;
const boxesCount = 8;

/** Sixteen round keys of eight six-bit numbers, one for each S-box. */
function keySchedule(key: Uint8Array): Uint8Array {
  const bit = (number: number): number => (key[(number - 1) >> 3]! >> (7 - ((number - 1) & 7))) & 1;
  const cd = permutedChoice1.map(bit);
  let [c, d] = [cd.slice(0, 28), cd.slice(28)];
  const schedule = new Uint8Array(roundsCount * boxesCount);
  for (const [round, shift] of rotations.entries()) {
    c = [...c.slice(shift), ...c.slice(0, shift)];
    d = [...d.slice(shift), ...d.slice(0, shift)];
    const joined = [...c, ...d];
    for (const [index, from] of permutedChoice2.entries()) {
      const box = round * boxesCount + Math.floor(index / 6);
      schedule[box] = (schedule[box]! << 1) | joined[from - 1]!;
    }
  }
  return schedule;
}

/** The same round keys, last round first: what turns encryption into decryption. */
function reversed(schedule: Uint8Array): Uint8Array {
  const result = new Uint8Array(schedule.length);
  for (let round = 0; round < roundsCount; round += 1) {
    const from = (roundsCount - 1 - round) * boxesCount;
    result.set(schedule.subarray(from, from + boxesCount), round * boxesCount);
  }
  return result;
}

function crypt(schedules: readonly Uint8Array[], from: Uint8Array, at: number, to: Uint8Array, toAt: number): void {
  let left = (from[at]! << 24) | (from[at + 1]! << 16) | (from[at + 2]! << 8) | from[at + 3]!;
  let right = (from[at + 4]! << 24) | (from[at + 5]! << 16) | (from[at + 6]! << 8) | from[at + 7]!;
  let swap: number;
  // The initial permutation, as exchanges of bit groups between the halves.
  swap = ((left >>> 4) ^ right) & 0x0f0f0f0f;
  right ^= swap;
  left ^= swap << 4;
  swap = ((left >>> 16) ^ right) & 0x0000ffff;
  right ^= swap;
  left ^= swap << 16;
  swap = ((right >>> 2) ^ left) & 0x33333333;
  left ^= swap;
  right ^= swap << 2;
  swap = ((right >>> 8) ^ left) & 0x00ff00ff;
  left ^= swap;
  right ^= swap << 8;
  swap = ((left >>> 1) ^ right) & 0x55555555;
  right ^= swap;
  left ^= swap << 1;

  for (const schedule of schedules) {
    for (let at = 0; at < schedule.length; at += boxesCount) {
      let f = 0;
      for (let box = 0; box < boxesCount; box += 1) {
        // The expansion gives box i the six bits that begin one bit before its own four.
        const turn = (4 * box + 31) & 31;
        const six = ((right << turn) | (right >>> (32 - turn))) >>> 26;
        f |= substituted[(box << 6) | (six ^ schedule[at + box]!)]!;
      }
      swap = left ^ f;
      left = right;
      right = swap;
    }
    // The last round does not exchange the halves.
    swap = left;
    left = right;
    right = swap;
  }

  // The inverse of the initial permutation.
  swap = ((left >>> 1) ^ right) & 0x55555555;
  right ^= swap;
  left ^= swap << 1;
  swap = ((right >>> 8) ^ left) & 0x00ff00ff;
  left ^= swap;
  right ^= swap << 8;
  swap = ((right >>> 2) ^ left) & 0x33333333;
  left ^= swap;
  right ^= swap << 2;
  swap = ((left >>> 16) ^ right) & 0x0000ffff;
  right ^= swap;
  left ^= swap << 16;
  swap = ((left >>> 4) ^ right) & 0x0f0f0f0f;
  right ^= swap;
  left ^= swap << 4;
  for (let index = 0; index < 4; index += 1) {
    to[toAt + index] = left >>> (24 - 8 * index);
    to[toAt + 4 + index] = right >>> (24 - 8 * index);
  }
}

const permutedChoice1 = [
  57, 49, 41, 33, 25, 17, 9, 1, 58, 50, 42, 34, 26, 18, 10, 2, 59, 51, 43, 35, 27, 19, 11, 3, 60, 52, 44, 36, 63, 55,
  47, 39, 31, 23, 15, 7, 62, 54, 46, 38, 30, 22, 14, 6, 61, 53, 45, 37, 29, 21, 13, 5, 28, 20, 12, 4,
];

const permutedChoice2 = [
  14, 17, 11, 24, 1, 5, 3, 28, 15, 6, 21, 10, 23, 19, 12, 4, 26, 8, 16, 7, 27, 20, 13, 2, 41, 52, 31, 37, 47, 55, 30,
  40, 51, 45, 33, 48, 44, 49, 39, 56, 34, 53, 46, 42, 50, 36, 29, 32,
];

const rotations = [1, 1, 2, 2, 2, 2, 2, 2, 1, 2, 2, 2, 2, 2, 2, 1];

const permutation = [
  16, 7, 20, 21, 29, 12, 28, 17, 1, 15, 23, 26, 5, 18, 31, 10, 2, 8, 24, 14, 32, 27, 3, 9, 19, 13, 30, 6, 22, 11, 4, 25,
];

/** The eight S-boxes, four rows of sixteen four-bit numbers each. */
const substitutionBoxes: readonly (readonly string[])[] = [
  ['e4d12fb83a6c5907', '0f74e2d1a6cb9538', '41e8d62bfc973a50', 'fc8249175b3ea06d'],
  ['f18e6b34972dc05a', '3d47f28ec01a69b5', '0e7ba4d158c6932f', 'd8a13f42b67c05e9'],
  ['a09e63f51dc7b428', 'd709346a285ecbf1', 'd6498f30b12c5ae7', '1ad069874fe3b52c'],
  ['7de3069a1285bc4f', 'd8b56f03472c1ae9', 'a690cb7df13e5284', '3f06a1d8945bc72e'],
  ['2c417ab6853fd0e9', 'eb2c47d150fa3986', '421bad78f9c5630e', 'b8c71e2d6f09a453'],
  ['c1af92680d34e75b', 'af427c9561de0b38', '9ef528c3704a1db6', '432c95fabe17608d'],
  ['4b2ef08d3c975a61', 'd0b7491ae35c2f86', '14bdc37eaf680592', '6bd814a7950fe23c'],
  ['d2846fb1a93e50c7', '1fd8a374c56b0e92', '7b419ce206adf358', '21e74a8dfc90356b'],
];

/** What each six-bit number becomes by its S-box and the permutation after it: 64 words for each box. */
const substituted = Int32Array.from({ length: boxesCount * 64 }, (_, index) => {
  const [box, six] = [index >> 6, index & 63];
  const row = ((six >> 4) & 2) | (six & 1);
  const four = Number.parseInt(substitutionBoxes[box]![row]![(six >> 1) & 15]!, 16) << (28 - 4 * box);
  let word = 0;
  for (const from of permutation) word = (word << 1) | ((four >>> (32 - from)) & 1);
  return word;
});
