/**
 * Quick Mode, initiator — RFC 2409 §5.5.
 *
 *   1  HDR*, HASH(1), SA, Ni [, KE ] [, IDci, IDcr ] -->
 *   2                                                <-- HDR*, HASH(2), SA, Nr [, KE ] [, IDci, IDcr ]
 *   3  HDR*, HASH(3)                                 -->
 *
 * The inbound SAs are in the data path before message 3 leaves, so that the peer's first packets find them.
 */

import { isLongerLifetime } from '../../model/peer/child.js';
import { proposalsWithGroups } from '../../model/peer/child-proposals.js';
import { quickModeOffer } from '../../model/peer/connection/offers.js';
import { nameRecord } from '../../model/peer/steps.js';
import { type ChosenTransforms, selectProposal } from '../../model/proposal.js';
import { sameProxyIds } from '../../model/proxy-ids.js';
import type { ChildProposal, SaTemplate, SpdEntry } from '../../model/system-config.js';
import { formatSelector, intersectSelectors, type SelectorPair } from '../../model/traffic-selector.js';
import type { KeyExchangeTransform } from '../../model/transform.js';
import { algorithmFor, type KeyExchange } from '../crypto/provider.js';
import { dataPathRefusal } from '../data-path.js';
import type { EngineEvent } from '../event.js';
import type { Failure, FailureCode } from '../failure.js';
import type { ChildSaName } from '../input.js';
import { isakmpFlags } from '../wire/header.js';
import { type IsakmpPayload, isakmpPayload } from '../wire/isakmp/table.js';
import { spiOctets } from '../wire/payloads/spis.js';
import { isakmpExchangeTypes, isakmpNotifyTypes } from '../wire/registry/isakmp.js';
import { type Child, makeChild } from './child.js';
import { ownChildProposals } from './child-choice.js';
import { clientId, pairLists } from './client-ids.js';
import { proposedClients } from './clients.js';
import { exchangeIv } from './keys.js';
import { breach, quickMode } from './message-rules.js';
import { type Arrival, encryptedMessage, hashed, hashStart, type Outgoing, payloadOf, payloadsOf } from './messages.js';
import { originalAddressPayloads } from './nat.js';
import type { Context, IsakmpSa } from './phase1-state.js';
import {
  type ChildOffer,
  childProposalsMax,
  childSa,
  childTransforms,
  type OfferedBundle,
  type ProposedSa,
  protocolIds,
  readChildSa,
} from './phase2-proposals.js';
import {
  type AwaitConnected,
  type AwaitQuickReply,
  announcedLifetimes,
  isHashRight,
  type ProposedChild,
  type QuickGoal,
  type QuickStep,
  quickNonceLength,
  readClients,
  thirdHash,
} from './quick-mode.js';

const exchangeType = isakmpExchangeTypes.number.QUICK_MODE;

/** A failure of a Quick Mode that this system started. */
export function quickFailure(goal: QuickGoal, code: FailureCode, text: string, more: Partial<Failure> = {}): Failure {
  const { request, policy } = goal;
  return {
    code,
    attempt: goal.replaces.length > 0 ? 'rekeying of the Child SA' : 'Child SA',
    foundBy: 'us',
    role: 'initiator',
    text,
    records: [request.entry.source, request.template.source, policy.source],
    ...more,
  };
}

/** Message 1. */
export function startQuickMode(
  sa: IsakmpSa,
  goal: QuickGoal,
  messageId: number,
  { env }: Context,
): { readonly state: AwaitQuickReply; readonly send: Outgoing; readonly events: EngineEvent[] } | Failure {
  const { request } = goal;
  const { entry } = request;
  const { provider, view } = env;
  const clients = goal.ids
    ? { ids: goal.ids, ...(request.packet ? { packet: request.packet } : {}) }
    : proposedClients(request, request.template);
  if (!clients) {
    const text = `${nameRecord(view, request.template.source)} carries nothing between these ends`;
    return quickFailure(goal, 'selectors-unacceptable', text);
  }
  const templates = togetherWith(entry, request.template);
  const group = groupFor(request.template, goal, sa);
  const method = group && algorithmFor(provider.keyExchanges, group);
  if (group && !method) {
    return quickFailure(
      goal,
      'no-child-proposal',
      `${group.name}, which ${nameRecord(view, goal.policy.source)} wants for PFS, is not implemented`,
    );
  }
  const ke = method?.start(provider.random);
  const proposed = templates.map((template): ProposedChild => ({ template, spi: env.allocateSpi() }));
  const sayable = combine(
    proposed.map(({ template, spi }) => proposedSas(template, offeredOf(template, goal, sa), spi, sa, group, env)),
  );
  const empty: ProposedSa[] = proposed.map(({ template, spi }) => ({
    protocol: template.proposals[0]?.protocol ?? 'ESP',
    spi,
    transforms: [],
  }));
  const keepsEmpty = sayable.length === 0 && env.profile.ikev1Unsayable.value === 'empty';
  const proposals = keepsEmpty ? [empty] : sayable;
  if (proposals.length === 0) {
    const text = `${nameRecord(view, request.template.source)} has no proposal that IKEv1 can make`;
    return quickFailure(goal, 'no-child-proposal', text);
  }
  const ni = provider.random(quickNonceLength);
  const payloads: IsakmpPayload[] = [
    isakmpPayload('SA', childSa(proposals.map((sas, index) => ({ number: index + 1, sas })))),
    isakmpPayload('NONCE', { data: ni }),
    ...(ke ? [isakmpPayload('KE', { keyExchangeData: ke.publicValue })] : []),
    isakmpPayload('ID', clientId(clients.ids.local)),
    isakmpPayload('ID', clientId(clients.ids.remote)),
    ...originals(sa, request.template),
  ];
  const send = encryptedMessage(
    { cookies: sa.cookies, exchangeType, messageId, ikeSa: sa.name, ...purposeOf(goal) },
    hashed(sa.suite.prf, sa.keys.skeyid.skeyidA, hashStart(messageId), payloads),
    sa.keys.protection,
    exchangeIv(sa.suite, sa.lastBlock, messageId),
  );
  const state: AwaitQuickReply = {
    state: 'AwaitQuickReply',
    messageId,
    goal,
    entry,
    proposed,
    ids: clients.ids,
    ...(clients.packet ? { packet: clients.packet } : {}),
    ni,
    ...(ke ? { ke } : {}),
    iv: send.nextIv,
  };
  const events: EngineEvent[] = [{ kind: 'selectors', own: request.template.source, proposed: pairLists(clients.ids) }];
  return { state, send, events };
}

function purposeOf(goal: QuickGoal): { readonly purpose?: string } {
  return goal.replaces.length > 0 ? { purpose: 'rekey of Child SA' } : {};
}

/** The SAs of an entry that are negotiated together: nested ones between the same ends, AH over ESP. */
export function togetherWith({ action }: SpdEntry, template: SaTemplate): readonly SaTemplate[] {
  if (action.kind !== 'PROTECT') return [template];
  const protocolOf = ({ proposals }: SaTemplate) => proposals[0]?.protocol;
  const sameEnd = (a: SaTemplate['localEndpoint'], b: SaTemplate['localEndpoint']) =>
    a?.family === b?.family && a?.value === b?.value;
  const group = action.bundle.filter(
    (other) =>
      other === template ||
      (template.mode === 'transport' &&
        other.mode === 'transport' &&
        !other.manual &&
        protocolOf(other) !== protocolOf(template) &&
        sameEnd(other.localEndpoint, template.localEndpoint) &&
        sameEnd(other.remoteEndpoint, template.remoteEndpoint)),
  );
  return group.length === 2 ? group : [template];
}

/** PFS with the group of phase 1 where the template leaves the choice: both sides are known to have it. */
function groupFor(template: SaTemplate, { policy }: QuickGoal, { suite }: IsakmpSa): KeyExchangeTransform | undefined {
  return quickModeOffer(proposalsWithGroups(template, policy), suite.transforms.keyExchange).group;
}

/** What is proposed of a template: a connection's proposals as charon cuts them, those of records as they are. */
function offeredOf(template: SaTemplate, { policy }: QuickGoal, { suite }: IsakmpSa): readonly ChildProposal[] {
  if (!template.lists) return template.proposals;
  return quickModeOffer(proposalsWithGroups(template, policy), suite.transforms.keyExchange).proposals;
}

/** ESP in UDP where a NAT was found (RFC 3947 §5.1). */
export function encapsulationOf({ nat, abilities }: IsakmpSa) {
  const isBehind = nat !== undefined && (nat.localBehindNat || nat.peerBehindNat);
  return isBehind ? abilities.natTraversal : undefined;
}

function proposedSas(
  template: SaTemplate,
  proposals: readonly ChildProposal[],
  spi: number,
  sa: IsakmpSa,
  group: KeyExchangeTransform | undefined,
  { provider }: Context['env'],
): ProposedSa[] {
  const encapsulation = encapsulationOf(sa);
  return proposals.flatMap((proposal): ProposedSa[] => {
    // charon offers a later proposal with its group though there is no public value for it.
    const offered = group ?? (template.lists ? proposal.keyExchange?.[0] : undefined);
    const transforms = childTransforms(proposal, {
      mode: template.mode,
      ...(encapsulation && proposal.protocol === 'ESP' ? { encapsulation } : {}),
      ...(offered ? { group: offered } : {}),
      provider,
    });
    return transforms.length > 0 ? [{ protocol: proposal.protocol, spi, transforms }] : [];
  });
}

/** One proposal of each template, in every combination. */
function combine(lists: readonly (readonly ProposedSa[])[]): ProposedSa[][] {
  let combined: ProposedSa[][] = [[]];
  for (const list of lists) {
    combined = combined.flatMap((before) => list.map((next) => [...before, next])).slice(0, childProposalsMax);
  }
  return combined.filter((sas) => sas.length > 0);
}

/** In transport mode through a NAT, who is behind it says what its address is (RFC 3947 §5.2). */
function originals({ nat, peers, abilities }: IsakmpSa, { mode }: SaTemplate): IsakmpPayload[] {
  if (mode !== 'transport' || !abilities.natTraversal || !nat || (!nat.localBehindNat && !nat.peerBehindNat)) return [];
  return originalAddressPayloads(abilities.natTraversal, {
    initiator: peers.local.address,
    responder: peers.remote.address,
  });
}

/** Message 2: keys for both directions; message 3 shows that we are alive. */
export function onQuickReply(from: AwaitQuickReply, sa: IsakmpSa, arrival: Arrival, context: Context): QuickStep {
  const { env } = context;
  const { goal, ni, messageId } = from;
  const fault = breach(quickMode[2], arrival);
  if (fault) return { kind: 'ignored', why: fault, rfc: 'RFC 2409 §5.5', events: [] };
  if (!isHashRight(sa, arrival, ni)) {
    return { kind: 'ignored', why: 'HASH(2) of Quick Mode is wrong', rfc: 'RFC 2409 §5.5', events: [] };
  }
  const nr = payloadOf(arrival.payloads, 'NONCE')!.body.data;
  const reject = (
    code: FailureCode,
    text: string,
    type: keyof typeof isakmpNotifyTypes.number,
    rfc?: string,
  ): QuickStep => ({
    kind: 'failed',
    failure: quickFailure(goal, code, text, { notify: type, ...(rfc ? { rfc } : {}) }),
    notify: {
      type: isakmpNotifyTypes.number[type],
      protocolId: protocolIds[goal.request.template.proposals[0]?.protocol ?? 'ESP'],
      spi: spiOctets(from.proposed[0]!.spi),
    },
    events: [],
  });
  const answers = payloadsOf(arrival.payloads, 'SA');
  const bundles = answers.length === 1 ? readChildSa(answers[0]!.body) : 'it answers with several SA payloads';
  if (typeof bundles === 'string') return reject('invalid-message', bundles, 'BAD-PROPOSAL-SYNTAX');
  const agreed = agreedSas(from, sa, bundles, env);
  if (typeof agreed === 'string') return reject('no-child-proposal', agreed, 'NO-PROPOSAL-CHOSEN', 'RFC 2408 §4.2');
  const keData = payloadOf(arrival.payloads, 'KE')?.body.keyExchangeData;
  const shared = sharedSecretOf(from.ke, keData);
  if (shared === 'invalid') {
    return reject(
      'invalid-ke',
      'the peer’s public value is missing or not valid for the group',
      'INVALID-KEY-INFORMATION',
    );
  }
  const clients = answeredClients(from, sa, arrival, env.profile.quickModeIdentities.value);
  if (typeof clients === 'string') {
    const type = env.profile.ikev1Errors.value.mainInitiator.clients ?? 'INVALID-ID-INFORMATION';
    return reject('selectors-unacceptable', clients, type, 'RFC 2409 §5.5');
  }
  for (const { template, transforms } of agreed) {
    const lacking = dataPathRefusal(env, template, {
      mode: template.mode,
      transforms,
      local: [clients.local],
      remote: [clients.remote],
      peer: sa.peers.remote.address,
    });
    if (lacking) return reject('data-path', `the SA cannot be installed: ${lacking.why}`, 'NO-PROPOSAL-CHOSEN');
  }
  const group = env.nextSerial('child');
  const children = agreed.map((one, index): Child => {
    const announced = announcedLifetimes(arrival.payloads, one.offer.protocol);
    const name: ChildSaName = { ikeSa: sa.name, serial: index === 0 ? group : env.nextSerial('child') };
    return makeChild(
      sa,
      {
        name,
        group,
        role: 'initiator',
        entry: from.entry,
        template: one.template,
        own: one.own,
        ids: clients,
        transforms: one.transforms,
        protocol: one.offer.protocol,
        inboundSpi: one.inboundSpi,
        outboundSpi: one.outboundSpi,
        lifetimeSeconds: shorter(one.own.lifetimeSeconds.value, announced.seconds),
        lifetimeKilobytes: shorter(one.own.lifetimeKilobytes.value, announced.kilobytes),
        encapsulated: encapsulationOf(sa) !== undefined,
        ...(from.packet ? { packet: from.packet } : {}),
        ni,
        nr,
        ...(shared ? { sharedSecret: shared } : {}),
      },
      env,
    );
  });
  const send = encryptedMessage(
    { cookies: sa.cookies, exchangeType, messageId, ikeSa: sa.name, ...purposeOf(goal) },
    [isakmpPayload('HASH', { hash: thirdHash(sa, messageId, ni, nr) })],
    sa.keys.protection,
    arrival.nextIv!,
  );
  const events: EngineEvent[] = [
    ...agreed.map(
      ({ template, selection }): EngineEvent => ({
        kind: 'proposals',
        of: 'CHILD',
        role: 'initiator',
        selection,
        own: template.source,
      }),
    ),
    { kind: 'selectors', own: goal.request.template.source, proposed: pairLists(from.ids), result: pairLists(clients) },
  ];
  if ((arrival.header.flags & isakmpFlags.COMMIT) === 0) {
    return { kind: 'done', children, inboundInstalled: false, send, events };
  }
  const state: AwaitConnected = { state: 'AwaitConnected', messageId, goal, children, iv: send.nextIv };
  return { kind: 'next', state, send, inbound: children, events };
}

function shorter(own: number, announced: number | undefined): number {
  return announced !== undefined && isLongerLifetime(own, announced) ? announced : own;
}

interface Agreed {
  readonly template: SaTemplate;
  readonly own: ChildProposal;
  readonly offer: ChildOffer;
  readonly transforms: ChosenTransforms;
  readonly selection: Extract<ReturnType<typeof selectProposal>, { kind: 'selected' }>;
  readonly inboundSpi: number;
  readonly outboundSpi: number;
}

/** The SAs that the responder has accepted, one for each that we proposed, or in words what is wrong with its answer. */
function agreedSas(
  { proposed, ke, goal }: AwaitQuickReply,
  sa: IsakmpSa,
  bundles: readonly OfferedBundle[],
  { provider }: Context['env'],
): readonly Agreed[] | string {
  const [bundle] = bundles;
  if (!bundle || bundles.length > 1 || bundle.length !== proposed.length) {
    return `the answer has ${bundles.length} proposals, of which one for ${proposed.length} SAs was expected`;
  }
  const group = ke && groupFor(goal.request.template, goal, sa);
  const agreed: Agreed[] = [];
  for (const { template, spi } of proposed) {
    const answered = bundle.find(({ protocol }) => template.proposals.some((own) => own.protocol === protocol));
    const [offer] = answered?.offers ?? [];
    if (!answered || !offer || answered.offers.length > 1) return 'the answer does not have one transform for each SA';
    if (offer.mode !== undefined && offer.mode !== template.mode) return `the answer is for ${offer.mode} mode`;
    if (offer.protocol === 'ESP' && offer.udpEncapsulation !== (encapsulationOf(sa) !== undefined)) {
      return 'the answer has another encapsulation than was offered';
    }
    const possible = template.proposals.map((own) => ({ ...own, keyExchange: group ? [group] : [] }));
    const usable = possible.filter((own) => childTransforms(own, { mode: template.mode, provider }).length > 0);
    const selection = selectProposal([offer.proposal], ownChildProposals({ ...template, proposals: usable }, []));
    if (selection.kind === 'mismatch') return 'the answer is a transform that was not offered';
    agreed.push({
      template,
      own: usable[selection.own]!,
      offer,
      transforms: selection.transforms,
      selection: {
        ...selection,
        offered: template.proposals.findIndex(({ name }) => name === usable[selection.own]!.name),
      },
      inboundSpi: spi,
      outboundSpi: answered.spi,
    });
  }
  return agreed;
}

function sharedSecretOf(ke: KeyExchange | undefined, data: Uint8Array | undefined) {
  if (!ke) return data === undefined ? undefined : ('invalid' as const);
  return (data && ke.agree(data)) ?? ('invalid' as const);
}

/** A responder sends our identities back; one that narrows sends parts of them. */
function answeredClients(
  { ids, proposed }: AwaitQuickReply,
  sa: IsakmpSa,
  arrival: Arrival,
  compare: 'equal' | 'within' | 'narrow',
): SelectorPair | string {
  const template = proposed[0]!.template;
  if (payloadsOf(arrival.payloads, 'ID').length === 0) return ids;
  const read = readClients(arrival.payloads, sa, 'initiator', template.mode);
  if (read.kind === 'malformed') return `the answer has ${read.why}`;
  if (sameProxyIds(read.ids, ids)) return ids;
  if (compare === 'narrow') {
    // Of a range of ports that was said as every port the answer may know no more.
    const local = intersectSelectors(ids.local, read.ids.local);
    const remote = intersectSelectors(ids.remote, read.ids.remote);
    if (local && remote) return { local, remote };
  }
  const words = ({ local, remote }: SelectorPair) => `${formatSelector(local)} and ${formatSelector(remote)}`;
  return `the answer is for ${words(read.ids)}, and ${words(ids)} were proposed`;
}

/** CONNECTED has come, or has been waited for long enough: the outbound SAs may be used. */
export function onConnected({ children }: AwaitConnected): QuickStep {
  return { kind: 'done', children, inboundInstalled: true, events: [] };
}
