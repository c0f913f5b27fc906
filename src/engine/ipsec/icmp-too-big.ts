/** ICMP errors for packets that are too long once they are protected — RFC 792, RFC 1191 §4, RFC 4443 §3.2, RFC 4301 §8.2. */

import { addressScope } from '../../model/address.js';
import { protocolNumbers } from '../../model/packet.js';
import { fragmentationNeeded, icmpTypes, icmpv6PacketTooBig, isIcmpError } from './icmp.js';
import { buildIp, internetChecksum, upperChecksum } from './ip-build.js';
import { classifyIp, isIpFault, parseIp, viewOf } from './packet.js';

/** Octets of the packet that an error for IPv4 quotes: as many as fit into 576 (RFC 1812 §4.3.2.3). */
const quotedV4Max = 576 - 20 - 8;
/** For IPv6: as many as fit into its least MTU (RFC 4443 §2.4 c). */
const quotedV6Max = 1280 - 40 - 8;
/** The least path MTU (RFC 791 §3.2, RFC 8200 §5): less cannot be told. */
const mtuMin = { 4: 68, 6: 1280 } as const;

/**
 * Destination Unreachable with Fragmentation Needed, or Packet Too Big, as if it came from where the packet was going: an answer from an
 * address of our own would look forged to the host's reverse path check. Undefined where none may be sent (RFC 1122 §3.2.2, RFC 4443 §2.4 e).
 */
export function tooBigError(packet: Uint8Array, mtu: number): Uint8Array | undefined {
  const ip = parseIp(packet);
  if (isIpFault(ip) || (ip.fragment && ip.fragment.offset > 0)) return undefined;
  const { family } = ip;
  const { type } = classifyIp(ip, 'outbound').packet;
  if (type !== undefined && isIcmpError(ip.protocol, type)) return undefined;
  const source = { family, value: ip.destination };
  const destination = { family, value: ip.source };
  if (addressScope(source) !== 'unicast' || addressScope(destination) !== 'unicast') return undefined;
  const told = Math.max(mtu, mtuMin[family]);
  const quoted = ip.octets.subarray(0, family === 4 ? quotedV4Max : quotedV6Max);
  const icmp = new Uint8Array(8 + quoted.length);
  icmp.set(quoted, 8);
  const view = viewOf(icmp);
  if (family === 4) {
    icmp[0] = icmpTypes.DESTINATION_UNREACHABLE;
    icmp[1] = fragmentationNeeded;
    view.setUint16(6, told);
    view.setUint16(2, internetChecksum(icmp));
    return buildIp({ source, destination, protocol: protocolNumbers.ICMP }, icmp);
  }
  icmp[0] = icmpv6PacketTooBig;
  view.setUint32(4, told);
  const made = buildIp({ source, destination, protocol: protocolNumbers.ICMPV6 }, icmp);
  const whole = made && parseIp(made);
  if (!made || !whole || isIpFault(whole)) return undefined;
  viewOf(made).setUint16(whole.payloadOffset + 2, upperChecksum(whole, whole.payload));
  return made;
}
