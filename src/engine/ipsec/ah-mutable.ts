/**
 * What AH does not protect — RFC 4302 §3.3.3.1 and appendix A: fields that routers change are zero when the ICV is computed,
 * fields that they change in a way that the sender can foresee have the value that they will have at the receiver.
 */
import { type IpPacket, ipProtocols, ipv4HeaderMin, viewOf } from './packet.js';

/**
 * IPv4 options that stay as they are on the way (appendix A1): end of list, no operation, Security, Extended Security, Commercial
 * Security, Router Alert, Sender Directed Multi-Destination Delivery. All others count as mutable and are zeroed whole.
 */
export const immutableIpv4Options: ReadonlySet<number> = new Set([0, 1, 130, 133, 134, 148, 149]);

const endOfList = 0;
const noOperation = 1;
/** Loose and strict source routes, whose last address is where the packet will arrive. */
const sourceRoutes: ReadonlySet<number> = new Set([131, 137]);
/** IPv6 options with this bit may change on the way (RFC 8200 §4.2). */
const mutableOptionBit = 0x20;

/**
 * A copy of the packet with every mutable field zeroed from its beginning to `end`, where AH begins. Undefined where options
 * or a routing header contradict themselves, so that nobody can say what they cover.
 */
export function withoutMutableFields(ip: IpPacket, end: number): Uint8Array | undefined {
  const octets = ip.octets.slice();
  const isClear = ip.family === 4 ? clearIpv4(octets, end) : clearIpv6(ip, octets, end);
  return isClear ? octets : undefined;
}

function clearIpv4(octets: Uint8Array, end: number): boolean {
  const view = viewOf(octets);
  octets[1] = 0; // DSCP and ECN
  view.setUint16(6, 0); // flags, DF too, and fragment offset
  octets[8] = 0; // TTL
  view.setUint16(10, 0); // header checksum
  let at = ipv4HeaderMin;
  while (at < end) {
    const kind = octets[at]!;
    if (kind === endOfList) return true;
    if (kind === noOperation) {
      at += 1;
      continue;
    }
    const length = at + 1 < end ? octets[at + 1]! : 0;
    if (length < 2 || at + length > end) return false;
    if (sourceRoutes.has(kind)) routeIpv4(octets, at, length);
    if (!immutableIpv4Options.has(kind)) octets.fill(0, at, at + length);
    at += length;
  }
  return true;
}

/** Puts the final destination of a source route that is not used up into the header (RFC 791 §3.1, appendix A1). */
function routeIpv4(octets: Uint8Array, at: number, length: number): void {
  const pointer = octets[at + 2] ?? 0;
  if (length >= 7 && pointer >= 4 && pointer <= length - 3) octets.copyWithin(16, at + length - 4, at + length);
}

function clearIpv6(ip: IpPacket, octets: Uint8Array, end: number): boolean {
  // Traffic class and flow label; the version stays. Hop limit.
  octets[0] = 0x60;
  octets.fill(0, 1, 4);
  octets[7] = 0;
  for (const { protocol, offset, length } of ip.extensions) {
    if (offset >= end) break;
    const header = octets.subarray(offset, offset + length);
    if (protocol === ipProtocols.HOP_BY_HOP || protocol === ipProtocols.DESTINATION_OPTIONS) {
      if (!clearOptions(header)) return false;
    } else if (protocol === ipProtocols.ROUTING && !arriveAtEnd(octets, header)) return false;
  }
  return true;
}

/** Zeroes the data of options that may change; type and length count (RFC 4302 §3.3.3.1.2.2). */
function clearOptions(header: Uint8Array): boolean {
  let at = 2;
  while (at < header.length) {
    const type = header[at]!;
    if (type === 0) {
      at += 1; // Pad1 has no length.
      continue;
    }
    if (at + 1 >= header.length) return false;
    const next = at + 2 + header[at + 1]!;
    if (next > header.length) return false;
    if (type & mutableOptionBit) header.fill(0, at + 2, next);
    at = next;
  }
  return true;
}

/**
 * Brings a routing header of type 0 or 2 into the state in which it arrives: no segments left, the destination the last
 * address, the others moved along (RFC 4302 §3.3.3.1.2.1). Others do not change in a way that is known.
 */
function arriveAtEnd(octets: Uint8Array, header: Uint8Array): boolean {
  const segmentsLeft = header[3]!;
  if (segmentsLeft === 0) return true;
  if (header[2] !== 0 && header[2] !== 2) return false;
  const count = (header.length - 8) / 16;
  if (!Number.isInteger(count) || segmentsLeft > count) return false;
  const addressAt = (index: number) => 8 + 16 * index;
  const first = count - segmentsLeft;
  const destination = octets.slice(24, 40);
  octets.set(header.subarray(addressAt(count - 1), addressAt(count)), 24);
  header.copyWithin(addressAt(first + 1), addressAt(first), addressAt(count - 1));
  header.set(destination, addressAt(first));
  header[3] = 0;
  return true;
}
