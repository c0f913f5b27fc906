/** Netlink attributes: length, type, octets, each padded to four (linux/netlink.h, struct nlattr). */
import { alignTo, type Field, fromOctets, toOctets, u32, viewOf } from './fields.js';
import { attributeHeader } from './structures.js';

export interface Attribute {
  readonly type: number;
  readonly octets: Uint8Array;
}

/** Bits of nlattr.type that are not the type: nested, and network byte order. */
const typeMask = 0x3fff;
/** Attributes of one message at most; XFRM has about 40 kinds. */
const attributesMax = 256;

/** Attributes one after the other. */
export function encodeAttributes(attributes: readonly Attribute[]): Uint8Array {
  const length = attributes.reduce((sum, { octets }) => sum + alignTo(attributeHeader.size + octets.length, 4), 0);
  const made = new Uint8Array(length);
  const view = viewOf(made);
  let at = 0;
  for (const { type, octets } of attributes) {
    const size = attributeHeader.size + octets.length;
    attributeHeader.encode(view, at, { length: size, type });
    made.set(octets, at + attributeHeader.size);
    at += alignTo(size, 4);
  }
  return made;
}

/** The attributes in octets, the last of each type; undefined when a length does not hold. */
export function decodeAttributes(from: Uint8Array): ReadonlyMap<number, Uint8Array> | undefined {
  const found = new Map<number, Uint8Array>();
  const view = viewOf(from);
  for (let at = 0, count = 0; at < from.length; count += 1) {
    if (count >= attributesMax || from.length - at < attributeHeader.size) return undefined;
    const { length, type } = attributeHeader.decode(view, at);
    if (length < attributeHeader.size || length > from.length - at) return undefined;
    found.set(type & typeMask, from.subarray(at + attributeHeader.size, at + length));
    // The last one may come without its padding.
    at += alignTo(length, 4);
  }
  return found;
}

/** An attribute that holds one structure. */
export function attributeOf<T>(type: number, field: Field<T>, value: T): Attribute {
  return { type, octets: toOctets(field, value) };
}

/** An attribute that holds a structure and octets behind it. */
export function attributeWithTail<T>(type: number, field: Field<T>, value: T, tail: Uint8Array): Attribute {
  const head = toOctets(field, value);
  const made = new Uint8Array(head.length + tail.length);
  made.set(head);
  made.set(tail, head.length);
  return { type, octets: made };
}

/** A structure of an attribute; undefined when the attribute is not there or too short. */
export function readAttribute<T>(from: ReadonlyMap<number, Uint8Array>, type: number, field: Field<T>): T | undefined {
  const octets = from.get(type);
  return octets && fromOctets(field, octets);
}

export function readNumber(from: ReadonlyMap<number, Uint8Array>, type: number): number | undefined {
  return readAttribute(from, type, u32);
}
