/**
 * Whether two systems that have an IKE SA would agree on an ESP or AH SA for a packet: the responder's policy, mode,
 * proposals, selectors, key exchange and lifetimes (hpux-ipsec reference 7.3 to 7.7, RFC 7296 §1.2, §1.3 and §2.9).
 */
import { type Address, formatAddress } from '../address.js';
import type { Packet } from '../packet.js';
import { type ProposalSelection, selectProposal } from '../proposal.js';
import { mirrorProxyIds, proxyIds, sameProxyIds } from '../proxy-ids.js';
import type { SaTemplate, SpdEntry } from '../system-config.js';
import { formatSelector, type SelectorPair, selectorBox } from '../traffic-selector.js';
import type { KeyExchangeTransform } from '../transform.js';
import { type GroupedProposal, groupsOf, proposalsWithGroups, proposalsWithoutGroups } from './child-proposals.js';
import { compareProxyIds, compareSelectors } from './compare-selectors.js';
import type { FlowEnd } from './flows.js';
import { manualKeyFaults } from './manual.js';
import { mirrorPacket } from './mirror.js';
import { type ChildStep, type IkeOutcome, nameRecord } from './steps.js';

export { pfsGroups } from './child-proposals.js';

/** One side of a negotiation for an SA of a flow. */
export interface ChildEnd {
  readonly end: FlowEnd;
  readonly address: Address;
}

export interface ChildQuestion {
  readonly initiator: ChildEnd;
  readonly responder: ChildEnd;
  /** In the initiator's terms. */
  readonly packet: Packet;
  /** Number of the SA in both bundles. */
  readonly sa: number;
  /** Absent for manual keys. */
  readonly ike?: IkeOutcome;
  readonly preference?: 'initiator' | 'responder';
  /** IKEv1: the responder takes any group for PFS when it has none of its own; true unless told. */
  readonly acceptsAnyGroup?: boolean;
  readonly budget?: number;
}

export interface ChildOutcome {
  readonly steps: readonly ChildStep[];
  readonly failure?: ChildStep;
  readonly responderTemplate?: SaTemplate;
  readonly proposal?: Extract<ProposalSelection, { kind: 'selected' }>;
}

/** Entries of an IKEv1 responder that are searched for the client identities. */
const candidatesMax = 64;

/** Walks the records for one SA. Ends at the first step that fails. */
export function walkChild(question: ChildQuestion): ChildOutcome {
  const { initiator: x, responder: y, sa, ike } = question;
  const steps: ChildStep[] = [];
  const templateX = x.end.templates[sa]!;
  const done = (rest: Omit<ChildOutcome, 'steps' | 'failure'> = {}): ChildOutcome => {
    const failure = steps.find(({ verdict }) => verdict === 'fail');
    return { steps, ...(failure ? { failure } : {}), ...rest };
  };
  const add = (step: ChildStep): boolean => {
    steps.push(step);
    return step.verdict !== 'fail';
  };
  if (!add(peerPolicyStep(question))) return done();
  const responder = ike?.version === 1 ? byClientIdentities(question, templateX) : undefined;
  const templateY = responder?.template ?? y.end.templates[sa];
  const sources = { initiator: templateX.source, ...(templateY ? { responder: templateY.source } : {}) };
  if (!templateY) {
    const count = (end: FlowEnd) => `${end.templates.length} SA${end.templates.length === 1 ? '' : 's'}`;
    add({
      kind: 'mode',
      verdict: 'fail',
      text: `${nameRecord(x.end.view, templateX.source)} nests ${count(x.end)}, ${nameRecord(y.end.view, y.end.entry.source)} has ${count(y.end)}`,
      initiator: templateX.source,
      responder: y.end.entry.source,
    });
    return done();
  }
  if (!add(modeStep(x, y, templateX, templateY))) return done({ responderTemplate: templateY });
  if (templateX.manual || templateY.manual) {
    if (!add(manualStep(x, y, templateX, templateY))) return done({ responderTemplate: templateY });
  }
  const grouped = {
    x: proposalsWithGroups(templateX, ike?.initiatorPolicy),
    y: proposalsWithGroups(templateY, ike?.responderPolicy),
  };
  const withPfs = ike?.version === 1;
  const selection = selectProposal(
    withPfs ? grouped.x : proposalsWithoutGroups(templateX),
    withPfs ? grouped.y : proposalsWithoutGroups(templateY),
    {
      acceptAnyGroup: withPfs && question.acceptsAnyGroup !== false,
      ...(question.preference ? { preference: question.preference } : {}),
    },
  );
  const between = `${nameRecord(x.end.view, templateX.source)} and ${nameRecord(y.end.view, templateY.source)}`;
  if (selection.kind === 'mismatch') {
    const protocol = templateX.proposals[0]?.protocol ?? 'ESP';
    add({
      kind: 'child-proposal',
      verdict: 'fail',
      text: `${between} have no ${protocol} proposal in common`,
      ...sources,
      selection,
    });
    return done({ responderTemplate: templateY });
  }
  add({
    kind: 'child-proposal',
    verdict: 'pass',
    text: `${between} agree on ${templateX.proposals[selection.offered]?.name ?? 'a proposal'}`,
    ...sources,
    selection,
  });
  const rest = { responderTemplate: templateY, proposal: selection };
  if (!ike?.version) return done(rest);
  const entryY = responder?.entry ?? y.end.entry;
  if (!add(selectorsStep(question, templateX, templateY, entryY))) return done(rest);
  if (ike.version === 2) {
    const rekey = pfsStep(question, templateX, templateY, grouped, between);
    if (rekey) add(rekey);
  }
  const lifetime = lifetimeStep(ike.version, x, y, templateX, templateY, selection);
  if (lifetime) add(lifetime);
  return done(rest);
}

function peerPolicyStep({ initiator: x, responder: y, sa }: ChildQuestion): ChildStep {
  const { entry, view, templates } = y.end;
  const name = nameRecord(view, entry.source);
  const base = { kind: 'peer-policy' as const, initiator: x.end.entry.source, responder: entry.source };
  if (entry.action.kind !== 'PROTECT') {
    const does = entry.action.kind === 'BYPASS' ? 'passes these packets in the clear' : 'discards these packets';
    return { ...base, verdict: 'fail', text: `${name} ${does}` };
  }
  if (templates.length === 0)
    return {
      ...base,
      verdict: 'fail',
      text: `${name} protects these packets, but not towards ${x.end.view.config.name}`,
    };
  const endpoint = (templates[sa] ?? templates[0])?.remoteEndpoint;
  if (endpoint && (endpoint.family !== x.address.family || endpoint.value !== x.address.value)) {
    const [theirs, ours] = [endpoint, x.address].map(({ family, value }) => formatAddress(family, value));
    const text = `${name} protects these packets towards ${theirs}, while ${x.end.view.config.name} uses ${ours}`;
    return { ...base, verdict: 'fail', text };
  }
  return { ...base, verdict: 'pass', text: `${name} protects these packets too` };
}

function modeStep(x: ChildEnd, y: ChildEnd, templateX: SaTemplate, templateY: SaTemplate): ChildStep {
  const isSame = templateX.mode === templateY.mode;
  const text = isSame
    ? `both use ${templateX.mode} mode`
    : `${nameRecord(x.end.view, templateX.source)} uses ${templateX.mode} mode, ${nameRecord(y.end.view, templateY.source)} ${templateY.mode} mode`;
  return {
    kind: 'mode',
    verdict: isSame ? 'pass' : 'fail',
    text,
    initiator: templateX.source,
    responder: templateY.source,
  };
}

function manualStep(x: ChildEnd, y: ChildEnd, templateX: SaTemplate, templateY: SaTemplate): ChildStep {
  const base = { kind: 'manual-keys' as const, initiator: templateX.source, responder: templateY.source };
  const [mine, theirs] = [templateX.manual, templateY.manual];
  const names = { mine: x.end.view.config.name, theirs: y.end.view.config.name };
  if (!mine || !theirs) {
    const [has, lacks] = mine ? [names.mine, names.theirs] : [names.theirs, names.mine];
    return { ...base, verdict: 'fail', text: `${has} has manual keys where ${lacks} negotiates` };
  }
  const faults = manualKeyFaults(mine, theirs, names);
  return faults.length > 0
    ? { ...base, verdict: 'fail', text: faults.join('; ') }
    : { ...base, verdict: 'pass', text: 'SPIs and keys of both sides cross' };
}

/** The responder of Quick Mode looks for the first policy that means the client identities (hpux-ipsec reference 7.3). */
function byClientIdentities(
  { initiator: x, responder: y, packet, sa }: ChildQuestion,
  templateX: SaTemplate,
): { entry: SpdEntry; template: SaTemplate } | undefined {
  const proposed = proxyIds(templateX.selectors, packet, { mode: templateX.mode });
  if (!proposed) return undefined;
  const wanted = mirrorProxyIds(proposed);
  const box = selectorBox(wanted.local, wanted.remote);
  const theirs = mirrorPacket(packet);
  const means = (template: SaTemplate | undefined) => {
    const ids = template && proxyIds(template.selectors, theirs, { mode: template.mode });
    return ids !== undefined && sameProxyIds(ids, wanted);
  };
  const { list, entry, templates } = y.end;
  if (means(templates[sa]) || !box) return undefined;
  const candidates = list.index.overlaps(box, {
    accept: (number) => list.entries[number]!.action.kind === 'PROTECT',
    limit: candidatesMax,
  });
  for (const number of candidates) {
    const candidate = list.entries[number]!;
    if (candidate === entry || candidate.action.kind !== 'PROTECT') continue;
    const towards = candidate.action.bundle.filter(
      ({ remoteEndpoint }) => !remoteEndpoint || x.end.view.isOwn(remoteEndpoint),
    );
    const template = towards[sa];
    if (template && means(template)) return { entry: candidate, template };
  }
  return undefined;
}

function selectorsStep(
  question: ChildQuestion,
  templateX: SaTemplate,
  templateY: SaTemplate,
  entryY: SpdEntry,
): ChildStep {
  const { initiator: x, responder: y, ike, packet } = question;
  const selectors =
    ike?.version === 1
      ? compareProxyIds(templateX, templateY, packet)
      : compareSelectors(templateX, templateY, { initiator: x.address, responder: y.address }, question.budget);
  const names = [nameRecord(x.end.view, templateX.source), nameRecord(y.end.view, templateY.source)];
  const base = {
    kind: 'selectors' as const,
    initiator: templateX.source,
    responder: templateY === y.end.templates[question.sa] ? templateY.source : entryY.source,
    selectors,
  };
  switch (selectors.kind) {
    case 'equal':
      return { ...base, verdict: 'pass', text: `the selectors of ${names.join(' and ')} fit` };
    case 'proxy-ids': {
      const words = ({ local, remote }: SelectorPair) => `${formatSelector(local)} to ${formatSelector(remote)}`;
      const text = `client identities must be the same: ${names[0]} means ${words(selectors.initiator)}, ${names[1]} ${words(selectors.responder)}`;
      return { ...base, verdict: 'fail', text };
    }
    case 'narrowed':
      return { ...base, verdict: 'warn', text: `the selectors of ${names.join(' and ')} differ and are narrowed` };
    case 'disjoint':
      return { ...base, verdict: 'fail', text: `the selectors of ${names.join(' and ')} have nothing in common` };
  }
}

function pfsStep(
  { initiator: x, responder: y, preference }: ChildQuestion,
  templateX: SaTemplate,
  templateY: SaTemplate,
  grouped: { readonly x: readonly GroupedProposal[]; readonly y: readonly GroupedProposal[] },
  between: string,
): ChildStep | undefined {
  const groups = { x: groupsOf(grouped.x), y: groupsOf(grouped.y) };
  if (groups.x.length === 0 && groups.y.length === 0) return undefined;
  const selection = selectProposal(grouped.x, grouped.y, { ...(preference ? { preference } : {}) });
  const words = (list: readonly KeyExchangeTransform[]) =>
    list.length === 0 ? 'no group' : list.map(({ name }) => name).join(', ');
  const base = { kind: 'pfs' as const, initiator: templateX.source, responder: templateY.source, selection };
  if (selection.kind === 'mismatch') {
    const text = `the first rekey fails: ${x.end.view.config.name} wants ${words(groups.x)} for it, ${y.end.view.config.name} ${words(groups.y)}`;
    return { ...base, verdict: 'fail', text };
  }
  const { wrongGuess } = selection;
  return wrongGuess
    ? {
        ...base,
        verdict: 'warn',
        text: `rekeying takes a second try: ${wrongGuess.wanted.name} instead of ${wrongGuess.guessed.name}`,
      }
    : { ...base, verdict: 'pass', text: `${between} agree on the key exchange of rekeys` };
}

function lifetimeStep(
  version: 1 | 2,
  x: ChildEnd,
  y: ChildEnd,
  templateX: SaTemplate,
  templateY: SaTemplate,
  selection: Extract<ProposalSelection, { kind: 'selected' }>,
): ChildStep | undefined {
  const initiatorSeconds = templateX.proposals[selection.offered]?.lifetimeSeconds.value;
  const responderSeconds = templateY.proposals[selection.own]?.lifetimeSeconds.value;
  if (initiatorSeconds === undefined || responderSeconds === undefined) return undefined;
  const base = {
    kind: 'lifetime' as const,
    initiator: templateX.source,
    responder: templateY.source,
    initiatorSeconds,
    responderSeconds,
  };
  const words = (seconds: number) => (seconds === 0 ? 'without end' : `${seconds} seconds`);
  if (version === 1) {
    const isLonger = isLongerLifetime(initiatorSeconds, responderSeconds);
    const text = isLonger
      ? `${x.end.view.config.name} proposes ${words(initiatorSeconds)}, ${y.end.view.config.name} answers ${words(responderSeconds)}`
      : `${y.end.view.config.name} takes the ${words(initiatorSeconds)} of ${x.end.view.config.name}`;
    return { ...base, verdict: isLonger ? 'warn' : 'pass', text };
  }
  const isEqual = initiatorSeconds === responderSeconds && initiatorSeconds !== 0;
  const text = isEqual
    ? `both rekey after ${words(initiatorSeconds)}, at the same time`
    : `lifetimes are not negotiated: ${words(initiatorSeconds)} and ${words(responderSeconds)}`;
  return { ...base, verdict: isEqual ? 'warn' : 'pass', text };
}

/** Is a lifetime (seconds or kilobytes, 0 is without end) longer than another one? */
export function isLongerLifetime(a: number, b: number): boolean {
  if (b === 0) return false;
  return a === 0 || a > b;
}
