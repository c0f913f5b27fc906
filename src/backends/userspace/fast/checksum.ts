/**
 * The internet checksum (RFC 1071) over pinned memory, fast. Sums are of 16-bit words in the processor's order (little endian), which
 * RFC 1071 §2 (B) allows: only when a sum is put into a packet does the order count.
 */
import type { Memory } from '../system/memory.js';

/** A sum before it is folded: up to 2^31, so of up to 32768 words at once. */
export type Sum = number;

/**
 * The sum of `length` octets from `at`, as if they began at an even place; an odd last octet counts as followed by zero. For up to 65535
 * octets.
 */
export function sumOctets(memory: Memory, at: number, length: number): Sum {
  return memory.sum ? memory.sum(at, length) : sumPlainly(memory, at, length);
}

function sumPlainly({ octets, words }: Memory, at: number, length: number): Sum {
  const end = at + length;
  let place = at;
  let low = 0;
  let high = 0;
  // Words at odd places have their octets the wrong way round as they lie, and so has their sum: it is put right at the end.
  const isOdd = (at & 1) !== 0;
  if (isOdd && place < end) {
    high += octets[place]! << 8;
    place += 1;
  }
  if ((place & 2) !== 0 && place + 2 <= end) {
    low += octets[place]! | (octets[place + 1]! << 8);
    place += 2;
  }
  // Now at a multiple of 4, or so near to the end that no word is left.
  let index = place >> 2;
  const last = end >> 2;
  for (const eight = last - 8; index <= eight; index += 8) {
    const a = words[index]!;
    const b = words[index + 1]!;
    const c = words[index + 2]!;
    const d = words[index + 3]!;
    low += (a & 0xffff) + (b & 0xffff) + (c & 0xffff) + (d & 0xffff);
    high += (a >>> 16) + (b >>> 16) + (c >>> 16) + (d >>> 16);
    const e = words[index + 4]!;
    const f = words[index + 5]!;
    const g = words[index + 6]!;
    const h = words[index + 7]!;
    low += (e & 0xffff) + (f & 0xffff) + (g & 0xffff) + (h & 0xffff);
    high += (e >>> 16) + (f >>> 16) + (g >>> 16) + (h >>> 16);
  }
  for (; index < last; index += 1) {
    const word = words[index]!;
    low += word & 0xffff;
    high += word >>> 16;
  }
  if (last << 2 > place) place = last << 2;
  if (place + 2 <= end) {
    low += octets[place]! | (octets[place + 1]! << 8);
    place += 2;
  }
  if (place < end) low += octets[place]!;
  return isOdd ? swap(fold(low + high)) : low + high;
}

/** Brings a sum down to 16 bits. */
export function fold(sum: Sum): number {
  let folded = (sum & 0xffff) + (sum >>> 16);
  folded = (folded & 0xffff) + (folded >>> 16);
  return (folded & 0xffff) + (folded >>> 16);
}

/** A 16-bit value with its octets changed about: from network order to this sum's order, or back. */
export function swap(value: number): number {
  return ((value & 0xff) << 8) | (value >> 8);
}

/** Writes the ones' complement of a sum, the form in which packets have it. */
export function writeChecksum({ octets }: Memory, at: number, sum: Sum): void {
  const value = ~fold(sum) & 0xffff;
  octets[at] = value & 0xff;
  octets[at + 1] = value >> 8;
}

/**
 * The sum of the pseudo-header of TCP and UDP (RFC 9293 §3.1, RFC 8200 §8.1) but for its length: addresses of the IP header at `at`, and
 * the protocol.
 */
export function pseudoSum(memory: Memory, at: number, isV4: boolean, protocol: number): Sum {
  return (isV4 ? sumOctets(memory, at + 12, 8) : sumOctets(memory, at + 8, 32)) + (protocol << 8);
}
