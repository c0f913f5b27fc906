/**
 * Narrowing of traffic selectors (RFC 7296 §2.9): what a responder makes of the selectors that an initiator proposes. The
 * one implementation for lint, simulator and live engine. The result is always a subset of what was proposed and of what
 * the responder's policy allows; what either side loses is part of the answer.
 */
import type { Address } from './address.js';
import { defaultBudget, isRegionCovered, subtractRegion } from './selector/algebra.js';
import type { Box, Region } from './selector/box.js';
import { simplify } from './selector/simplify.js';
import {
  intersectSelectors,
  listsRegion,
  regionSelectors,
  type SelectorLists,
  type SelectorPair,
  selectorBox,
  type TrafficSelector,
  withoutContained,
} from './traffic-selector.js';

export interface NarrowOptions {
  /** Transport mode: both ends of the SA are these addresses, and so are the selectors (RFC 7296 §1.3.1, RFC 4301 §4.1). */
  readonly transport?: { readonly local: Address; readonly remote: Address };
  /** The responder takes the proposed selectors as a whole or not at all. */
  readonly exact?: boolean;
  /** Steps that an exact question about regions may cost. */
  readonly budget?: number;
}

/** What is lost compared with either side's selectors, in the responder's local/remote terms; undefined: too costly to tell. */
export interface NarrowingLoss {
  /** Proposed, but not in the result. */
  readonly proposed: Region | undefined;
  /** Allowed by the responder's policy, but not in the result. */
  readonly allowed: Region | undefined;
}

export type Narrowing =
  | {
      readonly kind: 'narrowed';
      /** All that was proposed is in the result. */
      readonly whole: boolean;
      /** The result: `remote` is TSi, `local` is TSr, in the responder's terms. */
      readonly lists: SelectorLists;
      /** The first selectors of both lists, what the initiator wants most, are in the result. */
      readonly keepsFirst: boolean;
      /** More would be allowed, but not in the same SA: ADDITIONAL_TS_POSSIBLE (RFC 7296 §2.9). */
      readonly additionalPossible: boolean;
      readonly loss: NarrowingLoss;
    }
  /** TS_UNACCEPTABLE. */
  | { readonly kind: 'unacceptable'; readonly why: 'disjoint' | 'cannot-narrow' | 'not-endpoints' };

/** Selectors of one list that are looked at; RFC 7296 §3.13 allows 255. */
export const selectorsMax = 255;
/** Pairs of the responder's policy that are tried when they do not fit into one SA together. */
const combinationsMax = 64;

/**
 * Narrows what an initiator proposes to what the responder's policy allows.
 *
 * `proposed` is in the responder's terms: `remote` is TSi and `local` TSr, in the initiator's order; its first selectors
 * may be those of the packet that started it. `own` is what the responder's policy selects for the SA, of which directions
 * do not count and a stretch of several protocols stands for all.
 */
export function narrow(proposed: SelectorLists, own: Region, options: NarrowOptions = {}): Narrowing {
  const budget = options.budget ?? defaultBudget;
  const ends = options.transport && endSelectors(options.transport);
  const restrict = (list: readonly TrafficSelector[], end: TrafficSelector | undefined) =>
    end ? list.flatMap((selector) => intersectSelectors(selector, end) ?? []) : list.slice(0, selectorsMax);
  const offered: SelectorLists = {
    local: restrict(proposed.local, ends?.local),
    remote: restrict(proposed.remote, ends?.remote),
  };
  const all = regionSelectors(own);
  const pairs =
    ends === undefined
      ? all
      : all.flatMap((pair): SelectorPair[] => {
          const local = intersectSelectors(pair.local, ends.local);
          const remote = intersectSelectors(pair.remote, ends.remote);
          return local && remote ? [{ local, remote }] : [];
        });
  if (offered.local.length === 0 || offered.remote.length === 0 || pairs.length === 0)
    return { kind: 'unacceptable', why: ends ? 'not-endpoints' : 'disjoint' };
  const allowed = pairs.flatMap(({ local, remote }) => selectorBox(local, remote) ?? []);
  const offeredRegion = listsRegion(offered);
  const isWhole = offeredRegion.length > 0 && isRegionCovered(offeredRegion, allowed, budget).kind === 'covered';
  if (isWhole) return result(offered, offered, offeredRegion, allowed, true, false, budget);
  const parts = pairs.flatMap((pair) => partOf(offered, pair) ?? []);
  if (parts.length === 0) return { kind: 'unacceptable', why: 'disjoint' };
  if (options.exact) return { kind: 'unacceptable', why: 'cannot-narrow' };
  const joined = join(parts);
  if (isRegionCovered(listsRegion(joined), allowed, budget).kind === 'covered')
    return result(offered, inOrder(joined, offered), offeredRegion, allowed, false, false, budget);
  const chosen = combine(parts, offered, allowed, budget);
  return result(offered, inOrder(chosen, offered), offeredRegion, allowed, false, true, budget);
}

function endSelectors(ends: { readonly local: Address; readonly remote: Address }): SelectorPair {
  const selector = ({ family, value }: Address): TrafficSelector => ({
    range: { family, first: value, last: value },
    protocol: 0,
    ports: { lo: 0, hi: 65535 },
  });
  return { local: selector(ends.local), remote: selector(ends.remote) };
}

/** What one pair of the responder's policy leaves of both lists. */
function partOf(offered: SelectorLists, pair: SelectorPair): SelectorLists | undefined {
  const local = offered.local.flatMap((selector) => intersectSelectors(selector, pair.local) ?? []);
  const remote = offered.remote.flatMap((selector) => intersectSelectors(selector, pair.remote) ?? []);
  const part = { local: withoutContained(local), remote: withoutContained(remote) };
  // Selectors that fit no selector of the other end select nothing.
  return listsRegion(part).length > 0 ? part : undefined;
}

function join(parts: readonly SelectorLists[]): SelectorLists {
  return {
    local: withoutContained(parts.flatMap(({ local }) => local)),
    remote: withoutContained(parts.flatMap(({ remote }) => remote)),
  };
}

/** As many parts as go into one SA: the lists mean every combination, and none may be outside of the policy. */
function combine(
  parts: readonly SelectorLists[],
  offered: SelectorLists,
  allowed: Region,
  budget: number,
): SelectorLists {
  const first = offered.local[0] && offered.remote[0] && selectorBox(offered.local[0], offered.remote[0]);
  const hasFirst = (part: SelectorLists) =>
    first !== undefined && isRegionCovered([first], listsRegion(part), budget).kind === 'covered';
  const ordered = [...parts.filter(hasFirst), ...parts.filter((part) => !hasFirst(part))];
  let chosen = fitting(ordered[0]!, allowed, budget);
  for (const part of ordered.slice(1, combinationsMax)) {
    const candidate = join([chosen, part]);
    if (isRegionCovered(listsRegion(candidate), allowed, budget).kind === 'covered') chosen = candidate;
  }
  return chosen;
}

/** A part as it is, or, should the question be too costly to decide, its first selectors that go together. */
function fitting(part: SelectorLists, allowed: Region, budget: number): SelectorLists {
  if (isRegionCovered(listsRegion(part), allowed, budget).kind === 'covered') return part;
  for (const local of part.local) {
    for (const remote of part.remote) if (selectorBox(local, remote)) return { local: [local], remote: [remote] };
  }
  return part;
}

/** The result in the order of the initiator's selectors that its parts come from. */
function inOrder(lists: SelectorLists, offered: SelectorLists): SelectorLists {
  const sort = (list: readonly TrafficSelector[], order: readonly TrafficSelector[]) => {
    const rank = (selector: TrafficSelector) => order.findIndex((candidate) => intersectSelectors(candidate, selector));
    return list
      .map((selector, index) => ({ selector, index, rank: rank(selector) }))
      .sort((a, b) => a.rank - b.rank || a.index - b.index)
      .map(({ selector }) => selector);
  };
  return { local: sort(lists.local, offered.local), remote: sort(lists.remote, offered.remote) };
}

function result(
  offered: SelectorLists,
  lists: SelectorLists,
  offeredRegion: readonly Box[],
  allowed: Region,
  whole: boolean,
  additionalPossible: boolean,
  budget: number,
): Narrowing {
  const region = whole ? offeredRegion : listsRegion(lists);
  const first = offered.local[0] && offered.remote[0] && selectorBox(offered.local[0], offered.remote[0]);
  const without = (from: Region) => {
    const rest = subtractRegion(from, region, budget);
    return rest && simplify(rest);
  };
  return {
    kind: 'narrowed',
    whole,
    lists,
    keepsFirst: whole || (first !== undefined && isRegionCovered([first], region, budget).kind === 'covered'),
    additionalPossible,
    // A responder under load never asks for it, and it costs more than the rest.
    loss: lazyLoss(
      () => (whole ? [] : without(offeredRegion)),
      () => without(allowed),
    ),
  };
}

/** Worked out when it is asked for, and once. */
function lazyLoss(proposed: () => Region | undefined, allowed: () => Region | undefined): NarrowingLoss {
  const known: {
    proposed?: { readonly region: Region | undefined };
    allowed?: { readonly region: Region | undefined };
  } = {};
  return {
    get proposed() {
      known.proposed ??= { region: proposed() };
      return known.proposed.region;
    },
    get allowed() {
      known.allowed ??= { region: allowed() };
      return known.allowed.region;
    },
  };
}
