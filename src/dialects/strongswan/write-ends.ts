/** The ends of SAs as strongSwan's connections have them. */
import type { Address } from '../../model/address.js';
import { isRegionCovered } from '../../model/selector/algebra.js';
import type { Region } from '../../model/selector/box.js';
import type { ConfiguredSelectors, PadEntry, SaTemplate, SpdEntry } from '../../model/system-config.js';
import { agreedRegion, type EndRanges, selectorPolicies } from './pairs.js';

/** Steps for exact questions about one entry. */
const budget = 100_000;

/** Does strongSwan know where to call? */
export function isCalled({ remote, remoteNames }: PadEntry): boolean {
  return remote.first === remote.last || (remoteNames?.length ?? 0) > 0;
}

/** Own addresses that get a connection each in transport mode. */
const ownEndsMax = 16;

/**
 * The own address of an SA that has none. In transport mode it is that of its packets, and several are a connection each: one
 * for them all would become a tunnel where a peer proposes them together (check_mode).
 */
export function ownEnds(template: SaTemplate, entry: SpdEntry, { local }: PadEntry): readonly (Address | undefined)[] {
  if (template.localEndpoint) return [template.localEndpoint];
  if (template.mode === 'transport') {
    const found = new Map<string, Address>();
    const isHosts = entry.selectors.every(({ family, local: own }) => {
      found.set(`${family} ${own.lo}`, { family, value: own.lo });
      return own.lo === own.hi;
    });
    if (isHosts && found.size > 0 && found.size <= ownEndsMax) return [...found.values()];
  }
  const [range, ...more] = local ?? [];
  const isOne = range && more.length === 0 && range.first === range.last;
  return [isOne ? { family: range.family, value: range.first } : undefined];
}

export function fromAddress(region: Region, { family, value }: Address): Region {
  return region.filter((box) => box.family === family && box.local.lo <= value && value <= box.local.hi);
}

/** strongSwan's transport mode is between the ends; for others behind them it has a mode of its own. */
export function transportMode(
  lists: ConfiguredSelectors,
  ranges: EndRanges,
  template: SaTemplate,
  isNative: boolean,
): 'transport' | 'transport_proxy' {
  if (!isNative) return 'transport';
  const between = agreedRegion(selectorPolicies(lists, ranges, true));
  return isRegionCovered(template.selectors, between, budget).kind === 'covered' ? 'transport' : 'transport_proxy';
}
