/** What was chosen of proposals, or why none was, as far as a capture tells. */
import { attributeWord, transformWord } from '../../../lint/pair-finding.js';
import { count } from '../../../model/count.js';
import { chooseTransforms, compareProposals, type ProposalLike, selectProposal } from '../../../model/proposal.js';
import type { OfferedProposal } from '../words/proposals.js';

/** What a host offered of its own accord, which is the best that a capture tells of what it accepts. */
export interface OwnOffer {
  readonly frame: number;
  readonly proposals: readonly OfferedProposal[];
}

/** Offers of each host by kind; the last one counts. */
export interface KnownOffers {
  add(host: string, of: 'IKE' | 'CHILD', version: 1 | 2, offer: OwnOffer): void;
  get(host: string, of: 'IKE' | 'CHILD', version: 1 | 2): OwnOffer | undefined;
}

export function knownOffers(): KnownOffers {
  const offers = new Map<string, OwnOffer>();
  return {
    add: (host, of, version, offer) => offers.set(`${host} ${of} ${version}`, offer),
    get: (host, of, version) => offers.get(`${host} ${of} ${version}`),
  };
}

/** `chosen: proposal 2 of 3: …`, and a complaint where that was not offered. */
export function choiceRemarks(
  request: { readonly frame: number; readonly proposals: readonly OfferedProposal[] } | undefined,
  chosen: OfferedProposal,
  /** The first Child SA has no key exchange of its own, whatever was offered (RFC 7296 §1.2). */
  ignoreGroups = false,
): string[] {
  if (!request || request.proposals.length === 0) return [`chosen: ${chosen.text}`];
  const { proposals, frame } = request;
  const offered = proposals.filter(({ label }) => label === chosen.label);
  const like = chosen.like;
  const withoutGroups = (one: ProposalLike): ProposalLike => (ignoreGroups ? { ...one, keyExchange: [] } : one);
  const fits = (one: OfferedProposal): boolean =>
    one.like !== undefined &&
    like !== undefined &&
    chooseTransforms(withoutGroups(one.like), withoutGroups(like)) !== undefined;
  const found = offered.find(fits) ?? proposals.find(fits);
  const place = found ? proposals.indexOf(found) + 1 : undefined;
  const remarks = [
    place === undefined || proposals.length === 1
      ? `chosen: ${chosen.text}`
      : `chosen: ${place === 1 ? 'the first' : `number ${place}`} of ${count(proposals.length, 'alternative')}: ${chosen.text}`,
  ];
  if (like && !found && proposals.some((one) => one.like)) remarks.push(notOffered(proposals, like, frame));
  return remarks;
}

function notOffered(proposals: readonly OfferedProposal[], chosen: ProposalLike, frame: number): string {
  const compared = compareProposals(
    proposals.flatMap(({ like }) => like ?? []),
    [chosen],
  );
  const rows = compared.filter(({ common, accepted }) => common.length === 0 && accepted.length > 0);
  const what = rows.map(
    ({ attribute, accepted }) => `${attributeWord(attribute, 2)} ${accepted.map(transformWord).join(', ')}`,
  );
  return `that was not offered in frame ${frame}${what.length > 0 ? `: ${what.join('; ')}` : ''}: an initiator has to refuse it (RFC 7296 §2.7)`;
}

/** Why none of the proposals was taken, as far as anybody can know who sees the messages only. */
export function refusalRemarks(
  request: { readonly frame: number; readonly proposals: readonly OfferedProposal[] } | undefined,
  refusing: string,
  own: OwnOffer | undefined,
  version: 1 | 2,
): string[] {
  if (!request || request.proposals.length === 0) return [`${refusing} takes none of what was offered`];
  const { frame, proposals } = request;
  const refused =
    proposals.length === 1
      ? `${refusing} does not take the only alternative of frame ${frame}`
      : `${refusing} takes none of the ${proposals.length} alternatives of frame ${frame}`;
  const [offered, accepted] = [proposals, own?.proposals ?? []].map((list) =>
    list.flatMap(({ like }) => like ?? []),
  ) as [ProposalLike[], ProposalLike[]];
  if (!own || accepted.length === 0)
    return [
      `${refused}; IKE does not say which attribute is wrong, and nothing in the capture shows what ${refusing} would take: compare with its configuration (ipsec negotiate --simulate)`,
    ];
  const selection = selectProposal(offered, accepted);
  if (selection.kind === 'selected')
    return [
      `${refused}, although one fits what ${refusing} itself offers in frame ${own.frame}: another record of it answers here`,
    ];
  const first = selection.closest?.differing[0];
  const row = selection.comparison.find(({ attribute }) => attribute === first);
  const words = (list: readonly string[]): string => list.map(transformWord).join(', ') || 'nothing';
  const difference = row
    ? `: ${attributeWord(row.attribute, version)}: ${words(row.offered)} is offered, and ${refusing} itself offers ${words(row.accepted)} in frame ${own.frame}`
    : '';
  return [`${refused}${difference}`];
}
