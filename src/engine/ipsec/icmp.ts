/**
 * ICMP errors as the data path reads them — RFC 792, RFC 4443: which messages they are, and the packet that they are about, of which they
 * quote the beginning. What policy makes of them is in icmp-errors.ts.
 */
import type { AddressValue } from '../../model/address.js';
import { type Direction, protocolNumbers } from '../../model/packet.js';
import { internetChecksum, upperChecksum } from './ip-build.js';
import {
  type Classified,
  classifyIp,
  type IpPacket,
  ipv4HeaderMin,
  ipv6HeaderLength,
  isIpFault,
  parseIp,
  viewOf,
} from './packet.js';

export const icmpTypes = {
  DESTINATION_UNREACHABLE: 3,
  SOURCE_QUENCH: 4,
  REDIRECT: 5,
  TIME_EXCEEDED: 11,
  PARAMETER_PROBLEM: 12,
} as const;
/** The code of Destination Unreachable that tells a path MTU (RFC 1191 §4). */
export const fragmentationNeeded = 4;
export const icmpv6PacketTooBig = 2;

/** What stands in front of the quoted packet. */
const icmpHeaderLength = 8;
const icmpErrorTypes: ReadonlySet<number> = new Set(Object.values(icmpTypes));
/** ICMPv6 types from here on are no errors (RFC 4443 §2.1). */
const icmpv6Informational = 128;

/** Is a message of an upper protocol an ICMP error, which quotes a packet? */
export function isIcmpError(protocol: number, type: number): boolean {
  if (protocol === protocolNumbers.ICMP) return icmpErrorTypes.has(type);
  return protocol === protocolNumbers.ICMPV6 && type < icmpv6Informational;
}

export interface IcmpError {
  readonly type: number;
  readonly code: number;
  /** Of Fragmentation Needed and Packet Too Big: octets that the next link takes; 0 from routers older than RFC 1191. */
  readonly mtu?: number;
  /** The packet that it is about, as much of it as is quoted. Absent where that is no packet. */
  readonly quoted?: IpPacket;
  /** Octets of that packet before it was cut, as its header tells. */
  readonly quotedLength: number;
}

/** The ICMP error that a packet is; undefined for all others, for later fragments, and for errors that quote nothing. */
export function icmpErrorOf({ protocol, payload, family, fragment }: IpPacket): IcmpError | undefined {
  const ofFamily = family === 4 ? protocolNumbers.ICMP : protocolNumbers.ICMPV6;
  if (protocol !== ofFamily || payload.length <= icmpHeaderLength || !isIcmpError(protocol, payload[0]!))
    return undefined;
  if (fragment && fragment.offset > 0) return undefined;
  const [type, code] = [payload[0]!, payload[1]!];
  const view = viewOf(payload);
  const tellsMtu =
    family === 4
      ? type === icmpTypes.DESTINATION_UNREACHABLE && code === fragmentationNeeded
      : type === icmpv6PacketTooBig;
  const mtu = family === 4 ? view.getUint16(6) : view.getUint32(4);
  return { type, code, ...(tellsMtu ? { mtu } : {}), ...readQuoted(payload.subarray(icmpHeaderLength), family) };
}

/** A packet that was cut, read as if it had been that short. */
function readQuoted(octets: Uint8Array, family: 4 | 6): Pick<IcmpError, 'quoted' | 'quotedLength'> {
  const headerLength = family === 4 ? ipv4HeaderMin : ipv6HeaderLength;
  if (octets.length < headerLength || octets[0]! >> 4 !== family) return { quotedLength: 0 };
  const view = viewOf(octets);
  const quotedLength = family === 4 ? view.getUint16(2) : ipv6HeaderLength + view.getUint16(4);
  let there = octets;
  if (quotedLength > octets.length) {
    there = octets.slice();
    if (family === 4) viewOf(there).setUint16(2, octets.length);
    else viewOf(there).setUint16(4, octets.length - ipv6HeaderLength);
  }
  const quoted = parseIp(there);
  return isIpFault(quoted) ? { quotedLength } : { quotedLength, quoted };
}

/** Was the error, the payload of `ip`, left as its sender made it? */
export function hasRightChecksum(ip: IpPacket): boolean {
  return (ip.family === 4 ? internetChecksum(ip.payload) : upperChecksum(ip, ip.payload)) === 0;
}

/** Errors go to the source of what they are about, and nowhere else (RFC 792, RFC 4443 §2.2): otherwise it is a forgery. */
export function isAddressedRight(destination: AddressValue, { quoted }: IcmpError): boolean {
  return quoted?.source === destination;
}

/** The message that answers one, where there is one: what it quotes went the other way. */
const answers: Readonly<Record<number, Readonly<Record<number, number>>>> = {
  [protocolNumbers.ICMP]: { 0: 8, 8: 0, 13: 14, 14: 13, 15: 16, 16: 15, 17: 18, 18: 17 },
  [protocolNumbers.ICMPV6]: { 128: 129, 129: 128, 144: 145, 145: 144, 146: 147, 147: 146 },
};

/**
 * The packet that would answer the quoted one, as far as selectors can ask: addresses and ports are exchanged (RFC 4301 §6.2), echo requests
 * become replies. It goes the way that the error goes, `direction`. Undefined where the quote does not tell, and for errors about errors.
 */
export function returnTraffic({ quoted }: IcmpError, direction: Direction): Classified | undefined {
  if (!quoted) return undefined;
  const { packet, opaque } = classifyIp(quoted, direction === 'outbound' ? 'inbound' : 'outbound');
  const { protocol, type } = packet;
  if (type === undefined) return { packet: { ...packet, direction }, opaque };
  if (isIcmpError(protocol, type)) return undefined;
  return { packet: { ...packet, direction, type: answers[protocol]?.[type] ?? type }, opaque };
}
