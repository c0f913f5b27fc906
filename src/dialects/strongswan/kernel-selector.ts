/**
 * The selector of the kernel that charon makes of a pair of traffic selectors (kernel_netlink_ipsec.c of 5.9.8 to 6.0.6:
 * ts2selector, ts2subnet, ts2ports). The kernel knows prefixes and ports under masks, no ranges: what is neither becomes the
 * block that encloses it, and so policies may select more than was agreed on. Of ICMP it knows one type and one code.
 */
import {
  type AddressRange,
  addressBits,
  formatAddress,
  formatRange,
  prefixRange,
  rangeContains,
} from '../../model/address.js';
import { formatProtocol, hasPorts, hasTypes, protocolNumbers } from '../../model/packet.js';
import { anyDirection, anyPort, anyProtocol, type Box, type Interval, type Region } from '../../model/selector/box.js';
import type { TrafficSelector } from '../../model/traffic-selector.js';

/** What the kernel compares: a port, and how many of its leading bits count. */
interface MaskedPort {
  readonly value: number;
  readonly bits: number;
}

export interface KernelSelector {
  /** Equal for selectors that are the same to the kernel. */
  readonly key: string;
  readonly localPrefix: number;
  readonly remotePrefix: number;
  /** 0 is every protocol. */
  readonly protocol: number;
  /** Bits of both masks for ports, or for type and code of a message. */
  readonly portBits: number;
  /** The packets of both directions that it takes. */
  readonly region: Region;
  /** Where it is otherwise than written, as clauses: `takes local ports 0-2047 for 1000-2000`. */
  readonly notes: readonly string[];
}

/** The kernel's selector for a pair; undefined where charon makes none: other families, other protocols. */
export function kernelSelector(local: TrafficSelector, remote: TrafficSelector): KernelSelector | undefined {
  const { family } = local.range;
  if (family !== remote.range.family) return undefined;
  if (local.protocol !== 0 && remote.protocol !== 0 && local.protocol !== remote.protocol) return undefined;
  const protocol = Math.max(local.protocol, remote.protocol);
  const notes: string[] = [];
  const [localPrefix, remotePrefix] = [enclosingPrefix(local.range), enclosingPrefix(remote.range)];
  const ours = enclosing(local.range, localPrefix, 'local', notes);
  const theirs = enclosing(remote.range, remotePrefix, 'remote', notes);
  const ports = { local: maskedPort(local.ports), remote: maskedPort(remote.ports) };
  const base: Box = {
    family,
    direction: anyDirection,
    local: { lo: ours.first, hi: ours.last },
    remote: { lo: theirs.first, hi: theirs.last },
    protocol: protocol === 0 ? anyProtocol : { lo: protocol, hi: protocol },
    x: anyPort,
    y: anyPort,
  };
  const isIcmp = protocol === protocolNumbers.ICMP || protocol === protocolNumbers.ICMPV6;
  const fields = isIcmp ? messageFields(ports.local, ports.remote) : ports;
  const region = protocol === 0 ? everyProtocol(base, fields) : ofProtocol(base, protocol, fields);
  notes.push(...portNotes(protocol, local, remote, region));
  const words = [fields.local, fields.remote].map(({ value, bits }) => `${value}/${bits}`);
  return {
    key: [formatRange(ours), formatRange(theirs), protocol, ...words].join(' '),
    localPrefix,
    remotePrefix,
    protocol,
    portBits: fields.local.bits + fields.remote.bits,
    region,
    notes,
  };
}

/** Bits of the longest prefix that holds a range (calc_netbits). */
function enclosingPrefix({ family, first, last }: AddressRange): number {
  let length: number = addressBits(family);
  let [a, b] = [BigInt(first), BigInt(last)];
  while (a !== b) {
    a >>= 1n;
    b >>= 1n;
    length -= 1;
  }
  return length;
}

function enclosing(range: AddressRange, length: number, side: string, notes: string[]): AddressRange {
  const whole = prefixRange({ family: range.family, value: range.first }, length);
  if (!rangeContains(range, whole)) {
    const prefix = `${formatAddress(whole.family, whole.first)}/${length}`;
    notes.push(`takes the ${side} addresses ${prefix} for ${formatRange(range)}`);
  }
  return whole;
}

/** The block of ports with a common beginning; ports that cannot be seen (65535 to 0) have none in common. */
function maskedPort({ lo, hi }: Interval): MaskedPort {
  let bits = 16;
  let [a, b] = [lo, hi];
  while (a !== b) {
    a >>= 1;
    b >>= 1;
    bits -= 1;
  }
  return { value: bits === 0 ? 0 : lo & (0xffff << (16 - bits)) & 0xffff, bits };
}

interface Fields {
  readonly local: MaskedPort;
  readonly remote: MaskedPort;
}

/** Type and code in the places of the ports, each compared only where it is not 0. */
function messageFields(local: MaskedPort, remote: MaskedPort): Fields {
  if (local.value === 0 && remote.value === 0) return { local, remote };
  // Of the two it is the greater one as the octets stand in a little-endian word.
  const swapped = ({ value }: MaskedPort) => ((value & 0xff) << 8) | (value >> 8);
  const { value } = swapped(remote) >= swapped(local) ? remote : local;
  const field = (octet: number): MaskedPort => ({ value: octet, bits: octet === 0 ? 0 : 16 });
  return { local: field(value >> 8), remote: field(value & 0xff) };
}

/** Values from 0 to `last` that a masked port takes; undefined for none. */
function valuesOf({ value, bits }: MaskedPort, last: number): Interval | undefined {
  const high = value | (0xffff >> bits);
  return value > last ? undefined : { lo: value, hi: Math.min(high, last) };
}

/** Ports where the protocol has them; type and code in their place; what has neither counts as having 0. */
function ofProtocol(base: Box, protocol: number, fields: Fields): Region {
  if (hasPorts(protocol)) {
    return [{ ...base, x: valuesOf(fields.local, 65_535)!, y: valuesOf(fields.remote, 65_535)! }];
  }
  if (hasTypes(protocol)) {
    const types = valuesOf(fields.local, 255);
    // The kernel looks at no code of Mobility Headers.
    const codes = protocol === protocolNumbers.MH ? noCode(fields.remote) : valuesOf(fields.remote, 255);
    if (!types || !codes) return [];
    if (codes.lo === 0 && codes.hi === 255) return [{ ...base, x: { lo: types.lo << 8, hi: (types.hi << 8) | 255 } }];
    return Array.from({ length: types.hi - types.lo + 1 }, (_, index) => {
      const type = (types.lo + index) << 8;
      return { ...base, x: { lo: type | codes.lo, hi: type | codes.hi } };
    });
  }
  return noCode(fields.local) && noCode(fields.remote) ? [base] : [];
}

function noCode({ value }: MaskedPort): Interval | undefined {
  return value === 0 ? { lo: 0, hi: 255 } : undefined;
}

/** Protocols whose headers have something that the kernel compares as a port. */
const comparedProtocols = [1, 6, 17, 33, 58, 132, 135, 136];

/** Ports without a protocol count for each protocol that has some. */
function everyProtocol(base: Box, fields: Fields): Region {
  if (fields.local.bits === 0 && fields.remote.bits === 0) return [base];
  const compared = comparedProtocols.flatMap((protocol) =>
    ofProtocol({ ...base, protocol: { lo: protocol, hi: protocol } }, protocol, fields),
  );
  if (!noCode(fields.local) || !noCode(fields.remote)) return compared;
  const gaps = [-1, ...comparedProtocols].map((before, index) => ({
    lo: before + 1,
    hi: (comparedProtocols[index] ?? 256) - 1,
  }));
  return [...compared, ...gaps.filter(({ lo, hi }) => lo <= hi).map((protocol) => ({ ...base, protocol }))];
}

function portNotes(protocol: number, local: TrafficSelector, remote: TrafficSelector, region: Region): string[] {
  if (hasTypes(protocol)) {
    const written = [local, remote].find(({ ports }) => !isWhole(ports))?.ports;
    if (!written) return [];
    const types = region.map(({ x }) => `${messages(x)}`).join(', ');
    return types === messages(written)
      ? []
      : [`takes ${formatProtocol(protocol)} ${types || 'nothing'} for ${messages(written)}`];
  }
  return (
    [
      ['local', local.ports, region[0]?.x],
      ['remote', remote.ports, region[0]?.y],
    ] as const
  ).flatMap(([side, ports, taken]) => {
    if (!hasPorts(protocol) || ports.lo > ports.hi || !taken) return [];
    if (taken.lo === ports.lo && taken.hi === ports.hi) return [];
    return [`takes the ${side} ports ${taken.lo}-${taken.hi} for ${ports.lo}-${ports.hi}`];
  });
}

function isWhole({ lo, hi }: Interval): boolean {
  return (lo === 0 && hi === 65_535) || lo > hi;
}

/** Types and codes of messages: `type 8`, `type 3 code 1`, `types 0-255`. */
function messages({ lo, hi }: Interval): string {
  const [first, last] = [lo >> 8, hi >> 8];
  const isAnyCode = (lo & 255) === 0 && (hi & 255) === 255;
  const types = first === last ? `type ${first}` : `types ${first}-${last}`;
  if (isAnyCode) return types;
  return lo === hi ? `${types} code ${lo & 255}` : `types ${first}/${lo & 255}-${last}/${hi & 255}`;
}
