/** What is known of a datagram beside its octets: the IP header that a socket does not hand over, as its control messages tell it. */
import { buildIp } from '../../../engine/ipsec/ip-build.js';
import { ipProtocols } from '../../../engine/ipsec/packet.js';
import { encapsulateInUdp } from '../../../engine/ipsec/udp-encap.js';
import { type Address, addressFromOctets, type Family } from '../../../model/address.js';
import type { Memory } from '../system/memory.js';

export interface Arrival {
  readonly family: Family;
  /** Absent for packets right on IP. */
  readonly ports?: { readonly source: number; readonly destination: number };
  readonly trafficClass: number;
  readonly hopLimit: number;
  /** Where the octets of the addresses are. */
  readonly meta: Memory;
  readonly sourceAt: number;
  readonly destinationAt: number;
}

export function sourceOf({ family, meta, sourceAt }: Arrival): Address {
  return addressFromOctets(meta.octets.subarray(sourceAt, sourceAt + (family === 4 ? 4 : 16)))!;
}

export function destinationOf({ family, meta, destinationAt }: Arrival): Address {
  return addressFromOctets(meta.octets.subarray(destinationAt, destinationAt + (family === 4 ? 4 : 16)))!;
}

/** Octets of IP and UDP headers in front of what arrived. */
export function outerLength({ family, ports }: Arrival): number {
  return (family === 4 ? 20 : 40) + (ports ? 8 : 0);
}

/** The packet as it was on the wire, as far as that is known; undefined where it would be too long for IP. */
export function outerPacket(arrival: Arrival, content: Uint8Array, protocol: number): Uint8Array | undefined {
  const { ports, trafficClass, hopLimit } = arrival;
  const header = { source: sourceOf(arrival), destination: destinationOf(arrival), trafficClass, hopLimit };
  if (!ports) return buildIp({ ...header, protocol }, content);
  const datagram = encapsulateInUdp(ports, content);
  return datagram && buildIp({ ...header, protocol: ipProtocols.UDP }, datagram);
}
