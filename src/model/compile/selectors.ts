/**
 * The packets that a record selects, as boxes (hpux-ipsec reference 4 and 8.6).
 *
 * ICMPv6 needs care: a policy without a type covers four types only, the product lets neighbour discovery and error messages
 * pass whatever the policies say, unless one names their type.
 */
import type { AddressRange } from '../address.js';
import { exact } from '../exact.js';
import { hasPorts, protocolNumbers } from '../packet.js';
import type { AddressSpec, GatewayRecord, HostRecord, MessageTypes, TunnelRecord } from '../record/policy.js';
import { anyDirection, anyPort, anyProtocol, type Box, type Interval, type Region } from '../selector/box.js';

/** ICMPv6 types that a policy without a type covers: echo request and reply, mobile prefix solicitation and advertisement. */
export const icmpv6CoveredTypes: readonly number[] = [128, 129, 146, 147];

/**
 * ICMPv6 types that always pass unless a policy names them: destination unreachable, packet too big, time exceeded,
 * parameter problem, router and neighbour solicitation and advertisement, redirect, router renumbering (G0302 p.164).
 */
export const icmpv6PassedTypes: readonly number[] = [1, 2, 3, 4, 133, 134, 135, 136, 137, 138];

interface ProtocolPart {
  readonly direction: Interval;
  readonly protocol: Interval;
  readonly x: Interval;
}

/** The region of a host, tunnel or gateway record. Pairs of addresses of different families select nothing. */
export function selectorsOf(record: HostRecord | TunnelRecord | GatewayRecord): Region {
  const boxes: Box[] = [];
  for (const source of record.sources) {
    for (const destination of record.destinations) {
      if (source.value.range.family !== destination.value.range.family) continue;
      addBoxes(boxes, record, source.value, destination.value);
    }
  }
  // Gateway policies are not mirrored (G0200 p.226).
  if (record.kind !== 'gateway') return exact(boxes);
  return boxes.filter((box) => box.direction.lo === 0).map((box) => ({ ...box, direction: { lo: 0, hi: 0 } }));
}

function addBoxes(
  boxes: Box[],
  record: HostRecord | TunnelRecord | GatewayRecord,
  source: AddressSpec,
  destination: AddressSpec,
): void {
  const { family } = source.range;
  const local = interval(source.range);
  const remote = interval(destination.range);
  const restricted = source.port !== undefined || destination.port !== undefined;
  if (restricted) {
    for (const protocol of portProtocols(record.protocol.value, source, destination)) {
      boxes.push({
        family,
        direction: anyDirection,
        local,
        remote,
        protocol: only(protocol),
        x: source.port ?? anyPort,
        y: destination.port ?? anyPort,
      });
    }
    return;
  }
  for (const part of protocolParts(family, record.protocol.value, record.messageTypes)) {
    boxes.push({ family, local, remote, y: anyPort, ...part });
  }
}

const onlyOne = new Map<number, Interval>();

/** One protocol as an interval: the same value for all that name it. */
function only(protocol: number): Interval {
  let found = onlyOne.get(protocol);
  if (!found) {
    found = { lo: protocol, hi: protocol };
    onlyOne.set(protocol, found);
  }
  return found;
}

function interval(range: AddressRange): Box['local'] {
  return { lo: range.first, hi: range.last };
}

/** The protocols that a port belongs to: the service's, the written one, or both TCP and UDP where neither is told. */
function portProtocols(protocol: number, source: AddressSpec, destination: AddressSpec): readonly number[] {
  const service = source.service?.protocol ?? destination.service?.protocol;
  if (service !== undefined) return [service];
  if (protocol === 0) return [protocolNumbers.TCP, protocolNumbers.UDP];
  return hasPorts(protocol) ? [protocol] : [];
}

function protocolParts(family: 4 | 6, protocol: number, messageTypes: readonly MessageTypes[]): ProtocolPart[] {
  const typed: readonly number[] = family === 4 ? [protocolNumbers.ICMP] : [protocolNumbers.ICMPV6, protocolNumbers.MH];
  if (protocol !== 0) {
    return typed.includes(protocol) || messageTypes.some((types) => types.protocol === protocol)
      ? typeParts(protocol, messageTypes)
      : [{ direction: anyDirection, protocol: only(protocol), x: anyPort }];
  }
  // ALL: whole stretches of protocols, broken where message types are restricted.
  const parts: ProtocolPart[] = [];
  let from = 0;
  for (const number of typed) {
    const restricted = number === protocolNumbers.ICMPV6 || messageTypes.some((types) => types.protocol === number);
    if (!restricted) continue;
    if (number > from) parts.push({ direction: anyDirection, protocol: { lo: from, hi: number - 1 }, x: anyPort });
    parts.push(...typeParts(number, messageTypes));
    from = number + 1;
  }
  parts.push({ direction: anyDirection, protocol: { lo: from, hi: anyProtocol.hi }, x: anyPort });
  return parts;
}

/** The source side sends what goes out, the destination side what comes in. */
function typeParts(protocol: number, messageTypes: readonly MessageTypes[]): ProtocolPart[] {
  const typesOf = (side: MessageTypes['side']): readonly number[] | 'ALL' => {
    const written = messageTypes.find((types) => types.protocol === protocol && types.side === side);
    if (written) return written.types.value;
    return protocol === protocolNumbers.ICMPV6 ? icmpv6CoveredTypes : 'ALL';
  };
  const outbound = typesOf('source');
  const inbound = typesOf('destination');
  if (sameTypes(outbound, inbound))
    return intervals(outbound).map((x) => ({ direction: anyDirection, protocol: only(protocol), x }));
  return [
    ...intervals(outbound).map((x) => ({ direction: { lo: 0, hi: 0 }, protocol: only(protocol), x })),
    ...intervals(inbound).map((x) => ({ direction: { lo: 1, hi: 1 }, protocol: only(protocol), x })),
  ];
}

function sameTypes(a: readonly number[] | 'ALL', b: readonly number[] | 'ALL'): boolean {
  return (
    a === b || (a !== 'ALL' && b !== 'ALL' && a.length === b.length && a.every((type, index) => type === b[index]))
  );
}

/** Sorted message types as intervals of type·256+code. */
function intervals(types: readonly number[] | 'ALL'): Interval[] {
  if (types === 'ALL') return [anyPort];
  const found: { lo: number; hi: number }[] = [];
  for (const type of types) {
    const last = found.at(-1);
    if (last && last.hi + 1 === type * 256) last.hi += 256;
    else found.push({ lo: type * 256, hi: type * 256 + 255 });
  }
  return found;
}

/** Every packet of both families. */
export const everyPacket: Region = [
  {
    family: 4,
    direction: anyDirection,
    local: { lo: 0, hi: 0xffff_ffff },
    remote: { lo: 0, hi: 0xffff_ffff },
    protocol: anyProtocol,
    x: anyPort,
    y: anyPort,
  },
  {
    family: 6,
    direction: anyDirection,
    local: { lo: 0n, hi: (1n << 128n) - 1n },
    remote: { lo: 0n, hi: (1n << 128n) - 1n },
    protocol: anyProtocol,
    x: anyPort,
    y: anyPort,
  },
];

/** The ICMPv6 messages that pass whatever the policies say. */
export const icmpv6AlwaysPassed: Region = intervals(icmpv6PassedTypes).map((x) => ({
  ...everyPacket[1]!,
  protocol: { lo: protocolNumbers.ICMPV6, hi: protocolNumbers.ICMPV6 },
  x,
}));
