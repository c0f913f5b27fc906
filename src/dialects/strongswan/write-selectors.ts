/** The traffic selectors of children for regions of packets, such that the kernel takes no more where that can be had. */
import type { Address } from '../../model/address.js';
import { isRegionCovered } from '../../model/selector/algebra.js';
import { anyPort, type Region } from '../../model/selector/box.js';
import type { ConfiguredSelector, ConfiguredSelectors } from '../../model/system-config.js';
import {
  listsRegion,
  regionSelectors,
  type SelectorLists,
  selectorBox,
  selectorLists,
  type TrafficSelector,
} from '../../model/traffic-selector.js';
import { everyAddress } from './ends.js';
import { type EndRanges, selectorPolicies } from './pairs.js';
import { exactLists, isIcmp } from './split-ranges.js';
import type { Ends } from './write-connection.js';

/** Children that one region becomes where it is no product of two lists. */
const pairsMax = 512;
/** Selectors of one end, which are sent with every negotiation (RFC 7296 §3.13 has room for 255). */
const selectorsMax = 64;
/** Those of what is not negotiated. */
const shuntSelectorsMax = 256;
/** Steps to find out whether a region is covered. */
const budget = 100_000;

export interface WrittenLists {
  readonly lists: ConfiguredSelectors;
  /** The kernel takes more than was asked for. */
  readonly isWider: boolean;
}

export interface ChildListsInput {
  readonly region: Region;
  /** Those that are configured, where they say what the region does. */
  readonly lists?: ConfiguredSelectors;
  readonly ends: Ends;
  readonly ranges: EndRanges;
  readonly isBetweenHosts: boolean;
}

/** The lists of each child that a region needs. */
export function childLists({ region, lists, ends, ranges, isBetweenHosts }: ChildListsInput): readonly WrittenLists[] {
  const isWider = (of: ConfiguredSelectors) => !isWithin(of, ranges, isBetweenHosts, region);
  const parted = (of: ConfiguredSelectors): WrittenLists => {
    const exact = isWider(of) ? exactLists(of, selectorsMax) : of;
    return exact && !isWider(exact) ? { lists: exact, isWider: false } : { lists: of, isWider: isWider(of) };
  };
  if (lists) return [parted(lists)];
  const [whole, pairs] = products(region);
  const written = whole && parted(named(whole, ends));
  return written && !written.isWider ? [written] : pairs.map((one) => parted(named(one, ends)));
}

/** Quick Mode is for one pair of selectors (RFC 2409 §5.5), and charon takes the first of each list: every pair is a child. */
export function singlePairs({ lists, isWider }: WrittenLists): readonly WrittenLists[] {
  const pairs = lists.local.flatMap((local) =>
    lists.remote.flatMap((remote): readonly WrittenLists[] =>
      mayPair(local, remote) ? [{ lists: { local: [local], remote: [remote] }, isWider }] : [],
    ),
  );
  return pairs.slice(0, pairsMax);
}

function mayPair(a: ConfiguredSelector, b: ConfiguredSelector): boolean {
  const isOneFamily = a.kind === 'dynamic' || b.kind === 'dynamic' || a.range.family === b.range.family;
  return isOneFamily && (a.protocol === 0 || b.protocol === 0 || a.protocol === b.protocol);
}

/** The same for what passes or is dropped. */
export function shuntLists(region: Region): readonly WrittenLists[] {
  const ranges = { local: everyAddress, remote: everyAddress };
  const parted = (of: SelectorLists): WrittenLists => {
    const fixed = named(of, {});
    const exact = exactLists(fixed, shuntSelectorsMax);
    const lists = exact ? oneSided(exact) : fixed;
    return { lists, isWider: !isWithin(lists, ranges, false, region) };
  };
  const [whole, pairs] = products(region);
  const written = whole && parted(whole);
  return written && !written.isWider ? [written] : pairs.map(parted);
}

/** strongSwan's own shunts are in the kernel's words already. */
export function nativeShuntLists(region: Region): readonly ConfiguredSelectors[] {
  const [whole, pairs] = products(region);
  return (whole ? [whole] : pairs).map((one) => named(one, {}));
}

function isWithin(lists: ConfiguredSelectors, ranges: EndRanges, isBetweenHosts: boolean, region: Region): boolean {
  const taken = selectorPolicies(lists, ranges, isBetweenHosts).flatMap(({ kernel }) => kernel.region);
  return isRegionCovered(taken, region, budget).kind === 'covered';
}

/** Types of messages at one end only: the kernel has one place for them, and every pair is a policy. */
function oneSided({ local, remote }: ConfiguredSelectors): ConfiguredSelectors {
  const found = new Map<string, ConfiguredSelector>();
  for (const one of remote) {
    const selector = isIcmp(one.protocol) ? { ...one, ports: anyPort } : one;
    const range =
      selector.kind === 'fixed' ? `${selector.range.family} ${selector.range.first} ${selector.range.last}` : '';
    found.set(`${range} ${selector.protocol} ${selector.ports.lo} ${selector.ports.hi}`, selector);
  }
  return { local, remote: [...found.values()] };
}

/** The two lists of a region where it is their product, and its pairs. */
function products(region: Region): readonly [SelectorLists | undefined, readonly SelectorLists[]] {
  const both = selectorLists(region);
  const pairs = regionSelectors(region);
  const wanted = pairs.flatMap(({ local, remote }) => selectorBox(local, remote) ?? []);
  const isProduct = isRegionCovered(listsRegion(both), wanted, budget).kind === 'covered';
  return [
    isProduct ? both : undefined,
    pairs.slice(0, pairsMax).map(({ local, remote }) => ({ local: [local], remote: [remote] })),
  ];
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
