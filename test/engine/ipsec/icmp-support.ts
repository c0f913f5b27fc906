/** ICMP errors for the tests of this folder. */
import { buildIp, internetChecksum, upperChecksum } from '../../../src/engine/ipsec/ip-build.js';
import { address, ipOf } from './support.js';

export interface ErrorOptions {
  /** 3 and 1, Destination Unreachable, when absent. */
  readonly type?: number;
  readonly code?: number;
  readonly mtu?: number;
  /** Octets that are quoted; all when absent. */
  readonly quotes?: number;
  readonly hopLimit?: number;
}

/** An ICMP error about a packet. */
export function icmpError(from: string, to: string, about: Uint8Array, options: ErrorOptions = {}): Uint8Array {
  const [source, destination] = [address(from), address(to)];
  const isV4 = source.family === 4;
  const { type = isV4 ? 3 : 1, code = 1, mtu = 0, quotes = about.length, hopLimit = 64 } = options;
  const icmp = new Uint8Array(8 + quotes);
  icmp.set([type, code]);
  new DataView(icmp.buffer).setUint32(4, mtu);
  icmp.set(about.subarray(0, quotes), 8);
  const octets = buildIp({ source, destination, protocol: isV4 ? 1 : 58, hopLimit, identification: 7 }, icmp)!;
  const ip = ipOf(octets);
  const checksum = isV4 ? internetChecksum(ip.payload) : upperChecksum(ip, ip.payload);
  new DataView(octets.buffer).setUint16(ip.payloadOffset + 2, checksum);
  return octets;
}
