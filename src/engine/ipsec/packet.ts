/**
 * IP packets as the data path reads them — RFC 791, RFC 8200: where the headers end and the payload begins, what may be
 * changed on the way, and the point of selector space that a packet is (RFC 4301 §4.4.1.1).
 *
 * ESP and AH count as upper protocols here: reading stops at them, because only an SA tells what is behind.
 */
import type { AddressValue, Family } from '../../model/address.js';
import { type Direction, hasPorts, hasTypes, type Packet } from '../../model/packet.js';

export const ipProtocols = {
  HOP_BY_HOP: 0,
  IPV4: 4,
  TCP: 6,
  UDP: 17,
  IPV6: 41,
  ROUTING: 43,
  FRAGMENT: 44,
  ESP: 50,
  AH: 51,
  NO_NEXT_HEADER: 59,
  DESTINATION_OPTIONS: 60,
  MH: 135,
  HIP: 139,
  SHIM6: 140,
} as const;

/** An IPv6 extension header; the fragment header is one of them. */
export interface ExtensionHeader {
  readonly protocol: number;
  /** Where it begins in the packet. */
  readonly offset: number;
  readonly length: number;
}

export interface FragmentInfo {
  /** Of the first octet of this fragment's data in the whole datagram. */
  readonly offset: number;
  readonly more: boolean;
  readonly identification: number;
}

export interface IpPacket {
  readonly family: Family;
  /** The packet and nothing behind it. */
  readonly octets: Uint8Array;
  readonly source: AddressValue;
  /** As in the IP header; the final one of a source route is not looked for. */
  readonly destination: AddressValue;
  /** DSCP and ECN. */
  readonly trafficClass: number;
  readonly hopLimit: number;
  /** Always true for IPv6, whose routers never fragment. */
  readonly dontFragment: boolean;
  /** Absent for a whole datagram. */
  readonly fragment?: FragmentInfo;
  readonly extensions: readonly ExtensionHeader[];
  /** Of the payload: what stands behind the IP header and the extension headers. */
  readonly protocol: number;
  readonly payloadOffset: number;
  readonly payload: Uint8Array;
}

/** Why octets are no IP packet. */
export interface IpFault {
  readonly why: string;
}

export const ipv4HeaderMin = 20;
export const ipv6HeaderLength = 40;
const fragmentHeaderLength = 8;
/** Extension headers of one packet; RFC 8200 §4.1 recommends seven at most. */
const extensionsMax = 16;
/** Their second octet counts units of 8 octets (RFC 8200 §4, RFC 6275 §6.1.1); MH is an upper protocol to us. */
const sizedExtensions: ReadonlySet<number> = new Set([
  ipProtocols.HOP_BY_HOP,
  ipProtocols.ROUTING,
  ipProtocols.DESTINATION_OPTIONS,
  ipProtocols.HIP,
  ipProtocols.SHIM6,
]);

/** Is it the fault, not the packet? */
export function isIpFault(value: IpPacket | IpFault): value is IpFault {
  return 'why' in value;
}

export function viewOf(octets: Uint8Array): DataView {
  return new DataView(octets.buffer, octets.byteOffset, octets.byteLength);
}

/** Reads an IPv4 or IPv6 packet. Octets behind its announced end (link padding, TFC padding) are left out. Never throws. */
export function parseIp(octets: Uint8Array): IpPacket | IpFault {
  if (octets.length === 0) return { why: 'no octets' };
  const version = octets[0]! >> 4;
  if (version === 4) return parseIpv4(octets);
  if (version === 6) return parseIpv6(octets);
  return { why: `IP version ${version}` };
}

function parseIpv4(octets: Uint8Array): IpPacket | IpFault {
  if (octets.length < ipv4HeaderMin) return { why: 'the packet ends within its IPv4 header' };
  const view = viewOf(octets);
  const headerLength = (octets[0]! & 15) * 4;
  const totalLength = view.getUint16(2);
  if (headerLength < ipv4HeaderMin) return { why: `an IPv4 header of ${headerLength} octets` };
  if (totalLength < headerLength) return { why: `a total length of ${totalLength} octets, less than its header` };
  if (totalLength > octets.length) return { why: `${octets.length} octets of ${totalLength} are there` };
  const flags = view.getUint16(6);
  const offset = (flags & 0x1fff) * 8;
  const more = (flags & 0x2000) !== 0;
  const payload = octets.subarray(headerLength, totalLength);
  if (offset + payload.length > 0xffff) return { why: 'a fragment that reaches beyond 65535 octets' };
  return {
    family: 4,
    octets: octets.subarray(0, totalLength),
    source: view.getUint32(12),
    destination: view.getUint32(16),
    trafficClass: octets[1]!,
    hopLimit: octets[8]!,
    dontFragment: (flags & 0x4000) !== 0,
    ...(offset > 0 || more ? { fragment: { offset, more, identification: view.getUint16(4) } } : {}),
    extensions: [],
    protocol: octets[9]!,
    payloadOffset: headerLength,
    payload,
  };
}

function parseIpv6(octets: Uint8Array): IpPacket | IpFault {
  if (octets.length < ipv6HeaderLength) return { why: 'the packet ends within its IPv6 header' };
  const view = viewOf(octets);
  const end = ipv6HeaderLength + view.getUint16(4);
  if (end > octets.length) return { why: `${octets.length} octets of ${end} are there` };
  const extensions: ExtensionHeader[] = [];
  let protocol = octets[6]!;
  let at = ipv6HeaderLength;
  let fragment: FragmentInfo | undefined;
  while (sizedExtensions.has(protocol) || protocol === ipProtocols.FRAGMENT) {
    // Behind the fragment header of a later fragment is the middle of something.
    if (fragment && fragment.offset > 0) break;
    if (extensions.length >= extensionsMax) return { why: `more than ${extensionsMax} extension headers` };
    if (at + 8 > end) return { why: 'the packet ends within an extension header' };
    const length = protocol === ipProtocols.FRAGMENT ? fragmentHeaderLength : 8 + octets[at + 1]! * 8;
    if (at + length > end) return { why: 'the packet ends within an extension header' };
    if (protocol === ipProtocols.FRAGMENT) {
      if (fragment) return { why: 'two fragment headers' };
      const field = view.getUint16(at + 2);
      fragment = { offset: field & 0xfff8, more: (field & 1) !== 0, identification: view.getUint32(at + 4) };
    }
    extensions.push({ protocol, offset: at, length });
    protocol = octets[at]!;
    at += length;
  }
  // An atomic fragment is a whole datagram (RFC 6946).
  const isWhole = !fragment || (fragment.offset === 0 && !fragment.more);
  return {
    family: 6,
    octets: octets.subarray(0, end),
    source: ipv6Address(view, 8),
    destination: ipv6Address(view, 24),
    trafficClass: (view.getUint16(0) >> 4) & 0xff,
    hopLimit: octets[7]!,
    dontFragment: true,
    ...(isWhole ? {} : { fragment }),
    extensions,
    protocol,
    payloadOffset: at,
    payload: octets.subarray(at, end),
  };
}

function ipv6Address(view: DataView, offset: number): bigint {
  return (view.getBigUint64(offset) << 64n) | view.getBigUint64(offset + 8);
}

/** A packet as the SPD sees it. */
export interface Classified {
  readonly packet: Packet;
  /**
   * What the packet does not show, because it is a later fragment or too short: ports, type and code, or, of an IPv6
   * fragment, even the protocol (RFC 4301 §4.4.1.1, OPAQUE).
   */
  readonly opaque: 'nothing' | 'ports' | 'protocol';
}

/** The selectors of a packet, in local/remote terms. */
export function classifyIp(ip: IpPacket, direction: Direction): Classified {
  const { family, protocol, payload } = ip;
  const [local, remote] = direction === 'outbound' ? [ip.source, ip.destination] : [ip.destination, ip.source];
  const base = { family, direction, local, remote, protocol } as const;
  if (ip.fragment && ip.fragment.offset > 0) {
    // What the datagram begins with may be one more extension header, and its protocol behind that.
    if (family === 6 && sizedExtensions.has(protocol)) return { packet: base, opaque: 'protocol' };
    return { packet: base, opaque: hasPorts(protocol) || hasTypes(protocol) ? 'ports' : 'nothing' };
  }
  if (hasPorts(protocol)) {
    if (payload.length < 4) return { packet: base, opaque: 'ports' };
    const source = (payload[0]! << 8) | payload[1]!;
    const destination = (payload[2]! << 8) | payload[3]!;
    const [localPort, remotePort] = direction === 'outbound' ? [source, destination] : [destination, source];
    return { packet: { ...base, localPort, remotePort }, opaque: 'nothing' };
  }
  if (protocol === ipProtocols.MH) {
    if (payload.length < 3) return { packet: base, opaque: 'ports' };
    return { packet: { ...base, type: payload[2]! }, opaque: 'nothing' };
  }
  if (hasTypes(protocol)) {
    if (payload.length < 2) return { packet: base, opaque: 'ports' };
    return { packet: { ...base, type: payload[0]!, code: payload[1]! }, opaque: 'nothing' };
  }
  return { packet: base, opaque: 'nothing' };
}
