/**
 * Whether a Child SA comes about between two ends whose IKE SA stands, as strongSwan does it: the responder takes a child of
 * the connection by its selectors, then proposal, selectors and mode (child_create.c, quick_mode.c). What comes of the first
 * rekeying is told as well, because IKE_AUTH negotiates no group.
 */
import type { Address } from '../../address.js';
import type { Packet } from '../../packet.js';
import { peerProfile } from '../../peer-profile/catalogue.js';
import type { DataPathName } from '../../peer-profile/data-path.js';
import { type ChosenTransforms, type SelectedProposal, selectProposal } from '../../proposal.js';
import { proxyIds } from '../../proxy-ids.js';
import type { SaTemplate } from '../../system-config.js';
import { formatSelector, intersectSelectors, type SelectorLists, type SelectorPair } from '../../traffic-selector.js';
import type { KeyExchangeTransform } from '../../transform.js';
import { type GroupedProposal, proposalsWithGroups } from '../child-proposals.js';
import type { IkeEnd } from '../ike.js';
import { type ChildStep, type IkeOutcome, nameRecord } from '../steps.js';
import { childrenOf } from './children.js';
import { walkConfiguration } from './configuration.js';
import { preferenceOf, usable } from './ike.js';
import { installation } from './installation.js';
import { createChildOffer, type GroupedOffer, quickModeOffer, withoutGroups } from './offers.js';
import type { Refusal, RefusalNotify } from './refusal.js';
import { areHost, chooseChild, type Ends, mirrorLists, narrowedLists, proposedLists } from './selectors.js';
import { noVirtualAddresses, withVirtualHosts } from './virtual-hosts.js';
import { chooseWhole, fitOfInitiator, fitOfResponder, fittingLists, templatesBetween } from './whole-selectors.js';

/** One end, with what carries its packets. */
export interface ChildSide extends IkeEnd {
  readonly dataPath?: DataPathName;
  /** The packet that starts the negotiation, in its terms. */
  readonly packet?: Packet;
  /** Addresses of the host beyond those that its configuration tells. */
  readonly addresses?: readonly Address[];
}

export interface AgreedChild {
  /** Addresses that the initiator was given for it. */
  readonly given?: readonly Address[];
  readonly mode: 'transport' | 'tunnel';
  readonly transforms: ChosenTransforms;
  /** From the initiator's point of view. */
  readonly selectors: SelectorLists;
  readonly responderTemplate: SaTemplate;
  readonly proposal: SelectedProposal;
}

export interface ConnectionChildOutcome {
  readonly steps: readonly ChildStep[];
  readonly failure?: ChildStep;
  readonly refusal?: Refusal;
  readonly child?: AgreedChild;
  readonly responderTemplate?: SaTemplate;
  /** What the responder says of addresses in IKE_AUTH, where the Child SA has an exchange of its own. */
  readonly told?: RefusalNotify;
}

interface Work {
  readonly x: ChildSide;
  readonly y: ChildSide;
  readonly template: SaTemplate;
  readonly ike: IkeOutcome;
  readonly steps: ChildStep[];
  readonly before?: SelectorLists;
}

/**
 * Walks the attempt of `x` to make a Child SA of a template. `before` are the selectors of the SA that is replaced: in IKEv1
 * those are proposed anew.
 */
export function walkConnectionChild(
  x: ChildSide,
  y: ChildSide,
  template: SaTemplate,
  ike: IkeOutcome,
  before?: SelectorLists,
): ConnectionChildOutcome {
  const work: Work = { x, y, template, ike, steps: [], ...(before ? { before } : {}) };
  return ike.version === 1 ? quickMode(work) : createChild(work);
}

function done({ steps }: Work, rest: Omit<ConnectionChildOutcome, 'steps' | 'failure'>): ConnectionChildOutcome {
  const failure = steps.find(({ verdict }) => verdict === 'fail');
  return { steps, ...(failure ? { failure } : {}), ...rest };
}

const answered = (notify: RefusalNotify): Refusal => ({ kind: 'answered', notify });

function endsOf({ x, y }: Work): { readonly x: Ends; readonly y: Ends } {
  return { x: { local: x.address, remote: y.address }, y: { local: y.address, remote: x.address } };
}

function words(list: SelectorLists): string {
  const side = (selectors: SelectorLists['local']) => selectors.map(formatSelector).join(', ') || 'nothing';
  return `${side(list.local)} to ${side(list.remote)}`;
}

/** Does the product of an end take selectors as a whole or not at all? */
function takesWhole({ view }: ChildSide): boolean {
  const { peerProfile: named } = view.config;
  return named !== undefined && peerProfile(named.value).narrowing.value === 'exact';
}

/** What a responder leaves of proposed selectors, in its terms. */
function leftByResponder(y: ChildSide, responder: SaTemplate, proposed: SelectorLists, ends: Ends): SelectorLists {
  if (!takesWhole(y)) return narrowedLists(responder, proposed, ends);
  return fittingLists(responder, proposed, ends, fitOfResponder(responder)) ?? { local: [], remote: [] };
}

/** What an initiator makes of the answer, in its terms. */
function leftByInitiator(x: ChildSide, template: SaTemplate, answer: SelectorLists, ends: Ends): SelectorLists {
  if (!takesWhole(x) || !template.lists) return narrowedLists(template, answer, ends);
  return fittingLists(template, answer, ends, fitOfInitiator(template)) ?? { local: [], remote: [] };
}

/** The child of the responder that the selectors are for. */
function findChild(
  work: Work,
  proposed: SelectorLists,
  ends: Ends,
  notify: RefusalNotify,
): SaTemplate | ConnectionChildOutcome {
  const { x, y, template, ike, steps } = work;
  const { responderPad } = ike;
  const isWhole = takesWhole(y) && responderPad !== undefined;
  const children = isWhole
    ? templatesBetween(y.view.config, responderPad, ends, ike.version ?? 2)
    : childrenOf(y.view.config, responderPad?.connection);
  const chosen = isWhole
    ? chooseWhole(children, mirrorLists(proposed), ends)?.template
    : chooseChild(children, mirrorLists(proposed), ends);
  if (chosen) return chosen;
  const pad = ike.responderPad;
  steps.push({
    kind: 'selectors',
    verdict: 'fail',
    text: `no child of ${pad ? nameRecord(y.view, pad.source) : y.view.config.name} is for ${words(proposed)}, which ${nameRecord(x.view, template.source)} proposes`,
    initiator: template.source,
    ...(children[0] ? { responder: children[0].source } : {}),
    selectors: { kind: 'disjoint' },
  });
  return done(work, { refusal: answered(notify) });
}

/** The proposal that both have; the step is added. */
function agree(
  { x, y, template, steps }: Work,
  responder: SaTemplate,
  offer: GroupedOffer['proposals'],
  own: GroupedOffer['proposals'],
): SelectedProposal | undefined {
  const selection = selectProposal(usable(offer, x, y), own, { preference: preferenceOf(y) });
  const between = `${nameRecord(x.view, template.source)} and ${nameRecord(y.view, responder.source)}`;
  const protocol = template.proposals[0]?.protocol ?? 'ESP';
  steps.push({
    kind: 'child-proposal',
    verdict: selection.kind === 'selected' ? 'pass' : 'fail',
    text:
      selection.kind === 'selected'
        ? `${between} agree on ${offer[selection.offered]?.name ?? 'a proposal'}`
        : `${between} have no ${protocol} proposal in common`,
    initiator: template.source,
    responder: responder.source,
    selection,
  });
  return selection.kind === 'selected' ? selection : undefined;
}

function pushSelectors(
  { x, y, template, steps }: Work,
  responder: SaTemplate,
  proposed: SelectorLists,
  result: SelectorLists,
): void {
  const isWhole = words(proposed) === words(result);
  steps.push({
    kind: 'selectors',
    verdict: isWhole ? 'pass' : 'warn',
    text: isWhole
      ? `the selectors of ${nameRecord(x.view, template.source)} and ${nameRecord(y.view, responder.source)} fit`
      : `the selectors are narrowed to ${words(result)}`,
    initiator: template.source,
    responder: responder.source,
    selectors: isWhole ? { kind: 'equal' } : { kind: 'narrowed', onlyInitiator: undefined, onlyResponder: undefined },
  });
}

/** Both ends install what was agreed on, the responder first. */
function install({ x, y, template, ike, steps }: Work, child: AgreedChild): Refusal | undefined {
  const { refusal, text } = installation(x, y, ike.version ?? 2, template, child) ?? {};
  if (text !== undefined)
    steps.push({
      kind: 'mode',
      verdict: 'fail',
      text,
      initiator: template.source,
      responder: child.responderTemplate.source,
    });
  return refusal;
}

function createChild(work: Work): ConnectionChildOutcome {
  const { x, y, template, ike, steps } = work;
  const childless = childlessExchange(work);
  if (childless.kind === 'refused') return done(work, { refusal: childless.refusal });
  const configuration = walkConfiguration(x, y, ike.initiatorPad, ike.responderPad);
  const { given } = configuration;
  const isWithoutAddress = configuration.refusal !== undefined && !childless.own;
  if (configuration.step && (isWithoutAddress || configuration.refusal === undefined)) steps.push(configuration.step);
  const plain = endsOf(work);
  const ends = {
    x: withVirtualHosts(
      plain.x,
      ike.initiatorPad,
      { own: given.filter(({ value }) => BigInt(value) !== 0n), peer: [] },
      'comparison',
    ),
    y: withVirtualHosts(plain.y, ike.responderPad, { own: [], peer: given }, 'comparison'),
  };
  const asking = withVirtualHosts(plain.x, ike.initiatorPad, noVirtualAddresses, 'new');
  const proposed = proposedLists(template, asking);
  const responder = findChild(work, proposed, ends.y, 'TS_UNACCEPTABLE');
  if (isWithoutAddress && configuration.refusal) {
    const beside = 'steps' in responder ? { beside: 'TS_UNACCEPTABLE' as const } : {};
    return done(work, { refusal: { kind: 'answered', notify: configuration.refusal, ...beside } });
  }
  const told = configuration.refusal ? { told: configuration.refusal } : {};
  return { ...agreeOnChild(work, childless.own, { ends, proposed, responder, given }), ...told };
}

interface AskedChild {
  readonly ends: { readonly x: Ends; readonly y: Ends };
  readonly proposed: SelectorLists;
  readonly responder: SaTemplate | ConnectionChildOutcome;
  /** Addresses that the initiator has been given. */
  readonly given: readonly Address[];
}

function agreeOnChild(work: Work, isOwnExchange: boolean, asked: AskedChild): ConnectionChildOutcome {
  const { x, y, template } = work;
  const { ends, proposed, responder, given } = asked;
  if ('steps' in responder) return responder;
  const groups = { mine: ownGroups(work), theirs: proposalsWithGroups(responder, work.ike.responderPolicy) };
  const offer = isOwnExchange ? createChildOffer(groups.mine) : { proposals: withoutGroups(groups.mine) };
  const own = isOwnExchange ? groups.theirs : withoutGroups(groups.theirs);
  const selection = offer && agree(work, responder, offer.proposals, own);
  if (!selection) return done(work, { refusal: answered('NO_PROPOSAL_CHOSEN'), responderTemplate: responder });
  const back = leftByResponder(y, responder, mirrorLists(proposed), ends.y);
  if (back.local.length === 0 || back.remote.length === 0)
    return noSelectors(work, responder, proposed, answered('TS_UNACCEPTABLE'));
  // Transport mode needs both ends to be the hosts themselves and the responder to have it too; else it becomes a tunnel.
  const wantsTransport = template.mode === 'transport' && responder.mode === 'transport';
  const mode =
    wantsTransport && areHost(back.remote, x.address) && areHost(back.local, y.address) ? 'transport' : 'tunnel';
  const selectors = leftByInitiator(x, template, mirrorLists(back), ends.x);
  if (selectors.local.length === 0 || selectors.remote.length === 0)
    return noSelectors(work, responder, proposed, { kind: 'given-up' });
  pushMode(work, responder, mode);
  pushSelectors(work, responder, proposed, selectors);
  const child: AgreedChild = {
    ...(given.length > 0 ? { given } : {}),
    mode,
    transforms: selection.transforms,
    selectors,
    responderTemplate: responder,
    proposal: selection,
  };
  const refusal = install(work, child);
  return done(work, refusal ? { refusal, responderTemplate: responder } : { child, responderTemplate: responder });
}

function noSelectors(
  work: Work,
  responder: SaTemplate,
  proposed: SelectorLists,
  refusal: Refusal,
): ConnectionChildOutcome {
  const { y, template, steps } = work;
  steps.push({
    kind: 'selectors',
    verdict: 'fail',
    text: `nothing of ${words(proposed)} is left by ${nameRecord(y.view, responder.source)}`,
    initiator: template.source,
    responder: responder.source,
    selectors: { kind: 'disjoint' },
  });
  return done(work, { refusal, responderTemplate: responder });
}

function pushMode({ x, y, template, steps }: Work, responder: SaTemplate, mode: AgreedChild['mode']): void {
  const isSame = template.mode === mode && responder.mode === mode;
  steps.push({
    kind: 'mode',
    verdict: isSame ? 'pass' : 'warn',
    text: isSame
      ? `both use ${mode} mode`
      : `${nameRecord(x.view, template.source)} wants ${template.mode} mode, ${nameRecord(y.view, responder.source)} ${responder.mode} mode; it becomes ${mode} mode`,
    initiator: template.source,
    responder: responder.source,
  });
}

type Childless =
  /** `own`: the first Child SA has an exchange of its own, with a key exchange. */
  { readonly kind: 'goes-on'; readonly own: boolean } | { readonly kind: 'refused'; readonly refusal: Refusal };

/** RFC 6023, as `childless` of both ends has it. */
function childlessExchange({ x, y, template, ike, steps }: Work): Childless {
  const [mine, theirs] = [ike.initiatorPad?.childless?.value ?? 'allow', ike.responderPad?.childless?.value ?? 'allow'];
  const refuse = (text: string, refusal: Refusal): Childless => {
    steps.push({ kind: 'mode', verdict: 'fail', text, initiator: template.source });
    return { kind: 'refused', refusal };
  };
  if (mine === 'force' && theirs === 'never')
    return refuse(`${x.view.config.name} wants an IKE SA without a Child SA first, ${y.view.config.name} has none`, {
      kind: 'given-up',
    });
  const own = mine === 'force' || (mine === 'prefer' && theirs !== 'never');
  if (theirs === 'force' && !own)
    return refuse(`${y.view.config.name} takes only IKE SAs without a Child SA first`, answered('INVALID_SYNTAX'));
  return { kind: 'goes-on', own };
}

function quickMode(work: Work): ConnectionChildOutcome {
  const { x, y, template, ike, steps } = work;
  const ends = endsOf(work);
  const ids = clientIds(work);
  const all = work.before ?? (ids ? { local: [ids.local], remote: [ids.remote] } : proposedLists(template, ends.x));
  const [local, remote] = [all.local[0], all.remote[0]];
  // A Quick Mode that cannot even be built takes the ISAKMP SA with it.
  if (!local || !remote) return noSelectors(work, template, all, { kind: 'given-up', endsIkeSa: true });
  // One client identity for each end, which knows one port or all.
  const proposed: SelectorLists = { local: [asClientId(local)], remote: [asClientId(remote)] };
  const responder = findChild(work, proposed, ends.y, 'INVALID_ID_INFORMATION');
  if ('steps' in responder) return responder;
  const offer = quickModeOffer(ownGroups(work), ikeGroup(ike));
  // The mode stands in transforms; without any a tunnel is meant (proposal_substructure.c, get_encap_mode).
  const asked = offer.proposals.length > 0 ? template.mode : 'tunnel';
  if (responder.mode !== asked) {
    steps.push({
      kind: 'mode',
      verdict: 'fail',
      text: `${nameRecord(x.view, template.source)} uses ${template.mode} mode, ${nameRecord(y.view, responder.source)} ${responder.mode} mode`,
      initiator: template.source,
      responder: responder.source,
    });
    return done(work, { refusal: answered('INVALID_ID_INFORMATION'), responderTemplate: responder });
  }
  pushMode(work, responder, template.mode);
  const narrowed = leftByResponder(y, responder, mirrorLists(proposed), ends.y);
  const [backLocal, backRemote] = [narrowed.local[0], narrowed.remote[0]];
  if (!backLocal || !backRemote) return noSelectors(work, responder, proposed, answered('INVALID_ID_INFORMATION'));
  const selection = agree(work, responder, offer.proposals, proposalsWithGroups(responder, ike.responderPolicy));
  if (!selection) return done(work, { refusal: answered('NO_PROPOSAL_CHOSEN'), responderTemplate: responder });
  if (selection.transforms.keyExchange && !offer.group) {
    steps.push({
      kind: 'pfs',
      verdict: 'fail',
      text: `the proposal that is taken is of ${selection.transforms.keyExchange.name}, and ${nameRecord(x.view, template.source)} sends no public value: its first proposal is without a group`,
      initiator: template.source,
      responder: responder.source,
      selection,
    });
    // In Quick Mode only NO_PROPOSAL_CHOSEN and INVALID_ID_INFORMATION end the attempt (informational.c).
    const refusal: Refusal = { kind: 'answered', notify: 'INVALID_PAYLOAD_TYPE', isIgnored: true };
    return done(work, { refusal, responderTemplate: responder });
  }
  const mine = intersectSelectors(local, asClientId(backRemote));
  const theirs = intersectSelectors(remote, asClientId(backLocal));
  if (!mine || !theirs)
    return noSelectors(work, responder, proposed, { kind: 'given-up', notify: 'INVALID_PAYLOAD_TYPE' });
  const selectors: SelectorLists = { local: [mine], remote: [theirs] };
  pushSelectors(work, responder, proposed, selectors);
  const child: AgreedChild = {
    mode: template.mode,
    transforms: selection.transforms,
    selectors,
    responderTemplate: responder,
    proposal: selection,
  };
  const refusal = install(work, child);
  return done(work, refusal ? { refusal, responderTemplate: responder } : { child, responderTemplate: responder });
}

/** What a system without lists of selectors means by a packet (hpux-ipsec reference 7.3). */
function clientIds({ x, template }: Work): SelectorPair | undefined {
  return template.lists || !x.packet ? undefined : proxyIds(template.selectors, x.packet, { mode: template.mode });
}

/** RFC 2407 §4.6.2: port 0 is every port, and a range of ports is its first one (id_payload.c). */
function asClientId(selector: SelectorLists['local'][number]): SelectorLists['local'][number] {
  const { ports } = selector;
  if (ports.lo === 0) return { ...selector, ports: { lo: 0, hi: 65535 } };
  return { ...selector, ports: { lo: ports.lo, hi: ports.lo } };
}

function ownGroups({ template, ike }: Work): readonly GroupedProposal[] {
  return proposalsWithGroups(template, ike.initiatorPolicy);
}

function ikeGroup({ proposal }: IkeOutcome): KeyExchangeTransform | undefined {
  return proposal?.transforms.keyExchange;
}
