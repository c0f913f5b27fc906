/** The initiator's side of a Child SA — RFC 7296 §1.2, §1.3.1, §2.9: what it proposes, and whether what it gets is that. */

import { formatPacket, type Packet } from '../../model/packet.js';
import { groupsOf, proposalsWithGroups } from '../../model/peer/child-proposals.js';
import { createChildOffer } from '../../model/peer/connection/offers.js';
import { selectProposal } from '../../model/proposal.js';
import type { Secret } from '../../model/secret.js';
import { isRegionCovered } from '../../model/selector/algebra.js';
import { contains as boxHolds } from '../../model/selector/witness.js';
import type { ChildProposal, SaTemplate } from '../../model/system-config.js';
import { listsRegion, type SelectorLists, sameSelector } from '../../model/traffic-selector.js';
import type { KeyExchangeTransform } from '../../model/transform.js';
import { algorithmFor, type KeyExchangeMethod } from '../crypto/provider.js';
import { dataPathRefusal } from '../data-path.js';
import type { Failure, FailureCode } from '../failure.js';
import type { ChildRequest } from '../input.js';
import { spiNumber, spiOctets } from '../wire/payloads/spis.js';
import { type Ikev2Payload, ikev2Payload } from '../wire/payloads/table.js';
import type { Child, ChildAttempt, ChildPurpose } from './child-sa.js';
import { acceptedOfLists, proposedOfLists } from './connection-children.js';
import type { IkeSa } from './ike-sa.js';
import { installChild, isFree } from './install.js';
import { natSubstituted } from './nat-selectors.js';
import { readAnswer, readOffer, writeOffer } from './offers.js';
import { childNotification, notification, type Payloads } from './payloads.js';
import { sourcesOf } from './refusal.js';
import { listsText, proposedSelectors, readSelectors, writeSelectors } from './selectors.js';
import { emit, recordText, type Turn } from './turn.js';

/** What a new attempt is about. */
export interface ChildWish {
  readonly purpose: ChildPurpose;
  readonly request?: ChildRequest;
  readonly replaces?: Child;
  /** CREATE_CHILD_SA; IKE_AUTH takes its nonces and keys from IKE_SA_INIT. */
  readonly own?: { readonly ni: Uint8Array; readonly group?: KeyExchangeTransform; readonly groups: readonly string[] };
  /** The peer wants selectors of a single pair (SINGLE_PAIR_REQUIRED). */
  readonly singlePair?: boolean;
}

/** The groups of a key exchange that a Child SA of this template is made with (PFS); none in IKE_AUTH. */
export function groupsFor({ policy }: IkeSa, { template }: ChildPurpose): readonly KeyExchangeTransform[] {
  return groupsOf(proposalsWithGroups(template, policy));
}

/** Makes an attempt; undefined where no proposal of the template can be used. */
export function proposeChild(turn: Turn, sa: IkeSa, wish: ChildWish): ChildAttempt | undefined {
  const { env, host } = turn;
  const { purpose, own: exchange, replaces } = wish;
  const { template } = purpose;
  const configured = exchange ? host.own.ofTemplate(template, sa.policy) : host.own.ofFirst(template);
  // A connection's proposals go in charon's order, with the group of the pair before or the first one (child_create.c).
  const ordered = exchange && template.lists && createChildOffer(configured, exchange.group ?? lastGroup(replaces));
  if (exchange && template.lists && !ordered) return undefined;
  const own = ordered?.proposals ?? configured;
  const groups = ordered ? (ordered.group ? [ordered.group] : []) : exchange ? groupsFor(sa, purpose) : [];
  const inboundSpi = env.allocateSpi();
  const offer = writeOffer(own, 'CHILD', spiOctets(inboundSpi));
  if (offer.payload.proposals.length === 0) return undefined;
  const method =
    groups.length > 0 && exchange && guessedMethod(turn, own, offer.origins, ordered?.group ?? exchange.group);
  if (groups.length > 0 && exchange && !method) return undefined;
  const proposed = template.lists
    ? proposedOfLists(turn, sa, purpose, replaces === undefined)
    : (replaces?.selectors ?? ownSelectors(turn, wish));
  return {
    purpose,
    ...(wish.request ? { request: wish.request } : {}),
    own,
    offer,
    proposed,
    inboundSpi,
    ...(replaces ? { replaces } : {}),
    ...(exchange ? { ni: exchange.ni } : {}),
    ...(method ? { exchange: method.start(env.provider.random), group: method.transform } : {}),
    groups: [...(exchange?.groups ?? []), ...(method ? [method.transform.name] : [])],
  };
}

function lastGroup(replaces: Child | undefined): KeyExchangeTransform | undefined {
  return replaces?.transforms.keyExchange;
}

function ownSelectors({ env }: Turn, { purpose, singlePair = false }: ChildWish): SelectorLists {
  const { template, packet, populateFromPacket } = purpose;
  const { profile } = env;
  return proposedSelectors(template.selectors, packet, {
    packetFirst: profile.packetSelectorsFirst.value,
    only: populateFromPacket || singlePair,
    pairsMax: profile.selectorPairsMax.value,
  });
}

function guessedMethod(
  { env }: Turn,
  own: ChildAttempt['own'],
  origins: readonly number[],
  wanted: KeyExchangeTransform | undefined,
): KeyExchangeMethod | undefined {
  const offered = origins.flatMap((origin) => own[origin]?.keyExchange ?? []);
  const list = wanted ? offered.filter(({ name }) => name === wanted.name) : offered;
  for (const group of list) {
    const method = algorithmFor(env.provider.keyExchanges, group);
    if (method) return method;
  }
  return undefined;
}

/** The payloads of an attempt, in the order of RFC 7296 §1.2 and §1.3.1. */
export function attemptPayloads(attempt: ChildAttempt): readonly Ikev2Payload[] {
  const { replaces, offer, ni, exchange, group, proposed } = attempt;
  return [
    ...(replaces ? [childNotification('REKEY_SA', replaces.protocol, spiOctets(replaces.inboundSpi))] : []),
    ...(isTransport(attempt) ? [notification('USE_TRANSPORT_MODE')] : []),
    ikev2Payload('SA', offer.payload),
    ...(ni ? [ikev2Payload('Nonce', { data: ni })] : []),
    ...(exchange && group ? [ikev2Payload('KE', { dhGroup: group.id, keyExchangeData: exchange.publicValue })] : []),
    ikev2Payload('TSi', writeSelectors(proposed.local)),
    ikev2Payload('TSr', writeSelectors(proposed.remote)),
  ];
}

function isTransport({ replaces, purpose }: ChildAttempt): boolean {
  return (replaces?.mode ?? purpose.template.mode) === 'transport';
}

export type ChildAnswer =
  /** `failure`: the pair is there, but the packet that waits for it is not in its selectors. */
  | { readonly kind: 'made'; readonly child: Child; readonly failure?: Failure }
  /** The responder has made a pair that we do not want: it is to be deleted. */
  | { readonly kind: 'unwanted'; readonly failure: Failure };

/** What makes keys of an answer. */
export interface AnswerKeys {
  readonly ni: Uint8Array;
  readonly nr: Uint8Array;
}

/** A responder's answer with a Child SA in it. */
export function onChildAnswer(
  turn: Turn,
  sa: IkeSa,
  attempt: ChildAttempt,
  payloads: Payloads,
  nonces: AnswerKeys,
): ChildAnswer {
  const { env } = turn;
  const { purpose, replaces, own, offer, proposed, exchange, group } = attempt;
  const { template, entry } = purpose;
  const name = recordText(template.source);
  const failed = (code: FailureCode, text: string, rfc: string): Failure => ({
    code,
    attempt: replaces ? 'rekeying of the Child SA' : 'Child SA',
    foundBy: 'us',
    role: 'initiator',
    text,
    rfc,
    records: sourcesOf(template, entry),
  });
  const unwanted = (code: FailureCode, text: string, rfc: string): ChildAnswer => ({
    kind: 'unwanted',
    failure: failed(code, text, rfc),
  });
  const accepted = readAnswer(payloads.first('SA')!, 'CHILD', 4, own, offer);
  if (typeof accepted === 'string')
    return unwanted('no-child-proposal', `the peer's answer is not valid: ${accepted}`, 'RFC 7296 §2.7');
  // charon compares the answer with what is configured, not with what it has offered without groups (child_create.c).
  if (template.lists && attempt.ni) {
    const configured = turn.host.own.ofTemplate(template, sa.policy);
    const answer = readOffer(payloads.first('SA')!, 'CHILD', 4);
    if (selectProposal(answer, configured).kind === 'mismatch') {
      const text = `what the peer accepts is without the key exchange that every proposal of ${name} has which is like it`;
      return unwanted('no-child-proposal', text, 'RFC 7296 §2.7');
    }
  }
  let sharedSecret: Secret | undefined;
  const ke = payloads.first('KE');
  if (accepted.transforms.keyExchange) {
    if (!ke || !exchange || ke.dhGroup !== group?.id || accepted.transforms.keyExchange.id !== ke.dhGroup) {
      return unwanted('invalid-ke', 'KEr is not of the group that was chosen', 'RFC 7296 §1.3');
    }
    sharedSecret = exchange.agree(ke.keyExchangeData);
    if (!sharedSecret) return unwanted('invalid-ke', 'KEr is not a valid public value', 'RFC 6989 §2');
  }
  emit(turn, {
    kind: 'proposals',
    of: 'CHILD',
    role: 'initiator',
    selection: { ...accepted.selection, offered: placeOf(template, own[accepted.own]!) },
    own: template.source,
  });
  const wantsTransport = isTransport(attempt);
  const getsTransport = payloads.notify('USE_TRANSPORT_MODE') !== undefined;
  if (getsTransport && !wantsTransport) {
    return unwanted('mode-mismatch', `the peer answers in transport mode, which nobody asked for`, 'RFC 7296 §1.3.1');
  }
  if (wantsTransport && !getsTransport && env.profile.modeMismatch.value === 'refuse') {
    const text = `${name} asks for transport mode, and the peer answers in tunnel mode`;
    return unwanted('mode-mismatch', text, 'RFC 7296 §1.3.1');
  }
  const received: SelectorLists = {
    local: readSelectors(payloads.first('TSi')!, template.lists ? 'as-written' : 'meaningful'),
    remote: readSelectors(payloads.first('TSr')!, template.lists ? 'as-written' : 'meaningful'),
  };
  const answered = getsTransport ? natSubstituted(sa, received) : received;
  // Lists are narrowed each by itself: what is left is within our own, also where no packet can be in both.
  const ofLists = template.lists && acceptedOfLists(turn, sa, template, answered);
  const selectors = ofLists ?? answered;
  const outside = template.lists ? 'they are not within its own selectors' : selectorsFault(selectors, proposed);
  const fault = ofLists ? undefined : outside;
  emit(turn, {
    kind: 'selectors',
    own: template.source,
    proposed,
    ...(fault ? { why: fault } : { result: selectors }),
  });
  if (fault) return unwanted('selectors-unacceptable', `the peer's selectors are not valid: ${fault}`, 'RFC 7296 §2.9');
  const proposal: ChildProposal = own[accepted.own]!;
  const outboundSpi = spiNumber(accepted.spi)!;
  if (!isFree(turn, sa, proposal.protocol, outboundSpi)) {
    return unwanted('invalid-message', `the peer chose the SPI ${outboundSpi}, which another SA has`, 'RFC 4301 §4.1');
  }
  const mode = getsTransport ? 'transport' : 'tunnel';
  const installed = { mode, transforms: accepted.transforms, ...selectors, peer: sa.remote.address } as const;
  const lacking = dataPathRefusal(env, template, installed, sa.virtual.own);
  if (lacking) return unwanted('data-path', `the SA cannot be installed: ${lacking.why}`, 'RFC 7296 §1.3');
  const child = installChild(turn, sa, {
    role: 'initiator',
    purpose,
    proposal,
    transforms: accepted.transforms,
    mode,
    inboundSpi: attempt.inboundSpi,
    outboundSpi,
    selectors,
    nonces,
    ...(sharedSecret ? { sharedSecret } : {}),
    ...(replaces ? { replaces } : {}),
    sendAtOnce: true,
  });
  const { packet } = purpose;
  if (replaces || !packet || holdsPacket(selectors, packet)) return { kind: 'made', child };
  const text = `the peer narrows the selectors to ${listsText(selectors)}, and ${formatPacket(packet)} is not in them`;
  return { kind: 'made', child, failure: failed('selectors-unacceptable', text, 'RFC 7296 §2.9') };
}

/** The place of a proposal in its template, which is not always that in the offer. */
function placeOf({ proposals }: SaTemplate, { source, name }: ChildProposal): number {
  return Math.max(
    0,
    proposals.findIndex((one) => one.source === source && one.name === name),
  );
}

/** Is the packet, which may have come from either end, among what is selected? */
function holdsPacket(lists: SelectorLists, packet: Packet): boolean {
  return listsRegion(lists).some((box) => boxHolds(box, packet));
}

/** Steps that the comparison of an answer's selectors may cost. */
const selectorBudget = 20_000;

/** The responder may take away from what was proposed, and add nothing (RFC 7296 §2.9). */
function selectorsFault(answer: SelectorLists, proposed: SelectorLists): string | undefined {
  const isSame = (a: SelectorLists['local'], b: SelectorLists['local']) =>
    a.length === b.length && a.every((one, index) => sameSelector(one, b[index]!));
  if (isSame(answer.local, proposed.local) && isSame(answer.remote, proposed.remote)) return undefined;
  const region = listsRegion(answer);
  if (region.length === 0) return 'they select nothing';
  const covered = isRegionCovered(region, listsRegion(proposed), selectorBudget);
  return covered.kind === 'covered' ? undefined : 'they are not within what was proposed';
}
