/** Writes DER (ITU-T X.690 §10): each function gives one whole element. */
import { concat, fromBigInt } from '../octets.js';
import { tags } from './der.js';

/** An element of any tag. */
export function derElement(tag: number, ...content: readonly Uint8Array[]): Uint8Array {
  const body = concat(content);
  return concat([Uint8Array.of(tag, ...lengthOctets(body.length)), body]);
}

function lengthOctets(length: number): number[] {
  if (length < 0x80) return [length];
  const octets: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) octets.unshift(rest % 256);
  return [0x80 | octets.length, ...octets];
}

/** A SEQUENCE of whole elements. */
export function derSequence(...content: readonly Uint8Array[]): Uint8Array {
  return derElement(tags.sequence, ...content);
}

/** A non-negative INTEGER. */
export function derInteger(value: bigint): Uint8Array {
  // One bit more than the value has, for the sign.
  const octets = Math.floor(value.toString(2).length / 8) + 1;
  return derElement(tags.integer, fromBigInt(value, value === 0n ? 1 : octets));
}

/** NULL. */
export function derNull(): Uint8Array {
  return derElement(tags.null);
}

/** An OCTET STRING. */
export function derOctetString(octets: Uint8Array): Uint8Array {
  return derElement(tags.octetString, octets);
}

/** A BIT STRING of whole octets. */
export function derBitString(octets: Uint8Array): Uint8Array {
  return derElement(tags.bitString, Uint8Array.of(0), octets);
}

/** From the dotted form. */
export function derObjectIdentifier(dotted: string): Uint8Array {
  const [root, second, ...rest] = dotted.split('.').map(BigInt);
  const arcs = [40n * root! + second!, ...rest];
  return derElement(tags.objectIdentifier, Uint8Array.from(arcs.flatMap(base128)));
}

function base128(arc: bigint): number[] {
  const octets = [Number(arc & 0x7fn)];
  for (let rest = arc >> 7n; rest > 0n; rest >>= 7n) octets.unshift(Number(rest & 0x7fn) | 0x80);
  return octets;
}
