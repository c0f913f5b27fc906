/** What products put into their offers, where that is less than what their configuration holds. */
import { none, type ProposalLike } from '../../proposal.js';
import type { IkePolicy, IkeProposal } from '../../system-config.js';
import type { KeyExchangeTransform } from '../../transform.js';
import type { GroupedProposal } from '../child-proposals.js';

/** The first group of a list of proposals: what the first key exchange is made with. */
export function firstGroup(proposals: readonly ProposalLike[]): KeyExchangeTransform | undefined {
  const first = proposals.find(({ keyExchange }) => keyExchange !== undefined && keyExchange.length > 0);
  const group = first?.keyExchange?.[0];
  return group && group.name !== none ? group : undefined;
}

/**
 * The proposals of an IKE SA as they are offered. IKEv1 has one algorithm of each kind in a transform, and strongSwan
 * offers the first (proposal_substructure.c, set_from_proposal_v1_ike); records have one each anyway.
 */
export function offeredIkeProposals({ proposals, version }: IkePolicy): readonly IkeProposal[] {
  if (version === 2) return proposals;
  return proposals.map((proposal) => ({
    ...proposal,
    encryption: proposal.encryption.slice(0, 1),
    prf: proposal.prf.slice(0, 1),
    keyExchange: proposal.keyExchange.slice(0, 1),
  }));
}

/** Without groups and without such as are equal then: what goes into IKE_AUTH (get_proposals with strip_ke). */
export function withoutGroups(proposals: readonly GroupedProposal[]): readonly GroupedProposal[] {
  const seen = new Set<string>();
  return proposals.flatMap((proposal) => {
    const stripped = { ...proposal, keyExchange: [] };
    const key = [stripped.protocol, names(stripped.encryption), names(stripped.authentication), stripped.esn].join(' ');
    if (seen.has(key)) return [];
    seen.add(key);
    return [stripped];
  });
}

function names(list: readonly { readonly name: string }[]): string {
  return list.map(({ name }) => name).join('+');
}

export interface GroupedOffer {
  readonly proposals: readonly GroupedProposal[];
  /** The group of the public value that goes along; absent: none. */
  readonly group?: KeyExchangeTransform;
}

/**
 * The offer of CREATE_CHILD_SA (child_create.c, update_and_check_proposals): the public value is of `group`, or of the first
 * group of the proposals; those without it go to the end, and in the others it comes first. Undefined where no proposal has
 * the group that was asked for.
 */
export function createChildOffer(
  own: readonly GroupedProposal[],
  asked?: KeyExchangeTransform,
): GroupedOffer | undefined {
  const group = asked ?? firstGroup(own);
  if (!group) return { proposals: withoutGroups(own) };
  if (!own.some((proposal) => hasGroup(proposal, group))) return undefined;
  return { proposals: byGroup(own, group).map(({ proposal }) => proposal), group };
}

/** With a group first in each proposal, and those without it at the end; `origin` is the place where it stood. */
export function byGroup<P extends ProposalLike>(
  own: readonly P[],
  group: KeyExchangeTransform,
): readonly { readonly proposal: P; readonly origin: number }[] {
  const placed = own.map((proposal, origin) => ({ proposal, origin }));
  return [
    ...placed.filter((p) => hasGroup(p.proposal, group)).map((p) => ({ ...p, proposal: promoted(p.proposal, group) })),
    ...placed.filter((p) => !hasGroup(p.proposal, group)),
  ];
}

/**
 * The offer of Quick Mode (quick_mode.c, build_i): with PFS only proposals of one group, that of the ISAKMP SA where a
 * proposal has it, else the first; and of each proposal the first algorithm of a kind.
 */
export function quickModeOffer(
  own: readonly GroupedProposal[],
  ikeGroup: KeyExchangeTransform | undefined,
): GroupedOffer {
  const first = firstGroup(own);
  if (!first) return { proposals: ofOneProtocol(own).map(firstOfEach).filter(hasIkev1Transform) };
  const group = ikeGroup && own.some((proposal) => hasGroup(proposal, ikeGroup)) ? ikeGroup : first;
  const proposals = ofOneProtocol(own.filter((proposal) => hasGroup(proposal, group))).map((proposal) =>
    firstOfEach(promoted(proposal, group)),
  );
  return { proposals: proposals.filter(hasIkev1Transform), group };
}

/**
 * charon puts what is for AH and for ESP into one proposal of the first one's protocol (proposal_substructure.c), where the transforms of
 * the other mean nothing that a responder would have.
 */
function ofOneProtocol(own: readonly GroupedProposal[]): readonly GroupedProposal[] {
  return own.filter(({ protocol }) => protocol === own[0]?.protocol);
}

/** Ciphers without a transform number of IKEv1 in strongSwan (map_esp of 5.9.8 and 6.0.0), though others use one. */
const withoutIkev1Number: ReadonlySet<string> = new Set(['CHACHA20-POLY1305']);

function hasIkev1Transform({ protocol, encryption }: GroupedProposal): boolean {
  const [cipher] = encryption;
  if (protocol === 'AH') return true;
  return cipher?.espId !== undefined && !withoutIkev1Number.has(cipher.name);
}

function hasGroup({ keyExchange = [] }: ProposalLike, group: KeyExchangeTransform): boolean {
  return keyExchange.some(({ name }) => name === group.name);
}

function promoted<P extends ProposalLike>(proposal: P, group: KeyExchangeTransform): P {
  const others = (proposal.keyExchange ?? []).filter(({ name }) => name !== group.name);
  return { ...proposal, keyExchange: [group, ...others] };
}

/** IKEv1: extended sequence numbers are an attribute, which is there or not; an integrity algorithm without a number is not. */
function firstOfEach(proposal: GroupedProposal): GroupedProposal {
  return {
    ...proposal,
    encryption: proposal.encryption.slice(0, 1),
    authentication: proposal.authentication.slice(0, 1).filter(({ ikev1Id }) => ikev1Id !== undefined),
    keyExchange: proposal.keyExchange.slice(0, 1).filter(({ name }) => name !== none),
    esn: proposal.esn.includes('esn') ? ['esn'] : ['no-esn'],
  };
}
