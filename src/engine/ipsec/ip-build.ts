/** Makes IP packets and changes them: headers, checksums, and what stands between header and payload. */
import type { Address } from '../../model/address.js';
import { type IpPacket, ipProtocols, ipv4HeaderMin, ipv6HeaderLength, viewOf } from './packet.js';

export const ipOctetsMax = 65_535;

/** RFC 1071: the ones' complement of the ones' complement sum of 16-bit words; a last odd octet counts as a high one. */
export function internetChecksum(...parts: readonly Uint8Array[]): number {
  let sum = 0;
  let odd = false;
  for (const part of parts) {
    for (const octet of part) {
      sum += odd ? octet : octet << 8;
      odd = !odd;
    }
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  return ~sum & 0xffff;
}

export interface IpHeader {
  readonly source: Address;
  /** Of the same family as the source. */
  readonly destination: Address;
  readonly protocol: number;
  readonly trafficClass?: number;
  /** 1..255; 64 when absent. */
  readonly hopLimit?: number;
  /** IPv4 only. */
  readonly dontFragment?: boolean;
  /** IPv4 only, 0..65535. */
  readonly identification?: number;
}

/** A packet with a plain header, without options or extension headers; undefined where it would be too long for IP. */
export function buildIp(header: IpHeader, payload: Uint8Array): Uint8Array | undefined {
  const { source, destination, protocol, trafficClass = 0, hopLimit = 64 } = header;
  const isV4 = source.family === 4;
  const headerLength = isV4 ? ipv4HeaderMin : ipv6HeaderLength;
  if ((isV4 ? headerLength : 0) + payload.length > ipOctetsMax) return undefined;
  const octets = new Uint8Array(headerLength + payload.length);
  const view = viewOf(octets);
  octets.set(payload, headerLength);
  if (isV4) {
    octets[0] = 0x45;
    octets[1] = trafficClass;
    view.setUint16(2, octets.length);
    view.setUint16(4, header.identification ?? 0);
    view.setUint16(6, header.dontFragment ? 0x4000 : 0);
    octets[8] = hopLimit;
    octets[9] = protocol;
    view.setUint32(12, Number(source.value));
    view.setUint32(16, Number(destination.value));
    setIpv4Checksum(octets);
  } else {
    view.setUint16(0, 0x6000 | (trafficClass << 4));
    view.setUint16(4, payload.length);
    octets[6] = protocol;
    octets[7] = hopLimit;
    setIpv6Address(view, 8, BigInt(source.value));
    setIpv6Address(view, 24, BigInt(destination.value));
  }
  return octets;
}

function setIpv6Address(view: DataView, offset: number, value: bigint): void {
  view.setBigUint64(offset, value >> 64n);
  view.setBigUint64(offset + 8, value & 0xffff_ffff_ffff_ffffn);
}

/** Computes the header checksum anew, in place. */
export function setIpv4Checksum(octets: Uint8Array): void {
  const view = viewOf(octets);
  view.setUint16(10, 0);
  view.setUint16(10, internetChecksum(octets.subarray(0, (octets[0]! & 15) * 4)));
}

/** A place in a packet where a header can be put in front of what follows. */
export interface Insertion {
  /** Where the new header begins. */
  readonly at: number;
  /** The octet that tells what follows. */
  readonly nextHeaderAt: number;
  /** What follows so far. */
  readonly nextHeader: number;
}

/**
 * Where ESP or AH goes in transport mode: behind the IPv4 header with its options; behind the IPv6 headers that routers
 * and intermediate destinations look at, and in front of the destination options that only the end looks at
 * (RFC 4303 §3.1.1, RFC 4302 §3.1.1).
 */
export function transportInsertion(ip: IpPacket): Insertion {
  if (ip.family === 4) return { at: ip.payloadOffset, nextHeaderAt: 9, nextHeader: ip.protocol };
  let insertion: Insertion = { at: ipv6HeaderLength, nextHeaderAt: 6, nextHeader: ip.octets[6]! };
  for (const { protocol, offset, length } of ip.extensions) {
    const stays =
      protocol === ipProtocols.HOP_BY_HOP || protocol === ipProtocols.ROUTING || protocol === ipProtocols.FRAGMENT;
    if (stays) insertion = { at: offset + length, nextHeaderAt: offset, nextHeader: ip.octets[offset]! };
  }
  return insertion;
}

/** The place of a packet's payload, behind all extension headers: where a received ESP or AH header is. */
export function payloadInsertion(ip: IpPacket): Insertion {
  const last = ip.extensions.at(-1);
  const nextHeaderAt = ip.family === 4 ? 9 : (last?.offset ?? 6);
  return { at: ip.payloadOffset, nextHeaderAt, nextHeader: ip.protocol };
}

/** The packet with other contents from a place on; undefined where it would be too long for IP. */
export function replaceFrom(
  ip: IpPacket,
  place: Insertion,
  nextHeader: number,
  contents: Uint8Array,
): Uint8Array | undefined {
  const length = place.at + contents.length;
  if ((ip.family === 4 ? length : length - ipv6HeaderLength) > ipOctetsMax) return undefined;
  const octets = new Uint8Array(length);
  octets.set(ip.octets.subarray(0, place.at));
  octets.set(contents, place.at);
  octets[place.nextHeaderAt] = nextHeader;
  if (ip.family === 4) {
    viewOf(octets).setUint16(2, length);
    setIpv4Checksum(octets);
  } else viewOf(octets).setUint16(4, length - ipv6HeaderLength);
  return octets;
}

/** The packet with another DSCP and ECN octet; the packet itself is left as it is. */
export function withTrafficClass(ip: IpPacket, trafficClass: number): Uint8Array {
  if (ip.trafficClass === trafficClass) return ip.octets;
  const octets = ip.octets.slice();
  if (ip.family === 4) {
    octets[1] = trafficClass;
    setIpv4Checksum(octets);
  } else {
    octets[0] = (octets[0]! & 0xf0) | (trafficClass >> 4);
    octets[1] = ((trafficClass & 15) << 4) | (octets[1]! & 15);
  }
  return octets;
}

/** The packet as a router sends it on, TTL or hop limit one less; undefined where it ends here (RFC 4301 §5.1.2). */
export function withHopLimitDecremented(ip: IpPacket): Uint8Array | undefined {
  if (ip.hopLimit <= 1) return undefined;
  const octets = ip.octets.slice();
  octets[ip.family === 4 ? 8 : 7] = ip.hopLimit - 1;
  if (ip.family === 4) setIpv4Checksum(octets);
  return octets;
}

/** The checksum of a TCP, UDP or other upper header whose own checksum field is zero, with its pseudo-header. */
export function upperChecksum(ip: IpPacket, payload: Uint8Array): number {
  const pseudo = new Uint8Array(8);
  viewOf(pseudo).setUint32(0, payload.length);
  pseudo[7] = ip.protocol;
  const addresses = ip.family === 4 ? ip.octets.subarray(12, 20) : ip.octets.subarray(8, 40);
  return internetChecksum(addresses, pseudo, payload);
}

const checksumOffsets: ReadonlyMap<number, number> = new Map([
  [ipProtocols.TCP, 16],
  [ipProtocols.UDP, 6],
]);

/**
 * The packet with its TCP or UDP checksum made for the addresses that it has: a NAT changed them after the sender had
 * counted them in, and ESP hid the checksum from it (RFC 3948 §3.1.2). Others are returned as they are.
 */
export function withUpperChecksum(ip: IpPacket): Uint8Array {
  const offset = checksumOffsets.get(ip.protocol);
  if (offset === undefined || ip.fragment || ip.payload.length < offset + 2) return ip.octets;
  const octets = ip.octets.slice();
  const payload = octets.subarray(ip.payloadOffset);
  const view = viewOf(payload);
  // An IPv4 sender of UDP may do without (RFC 768).
  if (ip.protocol === ipProtocols.UDP && ip.family === 4 && view.getUint16(offset) === 0) return ip.octets;
  view.setUint16(offset, 0);
  const checksum = upperChecksum(ip, payload);
  view.setUint16(offset, checksum === 0 && ip.protocol === ipProtocols.UDP ? 0xffff : checksum);
  return octets;
}
