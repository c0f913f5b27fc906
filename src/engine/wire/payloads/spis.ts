/** SPIs: of one size after a size and a number (Delete payloads of both versions), and as numbers. */

import { type Fault, fail, fault, need, type Reader, readField, type Writer } from '../codec/core.js';
import { put, take } from '../codec/octets.js';
import { type Codec, hexPreview, u8, u16 } from '../codec.js';
import { spisMax } from '../limits.js';

/** SPIs of one size. With no SPI at all the size is kept too: it is 0 for an IKE SA, and peers that send 4 exist. */
export interface Spis {
  /** Octets of each, 0..255. */
  readonly size: number;
  /** Each has `size` octets. */
  readonly list: readonly Uint8Array[];
}

/** SPI Size (1 octet), Num of SPIs (2 octets), then the SPIs — RFC 7296 §3.11, RFC 2408 §3.15. */
export const spis: Codec<Spis> = {
  read(from: Reader): Spis | Fault {
    const size = readField(from, 'spiSize', 'SPI size', u8, {});
    if (size === fault) return fault;
    const at = from.at;
    const count = readField(from, 'spiCount', 'number of SPIs', u16, {});
    if (count === fault) return fault;
    // Nothing bounds a list of SPIs without octets but its count.
    if (size === 0 && count > 0) return fail(from, 'no SPIs, as their size is 0', String(count), at);
    if (!need(from, size * count)) return fault;
    const list: Uint8Array[] = [];
    const one: Codec<Uint8Array> = { read: () => take(from, size), write: put, show: hexPreview };
    for (let index = 0; index < count; index += 1) {
      const spi = readField(from, index, `SPI ${index + 1}`, one, {});
      if (spi === fault) return fault;
      list.push(spi);
    }
    return { size, list };
  },
  write(to: Writer, { size, list }: Spis) {
    if (list.length > spisMax || list.some((spi) => spi.length !== size))
      throw new RangeError(`not SPIs of ${size} octets`);
    u8.write(to, size, {});
    u16.write(to, list.length, {});
    for (const spi of list) put(to, spi);
  },
  show: ({ list }) => String(list.length),
};

/** The number of an ESP, AH or IPComp SPI (4 or 2 octets); undefined for other sizes. */
export function spiNumber(spi: Uint8Array): number | undefined {
  if (spi.length !== 4 && spi.length !== 2) return undefined;
  let value = 0;
  for (const octet of spi) value = value * 256 + octet;
  return value;
}

/** The 4 octets of an ESP or AH SPI, 0..2^32-1. */
export function spiOctets(spi: number): Uint8Array {
  const octets = new Uint8Array(4);
  new DataView(octets.buffer).setUint32(0, spi);
  return octets;
}

/** The number of an IKE SPI of 8 octets, as in a proposal that rekeys an IKE SA; undefined for other sizes. */
export function ikeSpiNumber(spi: Uint8Array): bigint | undefined {
  if (spi.length !== 8) return undefined;
  return new DataView(spi.buffer, spi.byteOffset, 8).getBigUint64(0);
}

/** The 8 octets of an IKE SPI, 0..2^64-1. */
export function ikeSpiOctets(spi: bigint): Uint8Array {
  const octets = new Uint8Array(8);
  new DataView(octets.buffer).setBigUint64(0, spi);
  return octets;
}
