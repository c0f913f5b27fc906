/** ESP in UDP — RFC 3948: through NATs, on the ports that IKE found. */
import { unframeNatTraversal } from '../wire/framing.js';
import { type IpPacket, ipProtocols, viewOf } from './packet.js';

export interface UdpPorts {
  readonly source: number;
  readonly destination: number;
}

const udpHeaderLength = 8;

/** A UDP datagram around an ESP packet. Its checksum is zero, because the ICV protects (RFC 3948 §2.1); IPv6 wants one put in. */
export function encapsulateInUdp(ports: UdpPorts, esp: Uint8Array): Uint8Array | undefined {
  const length = udpHeaderLength + esp.length;
  if (length > 0xffff) return undefined;
  const octets = new Uint8Array(length);
  const view = viewOf(octets);
  view.setUint16(0, ports.source);
  view.setUint16(2, ports.destination);
  view.setUint16(4, length);
  octets.set(esp, udpHeaderLength);
  return octets;
}

export type UdpContent =
  | { readonly kind: 'ESP'; readonly ports: UdpPorts; readonly esp: Uint8Array }
  | { readonly kind: 'IKE'; readonly ports: UdpPorts; readonly octets: Uint8Array }
  | { readonly kind: 'keepalive'; readonly ports: UdpPorts }
  /** For the port, and nothing that may be there. */
  | { readonly kind: 'malformed' }
  /** A datagram of something else, or none at all. */
  | { readonly kind: 'other' };

/** What a packet holds for the IKE ports; the checksum is not looked at (RFC 3948 §2.1). Never throws. */
export function udpContent(ip: IpPacket, ikePort: number, natTraversalPort: number): UdpContent {
  const { payload } = ip;
  if (ip.protocol !== ipProtocols.UDP || ip.fragment || payload.length < udpHeaderLength) return { kind: 'other' };
  const view = viewOf(payload);
  const ports = { source: view.getUint16(0), destination: view.getUint16(2) };
  const length = view.getUint16(4);
  if (length < udpHeaderLength || length > payload.length) return { kind: 'other' };
  const octets = payload.subarray(udpHeaderLength, length);
  if (ports.destination === ikePort) return { kind: 'IKE', ports, octets };
  if (ports.destination !== natTraversalPort) return { kind: 'other' };
  const content = unframeNatTraversal(octets);
  if (content.kind === 'ESP' && ports.source === ikePort) return { kind: 'IKE', ports, octets };
  switch (content.kind) {
    case 'ESP':
      return { kind: 'ESP', ports, esp: content.octets };
    case 'IKE':
      return { kind: 'IKE', ports, octets: content.octets };
    case 'keepalive':
      return { kind: 'keepalive', ports };
    case 'other':
      return { kind: 'malformed' };
  }
}
