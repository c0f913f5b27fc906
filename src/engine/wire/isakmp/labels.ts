/**
 * The labels of an SA payload whose situation asks for secrecy or integrity — RFC 2407 §4.6.1. Each of level and category
 * is preceded by its length and padded to 4 octets; the padding is kept with it.
 */

import { type Fault, fault, need, type Reader, readField, type Scope, type Writer } from '../codec/core.js';
import { put, take } from '../codec/octets.js';
import { type Codec, hexPreview, reserved, u16, u32, when } from '../codec.js';

/** Bits of the IPsec DOI's situation — RFC 2407 §4.2. */
export const situationBits = { SIT_IDENTITY_ONLY: 1, SIT_SECRECY: 2, SIT_INTEGRITY: 4 } as const;

/** `length` counts octets of a level and bits of a category; `padded` is a multiple of 4 octets. */
export interface Label {
  readonly length: number;
  readonly reserved?: number;
  readonly padded: Uint8Array;
}

const reserved2 = reserved(2);

function label(unitsPerOctet: 1 | 8): Codec<Label> {
  const paddedLength = (length: number): number => Math.ceil(length / unitsPerOctet / 4) * 4;
  return {
    read(from: Reader): Label | Fault {
      const length = readField(from, 'length', 'length', u16, {});
      if (length === fault) return fault;
      const odd = readField(from, 'reserved', 'reserved', reserved2, {});
      if (odd === fault) return fault;
      const octets = paddedLength(length);
      if (!need(from, octets)) return fault;
      const padded = take(from, octets);
      return odd === undefined ? { length, padded } : { length, reserved: odd, padded };
    },
    write(to: Writer, value: Label) {
      if (value.padded.length !== paddedLength(value.length)) throw new RangeError('a label and its length differ');
      u16.write(to, value.length, {});
      reserved2.write(to, value.reserved, {});
      put(to, value.padded);
    },
    show: ({ padded }) => hexPreview(padded),
  };
}

const bits = ({ situation }: Scope): number => situation as number;
const secrecy = (scope: Scope): boolean => (bits(scope) & situationBits.SIT_SECRECY) !== 0;
const integrity = (scope: Scope): boolean => (bits(scope) & situationBits.SIT_INTEGRITY) !== 0;

/** The fields that follow a situation; identity only, which is all that is in use, has none of them. */
export const labelFields = {
  labeledDomainIdentifier: when((scope) => secrecy(scope) || integrity(scope), u32),
  secrecyLevel: when(secrecy, label(1)),
  secrecyCategory: when(secrecy, label(8)),
  integrityLevel: when(integrity, label(1)),
  integrityCategory: when(integrity, label(8)),
} as const;
