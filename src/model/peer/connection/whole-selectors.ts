/**
 * Traffic selectors of products that take each selector as a whole or not at all, as Libreswan's pluto (ikev2_ts.c of 5.x):
 * without narrowing a selector of the connection must be one that is proposed; with it one of the two must hold the other.
 * Every connection between the two hosts is looked at, and the widest fit wins.
 */
import { rangePrefixLength } from '../../address.js';
import type { PadEntry, SaTemplate, SystemConfig } from '../../system-config.js';
import { contains, type SelectorLists, sameSelector, type TrafficSelector } from '../../traffic-selector.js';
import { connectionsFor } from './candidates.js';
import { childrenOf } from './children.js';
import { configuredLists, type Ends, hostsOf, resolveSelectors } from './selectors.js';

/**
 * How a selector of one's own may lie to one that is proposed; the narrower of the two is taken.
 *
 * - `equal`: they are the same;
 * - `within`: the own one is within the proposed one, as for a connection with a peer that is known;
 * - `around`: the proposed one is within the own one, as for a template that any peer may use, and for what comes back.
 */
export type SelectorFit = 'equal' | 'within' | 'around';

/** How a responder compares selectors with those of a template. */
export function fitOfResponder({ narrowing, remoteEndpoint }: SaTemplate): SelectorFit {
  if (!narrowing?.value) return 'equal';
  return remoteEndpoint ? 'within' : 'around';
}

/** How an initiator compares the answer with what it proposed. */
export function fitOfInitiator({ narrowing }: SaTemplate): SelectorFit {
  return narrowing?.value ? 'around' : 'equal';
}

/** The selectors that both ends have; undefined where an end has none. */
export function fittingLists(
  template: SaTemplate,
  proposed: SelectorLists,
  ends: Ends,
  fit: SelectorFit,
): SelectorLists | undefined {
  const own = configuredLists(template);
  const local = fittingList(resolveSelectors(own.local, hostsOf(ends, 'local')), proposed.local, fit);
  const remote = fittingList(resolveSelectors(own.remote, hostsOf(ends, 'remote')), proposed.remote, fit);
  return local.length > 0 && remote.length > 0 ? { local, remote } : undefined;
}

function fittingList(
  own: readonly TrafficSelector[],
  proposed: readonly TrafficSelector[],
  fit: SelectorFit,
): TrafficSelector[] {
  return own.flatMap((ours) => proposed.flatMap((theirs) => taken(ours, theirs, fit) ?? []));
}

function taken(ours: TrafficSelector, theirs: TrafficSelector, fit: SelectorFit): TrafficSelector | undefined {
  switch (fit) {
    case 'equal':
      return sameSelector(ours, theirs) ? ours : undefined;
    case 'within':
      return contains(theirs, ours) ? ours : undefined;
    case 'around':
      return contains(ours, theirs) ? theirs : undefined;
  }
}

/** The template that fits best, and what it leaves; of equals the first. */
export function chooseWhole(
  templates: readonly SaTemplate[],
  proposed: SelectorLists,
  ends: Ends,
): { readonly template: SaTemplate; readonly lists: SelectorLists } | undefined {
  let best: { readonly template: SaTemplate; readonly lists: SelectorLists; readonly score: Score } | undefined;
  for (const template of templates) {
    const lists = fittingLists(template, proposed, ends, fitOfResponder(template));
    const score = lists && scoreOf(lists);
    if (lists && score && (!best || isBetter(score, best.score))) best = { template, lists, score };
  }
  return best && { template: best.template, lists: best.lists };
}

interface Score {
  readonly range: number;
  readonly port: number;
  readonly protocol: number;
}

/** The score of the best selector of each end (score_narrowed_selector, fit_tsps_to_ends). */
function scoreOf({ local, remote }: SelectorLists): Score {
  const [mine, theirs] = [bestOf(local), bestOf(remote)];
  // The initiator's end, which is the remote one here, counts most.
  return {
    range: theirs.range * 256 + mine.range,
    port: mine.port + theirs.port,
    protocol: mine.protocol + theirs.protocol,
  };
}

function bestOf(list: readonly TrafficSelector[]): Score {
  return list
    .map(({ range, ports, protocol }) => ({
      range: (rangePrefixLength(range) ?? 0) + 1,
      port: ports.lo > 0 ? 1 : 65_536,
      protocol: protocol === 0 ? 255 : 1,
    }))
    .reduce((best, score) => (isBetter(score, best) ? score : best));
}

function isBetter(a: Score, b: Score): boolean {
  if (a.range !== b.range) return a.range > b.range;
  if (a.port !== b.port) return a.port > b.port;
  return a.protocol > b.protocol;
}

/**
 * The templates of every connection for two hosts that is for the same identities as the one that their IKE SA was made with,
 * whose own go first.
 */
export function templatesBetween(config: SystemConfig, pad: PadEntry, ends: Ends, version: 1 | 2): SaTemplate[] {
  const names = new Set(
    connectionsFor(config, ends, version)
      .filter(({ pad: other }) => other === pad || areForOnePeer(other, pad))
      .map(({ connection }) => connection),
  );
  if (pad.connection !== undefined) names.delete(pad.connection);
  return [pad.connection, ...names].flatMap((connection) => childrenOf(config, connection));
}

/** Do two connections authenticate the same two ends alike? Then pluto has one IKE SA for both (same_peer_ids). */
export function areForOnePeer(a: PadEntry, b: PadEntry): boolean {
  const key = ({ localId, remoteId, localMethod, remoteMethod }: PadEntry) =>
    JSON.stringify([localId?.value, remoteId?.value, localMethod.value, remoteMethod.value]);
  return key(a) === key(b);
}
