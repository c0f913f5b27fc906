/**
 * The responder's side of a Child SA — RFC 7296 §1.2, §1.3.1, §2.7, §2.9; hpux-ipsec reference 7.3 to 7.7: which SPD entry
 * is meant, and whether mode, selectors and proposals fit.
 */
import { type Narrowing, narrow } from '../../model/narrow.js';
import { proposalsWithGroups, proposalsWithoutGroups } from '../../model/peer/child-proposals.js';
import { type ChildCandidate, searchChild } from '../../model/peer/child-search.js';
import { type SelectedProposal, selectProposal } from '../../model/proposal.js';
import type { Secret } from '../../model/secret.js';
import type { ChildProposal } from '../../model/system-config.js';
import { contains, type SelectorLists, type TrafficSelector, withoutContained } from '../../model/traffic-selector.js';
import { type KeyExchangeTransform, keyExchange } from '../../model/transform.js';
import { algorithmFor } from '../crypto/provider.js';
import type { PassedOverEntry } from '../event.js';
import type { Failure, FailureCode } from '../failure.js';
import { spiNumber, spiOctets } from '../wire/payloads/spis.js';
import { type Ikev2Payload, ikev2Payload } from '../wire/payloads/table.js';
import type { Child } from './child-sa.js';
import type { IkeSa } from './ike-sa.js';
import { installChild, isFree } from './install.js';
import { passedOverMax } from './limits.js';
import { natSubstituted } from './nat-selectors.js';
import { type PeerProposal, readOffer, usableProposals, writeAnswer } from './offers.js';
import { type NotifyName, notification, type Payloads } from './payloads.js';
import { flowOf, listsText, readSelectors, writeSelectors } from './selectors.js';
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
  | { readonly kind: 'refused'; readonly notify: Ikev2Payload; readonly failure: Failure };

/** Answers a request for a Child SA; what is made is in the data path when this returns. */
export function answerChild(turn: Turn, sa: IkeSa, asked: ChildAsked): ChildReply {
  const { env } = turn;
  const { payloads, ni, nr, isFirst, replaces } = asked;
  const wantsTransport = payloads.notify('USE_TRANSPORT_MODE') !== undefined;
  const received: SelectorLists = {
    local: readSelectors(payloads.first('TSr')!),
    remote: readSelectors(payloads.first('TSi')!),
  };
  const proposed = wantsTransport ? natSubstituted(sa, received) : received;
  const found = findEntry(turn, sa, proposed, wantsTransport, asked);
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

interface Refusal {
  readonly kind: 'refused';
  readonly code: FailureCode;
  readonly notify: NotifyName;
  readonly text: string;
  readonly rfc?: string;
  readonly records: Failure['records'];
  readonly mismatch?: Failure['mismatch'];
  readonly data?: Uint8Array;
}

function refusal(
  code: FailureCode,
  notify: NotifyName,
  text: string,
  candidate: ChildCandidate | undefined,
  rfc: string,
): Refusal {
  const records = candidate ? [candidate.template.source, candidate.entry.source] : [];
  return { kind: 'refused', code, notify, text, rfc, records: records[0] === records[1] ? records.slice(1) : records };
}

function refuse(
  { code, notify, text, rfc, records, mismatch, data }: Refusal,
  replaces: Child | undefined,
): ChildReply {
  return {
    kind: 'refused',
    notify: notification(notify, data),
    failure: {
      code,
      attempt: replaces ? 'rekeying of the Child SA' : 'Child SA',
      foundBy: 'us',
      role: 'responder',
      text,
      records,
      notify,
      ...(rfc ? { rfc } : {}),
      ...(mismatch ? { mismatch } : {}),
    },
  };
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

/** A candidate whose selectors fit. */
interface Fitting {
  readonly candidate: ChildCandidate;
  readonly narrowing: Extract<Narrowing, { kind: 'narrowed' }>;
}

/**
 * The first entry whose selectors fit decides; one that holds the initiator's first selectors, its packet, goes before others.
 * Among the SAs of its bundle the one that proposals and mode fit is taken.
 */
function findEntry(
  turn: Turn,
  sa: IkeSa,
  proposed: SelectorLists,
  wantsTransport: boolean,
  { payloads, isFirst, replaces }: ChildAsked,
): Found | Refusal {
  const { env } = turn;
  const ends = { local: sa.local.address, remote: sa.remote.address };
  const connection = sa.pad?.connection;
  const search = searchChild(env.view, { proposed, ends, ...(connection ? { connection } : {}) });
  const passedOver: PassedOverEntry[] = [];
  const fitting: Fitting[] = [];
  let nearest: { candidate: ChildCandidate; why: Extract<Narrowing, { kind: 'unacceptable' }>['why'] } | undefined;
  for (const candidate of search.candidates) {
    const narrowing = narrowFor(turn, candidate, proposed, wantsTransport, ends);
    if (narrowing.kind === 'narrowed') fitting.push({ candidate, narrowing });
    else {
      if (!nearest || nearest.why === 'disjoint') nearest = { candidate, why: narrowing.why };
      if (passedOver.length < passedOverMax)
        passedOver.push({ source: candidate.entry.source, why: unacceptable[narrowing.why] });
    }
  }
  for (const entry of search.elsewhere.slice(0, passedOverMax))
    passedOver.push({ source: entry.source, why: 'it protects such packets, but not towards this peer' });
  const holdsFirst = ({ narrowing }: Fitting) => narrowing.keepsFirst;
  const ordered = [...fitting.filter(holdsFirst), ...fitting.filter((one) => !holdsFirst(one))];
  const first = ordered[0];
  emit(turn, {
    kind: 'search',
    list: 'SPD',
    key: listsText(proposed),
    passedOver,
    ...(first ? { found: first.candidate.entry.source } : {}),
  });
  if (!first) return noEntry(turn, sa, search.stoppedBy, nearest, proposed);
  const offered = readOffer(payloads.first('SA')!, 'CHILD', 4);
  let refused: Refusal | undefined;
  for (const { candidate, narrowing } of ordered) {
    if (candidate.entry !== first.candidate.entry) continue;
    const outcome = fitProposals(turn, sa, candidate, narrowing, {
      offered,
      wantsTransport,
      isFirst,
      payloads,
      replaces,
      proposed,
    });
    if (outcome.kind === 'found') return outcome;
    refused ??= outcome;
  }
  return refused!;
}

const unacceptable: Readonly<Record<Extract<Narrowing, { kind: 'unacceptable' }>['why'], string>> = {
  disjoint: 'its selectors have nothing in common with those proposed',
  'cannot-narrow': 'its selectors are not the same as those proposed, and it does not narrow',
  'not-endpoints': 'the proposed selectors are not those of the two peers, as transport mode needs',
};

function narrowFor(
  { env }: Turn,
  { template }: ChildCandidate,
  proposed: SelectorLists,
  wantsTransport: boolean,
  ends: { local: IkeSa['local']['address']; remote: IkeSa['remote']['address'] },
): Narrowing {
  const transport = wantsTransport && template.mode === 'transport';
  const { value } = env.profile.narrowing;
  const exact = value === 'exact' || (value === 'exact-in-transport' && transport);
  return narrow(proposed, template.selectors, { ...(transport ? { transport: ends } : {}), exact });
}

function noEntry(
  turn: Turn,
  { pad }: IkeSa,
  stoppedBy: { readonly source: Failure['records'][number]; readonly action: { readonly kind: string } } | undefined,
  nearest: { readonly candidate: ChildCandidate; readonly why: keyof typeof unacceptable } | undefined,
  proposed: SelectorLists,
): Refusal {
  const base = { kind: 'refused', notify: 'TS_UNACCEPTABLE', rfc: 'RFC 7296 §2.9' } as const;
  const text = listsText(proposed);
  if (nearest) {
    const { template, entry } = nearest.candidate;
    return {
      ...base,
      code: 'selectors-unacceptable',
      text: `${recordText(template.source)} does not allow ${text}: ${unacceptable[nearest.why]}`,
      records: [template.source, entry.source],
    };
  }
  if (stoppedBy) {
    const does = stoppedBy.action.kind === 'BYPASS' ? 'passes these packets in the clear' : 'discards these packets';
    return {
      ...base,
      code: 'no-spd-entry',
      text: `${recordText(stoppedBy.source)} ${does} (${text})`,
      records: [stoppedBy.source],
    };
  }
  return {
    ...base,
    code: 'no-spd-entry',
    text: `no record of ${turn.env.view.config.name} protects ${text} with this peer`,
    records: pad ? [pad.source] : [],
  };
}

function fitProposals(
  turn: Turn,
  sa: IkeSa,
  candidate: ChildCandidate,
  narrowing: Fitting['narrowing'],
  asked: {
    readonly offered: readonly PeerProposal[];
    readonly wantsTransport: boolean;
    readonly isFirst: boolean;
    readonly payloads: Payloads;
    readonly replaces: Child | undefined;
    readonly proposed: SelectorLists;
  },
): Found | Refusal {
  const { env } = turn;
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
  const mode = wantsTransport && template.mode === 'transport' ? 'transport' : 'tunnel';
  const lists = restricted(turn, candidate, narrowing, proposed);
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
  const proposals = isFirst ? proposalsWithoutGroups(template) : proposalsWithGroups(template, sa.policy);
  const group = payloads.first('KE')?.dhGroup;
  const guessedGroup = group === undefined ? undefined : keyExchange(group);
  const selection = selectProposal(
    isFirst ? offered.map((one) => ({ ...one, keyExchange: [] })) : offered,
    usableProposals(proposals, 'CHILD', env.provider),
    { preference: env.profile.proposalPreference.value, ...(guessedGroup ? { guessedGroup } : {}) },
  );
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
