/** Octet strings and the integers that they stand for (big-endian everywhere in IKE), as small pure functions. */

/** The parts one after the other. */
export function concat(parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const whole = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

/** Equal octets? The time depends on the length only, so that nothing about a MAC or a key shows in it. */
export function equalConstantTime(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let index = 0; index < a.length; index += 1) difference |= a[index]! ^ b[index]!;
  return difference === 0;
}

/** `a` xor `b`, as long as the shorter. */
export function xor(a: Uint8Array, b: Uint8Array): Uint8Array {
  const length = Math.min(a.length, b.length);
  const result = new Uint8Array(length);
  for (let index = 0; index < length; index += 1) result[index] = a[index]! ^ b[index]!;
  return result;
}

const hexDigits = '0123456789abcdef';

/** Lower-case hexadecimal. */
export function toHex(octets: Uint8Array): string {
  let text = '';
  for (const octet of octets) text += hexDigits[octet >> 4]! + hexDigits[octet & 15]!;
  return text;
}

/** The octets of hexadecimal text written in our own sources; anything else in it is a bug of the caller. */
export function fromHex(text: string): Uint8Array {
  if (!/^(?:[0-9a-f]{2})*$/i.test(text)) throw new Error('not hexadecimal');
  const octets = new Uint8Array(text.length / 2);
  for (let index = 0; index < octets.length; index += 1) {
    octets[index] = Number.parseInt(text.slice(2 * index, 2 * index + 2), 16);
  }
  return octets;
}

/** The unsigned integer that big-endian octets stand for; none stand for 0. */
export function toBigInt(octets: Uint8Array): bigint {
  return octets.length === 0 ? 0n : BigInt(`0x${toHex(octets)}`);
}

/** `value` in exactly `length` big-endian octets; one that does not fit is a bug of the caller. */
export function fromBigInt(value: bigint, length: number): Uint8Array {
  const text = value.toString(16);
  if (value < 0n || text.length > 2 * length) throw new Error(`integer does not fit into ${length} octets`);
  return fromHex(text.padStart(2 * length, '0'));
}

/** Bits of a non-negative integer without leading zeros: 0 for 0, 3 for 5. */
export function bitLength(value: bigint): number {
  if (value === 0n) return 0;
  const text = value.toString(16);
  return 4 * (text.length - 1) + (32 - Math.clz32(Number.parseInt(text[0]!, 16)));
}

/** A copy as a plain `Uint8Array` view of the same memory: a Buffer's `slice` and equality differ. */
export function plain(octets: Uint8Array): Uint8Array {
  return octets.constructor === Uint8Array
    ? octets
    : new Uint8Array(octets.buffer, octets.byteOffset, octets.byteLength);
}
