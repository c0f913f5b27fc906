/**
 * Traffic selectors as IKE carries them (RFC 7296 §3.13, RFC 2407 §4.6.2), and how they stand for regions of selector
 * space: two lists, one for each end, of which every pair that fits together is meant.
 */
import { type AddressRange, formatRange, isAnyRange, rangeContains } from './address.js';
import { formatProtocol, hasPorts, hasTypes, type Packet } from './packet.js';
import { anyDirection, anyPort, anyProtocol, type Box, type Interval, type Region } from './selector/box.js';
import { packetPoint } from './selector/witness.js';

export interface TrafficSelector {
  readonly range: AddressRange;
  /** 0 is every protocol. */
  readonly protocol: number;
  /** Ports, or type·256+code for ICMP, ICMPv6 and MH; 0 to 65535 is any, and so it is for every other protocol. */
  readonly ports: Interval;
}

/** The selectors of both ends, from one side's point of view. */
export interface SelectorPair {
  readonly local: TrafficSelector;
  readonly remote: TrafficSelector;
}

/** Lists of selectors for both ends; every combination that makes sense is selected. */
export interface SelectorLists {
  readonly local: readonly TrafficSelector[];
  readonly remote: readonly TrafficSelector[];
}

/** The selectors of a packet's own values. */
export function packetSelectors(packet: Packet): SelectorPair {
  const { family, local, remote, protocol, x, y } = packetPoint(packet);
  const range = (value: Packet['local']): AddressRange => ({ family, first: value, last: value });
  const ports = (value: number): Interval => ({ lo: value, hi: value });
  if (hasPorts(protocol)) {
    return {
      local: { range: range(local), protocol, ports: ports(x) },
      remote: { range: range(remote), protocol, ports: ports(y) },
    };
  }
  const type = hasTypes(protocol) ? ports(x) : anyPort;
  return {
    local: { range: range(local), protocol, ports: type },
    remote: { range: range(remote), protocol, ports: type },
  };
}

/**
 * The selectors of a box. IKE knows one protocol or all of them: a box of several protocols (all but some ICMPv6 messages)
 * becomes all. The direction is lost, an SA pair carries both.
 */
export function boxSelectors(box: Box): SelectorPair {
  const { family, local, remote } = box;
  const single = box.protocol.lo === box.protocol.hi;
  const protocol = single ? box.protocol.lo : 0;
  const x = single && (hasPorts(protocol) || hasTypes(protocol)) ? box.x : anyPort;
  const y = single && hasPorts(protocol) ? box.y : single && hasTypes(protocol) ? box.x : anyPort;
  return {
    local: { range: { family, first: local.lo, last: local.hi }, protocol, ports: x },
    remote: { range: { family, first: remote.lo, last: remote.hi }, protocol, ports: y },
  };
}

/** Records do not change, and every negotiation asks for their selectors. */
const pairsOfRegions = new WeakMap<Region, readonly SelectorPair[]>();
const listsOfRegions = new WeakMap<Region, SelectorLists>();

/** The selector pairs of a region, without those that are part of another. */
export function regionSelectors(region: Region): readonly SelectorPair[] {
  const known = pairsOfRegions.get(region);
  if (known) return known;
  const pairs = region.map(boxSelectors);
  const needed = pairs.filter((pair, index) =>
    pairs.every((other, at) => {
      if (at === index || !contains(other.local, pair.local) || !contains(other.remote, pair.remote)) return true;
      const same = contains(pair.local, other.local) && contains(pair.remote, other.remote);
      return same && at > index;
    }),
  );
  pairsOfRegions.set(region, needed);
  return needed;
}

/** The two lists of a region, in its order; a region that is not a product (sources × destinations) selects less than they. */
export function selectorLists(region: Region): SelectorLists {
  const known = listsOfRegions.get(region);
  if (known) return known;
  const pairs = regionSelectors(region);
  const lists = {
    local: withoutContained(pairs.map(({ local }) => local)),
    remote: withoutContained(pairs.map(({ remote }) => remote)),
  };
  listsOfRegions.set(region, lists);
  return lists;
}

/** The packets, in both directions, that two selectors mean together; undefined when they do not fit. */
export function selectorBox(local: TrafficSelector, remote: TrafficSelector): Box | undefined {
  if (local.range.family !== remote.range.family) return undefined;
  if (local.protocol !== 0 && remote.protocol !== 0 && local.protocol !== remote.protocol) return undefined;
  const protocol = local.protocol === 0 ? remote.protocol : local.protocol;
  // Ports of a selector for every protocol would mean nothing (RFC 7296 §3.13.1).
  let x = local.protocol === 0 ? anyPort : local.ports;
  let y = remote.protocol === 0 ? anyPort : remote.ports;
  if (x.lo > x.hi || y.lo > y.hi) return undefined;
  if (hasTypes(protocol)) {
    x = { lo: Math.max(x.lo, y.lo), hi: Math.min(x.hi, y.hi) };
    y = anyPort;
    if (x.lo > x.hi) return undefined;
  } else if (!hasPorts(protocol)) [x, y] = [anyPort, anyPort];
  return {
    family: local.range.family,
    direction: anyDirection,
    local: { lo: local.range.first, hi: local.range.last },
    remote: { lo: remote.range.first, hi: remote.range.last },
    protocol: protocol === 0 ? anyProtocol : { lo: protocol, hi: protocol },
    x,
    y,
  };
}

/** The packets that two lists select. */
export function listsRegion({ local, remote }: SelectorLists): Box[] {
  const region: Box[] = [];
  for (const ours of local) {
    for (const theirs of remote) {
      const box = selectorBox(ours, theirs);
      if (box) region.push(box);
    }
  }
  return region;
}

/** What two selectors of one end have in common. */
export function intersectSelectors(a: TrafficSelector, b: TrafficSelector): TrafficSelector | undefined {
  if (a.range.family !== b.range.family) return undefined;
  if (a.protocol !== 0 && b.protocol !== 0 && a.protocol !== b.protocol) return undefined;
  const first = a.range.first < b.range.first ? b.range.first : a.range.first;
  const last = a.range.last < b.range.last ? a.range.last : b.range.last;
  const ports = { lo: Math.max(a.ports.lo, b.ports.lo), hi: Math.min(a.ports.hi, b.ports.hi) };
  if (first > last || ports.lo > ports.hi) return undefined;
  return {
    range: { family: a.range.family, first, last },
    protocol: a.protocol === 0 ? b.protocol : a.protocol,
    ports,
  };
}

/** Does `outer` select everything that `inner` does? */
export function contains(outer: TrafficSelector, inner: TrafficSelector): boolean {
  return (
    rangeContains(outer.range, inner.range) &&
    (outer.protocol === 0 || outer.protocol === inner.protocol) &&
    outer.ports.lo <= inner.ports.lo &&
    inner.ports.hi <= outer.ports.hi
  );
}

/** Do two selectors mean the same? */
export function sameSelector(a: TrafficSelector, b: TrafficSelector): boolean {
  return contains(a, b) && contains(b, a);
}

/** A list without selectors that another one of it contains; the first of equals stays. */
export function withoutContained(list: readonly TrafficSelector[]): TrafficSelector[] {
  return list.filter((selector, index) =>
    list.every((other, at) => {
      if (at === index || !contains(other, selector)) return true;
      return contains(selector, other) && at > index;
    }),
  );
}

/** `10.0.0.0/8`, `10.0.0.1 TCP port 23`, `10.0.0.1 ICMP type 8`. */
export function formatSelector({ range, protocol, ports }: TrafficSelector): string {
  const words = [isAnyRange(range) ? `any IPv${range.family} address` : formatRange(range)];
  if (protocol !== 0) words.push(formatProtocol(protocol));
  if (ports.lo !== 0 || ports.hi !== 65535) {
    if (hasTypes(protocol)) {
      const [low, high] = [Math.floor(ports.lo / 256), Math.floor(ports.hi / 256)];
      words.push(low === high ? `type ${low}` : `types ${low}-${high}`);
    } else words.push(ports.lo === ports.hi ? `port ${ports.lo}` : `ports ${ports.lo}-${ports.hi}`);
  }
  return words.join(' ');
}
