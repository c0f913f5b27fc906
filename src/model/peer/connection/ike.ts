/**
 * Whether an IKE SA comes about with a responder whose configuration is one of connections (strongSwan): proposals first,
 * by the addresses alone, then the identities, then the proofs (ike_init.c, ike_auth.c, main_mode.c, aggressive_mode.c).
 */
import { formatAddress } from '../../address.js';
import { peerProfile } from '../../peer-profile/catalogue.js';
import { isSettingOn } from '../../product-setting.js';
import { type ProposalLike, type SelectedProposal, selectProposal } from '../../proposal.js';
import type { IkePolicy, PadEntry, SystemConfig } from '../../system-config.js';
import type { KeyExchangeTransform } from '../../transform.js';
import type { IkeEnd } from '../ike.js';
import { type IkeOutcome, nameRecord } from '../steps.js';
import { type Attempt, answered } from './attempt.js';
import { type Candidate, connectionsFor } from './candidates.js';
import { authenticateV1, startFault } from './ike-v1.js';
import { authenticateV2 } from './ike-v2.js';
import { byGroup, firstGroup, offeredIkeProposals } from './offers.js';
import type { Refusal } from './refusal.js';

/** What comes of it, and for a failure how the ends learn of it. */
export interface ConnectionIkeOutcome extends IkeOutcome {
  readonly refusal?: Refusal;
}

/** Is a configuration one of connections? */
export function hasConnections({ pad }: SystemConfig): boolean {
  return pad.some(({ connection }) => connection !== undefined);
}

/** Walks an attempt of `x` by one of its PAD entries and IKE policies. Ends at the first step that fails. */
export function walkToConnections(x: IkeEnd, y: IkeEnd, padX: PadEntry, policyX: IkePolicy): ConnectionIkeOutcome {
  const { version } = policyX;
  const aggressive = version === 1 && padX.exchange.value === 'aggressive';
  const attempt: Attempt = { x, y, padX, policyX, version, aggressive, steps: [] };
  const base = {
    version,
    ...(version === 1 ? { exchange: padX.exchange.value } : {}),
    initiatorPad: padX,
    initiatorPolicy: policyX,
  };
  const fault = version === 1 ? startFault(attempt) : undefined;
  if (fault !== undefined) {
    attempt.steps.push({ kind: 'method', verdict: 'fail', text: fault, initiator: padX.source });
    return { ...base, ...finish(attempt, { kind: 'given-up' }) };
  }
  const offer = chooseByProposals(attempt);
  if ('refusal' in offer) return { ...base, ...finish(attempt, offer.refusal), ...offer.found };
  const { chosen, candidates } = offer;
  const result =
    version === 2
      ? authenticateV2(attempt, chosen.selection, candidates)
      : authenticateV1(attempt, chosen.candidate, chosen.selection, candidates);
  const responder = result.responder ?? chosen.candidate;
  return {
    ...base,
    responderPad: responder.pad,
    responderPolicy: responder.policy,
    proposal: chosen.selection,
    ...finish(attempt, result.refusal),
  };
}

function finish(
  { steps }: Attempt,
  refusal: Refusal | undefined,
): Pick<ConnectionIkeOutcome, 'steps' | 'failure' | 'refusal'> {
  const failure = steps.find(({ verdict }) => verdict === 'fail');
  return { steps, ...(failure ? { failure } : {}), ...(refusal ? { refusal } : {}) };
}

interface Chosen {
  readonly candidate: Candidate;
  readonly selection: SelectedProposal;
}

type Offer =
  | { readonly chosen: Chosen; readonly candidates: readonly Candidate[] }
  | { readonly refusal: Refusal; readonly found?: Pick<IkeOutcome, 'responderPad' | 'responderPolicy'> };

/** Whose order of proposals decides when an end responds, as charon.prefer_configured_proposals or its product say. */
export function preferenceOf(end: IkeEnd): 'initiator' | 'responder' {
  if (end.preference) return end.preference;
  const { peerProfile: named, productSettings } = end.view.config;
  const setting = productSettings?.get('charon.prefer_configured_proposals')?.value;
  if (setting !== undefined) return /^(?:no|false|disabled|0)$/i.test(setting) ? 'initiator' : 'responder';
  return named ? peerProfile(named.value).proposalPreference.value : 'initiator';
}

function chooseByProposals(attempt: Attempt): Offer {
  const { x, y, padX, policyX, version, steps } = attempt;
  const ends = { local: y.address, remote: x.address };
  const candidates = connectionsFor(y.view.config, ends, version);
  const [first] = candidates;
  const from = formatAddress(x.address.family, x.address.value);
  if (!first) {
    const other = connectionsFor(y.view.config, ends, version === 1 ? 2 : 1)[0];
    steps.push(
      other
        ? {
            kind: 'version',
            verdict: 'fail',
            text: `${nameRecord(x.view, padX.source)} starts with IKEv${version}, ${nameRecord(y.view, other.pad.source)} takes IKEv${version === 1 ? 2 : 1}`,
            initiator: padX.source,
            responder: other.pad.source,
            version,
          }
        : {
            kind: 'peer-pad',
            verdict: 'fail',
            text: `no connection of ${y.view.config.name} is for ${from}`,
            initiator: padX.source,
          },
    );
    return {
      refusal: answered('NO_PROPOSAL_CHOSEN'),
      ...(other ? { found: { responderPad: other.pad, responderPolicy: other.policy } } : {}),
    };
  }
  const offered = usable(offeredIkeProposals(policyX), x, y, attempt.aggressive);
  const guessed = firstGroup(policyX.proposals);
  const sent = inOrderOf(x, version === 2 ? guessed : undefined, offered);
  // In IKEv1 the best connection alone is asked; in IKEv2 the others follow where it has no proposal in common.
  for (const candidate of version === 1 ? [first] : candidates) {
    const selection = selectProposal(sent.proposals, candidate.policy.proposals, {
      preference: preferenceOf(y),
      ...(guessed ? { guessedGroup: guessed } : {}),
    });
    if (selection.kind === 'mismatch') {
      if (candidate !== candidates[version === 1 ? 0 : candidates.length - 1]) continue;
      break;
    }
    const selected = { ...selection, offered: sent.origins[selection.offered]! };
    pushProposal(attempt, candidate, selected);
    return { chosen: { candidate, selection: selected }, candidates };
  }
  const selection = selectProposal(offered, first.policy.proposals, {
    preference: preferenceOf(y),
  });
  steps.push({
    kind: 'ike-proposal',
    verdict: 'fail',
    text: `${nameRecord(x.view, policyX.source)} and ${nameRecord(y.view, first.policy.source)} have no IKE proposal in common`,
    initiator: policyX.source,
    responder: first.policy.source,
    selection,
  });
  return {
    refusal: answered('NO_PROPOSAL_CHOSEN'),
    found: { responderPad: first.pad, responderPolicy: first.policy },
  };
}

/** Proposals in the order in which the product offers them, and where each stands in the configuration. */
function inOrderOf(
  x: IkeEnd,
  guessed: KeyExchangeTransform | undefined,
  offered: readonly ProposalLike[],
): { readonly proposals: readonly ProposalLike[]; readonly origins: readonly number[] } {
  const named = x.view.config.peerProfile;
  if (!guessed || !named || !peerProfile(named.value).ikeOffersByGroup.value)
    return { proposals: offered, origins: offered.map((_, at) => at) };
  const placed = byGroup(offered, guessed);
  return { proposals: placed.map(({ proposal }) => proposal), origins: placed.map(({ origin }) => origin) };
}

function pushProposal(
  { x, y, policyX, version, steps }: Attempt,
  { policy }: Candidate,
  selection: SelectedProposal,
): void {
  const between = `${nameRecord(x.view, policyX.source)} and ${nameRecord(y.view, policy.source)}`;
  steps.push({
    kind: 'ike-proposal',
    verdict: version === 2 && selection.wrongGuess ? 'warn' : 'pass',
    text: `${between} agree on ${policyX.proposals[selection.offered]?.name ?? 'a proposal'}`,
    initiator: policyX.source,
    responder: policy.source,
    selection,
  });
}

/**
 * An offer as the responder looks at it. Algorithms of private use count only between two charons that say what they are, or that are told
 * to take them, and never in Aggressive Mode (PROPOSAL_SKIP_PRIVATE of proposal.c): else they are none of the responder's.
 */
export function usable<P extends ProposalLike>(offer: readonly P[], x: IkeEnd, y: IkeEnd, never = false): readonly P[] {
  const takes = (own: IkeEnd, other: IkeEnd) =>
    own.view.config.peerProfile?.value === 'strongswan' &&
    (isSettingOn(own.view.config, 'charon.accept_private_algs') === true ||
      isSettingOn(other.view.config, 'charon.send_vendor_id') === true);
  if (!never && takes(x, y) && takes(y, x)) return offer;
  const apart = <T extends { readonly name: string }>(list: readonly T[], idOf: (one: T) => number): readonly T[] =>
    list.some((one) => idOf(one) >= privateUse)
      ? list.map((one) => (idOf(one) >= privateUse ? { ...one, name: `${one.name} (private use)` } : one))
      : list;
  const ikev2Id = (one: { readonly ikev2Id: number }) => one.ikev2Id;
  return offer.map((proposal) => ({
    ...proposal,
    encryption: apart(proposal.encryption, ikev2Id),
    authentication: apart(proposal.authentication, ikev2Id),
    ...(proposal.prf ? { prf: apart(proposal.prf, ikev2Id) } : {}),
    ...(proposal.keyExchange ? { keyExchange: apart(proposal.keyExchange, ({ id }) => id) } : {}),
  }));
}

/** Numbers of transforms from here on are for private use (RFC 7296 §3.3.2). */
const privateUse = 1024;
