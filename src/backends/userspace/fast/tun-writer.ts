/**
 * The way into the TUN device: consecutive segments of a TCP stream are put together to one packet, as a network card does (GRO), so that
 * the kernel handles 64 KB at once. What is put together can be cut again into the very segments that came: same headers, same
 * sizes, checksums that were right.
 */
import { ipProtocols } from '../../../engine/ipsec/packet.js';
import { vnet } from '../system/linux.js';
import type { Memory } from '../system/memory.js';
import { fold, pseudoSum, sumOctets, swap, writeChecksum } from './checksum.js';

/** Room for the packet in hand and the next one behind it, several times over. */
export const tunWriterMemory = 512 * 1024;
/** In front of a packet: its virtio header, and an IP header that transport mode puts there. */
const headroom = 64;
/** One packet with all that ESP may have put around it. */
const nextMax = 66_000;
/** Octets of a packet that is put together: what its length field holds. */
const togetherMax = 65_535;
const ipv4HeaderLength = 20;
const tcpHeaderMin = 20;
/** IPv6 header, and the longest of TCP. */
const headersMax = 40 + 60;
const fin = 0x01;
const push = 0x08;
const acknowledge = 0x10;

/** Writes one packet with its virtio header, `length` octets from `at`. */
export type TunWrite = (memory: Memory, at: number, length: number) => void;

export class TunWriter {
  readonly memory: Memory;
  readonly #write: TunWrite;
  readonly #gathers: boolean;
  /** The packet in hand; `#end` is 0 for none. */
  #start = 0;
  #end = 0;
  #count = 0;
  #isV4 = true;
  #ipLength = 0;
  #headerLength = 0;
  #size = 0;
  #nextSequence = 0;
  #isClosed = false;
  #isChecked = false;
  /** What was where the header of the next packet has been written, at the end of the packet in hand. */
  readonly #covered = new Int32Array(headersMax / 4);
  #isCovered = false;

  /** `memory` of `tunWriterMemory` octets; `gathers`: does the kernel take packets that are put together? */
  constructor(memory: Memory, gathers: boolean, write: TunWrite) {
    this.memory = memory;
    this.#write = write;
    this.#gathers = gathers;
  }

  /** Where the next packet may be written, with `headroom` octets in front that are free too. */
  get place(): number {
    this.#uncover();
    if (this.#end + headroom + nextMax > tunWriterMemory) this.flush();
    return this.#end + headroom;
  }

  /**
   * Where the next packet may be written if it begins with its IP header: its data then are where they belong if it is the next of the
   * stream in hand, and need not be copied. Its headers cover the end of what is in hand, until it is known what becomes of it.
   */
  get placeToAppend(): number {
    this.#uncover();
    const end = this.#end;
    const headerLength = this.#headerLength;
    const isOpen =
      end !== 0 &&
      !this.#isClosed &&
      // The headers in hand stay as they are, to compare with.
      end - this.#start >= 2 * headerLength &&
      end + nextMax <= tunWriterMemory &&
      this.#isRight();
    if (!isOpen) return this.place;
    const covered = this.#covered;
    const { view } = this.memory;
    const at = end - headerLength;
    for (let word = 0; word << 2 < headerLength; word += 1) covered[word] = view.getInt32(at + (word << 2), true);
    this.#isCovered = true;
    return at;
  }

  /** Hands over a plain packet of `length` octets, with an IP header of `ipLength`, that was written at the place, or behind `place`. */
  deliver(at: number, length: number, ipLength: number): void {
    const { octets } = this.memory;
    const isV4 = octets[at]! >> 4 === 4;
    const isTcp = octets[at + (isV4 ? 9 : 6)] === ipProtocols.TCP;
    if (isTcp && this.#gathers && this.#append(at, length, ipLength, isV4)) return;
    this.flush();
    this.#start = at;
    this.#end = at + length;
    this.#count = 1;
    this.#isV4 = isV4;
    this.#ipLength = ipLength;
    if (isTcp && this.#gathers && this.#startStream(at, length, ipLength)) return;
    this.flush();
  }

  /** Writes what is in hand. */
  flush(): void {
    if (this.#end === 0) return;
    const { memory } = this;
    const start = this.#start;
    const isCovered = this.#isCovered;
    if (isCovered) this.#exchange();
    const length = this.#end - start;
    const headerAt = start - vnet.length;
    memory.octets.fill(0, headerAt, start);
    if (this.#count > 1) this.#finishHeaders(headerAt, length);
    this.#write(memory, headerAt, vnet.length + length);
    // The packet behind is whole again.
    if (isCovered) this.#exchange();
    this.#isCovered = false;
    this.#end = 0;
  }

  /** What is in hand gets its end back, and the packet behind it is lost, because it was handed over or is of no use. */
  #uncover(): void {
    if (!this.#isCovered) return;
    this.#isCovered = false;
    const covered = this.#covered;
    const { view } = this.memory;
    const headerLength = this.#headerLength;
    const at = this.#end - headerLength;
    for (let word = 0; word << 2 < headerLength; word += 1) view.setInt32(at + (word << 2), covered[word]!, true);
  }

  #exchange(): void {
    const covered = this.#covered;
    const { view } = this.memory;
    const at = this.#end - this.#headerLength;
    for (let word = 0; word << 2 < this.#headerLength; word += 1) {
      const there = view.getInt32(at + (word << 2), true);
      view.setInt32(at + (word << 2), covered[word]!, true);
      covered[word] = there;
    }
  }

  /**
   * Is the packet in hand right, as far as checksums tell? Only what is may be put together, because the kernel then does not look at
   * them again.
   */
  #isRight(): boolean {
    if (!this.#isChecked) {
      this.#isChecked = true;
      this.#isClosed = !this.#hasRightChecksum(this.#start, this.#end - this.#start);
    }
    return !this.#isClosed;
  }

  /** Can others be added to the packet that is now in hand? */
  #startStream(at: number, length: number, ipLength: number): boolean {
    const { octets, view } = this.memory;
    if (length < ipLength + tcpHeaderMin) return false;
    const transportAt = at + ipLength;
    const headerLength = ipLength + (octets[transportAt + 12]! >> 4) * 4;
    const size = length - headerLength;
    if (headerLength < ipLength + tcpHeaderMin || size <= 0) return false;
    // Nothing but data: what opens, closes, resets or is urgent goes alone, and data that is pushed ends what it is added to.
    if (octets[transportAt + 13] !== acknowledge) return false;
    this.#headerLength = headerLength;
    this.#size = size;
    this.#nextSequence = (view.getUint32(transportAt + 4) + size) >>> 0;
    this.#isClosed = false;
    this.#isChecked = false;
    return true;
  }

  /** Adds a segment to the packet in hand, if it is the next of the same stream with the same headers. */
  #append(at: number, length: number, ipLength: number, isV4: boolean): boolean {
    const end = this.#end;
    if (end === 0 || this.#isClosed || isV4 !== this.#isV4 || ipLength !== this.#ipLength) return false;
    const { memory } = this;
    const { octets, view } = memory;
    const headerLength = this.#headerLength;
    const size = length - headerLength;
    const start = this.#start;
    if (size <= 0 || size > this.#size || end - start + size > togetherMax) return false;
    if (!this.#hasSameHeaders(start, at)) return false;
    const transportAt = at + ipLength;
    if (view.getUint32(transportAt + 4) !== this.#nextSequence) return false;
    const flags = octets[transportAt + 13]!;
    if ((flags & ~(push | fin)) !== acknowledge) return false;
    if (this.#isCovered) {
      if (!this.#hasRightChecksum(at, length)) return false;
      this.#uncover();
    } else {
      if (!this.#isRight() || !this.#hasRightChecksum(at, length)) return false;
      octets.copyWithin(end, at + headerLength, at + length);
    }
    this.#end = end + size;
    this.#count += 1;
    this.#nextSequence = (this.#nextSequence + size) >>> 0;
    octets[start + ipLength + 13]! |= flags;
    // A shorter one can only be the last, and one that is pushed should not wait.
    this.#isClosed = size < this.#size || flags !== acknowledge;
    return true;
  }

  /** Equal but for lengths, identification, sequence number, flags and checksums? */
  #hasSameHeaders(a: number, b: number): boolean {
    const { octets, view } = this.memory;
    const ipLength = this.#ipLength;
    const headerLength = this.#headerLength;
    if (this.#isV4) {
      // Version, length, traffic class; fragment field; hop limit and protocol; addresses.
      if (view.getUint16(a) !== view.getUint16(b) || view.getUint16(a + 6) !== view.getUint16(b + 6)) return false;
      if (view.getUint16(a + 8) !== view.getUint16(b + 8)) return false;
      if (view.getInt32(a + 12) !== view.getInt32(b + 12) || view.getInt32(a + 16) !== view.getInt32(b + 16)) {
        return false;
      }
      // Cut again, packets that may be fragmented get numbers one after the other.
      const isFixed = (view.getUint16(a + 6) & 0x4000) !== 0;
      if (!isFixed && view.getUint16(b + 4) !== ((view.getUint16(a + 4) + this.#count) & 0xffff)) return false;
    } else {
      if (view.getInt32(a) !== view.getInt32(b) || view.getUint16(a + 6) !== view.getUint16(b + 6)) return false;
      for (let word = 8; word < 40; word += 4) if (view.getInt32(a + word) !== view.getInt32(b + word)) return false;
    }
    const [transportA, transportB] = [a + ipLength, b + ipLength];
    // Ports; acknowledgement; header length; window; urgent pointer; options.
    if (view.getInt32(transportA) !== view.getInt32(transportB)) return false;
    if (view.getInt32(transportA + 8) !== view.getInt32(transportB + 8)) return false;
    if (octets[transportA + 12] !== octets[transportB + 12]) return false;
    if (view.getUint16(transportA + 14) !== view.getUint16(transportB + 14)) return false;
    if (view.getUint16(transportA + 18) !== view.getUint16(transportB + 18)) return false;
    for (let at = ipLength + tcpHeaderMin; at < headerLength; at += 4) {
      if (view.getInt32(a + at) !== view.getInt32(b + at)) return false;
    }
    return true;
  }

  #hasRightChecksum(at: number, length: number): boolean {
    const { memory } = this;
    const { view } = memory;
    const isV4 = this.#isV4;
    // Addresses, which the pseudo-header has, and all that is behind them: options there are none.
    const addressesAt = isV4 ? 12 : 8;
    const sum = sumOctets(memory, at + addressesAt, length - addressesAt);
    if (fold(sum + (ipProtocols.TCP << 8) + swap(length - this.#ipLength)) !== 0xffff) return false;
    if (!isV4) return true;
    let header = 0;
    for (let word = 0; word < ipv4HeaderLength; word += 4) {
      const value = view.getInt32(at + word, true);
      header += (value & 0xffff) + (value >>> 16);
    }
    return fold(header) === 0xffff;
  }

  #finishHeaders(headerAt: number, length: number): void {
    const { memory } = this;
    const { octets, view } = memory;
    const start = this.#start;
    const ipLength = this.#ipLength;
    if (this.#isV4) {
      view.setUint16(start + 2, length);
      view.setUint16(start + 10, 0);
      writeChecksum(memory, start + 10, sumOctets(memory, start, ipLength));
    } else view.setUint16(start + 4, length - ipLength);
    // The sum of the pseudo-header so far: the kernel completes it if it ever cuts.
    const pseudo = fold(pseudoSum(memory, start, this.#isV4, ipProtocols.TCP) + swap(length - ipLength));
    octets[start + ipLength + 16] = pseudo & 0xff;
    octets[start + ipLength + 17] = pseudo >> 8;
    octets[headerAt + vnet.flagsAt] = vnet.NEEDS_CSUM;
    octets[headerAt + vnet.gsoTypeAt] = this.#isV4 ? vnet.GSO_TCPV4 : vnet.GSO_TCPV6;
    view.setUint16(headerAt + vnet.headerLengthAt, this.#headerLength, true);
    view.setUint16(headerAt + vnet.gsoSizeAt, this.#size, true);
    view.setUint16(headerAt + vnet.checksumStartAt, ipLength, true);
    view.setUint16(headerAt + vnet.checksumOffsetAt, 16, true);
  }
}
