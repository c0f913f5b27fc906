/** UDP datagrams for IKE as a sender builds them — RFC 768, with the checksum that RFC 8200 §8.1 asks for. */

import type { Endpoint } from '../input.js';
import { buildIp, withUpperChecksum } from '../ipsec/ip-build.js';
import { ipProtocols, isIpFault, parseIp, viewOf } from '../ipsec/packet.js';

const headerLength = 8;

/** An IP packet with a UDP datagram in it; undefined where it would be too long for UDP. */
export function udpPacket(
  from: Endpoint,
  to: Endpoint,
  contents: Uint8Array,
  identification: number,
): Uint8Array | undefined {
  const length = headerLength + contents.length;
  if (length > 0xffff) return undefined;
  const datagram = new Uint8Array(length);
  const view = viewOf(datagram);
  view.setUint16(0, from.port);
  view.setUint16(2, to.port);
  view.setUint16(4, length);
  // Not zero, which would mean that there is none and that none is wanted.
  view.setUint16(6, 1);
  datagram.set(contents, headerLength);
  const header = { source: from.address, destination: to.address, protocol: ipProtocols.UDP, identification };
  const octets = buildIp(header, datagram);
  const ip = octets && parseIp(octets);
  return ip && !isIpFault(ip) ? withUpperChecksum(ip) : undefined;
}
