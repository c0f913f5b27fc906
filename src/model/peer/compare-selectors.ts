/**
 * How the selectors of two policies for the same traffic compare: by the client identities of IKEv1, which must be the
 * same, or by what IKEv2's narrowing leaves of them.
 */
import type { Address } from '../address.js';
import { narrow } from '../narrow.js';
import type { Packet } from '../packet.js';
import { mirrorProxyIds, proxyIds, sameProxyIds } from '../proxy-ids.js';
import { boxesEqual, defaultBudget, isRegionCovered, subtractRegion } from '../selector/algebra.js';
import type { Region } from '../selector/box.js';
import { simplify } from '../selector/simplify.js';
import type { SaTemplate } from '../system-config.js';
import { boxSelectors, selectorBox, selectorLists } from '../traffic-selector.js';
import { mirrorBox, mirrorPacket } from './mirror.js';
import type { SelectorComparison } from './steps.js';

/** Compares the client identities that two templates mean for a packet of the initiator. */
export function compareProxyIds(templateX: SaTemplate, templateY: SaTemplate, packet: Packet): SelectorComparison {
  // Whether each five-tuple gets its own SAs does not matter here: the responder's policy only has to match.
  const initiator = proxyIds(templateX.selectors, packet, { mode: templateX.mode });
  const theirs = proxyIds(templateY.selectors, mirrorPacket(packet), { mode: templateY.mode });
  if (!initiator || !theirs) return { kind: 'disjoint' };
  const responder = mirrorProxyIds(theirs);
  return sameProxyIds(initiator, responder) ? { kind: 'equal' } : { kind: 'proxy-ids', initiator, responder };
}

/** Compares the selectors of two templates, in transport mode only as far as they are about the two ends. */
export function compareSelectors(
  templateX: SaTemplate,
  templateY: SaTemplate,
  ends: { readonly initiator: Address; readonly responder: Address },
  budget = defaultBudget,
): SelectorComparison {
  const isTransport = templateX.mode === 'transport';
  if (isMirrorImage(templateX.selectors, templateY.selectors)) return { kind: 'equal' };
  const proposed = selectorLists(templateX.selectors.map(mirrorBox));
  const narrowing = narrow(proposed, templateY.selectors, {
    ...(isTransport ? { transport: { local: ends.responder, remote: ends.initiator } } : {}),
    budget,
  });
  if (narrowing.kind === 'unacceptable') return { kind: 'disjoint' };
  const { loss, whole } = narrowing;
  if (whole && loss.allowed?.length === 0) return { kind: 'equal' };
  // What does not fit into one SA may be in another one of the same policy: it is the policies that are compared.
  const relevant = (region: Region) => (isTransport ? atEnds(region, ends.initiator, ends.responder) : region);
  const mine = relevant(asSelectors(templateX.selectors));
  const theirs = relevant(asSelectors(templateY.selectors.map(mirrorBox)));
  const only = (from: Region, other: Region) => {
    if (isRegionCovered(from, other, budget).kind === 'covered') return [];
    const rest = subtractRegion(from, other, budget);
    return rest && simplify(rest);
  };
  const [onlyInitiator, onlyResponder] = [only(mine, theirs), only(theirs, mine)];
  if (onlyInitiator?.length === 0 && onlyResponder?.length === 0) return { kind: 'equal' };
  return { kind: 'narrowed', onlyInitiator, onlyResponder };
}

/** The usual case, decided without any search: the same boxes, each the other way round. */
function isMirrorImage(mine: Region, theirs: Region): boolean {
  if (mine.length !== theirs.length) return false;
  return mine.every((box, at) => boxesEqual(mirrorBox(box), theirs[at]!));
}

/** What IKE's selectors can say of a region: both directions, and all protocols for a stretch of several. */
function asSelectors(region: Region): Region {
  return region.flatMap((box) => {
    const { local, remote } = boxSelectors(box);
    return selectorBox(local, remote) ?? [];
  });
}

function atEnds(region: Region, { value: own }: Address, { value: peer }: Address): Region {
  return region.flatMap((box) => {
    if (own < box.local.lo || box.local.hi < own || peer < box.remote.lo || box.remote.hi < peer) return [];
    return { ...box, local: { lo: own, hi: own }, remote: { lo: peer, hi: peer } };
  });
}
