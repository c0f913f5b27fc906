/**
 * Traffic selectors of products that keep them as two lists for each child (strongSwan's child_cfg.c and
 * traffic_selector.c): what is proposed, which child a proposal is for, and what is left of it. Each list is narrowed by
 * itself, so a protocol that only one end names stays with that end.
 */
import {
  type Address,
  type AddressRange,
  anyAddress,
  isAnyRange,
  rangeContains,
  singleAddress,
} from '../../address.js';
import type { ConfiguredSelector, SaTemplate } from '../../system-config.js';
import {
  contains,
  intersectSelectors,
  type SelectorLists,
  sameSelector,
  selectorLists,
  type TrafficSelector,
} from '../../traffic-selector.js';

/** The ends of an IKE SA, from one side's point of view. */
export interface Ends {
  readonly local: Address;
  readonly remote: Address;
  /** What dynamic selectors of an end stand for, where that is not its address: see `virtual-hosts.ts`. */
  readonly localHosts?: readonly AddressRange[];
  readonly remoteHosts?: readonly AddressRange[];
}

/** What dynamic selectors of an end stand for. */
export function hostsOf(ends: Ends, end: 'local' | 'remote'): readonly AddressRange[] {
  return (end === 'local' ? ends.localHosts : ends.remoteHosts) ?? [singleAddress(ends[end])];
}

/** The lists of a template; where a configuration has none, those of its region. */
export function configuredLists(template: SaTemplate): {
  readonly local: readonly ConfiguredSelector[];
  readonly remote: readonly ConfiguredSelector[];
} {
  if (template.lists) return template.lists;
  const { local, remote } = selectorLists(template.selectors);
  const fixed = (list: readonly TrafficSelector[]) => list.map((selector) => ({ kind: 'fixed' as const, ...selector }));
  return { local: fixed(local), remote: fixed(remote) };
}

/**
 * The selectors of one end with addresses in them. To propose in transport mode they shrink to the addresses of the end, and
 * those that do not hold one fall away (get_traffic_selectors); an address that is not known yet makes none narrower.
 */
export function resolveSelectors(
  list: readonly ConfiguredSelector[],
  hosts: readonly AddressRange[],
  options: { readonly shrinks?: boolean } = {},
): TrafficSelector[] {
  return list.flatMap((selector): TrafficSelector[] => {
    const { protocol, ports } = selector;
    if (selector.kind === 'dynamic') return hosts.map((range) => ({ range, protocol, ports }));
    const asWritten = { range: selector.range, protocol, ports };
    if (!options.shrinks) return [asWritten];
    return hosts.flatMap((range) => {
      if (isAnyRange(range)) return [asWritten];
      return rangeContains(selector.range, range) ? [{ range, protocol, ports }] : [];
    });
  });
}

/** What a system proposes for a template. */
export function proposedLists(template: SaTemplate, ends: Ends): SelectorLists {
  const lists = configuredLists(template);
  const shrinks = template.mode === 'transport';
  return {
    local: withoutRedundant(resolveSelectors(lists.local, hostsOf(ends, 'local'), { shrinks })),
    remote: withoutRedundant(resolveSelectors(lists.remote, hostsOf(ends, 'remote'), { shrinks })),
  };
}

/** What a system's own lists leave of proposed ones, in the order of its own; a list may become empty. */
export function narrowedLists(template: SaTemplate, proposed: SelectorLists, ends: Ends): SelectorLists {
  const lists = configuredLists(template);
  return {
    local: narrowedList(resolveSelectors(lists.local, hostsOf(ends, 'local')), proposed.local),
    remote: narrowedList(resolveSelectors(lists.remote, hostsOf(ends, 'remote')), proposed.remote),
  };
}

function narrowedList(own: readonly TrafficSelector[], proposed: readonly TrafficSelector[]): TrafficSelector[] {
  return withoutRedundant(own.flatMap((ours) => proposed.flatMap((theirs) => common(ours, theirs) ?? [])));
}

/** As `intersectSelectors`, but ports that cannot be seen go with others of their kind and with any. */
function common(a: TrafficSelector, b: TrafficSelector): TrafficSelector | undefined {
  if (!isOpaque(a) && !isOpaque(b)) return intersectSelectors(a, b);
  const meet = (isOpaque(a) && (isOpaque(b) || isAnyPort(b))) || (isOpaque(b) && isAnyPort(a));
  if (!meet) return undefined;
  const open = { lo: 0, hi: 65535 };
  const both = intersectSelectors({ ...a, ports: open }, { ...b, ports: open });
  return both && { ...both, ports: isOpaque(a) ? a.ports : b.ports };
}

function isOpaque({ ports }: TrafficSelector): boolean {
  return ports.lo > ports.hi;
}

function isAnyPort({ ports }: TrafficSelector): boolean {
  return ports.lo === 0 && ports.hi === 65535;
}

/** Of two selectors of which one holds the other only that one stays; of equals the first. */
function withoutRedundant(list: readonly TrafficSelector[]): TrafficSelector[] {
  return list.filter((selector, at) =>
    list.every((other, otherAt) => {
      if (otherAt === at || !contains(other, selector)) return true;
      return contains(selector, other) && otherAt > at;
    }),
  );
}

/**
 * The child that a responder takes for proposed selectors: equal selectors count five times as much as such that only meet,
 * and earlier proposed ones more than later ones (get_ts_match, select_child_cfg). Of equals the first.
 */
export function chooseChild(
  templates: readonly SaTemplate[],
  proposed: SelectorLists,
  ends: Ends,
): SaTemplate | undefined {
  let best: { readonly template: SaTemplate; readonly score: number } | undefined;
  for (const template of templates) {
    const own = proposedLists(template, ends);
    const local = matchScore(own.local, proposed.local);
    const met = local > 0 ? matchScore(own.remote, proposed.remote) : 0;
    const remote = local > 0 ? met + unknownScore(template, proposed.remote, ends) : 0;
    if (local > 0 && remote > 0 && (!best || local + remote > best.score)) best = { template, score: local + remote };
  }
  return best?.template;
}

function matchScore(own: readonly TrafficSelector[], proposed: readonly TrafficSelector[]): number {
  let score = 0;
  for (const [at, theirs] of proposed.entries()) {
    const weight = proposed.length - at;
    for (const ours of own) {
      if (sameSelector(ours, theirs)) score += weight * 5;
      else if (common(ours, theirs)) score += weight;
    }
  }
  return score;
}

/**
 * An end that is to have an address out of a pool, and has none: what is dynamic of it is the same as every IPv4 address, and meets
 * nothing else.
 */
function unknownScore(template: SaTemplate, proposed: readonly TrafficSelector[], ends: Ends): number {
  if (hostsOf(ends, 'remote').length > 0) return 0;
  const dynamic = configuredLists(template).remote.filter(({ kind }) => kind === 'dynamic');
  const own = resolveSelectors(dynamic, [anyAddress(4)]);
  return proposed.reduce((score, theirs, at) => {
    const same = own.filter((ours) => sameSelector(ours, theirs)).length;
    return score + same * 5 * (proposed.length - at);
  }, 0);
}

/** Is every selector of a list the one address (ts_list_is_host)? */
export function areHost(list: readonly TrafficSelector[], { family, value }: Address): boolean {
  return (
    list.length > 0 &&
    list.every(({ range }) => range.family === family && range.first === value && range.last === value)
  );
}

/** The lists from the other side's point of view. */
export function mirrorLists({ local, remote }: SelectorLists): SelectorLists {
  return { local: remote, remote: local };
}
