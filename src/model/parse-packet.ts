/** Packets as people write them: `tcp 10.0.0.1:4000 > 10.0.0.2:23`, `icmp 10.0.0.1 > 10.0.0.2 type 8`. */
import { type Address, parseAddress } from './address.js';
import { protocolRows, serviceRows } from './language/values.js';
import { type Direction, hasPorts, hasTypes, type Packet } from './packet.js';

export interface PacketText {
  /** Protocol by name or number. */
  readonly protocol: string;
  /** `address`, `address:port`, `[v6]:port`. */
  readonly source: string;
  readonly destination: string;
  readonly direction: Direction;
  /** `type` or `type/code`. */
  readonly type?: string;
}

/** A packet from its parts, source and destination as on the wire; what is wrong is told in words. */
export function packetOf(text: PacketText): Packet | { readonly error: string } {
  const protocol = protocolOf(text.protocol);
  if (protocol === undefined)
    return { error: `'${text.protocol}' is not a protocol: give tcp, udp, icmp, icmpv6 or a number from 0 to 255` };
  const source = endpointOf(text.source);
  const destination = endpointOf(text.destination);
  if (!source) return { error: `'${text.source}' is not an address or address:port` };
  if (!destination) return { error: `'${text.destination}' is not an address or address:port` };
  if (source.address.family !== destination.address.family)
    return { error: 'source and destination are of different address families' };
  if (!hasPorts(protocol) && (source.port !== undefined || destination.port !== undefined))
    return { error: `${text.protocol} has no ports` };
  const [local, remote] = text.direction === 'outbound' ? [source, destination] : [destination, source];
  const base = {
    family: local.address.family,
    direction: text.direction,
    local: local.address.value,
    remote: remote.address.value,
    protocol,
  };
  if (hasPorts(protocol)) return { ...base, localPort: local.port ?? 0, remotePort: remote.port ?? 0 };
  if (text.type === undefined)
    return hasTypes(protocol) ? { ...base, type: protocol === 58 ? 128 : protocol === 1 ? 8 : 0 } : base;
  if (!hasTypes(protocol)) return { error: `${text.protocol} has no message types` };
  const type = /^(\d{1,3})(?:\/(\d{1,3}))?$/.exec(text.type);
  if (!type || Number(type[1]) > 255 || Number(type[2] ?? 0) > 255)
    return { error: `'${text.type}' is not a message type: give TYPE or TYPE/CODE` };
  return { ...base, type: Number(type[1]), ...(type[2] === undefined ? {} : { code: Number(type[2]) }) };
}

/** Reads `PROTOCOL SOURCE > DESTINATION [type T[/C]]`. */
export function parsePacket(text: string, direction: Direction): Packet | { readonly error: string } {
  const match = /^\s*(?:(out|in)(?:bound)?\s+)?(\S+)\s+(\S+)\s*(?:>|->|to)\s*(\S+)(?:\s+type\s+(\S+))?\s*$/i.exec(text);
  if (!match) return { error: `'${text}' is not a packet: write it as "tcp 10.0.0.1:4000 > 10.0.0.2:23"` };
  const [, stated, protocol = '', source = '', destination = '', type] = match;
  const way = stated === undefined ? direction : stated.toLowerCase() === 'in' ? 'inbound' : 'outbound';
  return packetOf({ protocol, source, destination, direction: way, ...(type ? { type } : {}) });
}

function protocolOf(text: string): number | undefined {
  if (/^\d{1,3}$/.test(text)) return Number(text) <= 255 ? Number(text) : undefined;
  const upper = text.toUpperCase().replace(/^IPV6-ICMP$/, 'ICMPV6');
  const row = protocolRows.find((candidate) => candidate.word === upper);
  return row && row.number !== 0 ? row.number : { ESP: 50, AH: 51 }[upper];
}

function endpointOf(text: string): { address: Address; port?: number } | undefined {
  const bracketed = /^\[([^\]]+)\](?::(\S+))?$/.exec(text);
  if (bracketed) return withPort(parseAddress(bracketed[1] ?? ''), bracketed[2]);
  const whole = parseAddress(text);
  if (whole) return { address: whole };
  const colon = text.lastIndexOf(':');
  return colon === -1 ? undefined : withPort(parseAddress(text.slice(0, colon)), text.slice(colon + 1));
}

function withPort(
  address: Address | undefined,
  port: string | undefined,
): { address: Address; port?: number } | undefined {
  if (!address) return undefined;
  if (port === undefined) return { address };
  const service = serviceRows.find((row) => row.word === port.toUpperCase());
  if (service) return { address, port: service.port };
  return /^\d{1,5}$/.test(port) && Number(port) <= 65535 ? { address, port: Number(port) } : undefined;
}
