/**
 * ESP and AH headers — RFC 4303 §2, RFC 4302 §2 — and their predecessors of 1995, RFC 1827 and RFC 1826, which are told
 * apart where that can be done.
 *
 *   |               Security Parameters Index (SPI)                 |   ESP
 *   |                      Sequence Number                          |
 *   ~                    Payload Data, Padding, ICV                 ~
 *
 *   | Next Header   |  Payload Len  |          RESERVED             |   AH
 *   |                 Security Parameters Index (SPI)               |
 *   |                    Sequence Number Field                      |
 *   ~                Integrity Check Value-ICV (variable)           ~
 */

import { formatProtocol } from '../../model/packet.js';
import { type Fault, fail, fault, need, type Reader, type Scope } from './codec/core.js';
import { put, take } from './codec/octets.js';
import {
  type Codec,
  type Decoded,
  hexadecimal,
  named,
  octetCount,
  reserved,
  rest,
  shown,
  struct,
  u8,
  u32,
} from './codec.js';

/** An ESP packet; where IV and ICV are in `data` only its SA tells. */
export const esp = struct(
  {
    spi: hexadecimal(u32, 8),
    sequenceNumber: u32,
    data: shown(rest(), octetCount),
  },
  { rfc: 'RFC 4303 §2' },
);
export type EspPacket = Decoded<typeof esp>;

const ahFixedOctets = 12;

/** The ICV: Payload Len counts 32-bit words of the whole header, minus 2 (RFC 4302 §2.2). */
const icv: Codec<Uint8Array> = {
  read(from: Reader, scope: Scope): Uint8Array | Fault {
    const length = ((scope.payloadLength as number) + 2) * 4 - ahFixedOctets;
    if (length < 0) return fail(from, 'a Payload Len of at least 1', String(scope.payloadLength), from.base + 1);
    return need(from, length) ? take(from, length) : fault;
  },
  write(to, value, scope) {
    if (value.length !== ((scope.payloadLength as number) + 2) * 4 - ahFixedOctets) {
      throw new RangeError(`an ICV of ${value.length} octets does not fit Payload Len ${scope.payloadLength}`);
    }
    put(to, value);
  },
};

/** AH and what it protects. `payloadLength` is Payload Len as sent: (octets of the ICV + 12) / 4 - 2. */
export const ah = struct(
  {
    nextHeader: named(u8, { describe: (protocol) => `${formatProtocol(protocol)} (${protocol})` }),
    payloadLength: u8,
    reserved: reserved(2),
    spi: hexadecimal(u32, 8),
    sequenceNumber: u32,
    icv, // with the padding that makes the header a multiple of 4 (IPv4) or 8 (IPv6) octets
    data: shown(rest(), octetCount),
  },
  { rfc: 'RFC 4302 §2' },
);
export type AhPacket = Decoded<typeof ah>;

/** Payload Len for an ICV, padding included, of `octets`, a multiple of 4. */
export function ahPayloadLength(octets: number): number {
  return (octets + ahFixedOctets) / 4 - 2;
}

/** AH of 1995: the data follows the SPI at once, there is no sequence number — RFC 1826 §3. `length` counts its words. */
export const ah1826 = struct(
  {
    nextHeader: named(u8, { describe: (protocol) => `${formatProtocol(protocol)} (${protocol})` }),
    length: u8,
    reserved: reserved(2),
    spi: hexadecimal(u32, 8),
    authenticationData: wordsOf('length'),
    data: shown(rest(), octetCount),
  },
  { rfc: 'RFC 1826 §3' },
);
export type Ah1826Packet = Decoded<typeof ah1826>;

/** ESP of 1995: all behind the SPI is up to the transform — RFC 1827 §3. */
export const esp1827 = struct({ spi: hexadecimal(u32, 8), data: shown(rest(), octetCount) }, { rfc: 'RFC 1827 §3' });
export type Esp1827Packet = Decoded<typeof esp1827>;

function wordsOf(lengthField: string): Codec<Uint8Array> {
  return {
    read(from, scope) {
      const length = (scope[lengthField] as number) * 4;
      return need(from, length) ? take(from, length) : fault;
    },
    write(to, value, scope) {
      if (value.length !== (scope[lengthField] as number) * 4) throw new RangeError('data and its length differ');
      put(to, value);
    },
  };
}

/** What generation the packets of one SA are of. */
export type Generation =
  | { readonly kind: 'current' }
  | {
      readonly kind: 'obsolete';
      readonly rfc: 'RFC 1826' | 'RFC 1827';
      /** What gives it away. */
      readonly why: string;
      /** Why it is not taken. */
      readonly refused: string;
    }
  /** Too few packets, and nothing in one that settles it. */
  | { readonly kind: 'undecided' };

const refusals = {
  'RFC 1826': 'AH of 1995 has no sequence number and so no protection against replay; RFC 2402 replaced it in 1998',
  'RFC 1827':
    'ESP of 1995 has neither sequence number nor ICV, so that replay and forgery go unseen; RFC 2406 replaced it in 1998',
} as const;

/** Packets needed before a sequence of words is called random. */
const seriesMin = 3;
/** A sender's sequence numbers grow by one; captures miss packets, but not this many between two. */
const gapMax = 1 << 20;

/**
 * Tells the generation of the packets of one SA (same SPI and destination), oldest first, each whole and from its AH or ESP
 * header on. Both generations have the same length in all common transforms, so one packet seldom settles it: what does is that
 * the word behind the SPI counts up in RFC 4302/4303, while in RFC 1826/1827 it is part of a digest or an IV.
 */
export function generationOf(protocol: 'AH' | 'ESP', packets: readonly Uint8Array[]): Generation {
  const rfc = protocol === 'AH' ? 'RFC 1826' : 'RFC 1827';
  const obsolete = (why: string): Generation => ({ kind: 'obsolete', rfc, why, refused: refusals[rfc] });
  const wordAt = protocol === 'AH' ? 8 : 4;
  const words: number[] = [];
  for (const octets of packets) {
    if (octets.length < wordAt + 4) return obsolete('there is no room for a sequence number');
    if (protocol === 'AH' && octets[1] === 0) return obsolete('its length leaves no room for a sequence number');
    words.push(new DataView(octets.buffer, octets.byteOffset, octets.byteLength).getUint32(wordAt));
  }
  if (words.length < seriesMin) return { kind: 'undecided' };
  // Reordering and retransmission move a number back or leave it; a digest or an IV jumps over the whole range.
  let jumps = 0;
  for (let index = 1; index < words.length; index += 1) {
    if (Math.abs(words[index]! - words[index - 1]!) > gapMax) jumps += 1;
  }
  if (jumps === 0) return { kind: 'current' };
  if (jumps >= (words.length - 1) / 2) {
    return obsolete('the word behind the SPI does not count up, so it is no sequence number');
  }
  return { kind: 'undecided' };
}
