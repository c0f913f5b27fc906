/** Traffic that IPsec itself and the network need, which policies make exceptions for. */
import { protocolNumbers } from '../model/packet.js';
import type { Box, Interval, Region } from '../model/selector/box.js';

/** UDP ports of IKE: without and with NAT traversal (RFC 7296 §2). */
export const ikePorts: readonly number[] = [500, 4500];
/** UDP ports of DHCP (RFC 2131 §4.1) and DHCPv6 (RFC 8415 §7.2). */
const dhcpPorts: readonly number[] = [67, 68, 546, 547];

const { ICMP, IGMP, UDP, ESP, AH, ICMPV6 } = protocolNumbers;
const supporting: readonly number[] = [ICMP, IGMP, ESP, AH, ICMPV6];

/** Does a region hold nothing but ICMP, IKE, ESP, AH, DHCP and the like? */
export function isInfrastructure(region: Region): boolean {
  return region.every(({ protocol, x, y }) => {
    if (protocol.lo !== protocol.hi) return false;
    return supporting.includes(protocol.lo) || (protocol.lo === UDP && (isHelper(x) || isHelper(y)));
  });
}

function isHelper(ports: Interval): boolean {
  const all = [...ikePorts, ...dhcpPorts];
  return ports.hi - ports.lo < all.length && all.includes(ports.lo) && all.includes(ports.hi);
}

/** The part of a box that is one protocol between two ports. */
export function portsOf(box: Box, protocol: number, localPort: number, remotePort: number): Box | undefined {
  const within = ({ lo, hi }: Interval, value: number) => lo <= value && value <= hi;
  if (!within(box.protocol, protocol) || !within(box.x, localPort) || !within(box.y, remotePort)) return undefined;
  return {
    ...box,
    protocol: { lo: protocol, hi: protocol },
    x: { lo: localPort, hi: localPort },
    y: { lo: remotePort, hi: remotePort },
  };
}
