/** Pairs of traffic selectors for which charon installs policies (child_sa.c, shunt_manager.c). */
import { type AddressRange, rangesIntersect } from '../../model/address.js';
import type { Box, Region } from '../../model/selector/box.js';
import type { ConfiguredSelector, ConfiguredSelectors } from '../../model/system-config.js';
import { selectorBox, type TrafficSelector, withoutContained } from '../../model/traffic-selector.js';
import { type KernelSelector, kernelSelector } from './kernel-selector.js';

export interface SelectorPolicy {
  /** What is agreed on; absent where only the kernel makes something of the two. */
  readonly box: Box | undefined;
  readonly kernel: KernelSelector;
}

/** The addresses that `dynamic` may become at both ends. */
export interface EndRanges {
  readonly local: readonly AddressRange[];
  readonly remote: readonly AddressRange[];
}

/** Every pair of selectors that the kernel gets a policy for. Between hosts they shrink to the addresses of the ends. */
export function selectorPolicies(
  lists: ConfiguredSelectors,
  ranges: EndRanges,
  isBetweenHosts: boolean,
): readonly SelectorPolicy[] {
  const ends = (end: 'local' | 'remote') => {
    const list = lists[end].flatMap((selector) => resolved(selector, ranges[end]));
    // Selectors within others of the same list go (get_traffic_selectors).
    return withoutContained(isBetweenHosts ? list.flatMap((one) => shrunk(one, ranges[end])) : list);
  };
  const remotes = ends('remote');
  return ends('local').flatMap((local) =>
    remotes.flatMap((remote) => {
      const kernel = kernelSelector(local, remote);
      return kernel ? [{ box: selectorBox(local, remote), kernel }] : [];
    }),
  );
}

/** The packets that pairs are agreed on for. */
export function agreedRegion(pairs: readonly SelectorPolicy[]): Region {
  return pairs.flatMap(({ box }) => box ?? []);
}

function resolved(selector: ConfiguredSelector, ranges: readonly AddressRange[]): TrafficSelector[] {
  const { protocol, ports } = selector;
  // Ports that cannot be seen stand for those of fragments: as packets go, for any.
  const seen = ports.lo > ports.hi ? { lo: 0, hi: 65535 } : ports;
  if (selector.kind === 'fixed') return [{ range: selector.range, protocol, ports: seen }];
  return ranges.map((range) => ({ range, protocol, ports: seen }));
}

function shrunk(selector: TrafficSelector, ranges: readonly AddressRange[]): TrafficSelector[] {
  return ranges.flatMap((range) =>
    rangesIntersect(range, selector.range) ? [{ ...selector, range: overlap(range, selector.range) }] : [],
  );
}

function overlap(a: AddressRange, b: AddressRange): AddressRange {
  return {
    family: a.family,
    first: a.first < b.first ? b.first : a.first,
    last: a.last < b.last ? a.last : b.last,
  };
}
