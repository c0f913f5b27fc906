/**
 * One packet as the SPD sees it (RFC 4301 §4.4.1.1), always in local/remote terms: an inbound packet's source is
 * `remote`. So an SPD entry is written once and holds for both directions.
 */
import { type AddressValue, type Family, formatAddress } from './address.js';

export type Direction = 'outbound' | 'inbound';

/** IANA protocol numbers that have selectors of their own. */
export const protocolNumbers = { ICMP: 1, IGMP: 2, TCP: 6, UDP: 17, ESP: 50, AH: 51, ICMPV6: 58, MH: 135 } as const;

/** Protocols whose headers begin with source and destination ports: TCP, UDP, DCCP, SCTP, UDP-Lite. */
const portProtocols: ReadonlySet<number> = new Set([6, 17, 33, 132, 136]);
/** Protocols whose selector is a type (and code): ICMP, ICMPv6, Mobility Header. */
const typeProtocols: ReadonlySet<number> = new Set([1, 58, 135]);

/** Does a protocol carry ports? */
export function hasPorts(protocol: number): boolean {
  return portProtocols.has(protocol);
}

/** Does a protocol carry a message type as its selector? */
export function hasTypes(protocol: number): boolean {
  return typeProtocols.has(protocol);
}

export interface Packet {
  readonly family: Family;
  readonly direction: Direction;
  readonly local: AddressValue;
  readonly remote: AddressValue;
  /** 0..255 */
  readonly protocol: number;
  /** 0..65535, for protocols with ports. */
  readonly localPort?: number;
  readonly remotePort?: number;
  /** 0..255, for ICMP, ICMPv6 and MH; the code is 0 where it is not given. */
  readonly type?: number;
  readonly code?: number;
}

const protocolNames = new Map<number, string>(Object.entries(protocolNumbers).map(([name, number]) => [number, name]));

/** `TCP`, `ICMPV6`, or the number where there is no common name. */
export function formatProtocol(protocol: number): string {
  return protocolNames.get(protocol) ?? `protocol ${protocol}`;
}

/** `outbound TCP 10.0.0.1:4000 > 10.0.0.2:23`: source first, so an inbound packet begins with the remote end. */
export function formatPacket(packet: Packet): string {
  const local = endpoint(packet.family, packet.local, packet.localPort);
  const remote = endpoint(packet.family, packet.remote, packet.remotePort);
  const [from, to] = packet.direction === 'outbound' ? [local, remote] : [remote, local];
  const type = packet.type === undefined ? '' : ` type ${packet.type}${packet.code ? ` code ${packet.code}` : ''}`;
  return `${packet.direction} ${formatProtocol(packet.protocol)} ${from} > ${to}${type}`;
}

function endpoint(family: Family, address: AddressValue, port: number | undefined): string {
  const text = formatAddress(family, address);
  if (port === undefined) return text;
  return family === 6 ? `[${text}]:${port}` : `${text}:${port}`;
}
