/**
 * AES-CMAC (RFC 4493) and AES-XCBC-MAC (RFC 3566 §4) from AES-CBC with a zero IV: the last ciphertext block of a message
 * whose last block has been combined with a derived key is the MAC.
 */
import { concat } from './octets.js';

/** The last block of AES-CBC under `key` (16 octets) with a zero IV; `data` is at least one whole block. */
export type LastCbcBlock = (key: Uint8Array) => (data: Uint8Array) => Uint8Array;

const blockLength = 16;

/** AES-CMAC under a key of 16 octets. */
export function cmac(lastCbcBlock: LastCbcBlock, key: Uint8Array): (parts: readonly Uint8Array[]) => Uint8Array {
  const chain = lastCbcBlock(key);
  const complete = double(chain(new Uint8Array(blockLength)));
  const padded = double(complete);
  return (parts) => chain(prepare(concat(parts), complete, padded));
}

/** AES-XCBC-MAC under a key of 16 octets, untruncated. */
export function xcbc(lastCbcBlock: LastCbcBlock, key: Uint8Array): (parts: readonly Uint8Array[]) => Uint8Array {
  const derive = lastCbcBlock(key);
  const [k1, complete, padded] = [1, 2, 3].map((octet) => derive(new Uint8Array(blockLength).fill(octet)));
  const chain = lastCbcBlock(k1!);
  return (parts) => chain(prepare(concat(parts), complete!, padded!));
}

/** The message in whole blocks, its last one combined with the key for a complete or for a padded block. */
function prepare(message: Uint8Array, complete: Uint8Array, padded: Uint8Array): Uint8Array {
  const blocks = Math.max(1, Math.ceil(message.length / blockLength));
  const data = new Uint8Array(blocks * blockLength);
  data.set(message);
  const whole = message.length === data.length;
  if (!whole) data[message.length] = 0x80;
  const mask = whole ? complete : padded;
  const last = data.length - blockLength;
  for (let index = 0; index < blockLength; index += 1) data[last + index]! ^= mask[index]!;
  return data;
}

/** Multiplication by u in GF(2^128) with the polynomial of RFC 4493 §2.3. */
function double(block: Uint8Array): Uint8Array {
  const result = new Uint8Array(blockLength);
  const carry = block[0]! >> 7;
  for (let index = 0; index < blockLength; index += 1) {
    result[index] = (block[index]! << 1) | ((block[index + 1] ?? 0) >> 7);
  }
  result[blockLength - 1]! ^= carry * 0x87;
  return result;
}
