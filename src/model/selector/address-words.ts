/** IPv6 addresses as four words of 32 bits, the most significant first, as their octets stand in a header. */
import type { AddressValue } from '../address.js';

/** Words of an IPv6 address. */
export const addressWords = 4;

// One BigInt store splits an address into words without a BigInt per word.
const halves = new BigUint64Array(2);
const words = new Uint32Array(halves.buffer);
const [word0, word1, word2, word3] = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1 ? [3, 2, 1, 0] : [2, 3, 0, 1];

/** Writes the words of an IPv6 address. */
export function putAddressWords(value: AddressValue, to: Uint32Array, at: number): void {
  halves[0] = value as bigint; // stores modulo 2^64
  halves[1] = (value as bigint) >> 64n;
  to[at] = words[word0]!;
  to[at + 1] = words[word1]!;
  to[at + 2] = words[word2]!;
  to[at + 3] = words[word3]!;
}
