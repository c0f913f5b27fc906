/**
 * Flows that one system of a pair protects towards the other, which does not: sorted by cause, because each cause is
 * another fault to a reader. Nothing there at all; selectors that miss each other; an exception that only one side has;
 * rules that both have, in another order.
 */
import type { PairAnalysis } from '../model/peer/analysis.js';
import type { Flow, FlowEnd } from '../model/peer/flows.js';
import { mirrorBox } from '../model/peer/mirror.js';
import { regionsIntersect } from '../model/selector/algebra.js';
import type { PairContext } from './context.js';
import { analysisOf, type Side } from './pair-analysis.js';

export interface OneSidedFlow {
  readonly flow: Flow;
  /** The side that protects it. */
  readonly protector: Side;
  readonly mine: FlowEnd;
  readonly theirs: FlowEnd;
  readonly cause:
    | { readonly kind: 'missing' }
    /** The other system protects traffic towards the protector as well, but none of it is this. */
    | { readonly kind: 'disjoint'; readonly partner: FlowEnd }
    /** A record of the other system says otherwise. */
    | { readonly kind: 'exception' }
    /** The other system has a record for it too, further back, and the protector has the exception further back. */
    | { readonly kind: 'order'; readonly behindTheirs: number; readonly behindMine: number };
}

const known = new WeakMap<PairAnalysis, readonly OneSidedFlow[]>();

/** Entries that may follow in either list when an order is looked into. */
const followersMax = 64;

/** The one-sided flows of a pair. What is left of a policy whose selectors merely differ is not among them. */
export function oneSidedFlows(pair: PairContext): readonly OneSidedFlow[] {
  const analysis = analysisOf(pair);
  let found = known.get(analysis);
  if (!found) {
    found = classify(analysis);
    known.set(analysis, found);
  }
  return found;
}

function classify({ flows, walks }: PairAnalysis): OneSidedFlow[] {
  const mutual = flows.filter(({ a, b }) => a.templates.length > 0 && b.templates.length > 0);
  const matched = { a: new Set(mutual.map(({ a }) => a.entry)), b: new Set(mutual.map(({ b }) => b.entry)) };
  // Entries that meet a counterpart with other selectors: the rest of their traffic is that finding's matter.
  const differing = new Set(
    walks
      .filter(({ steps }) => steps.some(({ kind, verdict }) => kind === 'selectors' && verdict !== 'pass'))
      .flatMap(({ flow }) => [flow.a.entry, flow.b.entry]),
  );
  const unseen = new Set(
    walks
      .filter(({ flow, steps }) => flow.a.templates.length * flow.b.templates.length > 0 && !steps.some(isSelectors))
      .flatMap(({ flow }) => [flow.a.entry, flow.b.entry]),
  );
  const oneSided = flows.flatMap((flow) => {
    const [a, b] = [flow.a.templates.length > 0, flow.b.templates.length > 0];
    if (a === b) return [];
    const protector: Side = a ? 'a' : 'b';
    const other: Side = a ? 'b' : 'a';
    return [{ flow, protector, other, mine: flow[protector], theirs: flow[other] }];
  });
  const unmatched = (side: Side) =>
    oneSided.find(
      ({ protector, mine, theirs }) => protector === side && theirs.isFallback && !matched[side].has(mine.entry),
    )?.mine;
  const partners = { a: unmatched('a'), b: unmatched('b') };
  return oneSided.flatMap(({ flow, protector, other, mine, theirs }): OneSidedFlow[] => {
    const base = { flow, protector, mine, theirs };
    if (!theirs.isFallback) {
      const order = orderCause(flow, protector, mine, theirs);
      return [{ ...base, cause: order ?? { kind: 'exception' } }];
    }
    if (matched[protector].has(mine.entry)) {
      if (differing.has(mine.entry) || unseen.has(mine.entry)) return [];
      return [{ ...base, cause: { kind: 'missing' } }];
    }
    const partner = partners[other];
    return [{ ...base, cause: partner ? { kind: 'disjoint', partner } : { kind: 'missing' } }];
  });
}

function isSelectors({ kind }: { readonly kind: string }): boolean {
  return kind === 'selectors';
}

/** Both have both rules, and take them the other way round. */
function orderCause(
  flow: Flow,
  protector: Side,
  mine: FlowEnd,
  theirs: FlowEnd,
): Extract<OneSidedFlow['cause'], { kind: 'order' }> | undefined {
  const region = protector === 'a' ? flow.region : flow.region.map(mirrorBox);
  const mirrored = region.map(mirrorBox);
  const behindTheirs = follower(theirs, mirrored, (number) => protects(theirs, number, mine));
  const behindMine = follower(
    mine,
    region,
    (number) => mine.list.entries[number]!.action.kind === theirs.entry.action.kind,
  );
  return behindTheirs === undefined || behindMine === undefined
    ? undefined
    : { kind: 'order', behindTheirs, behindMine };
}

function follower(
  { list, number }: FlowEnd,
  region: Flow['region'],
  accept: (number: number) => boolean,
): number | undefined {
  for (const box of region) {
    const [found] = list.index
      .overlaps(box, { from: number + 1, to: Math.max(number + 1, list.entries.length - 1), limit: followersMax })
      .filter((candidate) => accept(candidate) && regionsIntersect(list.entries[candidate]!.selectors, [box]));
    if (found !== undefined && list.entries[found]!.source.record.kind !== 'builtin') return found;
  }
  return undefined;
}

/** Has an entry an SA that could end at the other system? */
function protects({ list }: FlowEnd, number: number, peer: FlowEnd): boolean {
  const { action } = list.entries[number]!;
  return (
    action.kind === 'PROTECT' &&
    action.bundle.some(({ remoteEndpoint }) => !remoteEndpoint || peer.view.isOwn(remoteEndpoint))
  );
}
