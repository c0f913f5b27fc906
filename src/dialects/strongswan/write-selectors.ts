/** The traffic selectors of children for regions of packets. */
import type { Address } from '../../model/address.js';
import { isRegionCovered } from '../../model/selector/algebra.js';
import type { Region } from '../../model/selector/box.js';
import type { ConfiguredSelector, ConfiguredSelectors } from '../../model/system-config.js';
import {
  listsRegion,
  regionSelectors,
  type SelectorLists,
  selectorBox,
  selectorLists,
  type TrafficSelector,
} from '../../model/traffic-selector.js';
import { exactLists } from './split-ranges.js';
import type { Ends } from './write-connection.js';

/** Children that one region becomes where it is no product of two lists. */
const pairsMax = 512;
/** Steps to find out whether it is. */
const budget = 100_000;

export interface ChildListsInput {
  readonly region: Region;
  /** Those that are configured, where they say what the region does. */
  readonly lists?: ConfiguredSelectors;
  readonly ends: Ends;
  /** Ranges are parted so that the kernel takes no more than they. */
  readonly isExact: boolean;
}

/** The lists of each child that a region needs. */
export function childLists({ region, lists, ends, isExact }: ChildListsInput): readonly ConfiguredSelectors[] {
  const all = lists ? [lists] : products(region).map((one) => named(one, ends));
  return isExact ? all.map(exactLists) : all;
}

/** The same for what passes or is dropped. */
export function regionLists(region: Region, isExact: boolean): readonly ConfiguredSelectors[] {
  return childLists({ region, ends: {}, isExact });
}

function products(region: Region): readonly SelectorLists[] {
  const both = selectorLists(region);
  const pairs = regionSelectors(region);
  const wanted = pairs.flatMap(({ local, remote }) => selectorBox(local, remote) ?? []);
  if (isRegionCovered(listsRegion(both), wanted, budget).kind === 'covered') return [both];
  return pairs.slice(0, pairsMax).map(({ local, remote }) => ({ local: [local], remote: [remote] }));
}

/** A selector that is the address of an end stands for it. */
function named({ local, remote }: SelectorLists, ends: Ends): ConfiguredSelectors {
  const side = (list: readonly TrafficSelector[], end: Address | undefined) =>
    list.map(({ range, protocol, ports }): ConfiguredSelector => {
      const isEnd = end?.family === range.family && range.first === end.value && range.last === end.value;
      return isEnd ? { kind: 'dynamic', protocol, ports } : { kind: 'fixed', range, protocol, ports };
    });
  return { local: side(local, ends.local), remote: side(remote, ends.remote) };
}
