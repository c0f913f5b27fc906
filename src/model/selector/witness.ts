/** Packets as points of selector space: which box a packet is in, and a natural-looking packet of a box. */
import { type AddressValue, type Family, firstAddress, lastAddress, next, previous } from '../address.js';
import { hasPorts, hasTypes, type Packet, protocolNumbers } from '../packet.js';
import type { Box, Interval } from './box.js';

/** A packet's coordinates in selector space. */
export interface PacketPoint {
  readonly family: Family;
  /** 0 outbound, 1 inbound. */
  readonly direction: 0 | 1;
  readonly local: AddressValue;
  readonly remote: AddressValue;
  readonly protocol: number;
  /** Local port, or type·256 + code, or 0. */
  readonly x: number;
  /** Remote port, or 0. */
  readonly y: number;
}

const hasNothing = 0;
const portsGiven = 1;
const typesGiven = 2;
/** What x and y are, by protocol: a look-up per packet must not cost more than a load. */
const meanings = Uint8Array.from({ length: 256 }, (_, protocol) =>
  hasPorts(protocol) ? portsGiven : hasTypes(protocol) ? typesGiven : hasNothing,
);

/** A packet's x (see `Box`): 0 where it does not tell, or its protocol has none. */
export function packetX(packet: Packet): number {
  switch (meanings[packet.protocol]) {
    case portsGiven:
      return packet.localPort ?? 0;
    case typesGiven:
      return (packet.type ?? 0) * 256 + (packet.code ?? 0);
    default:
      return 0;
  }
}

/** A packet's y (see `Box`): 0 where it does not tell, or its protocol has none. */
export function packetY(packet: Packet): number {
  return meanings[packet.protocol] === portsGiven ? (packet.remotePort ?? 0) : 0;
}

/** A packet's coordinates. Ports, type and code that the packet does not tell count as 0; those it cannot have are ignored. */
export function packetPoint(packet: Packet): PacketPoint {
  const { family, local, remote, protocol } = packet;
  const direction = packet.direction === 'outbound' ? 0 : 1;
  return { family, direction, local, remote, protocol, x: packetX(packet), y: packetY(packet) };
}

/** The packet at a point; the inverse of `packetPoint`. */
export function packetAt(point: PacketPoint): Packet {
  const { family, local, remote, protocol, x, y } = point;
  const base = { family, direction: point.direction === 0 ? 'outbound' : 'inbound', local, remote, protocol } as const;
  if (hasPorts(protocol)) return { ...base, localPort: x, remotePort: y };
  if (hasTypes(protocol)) return { ...base, type: Math.floor(x / 256), code: x % 256 };
  return base;
}

/** Is a packet in a box? */
export function contains(box: Box, packet: Packet): boolean {
  const point = packetPoint(packet);
  return (
    box.family === point.family &&
    inside(box.direction, point.direction) &&
    inside(box.local, point.local) &&
    inside(box.remote, point.remote) &&
    inside(box.protocol, point.protocol) &&
    inside(box.x, point.x) &&
    inside(box.y, point.y)
  );
}

function inside<T extends AddressValue>({ lo, hi }: Interval<T>, value: T): boolean {
  return lo <= value && value <= hi;
}

/** Where a client's ports begin (RFC 6335 §6). */
export const ephemeralPort = 49152;
export const servicePorts: ReadonlyMap<number, readonly number[]> = new Map([
  [protocolNumbers.TCP, [443, 80, 22, 23, 25]],
  [protocolNumbers.UDP, [53, 123, 161, 514]],
]);

/** Addresses that a reader takes for examples (RFC 5737, RFC 1918, RFC 3849, RFC 4193), tried where a range is wide. */
export const familiarAddresses = {
  4: {
    local: [0xc0000201, 0x0a000001, 0xac100001, 0xc0a80001, 0x01000001],
    remote: [0xc6336401, 0xcb007101, 0x0a000001, 0xac100001, 0xc0a80001, 0x01000001],
  },
  6: {
    local: [(0x20010db8n << 96n) | 1n, (0xfd00n << 112n) | 1n, (0x2000n << 112n) | 1n],
    remote: [(0x20010db8n << 96n) | (1n << 64n) | 1n, (0xfd00n << 112n) | 1n, (0x2000n << 112n) | 1n],
  },
} as const;

/**
 * A packet of a box, with values that look natural where the box leaves a choice: TCP before UDP before ICMP, an
 * ephemeral port on the client's side and a service's on the other, a host's address rather than a network's.
 * The box must be proper (`isProper`); the packet is always in it.
 */
export function witnessPacket(box: Box): Packet {
  const { family } = box;
  const protocol = chooseProtocol(box);
  const local = chooseAddress(family, box.local, familiarAddresses[family].local);
  let remote = chooseAddress(family, box.remote, familiarAddresses[family].remote);
  // A packet to oneself would puzzle the reader.
  if (remote === local && remote < box.remote.hi) remote = next(remote);
  else if (remote === local && remote > box.remote.lo) remote = previous(remote);
  const direction = box.direction.lo === 0 ? 'outbound' : 'inbound';
  const base = { family, direction, local, remote, protocol } as const;
  if (hasPorts(protocol)) {
    const services = servicePorts.get(protocol) ?? [];
    // With the service on our side the other end is the client, as in an answer to 'telnet comes in'.
    const weServe = !inside(box.x, ephemeralPort) && inside(box.y, ephemeralPort);
    return {
      ...base,
      localPort: choosePort(box.x, weServe ? services : [ephemeralPort, ...services]),
      remotePort: choosePort(box.y, weServe ? [ephemeralPort, ...services] : services),
    };
  }
  if (hasTypes(protocol)) {
    const echoRequest = protocol === protocolNumbers.ICMP ? 8 : 128;
    const x = protocol !== protocolNumbers.MH && inside(box.x, echoRequest * 256) ? echoRequest * 256 : box.x.lo;
    return { ...base, type: Math.floor(x / 256), code: x % 256 };
  }
  return base;
}

function chooseProtocol({ family, protocol }: Box): number {
  const { TCP, UDP, ICMP, ICMPV6 } = protocolNumbers;
  return [TCP, UDP, family === 4 ? ICMP : ICMPV6].find((candidate) => inside(protocol, candidate)) ?? protocol.lo;
}

function choosePort(interval: Interval, preferred: readonly number[]): number {
  const port = preferred.find((candidate) => inside(interval, candidate));
  if (port !== undefined) return port;
  // Port 0 is reserved: take it only when there is no other.
  return interval.lo === 0 && interval.hi > 0 ? 1 : interval.lo;
}

function chooseAddress(
  family: Family,
  interval: Interval<AddressValue>,
  preferred: readonly AddressValue[],
): AddressValue {
  const { lo, hi } = interval;
  if (lo === hi) return lo;
  if (lo === firstAddress(family) || hi === lastAddress(family)) {
    const address = preferred.find((candidate) => inside(interval, candidate));
    if (address !== undefined) return address;
  }
  const looksLikeNetwork = typeof lo === 'bigint' ? BigInt.asUintN(32, lo) === 0n : lo % 256 === 0;
  return looksLikeNetwork ? next(lo) : lo;
}
