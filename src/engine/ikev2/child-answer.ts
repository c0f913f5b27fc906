/**
 * The responder's side of a Child SA — RFC 7296 §1.2, §1.3.1, §2.7, §2.9; hpux-ipsec reference 7.3 to 7.7: which SPD entry
 * is meant, and whether mode, selectors and proposals fit.
 */
import type { ChildCandidate } from '../../model/peer/child-search.js';
import { type SelectedProposal, selectProposal } from '../../model/proposal.js';
import type { Secret } from '../../model/secret.js';
import type { ChildProposal } from '../../model/system-config.js';
import { contains, type SelectorLists, type TrafficSelector, withoutContained } from '../../model/traffic-selector.js';
import { type KeyExchangeTransform, keyExchange } from '../../model/transform.js';
import { algorithmFor } from '../crypto/provider.js';
import { dataPathRefusal } from '../data-path.js';
import { spiNumber, spiOctets } from '../wire/payloads/spis.js';
import { type Ikev2Payload, ikev2Payload } from '../wire/payloads/table.js';
import type { Child } from './child-sa.js';
import { areHosts, childMeant } from './connection-children.js';
import type { IkeSa } from './ike-sa.js';
import { installChild, isFree } from './install.js';
import { natSubstituted } from './nat-selectors.js';
import { type PeerProposal, readOffer, writeAnswer } from './offers.js';
import { notification, type Payloads } from './payloads.js';
import { preferenceOf } from './product.js';
import { type Refusal, type RefusedChild, refusal, refuse } from './refusal.js';
import { flowOf, readSelectors, writeSelectors } from './selectors.js';
import { type Fitting, searchSpd } from './spd-search.js';
import { emit, ignore, recordText, type Turn } from './turn.js';

export interface ChildAsked {
  readonly payloads: Payloads;
  readonly ni: Uint8Array;
  /** CREATE_CHILD_SA: our nonce of this exchange; IKE_AUTH has those of IKE_SA_INIT. */
  readonly nr: Uint8Array;
  readonly isFirst: boolean;
  readonly replaces?: Child;
}

export type ChildReply =
  | { readonly kind: 'made'; readonly child: Child; readonly payloads: readonly Ikev2Payload[] }
  | RefusedChild;

/** Is there a child of the connection that the selectors of a request are for? */
export function isForChild(turn: Turn, sa: IkeSa, payloads: Payloads): boolean {
  return childMeant(turn, sa, sa.pad!, askedSelectors(sa, payloads).proposed) !== undefined;
}

/** The selectors of a request in local/remote terms. */
function askedSelectors(
  sa: IkeSa,
  payloads: Payloads,
): { readonly proposed: SelectorLists; readonly wantsTransport: boolean } {
  const wantsTransport = payloads.notify('USE_TRANSPORT_MODE') !== undefined;
  const ports = sa.pad?.connection === undefined ? 'meaningful' : 'as-written';
  const received: SelectorLists = {
    local: readSelectors(payloads.first('TSr')!, ports),
    remote: readSelectors(payloads.first('TSi')!, ports),
  };
  return { proposed: wantsTransport ? natSubstituted(sa, received) : received, wantsTransport };
}

/** Answers a request for a Child SA; what is made is in the data path when this returns. */
export function answerChild(turn: Turn, sa: IkeSa, asked: ChildAsked): ChildReply {
  const { env } = turn;
  const { payloads, ni, nr, isFirst, replaces } = asked;
  const { proposed, wantsTransport } = askedSelectors(sa, payloads);
  const found = findSa(turn, sa, proposed, wantsTransport, asked);
  if (found.kind === 'refused') return refuse(found, replaces);
  const { candidate, lists, offered, selection, mode } = found;
  const { template, entry } = candidate;
  const own = { proposal: template.proposals[selection.own] as ChildProposal, offered: offered[selection.offered]! };
  const outboundSpi = spiNumber(own.offered.spi)!;
  if (!isFree(turn, sa, own.proposal.protocol, outboundSpi)) {
    const text = `the peer chose the SPI ${outboundSpi}, which another SA has`;
    return refuse(refusal('invalid-message', 'NO_PROPOSAL_CHOSEN', text, candidate, 'RFC 4301 §4.1'), replaces);
  }
  const wanted = selection.transforms.keyExchange;
  let sharedSecret: Secret | undefined;
  let kePayload: readonly Ikev2Payload[] = [];
  if (wanted && !isFirst) {
    const ke = payloads.first('KE');
    if (ke?.dhGroup !== wanted.id) return askForGroup(turn, sa, wanted, candidate, replaces);
    const exchanged = algorithmFor(env.provider.keyExchanges, wanted)?.respond(ke.keyExchangeData, env.provider.random);
    if (!exchanged) {
      return refuse(
        refusal('invalid-message', 'INVALID_SYNTAX', 'KEi is not a valid public value', candidate, 'RFC 6989 §2'),
        replaces,
      );
    }
    sharedSecret = exchanged.sharedSecret;
    kePayload = [ikev2Payload('KE', { dhGroup: wanted.id, keyExchangeData: exchanged.publicValue })];
  }
  const installed = { mode, transforms: selection.transforms, ...lists, peer: sa.remote.address };
  const lacking = dataPathRefusal(env, template, installed, sa.virtual.own);
  if (lacking) {
    const notify = lacking.what === 'sa' ? 'NO_PROPOSAL_CHOSEN' : 'TS_UNACCEPTABLE';
    const text = `the SA cannot be installed: ${lacking.why}`;
    return refuse(refusal('data-path', notify, text, candidate, 'RFC 7296 §1.3'), replaces);
  }
  const inboundSpi = env.allocateSpi();
  const { populateFromPacket } = entry.action.kind === 'PROTECT' ? entry.action : { populateFromPacket: false };
  const flow = populateFromPacket ? flowOf(lists) : undefined;
  const child = installChild(turn, sa, {
    role: 'responder',
    purpose: {
      entry,
      template,
      ends: { local: sa.local.address, remote: sa.remote.address },
      populateFromPacket,
      ...(flow ? { packet: flow } : {}),
    },
    proposal: own.proposal,
    transforms: selection.transforms,
    mode,
    inboundSpi,
    outboundSpi,
    selectors: lists,
    nonces: { ni, nr },
    ...(sharedSecret ? { sharedSecret } : {}),
    ...(replaces ? { replaces } : {}),
    sendAtOnce: replaces === undefined,
  });
  const answer: readonly Ikev2Payload[] = [
    ...(mode === 'transport' ? [notification('USE_TRANSPORT_MODE')] : []),
    ...(found.additionalPossible ? [notification('ADDITIONAL_TS_POSSIBLE')] : []),
    ikev2Payload('SA', writeAnswer(own.offered, selection.transforms, spiOctets(inboundSpi))),
    ...(isFirst ? [] : [ikev2Payload('Nonce', { data: nr })]),
    ...kePayload,
    ikev2Payload('TSi', writeSelectors(lists.remote)),
    ikev2Payload('TSr', writeSelectors(lists.local)),
  ];
  return { kind: 'made', child, payloads: answer };
}

/** INVALID_KE_PAYLOAD is no failure yet: the initiator is expected to come again. */
function askForGroup(
  turn: Turn,
  sa: IkeSa,
  wanted: KeyExchangeTransform,
  candidate: ChildCandidate,
  replaces: Child | undefined,
): ChildReply {
  const data = Uint8Array.of(wanted.id >> 8, wanted.id & 255);
  const text = `KEi is not of ${wanted.name}, which is chosen: it is asked for`;
  ignore(turn, sa.remote, text, 'RFC 7296 §1.3', sa);
  return refuse({ ...refusal('invalid-ke', 'INVALID_KE_PAYLOAD', text, candidate, 'RFC 7296 §1.3'), data }, replaces);
}

interface Found {
  readonly kind: 'found';
  readonly candidate: ChildCandidate;
  readonly lists: SelectorLists;
  readonly additionalPossible: boolean;
  readonly offered: readonly PeerProposal[];
  readonly selection: SelectedProposal;
  readonly mode: 'transport' | 'tunnel';
}

/** Selectors first, then what of the entry's SAs mode and proposals fit; the first reason against is the one that counts. */
function findSa(
  turn: Turn,
  sa: IkeSa,
  proposed: SelectorLists,
  wantsTransport: boolean,
  { payloads, isFirst }: ChildAsked,
): Found | Refusal {
  const search = searchSpd(turn, sa, proposed, wantsTransport);
  if (search.kind === 'refused') return search;
  const offered = readOffer(payloads.first('SA')!, 'CHILD', 4);
  let refused: Refusal | undefined;
  for (const fitting of search.fitting) {
    const outcome = fitProposals(turn, sa, fitting, { offered, wantsTransport, isFirst, payloads, proposed });
    if (outcome.kind === 'found') return outcome;
    refused ??= outcome;
  }
  return refused!;
}

function fitProposals(
  turn: Turn,
  sa: IkeSa,
  { candidate, narrowing }: Fitting,
  asked: {
    readonly offered: readonly PeerProposal[];
    readonly wantsTransport: boolean;
    readonly isFirst: boolean;
    readonly payloads: Payloads;
    readonly proposed: SelectorLists;
  },
): Found | Refusal {
  const { env, host } = turn;
  const { template, entry } = candidate;
  const name = recordText(template.source);
  const { wantsTransport, offered, isFirst, payloads, proposed } = asked;
  if (!wantsTransport && template.mode === 'transport' && env.profile.modeMismatch.value === 'refuse') {
    const text = `the peer asks for tunnel mode, and ${name} has transport mode`;
    return refusal('mode-mismatch', 'NO_PROPOSAL_CHOSEN', text, candidate, 'RFC 7296 §1.3.1');
  }
  if (wantsTransport && template.mode === 'tunnel') {
    const text = `the peer asks for transport mode, and ${name} has tunnel mode: the answer is in tunnel mode`;
    ignore(turn, sa.remote, text, 'RFC 7296 §1.3.1', sa);
  }
  const lists = restricted(turn, candidate, narrowing, proposed);
  const bothTransport = wantsTransport && template.mode === 'transport';
  // A connection whose selectors are more than the two hosts becomes a tunnel (check_mode of charon's child_create.c).
  const isHosts = !template.lists || (lists !== undefined && areHosts(sa, lists));
  const mode = bothTransport && isHosts ? 'transport' : 'tunnel';
  emit(turn, {
    kind: 'selectors',
    own: template.source,
    proposed,
    ...(lists ? { result: lists } : { why: 'a single pair of selectors is required' }),
  });
  if (!lists) {
    const text = `${recordText(entry.source)} takes one SA pair for each flow, and the peer proposes more than one`;
    return refusal('selectors-unacceptable', 'SINGLE_PAIR_REQUIRED', text, candidate, 'RFC 7296 §2.9');
  }
  const proposals = isFirst ? host.own.ofFirst(template) : host.own.ofTemplate(template, sa.policy);
  const group = payloads.first('KE')?.dhGroup;
  const guessedGroup = group === undefined ? undefined : keyExchange(group);
  const selection = selectProposal(isFirst ? offered.map((one) => ({ ...one, keyExchange: [] })) : offered, proposals, {
    preference: preferenceOf(env),
    ...(guessedGroup ? { guessedGroup } : {}),
  });
  emit(turn, { kind: 'proposals', of: 'CHILD', role: 'responder', selection, own: template.source });
  if (selection.kind === 'mismatch') {
    const text = `${name} has no proposal in common with the peer`;
    return {
      ...refusal('no-child-proposal', 'NO_PROPOSAL_CHOSEN', text, candidate, 'RFC 7296 §2.7'),
      mismatch: selection,
    };
  }
  return {
    kind: 'found',
    candidate,
    lists,
    additionalPossible: narrowing.additionalPossible || lists !== narrowing.lists,
    offered,
    selection,
    mode,
  };
}

/** One flow for entries that have an SA pair for each; one pair of selectors for products that know no more. */
function restricted(
  { env }: Turn,
  { entry }: ChildCandidate,
  { lists, keepsFirst }: Fitting['narrowing'],
  proposed: SelectorLists,
): SelectorLists | undefined {
  if (entry.action.kind === 'PROTECT' && entry.action.populateFromPacket) {
    if (flowOf(lists)) return lists;
    const first: SelectorLists = { local: proposed.local.slice(0, 1), remote: proposed.remote.slice(0, 1) };
    return keepsFirst && flowOf(first) ? first : undefined;
  }
  if (env.profile.selectorPairsMax.value !== 1) return lists;
  const wide = (list: readonly TrafficSelector[]): TrafficSelector[] => {
    const all = withoutContained(list);
    const holdsFirst = all.find((one) => contains(one, list[0]!));
    return holdsFirst ? [holdsFirst] : all.slice(0, 1);
  };
  const one = { local: wide(lists.local), remote: wide(lists.remote) };
  return one.local.length === lists.local.length && one.remote.length === lists.remote.length ? lists : one;
}
