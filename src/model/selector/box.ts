/**
 * A box of selector space: the product of one interval per dimension. Selectors of SPD entries are unions of boxes, and
 * every exact answer of this tool (shadowing, differences, narrowing) is arithmetic on them.
 *
 * Dimensions, in local/remote terms: family · direction · local address · remote address · protocol · x · y, where x and y
 * mean, by protocol: local and remote port (TCP, UDP, …); type·256+code and nothing (ICMP, ICMPv6, MH); nothing (others).
 * "Nothing" is the whole interval in a box and 0 in a packet.
 */
import type { AddressValue, Family } from '../address.js';

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
