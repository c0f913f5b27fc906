/**
 * What a responder of Quick Mode takes of what is offered: the first entry of its SPD that means the client identities, then
 * the first offers that its SAs accept (hpux-ipsec reference 7.3, RFC 2408 §4.2).
 */

import { isLongerLifetime, pfsGroups } from '../../model/peer/child.js';
import { type ChildCandidate, searchChild } from '../../model/peer/child-search.js';
import { childrenOf } from '../../model/peer/connection/children.js';
import { templatesBetween } from '../../model/peer/connection/whole-selectors.js';
import { nameRecord } from '../../model/peer/steps.js';
import type { PeerProfile } from '../../model/peer-profile/peer-profile.js';
import { type ProposalLike, type ProposalSelection, selectProposal } from '../../model/proposal.js';
import { sameProxyIds } from '../../model/proxy-ids.js';
import type {
  ChildProposal,
  EntrySource,
  IkePolicy,
  PadEntry,
  SaTemplate,
  SpdEntry,
} from '../../model/system-config.js';
import { formatSelector, type SelectorPair } from '../../model/traffic-selector.js';
import type { KeyExchangeTransform } from '../../model/transform.js';
import type { Environment } from '../environment.js';
import type { EngineEvent, PassedOverEntry } from '../event.js';
import type { FailureCode } from '../failure.js';
import type { Ends } from '../ipsec/bundle.js';
import { pairLists } from './client-ids.js';
import { childForClients, equalClients, matchClients } from './clients.js';
import { lifetimeText } from './phase1-common.js';
import type { ChildOffer, OfferedBundle, OfferedSa } from './phase2-proposals.js';
import { preferenceOf } from './product.js';

/** One SA that is taken. */
export interface Pick {
  readonly entry: SpdEntry;
  readonly template: SaTemplate;
  readonly own: ChildProposal;
  readonly offered: OfferedSa;
  readonly offer: ChildOffer;
  readonly selection: Extract<ProposalSelection, { kind: 'selected' }>;
  readonly ids: SelectorPair;
  /** What both sides keep to; 0 is without end. */
  readonly lifetimeSeconds: number;
  readonly lifetimeKilobytes: number;
  /** The peer offered more, and is to be told. */
  readonly announcesLifetime: boolean;
}

export interface ChoiceRefusal {
  readonly code: FailureCode;
  readonly text: string;
  readonly records: readonly EntrySource[];
  readonly selection?: ProposalSelection;
}

export type ChildChoice =
  | { readonly kind: 'picked'; readonly picks: readonly Pick[]; readonly events: EngineEvent[] }
  | { readonly kind: 'refused'; readonly refusal: ChoiceRefusal; readonly events: EngineEvent[] };

export interface ChildQuestion {
  readonly bundles: readonly OfferedBundle[];
  /** In this system's terms. */
  readonly clients: SelectorPair;
  readonly ends: Ends;
  readonly pad: PadEntry;
  readonly policy: IkePolicy;
  /** A NAT is between the peers, so that ESP goes in UDP. */
  readonly encapsulated: boolean;
  /** SAs that an earlier SA payload of the same message has taken. */
  readonly taken: readonly SaTemplate[];
}

/** Entries that a search names as passed over. */
const passedOverMax = 16;

/** Chooses for one SA payload. */
export function chooseForClients(question: ChildQuestion, env: Environment): ChildChoice {
  return question.pad.connection === undefined ? chooseByPolicies(question, env) : chooseByChildren(question, env);
}

/** Of a connection the child that fits best, whatever its place in the SPD. */
function chooseByChildren(question: ChildQuestion, env: Environment): ChildChoice {
  const { clients, ends, pad, taken } = question;
  const { view, profile } = env;
  const isWhole = profile.quickModeIdentities.value === 'equal';
  const templates = (
    isWhole ? templatesBetween(view.config, pad, ends, 1) : childrenOf(view.config, pad.connection)
  ).filter((template) => !taken.includes(template));
  const chosen = isWhole ? equalClients(clients, templates, ends) : childForClients(clients, templates, ends);
  const key = `${formatSelector(clients.local)} and ${formatSelector(clients.remote)}`;
  const entry = chosen && entryOf(view, chosen.template);
  const searched: EngineEvent = {
    kind: 'search',
    list: 'SPD',
    key,
    passedOver: templates
      .filter((template) => template !== chosen?.template)
      .slice(0, passedOverMax)
      .map(({ source }) => ({
        source,
        why: 'another child fits better, or its selectors leave nothing of the identities',
      })),
    ...(entry ? { found: entry.source } : {}),
  };
  if (!chosen || !entry) {
    const text = `no child of ${nameRecord(view, pad.source)} is for the identities ${key}`;
    return refuse('selectors-unacceptable', text, templates[0] ? [templates[0].source] : [], [searched]);
  }
  const { template, ids } = chosen;
  const told: EngineEvent = {
    kind: 'selectors',
    own: template.source,
    proposed: pairLists(clients),
    result: pairLists(ids),
  };
  const list = view.host.entries.includes(entry) ? view.host : view.forward;
  return decide(question, [{ list, entry, template, sa: 0, ids }], [searched, told], env);
}

function entryOf({ host, forward }: Environment['view'], template: SaTemplate): SpdEntry | undefined {
  return [...host.entries, ...forward.entries].find(
    ({ action }) => action.kind === 'PROTECT' && action.bundle.includes(template),
  );
}

function chooseByPolicies(question: ChildQuestion, env: Environment): ChildChoice {
  const { clients, ends, pad, taken } = question;
  const { view, profile } = env;
  const search = searchChild(view, {
    proposed: pairLists(clients),
    ends,
    ...(pad.connection === undefined ? {} : { connection: pad.connection }),
  });
  const passedOver: PassedOverEntry[] = search.elsewhere.slice(0, passedOverMax).map((entry) => ({
    source: entry.source,
    why: 'its SAs end elsewhere, or have manual keys',
  }));
  const narrows = profile.quickModeIdentities.value === 'narrow';
  let matching: Matching[] = [];
  let isWhole = false;
  for (const candidate of search.candidates) {
    const { entry, template } = candidate;
    const isOther = matching[0] !== undefined && matching[0].entry !== entry;
    // The first entry counts; for who narrows, one that leaves the identities as they are is better than any before it.
    if (isOther && (isWhole || !narrows)) break;
    if (taken.includes(template)) continue;
    const populateFromPacket = entry.action.kind === 'PROTECT' && entry.action.populateFromPacket;
    const verdict = matchClients(clients, template, ends, {
      populateFromPacket,
      compare: profile.quickModeIdentities.value,
    });
    if (verdict.kind === 'match') {
      const keepsAll = sameProxyIds(verdict.ids, clients);
      if (isOther && !keepsAll) continue;
      if (isOther) matching = [];
      isWhole ||= keepsAll;
      matching.push({ ...candidate, ids: verdict.ids });
    } else if (passedOver.length < passedOverMax) passedOver.push({ source: template.source, why: verdict.why });
  }
  const key = `${formatSelector(clients.local)} and ${formatSelector(clients.remote)}`;
  const [first] = matching;
  const searched: EngineEvent = {
    kind: 'search',
    list: 'SPD',
    key,
    passedOver,
    ...(first ? { found: first.entry.source } : {}),
  };
  if (!first) return withoutEntry(search, question, key, [searched], env);
  const events: EngineEvent[] = [
    searched,
    { kind: 'selectors', own: first.template.source, proposed: pairLists(clients), result: pairLists(first.ids) },
  ];
  return decide(question, matching, events, env);
}

interface Matching extends ChildCandidate {
  readonly ids: SelectorPair;
}

function withoutEntry(
  { stoppedBy, candidates }: ReturnType<typeof searchChild>,
  { clients, taken }: ChildQuestion,
  key: string,
  events: EngineEvent[],
  { view }: Environment,
): ChildChoice {
  const meant = candidates.find(({ template }) => taken.includes(template));
  if (meant) {
    const text = `${nameRecord(view, meant.template.source)} is for fewer SAs than the peer wants together`;
    return refuse('no-child-proposal', text, [meant.entry.source, meant.template.source], events);
  }
  const closest = candidates[0];
  const own = closest?.template.source ?? stoppedBy?.source;
  const told: EngineEvent[] = own
    ? [{ kind: 'selectors', own, proposed: pairLists(clients), why: `no SA of ${view.config.name} is for them` }]
    : [];
  if (closest) {
    const text = `no policy of ${view.config.name} means the identities ${key}: ${nameRecord(view, closest.template.source)} means others`;
    return refuse(
      'selectors-unacceptable',
      text,
      [closest.entry.source, closest.template.source],
      [...events, ...told],
    );
  }
  if (stoppedBy) {
    const does = stoppedBy.action.kind === 'BYPASS' ? 'passes them in the clear' : 'discards them';
    const text = `for the identities ${key} ${nameRecord(view, stoppedBy.source)} comes first, which ${does}`;
    return refuse('no-spd-entry', text, [stoppedBy.source], [...events, ...told]);
  }
  const text = `no policy of ${view.config.name} protects traffic between ${key} towards this peer`;
  return refuse('no-spd-entry', text, [], events);
}

function refuse(
  code: FailureCode,
  text: string,
  records: readonly EntrySource[],
  events: EngineEvent[],
  selection?: ProposalSelection,
): ChildChoice {
  return { kind: 'refused', refusal: { code, text, records, ...(selection ? { selection } : {}) }, events };
}

/** Bundles in the initiator's order; for each the SAs of the entry, in theirs. */
function decide(
  question: ChildQuestion,
  matching: readonly Matching[],
  events: EngineEvent[],
  env: Environment,
): ChildChoice {
  const singles = question.bundles.filter((bundle) => bundle.length === 1).map((bundle) => bundle[0]!);
  let refusal: ChoiceRefusal | undefined;
  let told: EngineEvent[] = [];
  if (singles.length > 0) {
    for (const candidate of matching) {
      const one = pickOne(singles, candidate, question, env);
      if (one.kind === 'picked') return { ...one, events: [...events, ...one.events] };
      if (!refusal || isBetter(one.refusal, refusal)) [refusal, told] = [one.refusal, one.events];
    }
  }
  for (const bundle of question.bundles) {
    if (bundle.length === 1) continue;
    const picks: Pick[] = [];
    const bundleEvents: EngineEvent[] = [];
    for (const wanted of bundle) {
      const free = matching.filter(({ template }) => !picks.some((pick) => pick.template === template));
      const one = free.map((candidate) => pickOne([wanted], candidate, question, env));
      const picked = one.find((result) => result.kind === 'picked');
      if (picked?.kind !== 'picked') {
        const refused = one.find((result) => result.kind === 'refused');
        if (refused?.kind === 'refused' && !refusal) [refusal, told] = [refused.refusal, refused.events];
        break;
      }
      picks.push(...picked.picks);
      bundleEvents.push(...picked.events);
    }
    if (picks.length === bundle.length) return { kind: 'picked', picks, events: [...events, ...bundleEvents] };
  }
  const [first] = matching;
  const text = `${nameRecord(env.view, first!.template.source)} is for fewer SAs than the peer wants together`;
  refusal ??= { code: 'no-child-proposal', text, records: [first!.entry.source, first!.template.source] };
  return { kind: 'refused', refusal, events: [...events, ...told] };
}

/** A difference of algorithms explains more than one of modes. */
function isBetter(a: ChoiceRefusal, b: ChoiceRefusal): boolean {
  return a.code === 'no-child-proposal' && b.code === 'mode-mismatch';
}

function pickOne(
  wanted: readonly OfferedSa[],
  { entry, template, ids }: Matching,
  { policy, encapsulated }: ChildQuestion,
  env: Environment,
): ChildChoice {
  const { view, profile } = env;
  const records = [entry.source, template.source];
  const name = nameRecord(view, template.source);
  const all = wanted.flatMap((offered) => offered.offers.map((offer) => ({ offered, offer })));
  const ofMode = all.filter(({ offer }) => (offer.mode ?? template.mode) === template.mode);
  // Without a transform that says it, tunnel mode is meant (RFC 2407 §4.5 leaves it open; charon's proposal_substructure.c).
  if (all.length === 0 && template.mode === 'tunnel') {
    return refuse('no-child-proposal', `the peer offers ${name} nothing that IKEv1 has a number for`, records, []);
  }
  if (ofMode.length === 0) {
    const mode = all[0]?.offer.mode ?? 'tunnel';
    return refuse(
      'mode-mismatch',
      `the peer wants ${mode} mode, and ${name} is for ${template.mode} mode`,
      records,
      [],
    );
  }
  const fitting = ofMode.filter(({ offer }) => offer.protocol === 'AH' || offer.udpEncapsulation === encapsulated);
  if (fitting.length === 0) {
    const text = encapsulated
      ? 'a NAT is between the peers, and the peer offers no ESP in UDP'
      : 'the peer wants ESP in UDP, and no NAT is between the peers';
    return refuse('mode-mismatch', text, records, []);
  }
  const groups = pfsGroups(template, policy);
  const selection = selectProposal(
    fitting.map(({ offer }) => offer.proposal),
    ownChildProposals(template, groups),
    { preference: preferenceOf(env), acceptAnyGroup: profile.pfsAcceptsAny.value },
  );
  const events: EngineEvent[] = [
    { kind: 'proposals', of: 'CHILD', role: 'responder', selection, own: template.source },
  ];
  if (selection.kind === 'mismatch') {
    const text = `${name} has no ${all[0]?.offer.protocol ?? 'ESP'} proposal in common with the peer’s`;
    return refuse('no-child-proposal', text, records, events, selection);
  }
  const { offered, offer } = fitting[selection.offered]!;
  const own = template.proposals[selection.own]!;
  const lifetime = agreedLifetimes(offer, own, profile);
  if (!lifetime) {
    const text = `the peer proposes a lifetime of ${lifetimeText(offer.lifetimeSeconds)}, and ${name} allows ${lifetimeText(own.lifetimeSeconds.value)}`;
    return refuse('no-child-proposal', text, records, events);
  }
  const pick: Pick = { entry, template, own, offered, offer, selection, ids, ...lifetime };
  return { kind: 'picked', picks: [pick], events };
}

/** A template's proposals with the groups of a key exchange of their own. */
export function ownChildProposals(template: SaTemplate, groups: readonly KeyExchangeTransform[]): ProposalLike[] {
  return template.proposals.map((proposal) => ({ ...proposal, keyExchange: proposal.keyExchange ?? groups }));
}

function agreedLifetimes(
  offer: ChildOffer,
  own: ChildProposal,
  { longerLifetime }: PeerProfile,
): { lifetimeSeconds: number; lifetimeKilobytes: number; announcesLifetime: boolean } | undefined {
  const [seconds, kilobytes] = [own.lifetimeSeconds.value, own.lifetimeKilobytes.value];
  const isLonger = {
    seconds: isLongerLifetime(offer.lifetimeSeconds, seconds),
    kilobytes: isLongerLifetime(offer.lifetimeKilobytes, kilobytes),
  };
  const any = isLonger.seconds || isLonger.kilobytes;
  if (any && longerLifetime.value === 'refuse') return undefined;
  const shortens = longerLifetime.value !== 'accept';
  return {
    lifetimeSeconds: isLonger.seconds && shortens ? seconds : offer.lifetimeSeconds,
    lifetimeKilobytes: isLonger.kilobytes && shortens ? kilobytes : offer.lifetimeKilobytes,
    announcesLifetime: any && longerLifetime.value === 'notify',
  };
}
