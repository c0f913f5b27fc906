/**
 * A box of selector space: the product of one interval per dimension. Selectors of SPD entries are unions of boxes, and
 * every exact answer of this tool (shadowing, differences, narrowing) is arithmetic on them.
 *
 * Dimensions, in local/remote terms: family · direction · local address · remote address · protocol · x · y, where x and y
 * mean, by protocol: local and remote port (TCP, UDP, …); type·256+code and nothing (ICMP, ICMPv6, MH); nothing (others).
 * "Nothing" is the whole interval in a box and 0 in a packet.
 */
import { type AddressValue, type Family, firstAddress, lastAddress } from '../address.js';
import { hasPorts, hasTypes } from '../packet.js';

export interface Interval<T extends AddressValue = number> {
  readonly lo: T;
  readonly hi: T;
}

export interface Box {
  readonly family: Family;
  /** 0 outbound, 1 inbound. */
  readonly direction: Interval;
  readonly local: Interval<AddressValue>;
  readonly remote: Interval<AddressValue>;
  /** 0..255 */
  readonly protocol: Interval;
  /** 0..65535 */
  readonly x: Interval;
  /** 0..65535 */
  readonly y: Interval;
}

/** A union of boxes, which may overlap. The empty list is the empty region. */
export type Region = readonly Box[];

export const anyDirection: Interval = { lo: 0, hi: 1 };
export const anyProtocol: Interval = { lo: 0, hi: 255 };
export const anyPort: Interval = { lo: 0, hi: 65535 };

/** The dimensions of a box, in the order in which operations cut them: the protocol comes before x and y. */
export const dimensions = ['direction', 'local', 'remote', 'protocol', 'x', 'y'] as const;
export type Dimension = (typeof dimensions)[number];

/** All packets of a family. */
export function fullBox(family: Family): Box {
  return {
    family,
    direction: anyDirection,
    local: { lo: firstAddress(family), hi: lastAddress(family) },
    remote: { lo: firstAddress(family), hi: lastAddress(family) },
    protocol: anyProtocol,
    x: anyPort,
    y: anyPort,
  };
}

/** All packets of both families. */
export const everything: Region = [fullBox(4), fullBox(6)];

/**
 * Does a box keep the invariant: intervals not empty and within their dimension, and x and y restricted only where a
 * single protocol gives them a meaning (y has none for ICMP, ICMPv6 and MH)?
 */
export function isProper(box: Box): boolean {
  const { family, protocol, x, y } = box;
  const first = firstAddress(family);
  const last = lastAddress(family);
  for (const side of [box.local, box.remote]) {
    if (typeof side.lo !== typeof first || typeof side.hi !== typeof first) return false;
    if (!(first <= side.lo && side.lo <= side.hi && side.hi <= last)) return false;
  }
  if (!within(box.direction, 1) || !within(protocol, 255) || !within(x, 65535) || !within(y, 65535)) return false;
  const xAny = x.lo === 0 && x.hi === 65535;
  const yAny = y.lo === 0 && y.hi === 65535;
  if (xAny && yAny) return true;
  return protocol.lo === protocol.hi && (hasPorts(protocol.lo) || (hasTypes(protocol.lo) && yAny));
}

function within({ lo, hi }: Interval, last: number): boolean {
  return Number.isInteger(lo) && Number.isInteger(hi) && 0 <= lo && lo <= hi && hi <= last;
}
