/** Tunnel headers — RFC 4301 §5.1.2 and §8.1, RFC 6040: what the outer header has of the inner one, and the other way round. */
import type { Address } from '../../model/address.js';
import { type IpHeader, withTrafficClass } from './ip-build.js';
import { type IpPacket, ipProtocols, isIpFault, parseIp } from './packet.js';
import type { TunnelOptions } from './sa.js';

/** The values of the ECN field (RFC 3168 §5). */
export const ecn = { NOT_ECT: 0, ECT_1: 1, ECT_0: 2, CE: 3 } as const;

/** The protocol number of a packet inside of another. */
export function innerProtocol(ip: IpPacket): number {
  return ip.family === 4 ? ipProtocols.IPV4 : ipProtocols.IPV6;
}

/** The outer header for a packet, but for its protocol. ECN is copied (RFC 6040 §4.1, normal mode). */
export function outerHeader(
  inner: IpPacket,
  source: Address,
  destination: Address,
  { dscp, dontFragment, hopLimit }: TunnelOptions,
  identification: number,
): Omit<IpHeader, 'protocol'> {
  const outerDscp = dscp === 'copy' ? inner.trafficClass & 0xfc : dscp << 2;
  return {
    source,
    destination,
    trafficClass: outerDscp | (inner.trafficClass & 3),
    hopLimit,
    dontFragment: dontFragment === 'copy' ? inner.dontFragment : dontFragment === 'set',
    identification,
  };
}

/**
 * The ECN field that a packet leaves the tunnel with (RFC 6040 §4.2, figure 4); undefined where it must be dropped: its
 * sender does not understand ECN, and a router reported congestion.
 */
export function leavingEcn(inner: number, outer: number): number | undefined {
  if (outer === ecn.CE) return inner === ecn.NOT_ECT ? undefined : ecn.CE;
  if (outer === ecn.ECT_1 && inner === ecn.ECT_0) return ecn.ECT_1;
  return inner;
}

export type Decapsulated =
  | { readonly kind: 'packet'; readonly ip: IpPacket }
  | { readonly kind: 'refused'; readonly reason: 'malformed' | 'ecn'; readonly why: string };

/** The packet inside a tunnel's payload, TFC padding taken off; its DSCP stays as it is (RFC 4301 §5.1.2.1). */
export function decapsulate(outer: IpPacket, nextHeader: number, payload: Uint8Array): Decapsulated {
  if (nextHeader !== ipProtocols.IPV4 && nextHeader !== ipProtocols.IPV6) {
    return {
      kind: 'refused',
      reason: 'malformed',
      why: `protocol ${nextHeader} in a tunnel, which carries IP packets`,
    };
  }
  const inner = parseIp(payload);
  if (isIpFault(inner)) return { kind: 'refused', reason: 'malformed', why: `in the tunnel: ${inner.why}` };
  if (innerProtocol(inner) !== nextHeader) {
    return {
      kind: 'refused',
      reason: 'malformed',
      why: `an IPv${inner.family} packet announced as protocol ${nextHeader}`,
    };
  }
  const field = leavingEcn(inner.trafficClass & 3, outer.trafficClass & 3);
  if (field === undefined)
    return { kind: 'refused', reason: 'ecn', why: 'congestion on the way of a sender without ECN' };
  const octets = withTrafficClass(inner, (inner.trafficClass & 0xfc) | field);
  return { kind: 'packet', ip: octets === inner.octets ? inner : (parseIp(octets) as IpPacket) };
}
