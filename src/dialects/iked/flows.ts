/** Flows of the BSD kernels: the SPD entries of rules, in the order in which the kernel finds them. */
import {
  type Address,
  type AddressRange,
  type Family,
  formatAddress,
  rangePrefixLength,
  singleAddress,
} from '../../model/address.js';
import type { Sourced } from '../../model/origin.js';
import { anyPort, type Region } from '../../model/selector/box.js';
import type { ConfiguredSelector, ConfiguredSelectors, SpdEntry } from '../../model/system-config.js';
import type { TrafficSelector } from '../../model/traffic-selector.js';
import { pairRegion, selector } from '../common/selectors.js';
import { familiesOf, type Host, type HostPair, rangesOf } from './hosts.js';

/** What one pair of hosts selects. */
export interface Flow {
  readonly locals: readonly TrafficSelector[];
  readonly remotes: readonly TrafficSelector[];
  readonly region: Region;
}

/** The flows of a rule's pairs, for each of its protocols. */
export function flowsOf(
  pairs: readonly HostPair[],
  protocols: readonly number[],
  family: Family | undefined,
  ends: { readonly local: readonly AddressRange[]; readonly remote: readonly AddressRange[] },
): readonly Flow[] {
  return pairs.flatMap(({ from, to }) => {
    const families = family ? [family] : familiesOf(from.host, to.host);
    const side = (host: Host, ports: TrafficSelector['ports'], dynamic: readonly AddressRange[], protocol: number) =>
      rangesOf(host, families, dynamic).map((range) => selector(range, protocol, ports));
    return protocols.flatMap((protocol): Flow[] => {
      const locals = side(from.translated ?? from.host, from.ports, ends.local, protocol);
      const remotes = side(to.host, to.ports, ends.remote, protocol);
      const region = pairRegion(locals, remotes);
      return region.length === 0 ? [] : [{ locals, remotes, region }];
    });
  });
}

/** The selectors of all flows of a rule, as they are sent; each once. */
export function listsOf(
  flows: readonly Flow[],
  own: readonly Address[],
  peer: Address | undefined,
): ConfiguredSelectors {
  const unique = (list: readonly TrafficSelector[], ends: readonly AddressRange[]): ConfiguredSelector[] => {
    const seen = new Set<string>();
    return list.flatMap((one): ConfiguredSelector[] => {
      const key = `${one.range.family} ${one.range.first}-${one.range.last} ${one.protocol} ${one.ports.lo}-${one.ports.hi}`;
      if (seen.has(key)) return [];
      seen.add(key);
      const isEnd = ends.some(
        (end) => end.family === one.range.family && end.first === one.range.first && end.last === one.range.last,
      );
      return [isEnd ? { kind: 'dynamic', protocol: one.protocol, ports: one.ports } : { kind: 'fixed', ...one }];
    });
  };
  return {
    local: unique(
      flows.flatMap(({ locals }) => locals),
      own.map(singleAddress),
    ),
    remote: unique(
      flows.flatMap(({ remotes }) => remotes),
      peer ? [singleAddress(peer)] : [],
    ),
  };
}

/**
 * How particular a flow is: the kernel looks for the longest match of source, destination, ports and protocol, wherever
 * its rule stands (a radix tree: sys/net/pfkeyv2.c, sys/netinet/ip_spd.c of OpenBSD).
 */
export function flowPriority({ locals, remotes }: Flow): Sourced<number> {
  const [local] = locals;
  const [remote] = remotes;
  const missing = (one: TrafficSelector | undefined) => 128 - ((one && rangePrefixLength(one.range)) ?? 0);
  const wildcards = [local, remote].filter(
    (one) => !one || (one.ports.lo === anyPort.lo && one.ports.hi === anyPort.hi),
  ).length;
  const value = ((missing(local) * 256 + missing(remote)) * 4 + wildcards) * 2 + (local?.protocol === 0 ? 1 : 0);
  return { value, origin: { kind: 'automatic', rule: 'the longest match of a flow counts' } };
}

/** Entries in the order of their flows; of equals the earlier rule. */
export function inOrder(entries: readonly SpdEntry[]): readonly SpdEntry[] {
  return entries
    .map((entry, index) => ({ entry, index }))
    .sort((a, b) => (a.entry.priority?.value ?? 0) - (b.entry.priority?.value ?? 0) || a.index - b.index)
    .map(({ entry }) => entry);
}

/** Addresses once each. */
export function distinct(addresses: readonly (Address | undefined)[]): readonly Address[] {
  const found = new Map<string, Address>();
  for (const address of addresses) if (address) found.set(formatAddress(address.family, address.value), address);
  return [...found.values()];
}
