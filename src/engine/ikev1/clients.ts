/**
 * Whose traffic a Quick Mode is about: the client identities that an initiator proposes for a request, and whether those of a
 * peer are what a responder's policy means (RFC 2409 §5.5, hpux-ipsec reference 7.3 and 7.7).
 */
import type { Address } from '../../model/address.js';
import { narrow } from '../../model/narrow.js';
import type { Packet } from '../../model/packet.js';
import { chooseChild, narrowedLists, proposedLists } from '../../model/peer/connection/selectors.js';
import { fittingLists } from '../../model/peer/connection/whole-selectors.js';
import type { PeerProfile } from '../../model/peer-profile/peer-profile.js';
import { proxyIds, sameProxyIds } from '../../model/proxy-ids.js';
import { isRegionCovered } from '../../model/selector/algebra.js';
import { anyPort, type Box, type Region } from '../../model/selector/box.js';
import { witnessPacket } from '../../model/selector/witness.js';
import type { SaTemplate } from '../../model/system-config.js';
import {
  packetSelectors,
  type SelectorLists,
  type SelectorPair,
  selectorBox,
  type TrafficSelector,
} from '../../model/traffic-selector.js';
import type { ChildRequest } from '../input.js';
import type { Ends } from '../ipsec/bundle.js';
import { pairLists, sayable } from './client-ids.js';

export interface ProposedClients {
  readonly ids: SelectorPair;
  /** The packet that the values come from, where there was one. */
  readonly packet?: Packet;
}

/** The identities to propose; undefined where the template carries nothing between these ends. */
export function proposedClients(request: ChildRequest, template: SaTemplate): ProposedClients | undefined {
  const { ends, populateFromPacket, packet } = request;
  if (template.lists) {
    const ids = firstOf(proposedLists(template, ends));
    return ids && { ids, ...(packet ? { packet } : {}) };
  }
  const meant = packet ?? anyPacketOf(template, ends);
  const ids = meant && proxyIds(template.selectors, meant, { mode: template.mode, populateFromPacket });
  if (!ids) return undefined;
  const exact = packet && packetSelectors(packet);
  const said: SelectorPair = {
    local: sayable(ids.local, exact?.local),
    remote: sayable(ids.remote, exact?.remote),
  };
  // The ends of a transport mode SA are the peers themselves (RFC 4301 §4.1), also where it is nested in another one.
  const atEnds = template.mode === 'transport' ? between(said, ends) : said;
  return { ids: atEnds, ...(packet ? { packet } : {}) };
}

/**
 * Of lists of selectors the first ones. One ID payload says of a range of ports its first one, and where that is 0, which is every
 * port to the peer, the range stays for what it answers (charon's id_payload.c).
 */
function firstOf({ local, remote }: SelectorLists): SelectorPair | undefined {
  const [ours, theirs] = [local[0], remote[0]];
  const said = (selector: TrafficSelector) => (selector.ports.lo === 0 ? selector : sayable(selector, undefined));
  return ours && theirs && { local: said(ours), remote: said(theirs) };
}

function between({ local, remote }: SelectorPair, ends: Ends): SelectorPair {
  return { local: { ...local, range: only(ends.local) }, remote: { ...remote, range: only(ends.remote) } };
}

function only({ family, value }: Address): TrafficSelector['range'] {
  return { family, first: value, last: value };
}

/** A packet of the template's first box that is possible between the ends. */
function anyPacketOf({ selectors, mode }: SaTemplate, ends: Ends): Packet | undefined {
  for (const box of selectors) {
    if (mode === 'tunnel') return witnessPacket(box);
    const cut = cutToEnds(box, ends);
    if (cut) return witnessPacket(cut);
  }
  return undefined;
}

function cutToEnds(box: Box, { local, remote }: Ends): Box | undefined {
  const holds = ({ lo, hi }: Box['local'], { family, value }: Address) =>
    family === box.family && lo <= value && value <= hi;
  if (!holds(box.local, local) || !holds(box.remote, remote)) return undefined;
  return { ...box, local: { lo: local.value, hi: local.value }, remote: { lo: remote.value, hi: remote.value } };
}

/** The identities that are meant where a message has none: the peers themselves (RFC 2409 §5.5). */
export function clientsOfEnds(ends: Ends): SelectorPair {
  const whole = (address: Address): TrafficSelector => ({ range: only(address), protocol: 0, ports: anyPort });
  return { local: whole(ends.local), remote: whole(ends.remote) };
}

/** How the identities of a peer compare with a template of ours. */
export type ClientVerdict =
  | { readonly kind: 'match'; readonly ids: SelectorPair }
  /** One sentence without a full stop. */
  | { readonly kind: 'mismatch'; readonly why: string };

/** Steps that the question whether identities are within a policy may cost. */
const coverBudget = 20_000;

/** Are the proposed identities, in our terms, what a template means, as the product compares them? */
export function matchClients(
  proposed: SelectorPair,
  template: SaTemplate,
  ends: Ends,
  options: { readonly populateFromPacket: boolean; readonly compare: PeerProfile['quickModeIdentities']['value'] },
): ClientVerdict {
  const box = selectorBox(proposed.local, proposed.remote);
  if (!box) return { kind: 'mismatch', why: 'the identities contradict each other' };
  if (template.mode === 'transport' && !areEnds(proposed, ends)) {
    return { kind: 'mismatch', why: 'in transport mode the identities must be the addresses of the peers' };
  }
  const region: Region = template.selectors;
  switch (options.compare) {
    case 'equal': {
      const packet = witnessPacket(box);
      const isMeant = region.some((candidate) => {
        const own = proxyIds([candidate], packet, { mode: template.mode });
        return own !== undefined && sameProxyIds(saidIds(own, packetSelectors(packet)), proposed);
      });
      if (isMeant) return { kind: 'match', ids: proposed };
      // One SA pair for each flow: the exact values of any packet that the policy is for.
      if (options.populateFromPacket && isExact(proposed) && isWithin(box, region))
        return { kind: 'match', ids: proposed };
      return { kind: 'mismatch', why: 'its selectors give other identities' };
    }
    case 'within':
      return isWithin(box, region)
        ? { kind: 'match', ids: proposed }
        : { kind: 'mismatch', why: 'the identities go beyond its selectors' };
    case 'narrow':
      return narrowed(proposed, template, ends);
  }
}

/**
 * What a responder of connections makes of the identities: the child that fits best, and what its lists leave of them
 * (charon's quick_mode.c). Undefined where no child is for them.
 */
export function childForClients(
  proposed: SelectorPair,
  templates: readonly SaTemplate[],
  ends: Ends,
): { readonly template: SaTemplate; readonly ids: SelectorPair } | undefined {
  const lists = pairLists(proposed);
  const template = chooseChild(templates, lists, ends);
  const ids = template && firstOf(narrowedLists(template, lists, ends));
  return ids && { template, ids };
}

/** The same of a product that narrows nothing: the child one of whose selectors of each end is that identity. */
export function equalClients(
  proposed: SelectorPair,
  templates: readonly SaTemplate[],
  ends: Ends,
): { readonly template: SaTemplate; readonly ids: SelectorPair } | undefined {
  const lists = pairLists(proposed);
  const template = templates.find((one) => fittingLists(one, lists, ends, 'equal') !== undefined);
  return template && { template, ids: proposed };
}

/** Own identities as they would be said: a range of ports becomes the packet's, which is in the peer's identity. */
function saidIds({ local, remote }: SelectorPair, packets: SelectorPair): SelectorPair {
  return { local: sayable(local, packets.local), remote: sayable(remote, packets.remote) };
}

function areEnds({ local, remote }: SelectorPair, ends: Ends): boolean {
  const is = ({ range }: TrafficSelector, { family, value }: Address) =>
    range.family === family && range.first === value && range.last === value;
  return is(local, ends.local) && is(remote, ends.remote);
}

function isExact({ local, remote }: SelectorPair): boolean {
  return [local, remote].every(({ range }) => range.first === range.last);
}

function isWithin(box: Box, region: Region): boolean {
  // A policy holds for both directions of a connection, whatever directions its entry names.
  const anyWay = region.map((own) => ({ ...own, direction: box.direction }));
  return isRegionCovered([box], anyWay, coverBudget).kind === 'covered';
}

/** A responder that narrows in IKEv1 too, to one selector on each side, for there is one ID payload for each. */
function narrowed(proposed: SelectorPair, template: SaTemplate, ends: Ends): ClientVerdict {
  const lists = { local: [proposed.local], remote: [proposed.remote] };
  const result = narrow(lists, template.selectors, template.mode === 'transport' ? { transport: ends } : {});
  const [local, remote] = result.kind === 'narrowed' ? [result.lists.local[0], result.lists.remote[0]] : [];
  return local && remote
    ? { kind: 'match', ids: { local, remote } }
    : { kind: 'mismatch', why: 'its selectors have nothing in common with the identities' };
}
