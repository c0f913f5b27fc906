/**
 * Cutting: a TUN device with segmentation offload hands over one packet that stands for many, and leaves checksums to us. What the kernel
 * calls GSO for TCP (RFC 9293) and for UDP (one datagram a segment) is done here in place, header by header in front of its payload.
 */
import { ipProtocols } from '../../../engine/ipsec/packet.js';
import { vnet } from '../system/linux.js';
import { allocate, type Memory } from '../system/memory.js';
import type { Native } from '../system/native.js';
import { fold, pseudoSum, type Sum, sumOctets, swap, writeChecksum } from './checksum.js';

/** Segments that one packet is cut into at most: 64 KB in the smallest ones that TCP makes (RFC 9293 §3.7.1: 536; Linux goes down to 48). */
const segmentsMax = 2048;
/** IP header with its options or extension headers, and TCP header with its own. */
const headersMax = 512;
const udpHeaderLength = 8;
const tcpHeaderMin = 20;
const ipv6HeaderLength = 40;
const fin = 0x01;
const push = 0x08;
const congestionWindowReduced = 0x80;

/** What struct virtio_net_hdr says of the packet behind it. */
export interface Offload {
  needsChecksum: boolean;
  gsoType: number;
  gsoSize: number;
  checksumStart: number;
  checksumOffset: number;
}

/** Reads the header at `at`. */
export function readOffload({ view }: Memory, at: number, into: Offload): void {
  into.needsChecksum = (view.getUint8(at + vnet.flagsAt) & vnet.NEEDS_CSUM) !== 0;
  into.gsoType = view.getUint8(at + vnet.gsoTypeAt) & ~vnet.GSO_ECN;
  into.gsoSize = view.getUint16(at + vnet.gsoSizeAt, true);
  into.checksumStart = view.getUint16(at + vnet.checksumStartAt, true);
  into.checksumOffset = view.getUint16(at + vnet.checksumOffsetAt, true);
}

/** Completes the checksum of a packet of `length` octets at `at`: the field holds the pseudo-header's sum so far. False where it lies outside. */
export function completeChecksum(memory: Memory, at: number, length: number, offload: Offload): boolean {
  const { checksumStart, checksumOffset } = offload;
  const place = checksumStart + checksumOffset;
  if (checksumStart > length || place + 2 > length) return false;
  writeChecksum(memory, at + place, sumOctets(memory, at + checksumStart, length - checksumStart));
  // Of UDP a computed zero is sent as ones (RFC 768).
  const { octets } = memory;
  if (checksumOffset === 6 && octets[at + place] === 0 && octets[at + place + 1] === 0) {
    octets[at + place] = 0xff;
    octets[at + place + 1] = 0xff;
  }
  return true;
}

/** Cuts one packet at a time. `begin` says whether it can be; then `next` makes segment after segment, each destroying the one before. */
export class Segmenter {
  /** Of the segment that `next` made. */
  at = 0;
  length = 0;
  /** Of the packet that `begin` took. */
  count = 0;
  /** Octets of all segments together, and of the longest. */
  total = 0;
  longest = 0;
  readonly #header: Memory;
  #memory: Memory;
  #start = 0;
  #headerLength = 0;
  #ipLength = 0;
  #payloadLength = 0;
  #size = 0;
  #index = 0;
  #isV4 = true;
  #isTcp = true;
  #ipSum: Sum = 0;
  #transportSum: Sum = 0;
  #flags = 0;
  #sequence = 0;
  #identification = 0;

  constructor(native: Pick<Native, 'addressOf'>) {
    this.#header = allocate(native, headersMax);
    this.#memory = this.#header;
  }

  /**
   * Takes the packet of `length` octets at `at`, whose transport header begins behind `ipLength` octets; `offload` must say that it is
   * to be cut. False where that does not fit together.
   */
  begin(memory: Memory, at: number, length: number, ipLength: number, { gsoType, gsoSize }: Offload): boolean {
    const version = memory.octets[at]! >> 4;
    const isV4 = version === 4;
    const isTcp = gsoType !== vnet.GSO_UDP_L4;
    if (!isV4 && version !== 6) return false;
    if (gsoSize === 0 || (isTcp && gsoType !== (isV4 ? vnet.GSO_TCPV4 : vnet.GSO_TCPV6))) return false;
    if (isV4 ? ipLength !== (memory.octets[at]! & 15) * 4 || ipLength < 20 : ipLength < 40) return false;
    const transportAt = at + ipLength;
    if (length < ipLength + (isTcp ? tcpHeaderMin : udpHeaderLength)) return false;
    const transportLength = isTcp ? (memory.octets[transportAt + 12]! >> 4) * 4 : udpHeaderLength;
    const headerLength = ipLength + transportLength;
    if (transportLength < (isTcp ? tcpHeaderMin : udpHeaderLength) || headerLength > Math.min(length, headersMax)) {
      return false;
    }
    this.#payloadLength = length - headerLength;
    this.count = Math.max(1, Math.ceil(this.#payloadLength / gsoSize));
    if (this.count > segmentsMax) return false;
    this.total = this.count * headerLength + this.#payloadLength;
    this.longest = headerLength + Math.min(gsoSize, this.#payloadLength);
    this.#memory = memory;
    this.#start = at;
    this.#ipLength = ipLength;
    this.#headerLength = headerLength;
    this.#size = gsoSize;
    this.#index = 0;
    this.#isV4 = isV4;
    this.#isTcp = isTcp;
    this.#prepare(isTcp ? ipProtocols.TCP : ipProtocols.UDP);
    return true;
  }

  /** Copies the headers, and sums what all segments have in common. */
  #prepare(protocol: number): void {
    const header = this.#header;
    const ipLength = this.#ipLength;
    header.octets.set(this.#memory.octets.subarray(this.#start, this.#start + this.#headerLength));
    const { view } = header;
    if (this.#isV4) {
      this.#identification = view.getUint16(4);
      view.setUint16(2, 0);
      view.setUint16(4, 0);
      view.setUint16(10, 0);
      this.#ipSum = sumOctets(header, 0, ipLength);
    }
    if (this.#isTcp) {
      this.#sequence = view.getUint32(ipLength + 4);
      this.#flags = view.getUint8(ipLength + 13);
      view.setUint32(ipLength + 4, 0);
      view.setUint8(ipLength + 13, 0);
      view.setUint16(ipLength + 16, 0);
    } else {
      view.setUint16(ipLength + 4, 0);
      view.setUint16(ipLength + 6, 0);
    }
    this.#transportSum =
      pseudoSum(header, 0, this.#isV4, protocol) + sumOctets(header, ipLength, this.#headerLength - ipLength);
  }

  /** Makes the next segment, whole with its checksums, at `at` of the memory; false after the last. */
  next(): boolean {
    const index = this.#index;
    if (index >= this.count) return false;
    this.#index = index + 1;
    const memory = this.#memory;
    const { octets, view } = memory;
    const headerLength = this.#headerLength;
    const ipLength = this.#ipLength;
    const done = index * this.#size;
    const size = Math.min(this.#size, this.#payloadLength - done);
    const payloadAt = this.#start + headerLength + done;
    const at = payloadAt - headerLength;
    const length = headerLength + size;
    this.at = at;
    this.length = length;
    // Whole words: IP and TCP headers are made of them. To copy octets by a call of V8's costs more than all else that is done here.
    const { words } = this.#header;
    for (let word = 0; word << 2 < headerLength; word += 1) view.setInt32(at + (word << 2), words[word]!, true);
    if (this.#isV4) {
      const identification = (this.#identification + index) & 0xffff;
      view.setUint16(at + 2, length);
      view.setUint16(at + 4, identification);
      writeChecksum(memory, at + 10, this.#ipSum + swap(length) + swap(identification));
    } else view.setUint16(at + 4, length - ipv6HeaderLength);
    const transportAt = at + ipLength;
    const transportLength = length - ipLength;
    let sum = this.#transportSum + swap(transportLength) + sumOctets(memory, payloadAt, size);
    if (this.#isTcp) {
      const sequence = (this.#sequence + done) >>> 0;
      const isLast = index + 1 === this.count;
      let flags = this.#flags;
      if (!isLast) flags &= ~(fin | push);
      if (index > 0) flags &= ~congestionWindowReduced;
      view.setUint32(transportAt + 4, sequence);
      octets[transportAt + 13] = flags;
      sum += swap(sequence >>> 16) + swap(sequence & 0xffff) + (flags << 8);
      writeChecksum(memory, transportAt + 16, fold(sum));
    } else {
      view.setUint16(transportAt + 4, transportLength);
      sum += swap(transportLength);
      writeChecksum(memory, transportAt + 6, fold(sum));
      if (view.getUint16(transportAt + 6) === 0) view.setUint16(transportAt + 6, 0xffff);
    }
    return true;
  }
}
