/** The selectors of an entry as lists of networks with one protocol and one set of ports for each end. */
import { type Address, type AddressRange, rangeToPrefixes, singleAddress } from '../../model/address.js';
import { hasTypes } from '../../model/packet.js';
import { isRegionCovered } from '../../model/selector/algebra.js';
import { anyPort, type Interval, type Region } from '../../model/selector/box.js';
import type { ConfiguredSelectors } from '../../model/system-config.js';
import {
  listsRegion,
  regionSelectors,
  type SelectorPair,
  selectorBox,
  selectorLists,
  type TrafficSelector,
} from '../../model/traffic-selector.js';

/** One end: addresses, and what they share. */
export interface EndPart {
  readonly ranges: readonly AddressRange[];
  readonly protocol: number;
  readonly ports: Interval;
}

export interface SelectorPart {
  readonly local: EndPart;
  readonly remote: EndPart;
}

/** Parts of one entry. */
export const partsMax = 512;

/**
 * Parts that together select what a region does, or what IKE would make of it where it is none of IKE's selectors (all
 * protocols but some). Lists are taken as they are, with the ends' addresses for what is dynamic in them.
 */
export function selectorParts(
  region: Region,
  lists: ConfiguredSelectors | undefined,
  ends: { readonly local?: Address; readonly remote?: Address },
): readonly SelectorPart[] {
  const written = lists && resolved(lists, ends);
  if (written) return combined(written.local, written.remote);
  const pairs = regionSelectors(region);
  const both = selectorLists(region);
  const wanted = pairs.flatMap(({ local, remote }) => selectorBox(local, remote) ?? []);
  const isProduct = isRegionCovered(listsRegion(both), wanted).kind === 'covered';
  if (isProduct) return combined(both.local, both.remote);
  return merged(pairs);
}

function resolved(
  lists: ConfiguredSelectors,
  ends: { readonly local?: Address; readonly remote?: Address },
): { readonly local: TrafficSelector[]; readonly remote: TrafficSelector[] } | undefined {
  const side = (list: ConfiguredSelectors['local'], end: Address | undefined) => {
    const found: TrafficSelector[] = [];
    for (const one of list) {
      if (one.kind === 'fixed') found.push({ range: one.range, protocol: one.protocol, ports: one.ports });
      else if (end) found.push({ range: singleAddress(end), protocol: one.protocol, ports: one.ports });
      else return undefined;
    }
    return found;
  };
  const [local, remote] = [side(lists.local, ends.local), side(lists.remote, ends.remote)];
  return local && remote ? { local, remote } : undefined;
}

/** Every pair of groups that share a protocol and ports. */
function combined(locals: readonly TrafficSelector[], remotes: readonly TrafficSelector[]): readonly SelectorPart[] {
  const parts: SelectorPart[] = [];
  for (const local of grouped(locals)) {
    for (const remote of grouped(remotes)) {
      if (parts.length >= partsMax) return parts;
      if (local.protocol !== 0 && remote.protocol !== 0 && local.protocol !== remote.protocol) continue;
      // Both ends of a message have the same type.
      if (hasTypes(local.protocol) && (local.ports.lo > remote.ports.hi || remote.ports.lo > local.ports.hi)) continue;
      // A family without addresses on the other side selects nothing.
      for (const family of [4, 6] as const) {
        const of = (part: EndPart) => part.ranges.filter((range) => range.family === family);
        if (of(local).length > 0 && of(remote).length > 0)
          parts.push({ local: { ...local, ranges: of(local) }, remote: { ...remote, ranges: of(remote) } });
      }
    }
  }
  return parts;
}

function grouped(list: readonly TrafficSelector[]): readonly EndPart[] {
  const groups = new Map<string, { ranges: AddressRange[]; protocol: number; ports: Interval }>();
  for (const { range, protocol, ports } of list) {
    const key = `${protocol} ${ports.lo}-${ports.hi}`;
    const group = groups.get(key);
    if (group) group.ranges.push(range);
    else groups.set(key, { ranges: [range], protocol, ports });
  }
  return [...groups.values()];
}

function merged(pairs: readonly SelectorPair[]): readonly SelectorPart[] {
  return pairs.slice(0, partsMax).map(({ local, remote }) => ({
    local: { ranges: [local.range], protocol: local.protocol, ports: local.ports },
    remote: { ranges: [remote.range], protocol: remote.protocol, ports: remote.ports },
  }));
}

/** Ranges as prefixes, each of which is a range again. */
export function prefixesOf(ranges: readonly AddressRange[]): readonly AddressRange[] {
  return ranges.flatMap((range) =>
    rangeToPrefixes(range).map(({ first, prefixLength }): AddressRange => {
      if (range.family === 4) return { family: 4, first, last: Number(first) + 2 ** (32 - prefixLength) - 1 };
      return { family: 6, first, last: BigInt(first) + (1n << BigInt(128 - prefixLength)) - 1n };
    }),
  );
}

/** One port, or all; undefined for anything between. */
export function singlePort({ lo, hi }: Interval): number | 'any' | undefined {
  if (lo === anyPort.lo && hi === anyPort.hi) return 'any';
  return lo === hi ? lo : undefined;
}

/** One type of messages with any code, or with one; undefined for anything else. */
export function singleType({
  lo,
  hi,
}: Interval): { readonly type: number; readonly code?: number } | 'any' | undefined {
  if (lo === anyPort.lo && hi === anyPort.hi) return 'any';
  const type = lo >> 8;
  if (lo === hi) return { type, code: lo & 255 };
  return (lo & 255) === 0 && hi === lo + 255 ? { type } : undefined;
}

/**
 * A part as parts of one port for each end, or one type of messages, for products that know no ranges of them; undefined
 * where they would be more than `most`.
 */
export function withSinglePorts(part: SelectorPart, most: number): readonly SelectorPart[] | undefined {
  const protocol = part.local.protocol || part.remote.protocol;
  if (hasTypes(protocol)) {
    // Both ends speak of the same message.
    const common = {
      lo: Math.max(part.local.ports.lo, part.remote.ports.lo),
      hi: Math.min(part.local.ports.hi, part.remote.ports.hi),
    };
    return typesOf(common, most)?.map((ports) => ({
      local: { ...part.local, protocol, ports },
      remote: { ...part.remote, protocol, ports },
    }));
  }
  const locals = portsOf(part.local.ports, most);
  const remotes = portsOf(part.remote.ports, most);
  if (!locals || !remotes || locals.length * remotes.length > most) return undefined;
  return locals.flatMap((local) =>
    remotes.map((remote) => ({
      local: { ...part.local, ports: local },
      remote: { ...part.remote, ports: remote },
    })),
  );
}

function portsOf(ports: Interval, most: number): readonly Interval[] | undefined {
  if (singlePort(ports) !== undefined) return [ports];
  if (ports.hi - ports.lo >= most) return undefined;
  return Array.from({ length: ports.hi - ports.lo + 1 }, (_, index) => ({
    lo: ports.lo + index,
    hi: ports.lo + index,
  }));
}

function typesOf({ lo, hi }: Interval, most: number): readonly Interval[] | undefined {
  if (singleType({ lo, hi }) !== undefined) return [{ lo, hi }];
  const found: Interval[] = [];
  for (let at = lo; at <= hi; ) {
    const isWhole = (at & 255) === 0 && at + 255 <= hi;
    const last = isWhole ? at + 255 : at;
    found.push({ lo: at, hi: last });
    if (found.length > most) return undefined;
    at = last + 1;
  }
  return found;
}
