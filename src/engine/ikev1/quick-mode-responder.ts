/**
 * Quick Mode, responder — RFC 2409 §5.5. Message 2 needs all that makes the keys; the outbound SAs wait for message 3, which
 * shows that message 1 was not an old one that somebody sent again.
 */

import { sameProxyIds } from '../../model/proxy-ids.js';
import type { Secret } from '../../model/secret.js';
import type { SelectorPair } from '../../model/traffic-selector.js';
import { equalConstantTime } from '../crypto/octets.js';
import { algorithmFor } from '../crypto/provider.js';
import { dataPathRefusal } from '../data-path.js';
import type { EngineEvent } from '../event.js';
import type { Failure, FailureCode } from '../failure.js';
import { isakmpFlags } from '../wire/header.js';
import { type IsakmpPayload, isakmpPayload } from '../wire/isakmp/table.js';
import { spiOctets } from '../wire/payloads/spis.js';
import { isakmpExchangeTypes, isakmpNotifyTypes } from '../wire/registry/isakmp.js';
import { type Child, makeChild } from './child.js';
import { type ChoiceRefusal, chooseForClients, type Pick } from './child-choice.js';
import { clientId } from './client-ids.js';
import { breach, quickMode } from './message-rules.js';
import { type Arrival, encryptedMessage, hashed, hashStart, payloadOf, payloadsOf } from './messages.js';
import { originalAddressPayloads } from './nat.js';
import type { Context, IsakmpSa } from './phase1-state.js';
import { childSa, type OfferedBundle, protocolIds, readChildSa } from './phase2-proposals.js';
import {
  type AwaitQuickEnd,
  isHashRight,
  type QuickStep,
  quickNonceLength,
  readClients,
  responderLifetime,
  thirdHash,
} from './quick-mode.js';
import { encapsulationOf } from './quick-mode-initiator.js';

const exchangeType = isakmpExchangeTypes.number.QUICK_MODE;
const { number: notifyTypes } = isakmpNotifyTypes;

type NotifyName = keyof typeof notifyTypes;

/** Message 1, whose Message ID is new. */
export function onQuickStart(sa: IsakmpSa, arrival: Arrival, context: Context): QuickStep {
  const { env } = context;
  const fault = breach(quickMode[1], arrival);
  if (fault) return { kind: 'ignored', why: fault, rfc: 'RFC 2409 §5.5', events: [] };
  if (!isHashRight(sa, arrival)) {
    return { kind: 'ignored', why: 'HASH(1) of Quick Mode is wrong', rfc: 'RFC 2409 §5.5', events: [] };
  }
  const offered: OfferedBundle[][] = [];
  for (const { body } of payloadsOf(arrival.payloads, 'SA')) {
    const read = readChildSa(body);
    if (typeof read === 'string')
      return refuse(sa, arrival, env, { code: 'invalid-message', text: read, records: [] }, []);
    if (read.length === 0) {
      const text = 'the peer offers nothing but protocols that are not supported';
      return refuse(sa, arrival, env, { code: 'no-child-proposal', text, records: [] }, []);
    }
    offered.push([...read]);
  }
  const mode = offered[0]?.[0]?.[0]?.offers[0]?.mode;
  const clients = readClients(arrival.payloads, sa, 'responder', mode);
  if (clients.kind === 'malformed') {
    const text = `the peer sends ${clients.why}`;
    return refuse(sa, arrival, env, { code: 'selectors-unacceptable', text, records: [] }, []);
  }
  const picks: Pick[] = [];
  const events: EngineEvent[] = [];
  for (const bundles of offered) {
    const choice = chooseForClients(
      {
        bundles,
        clients: clients.ids,
        ends: { local: sa.peers.local.address, remote: sa.peers.remote.address },
        pad: sa.pad,
        policy: sa.policy,
        encapsulated: encapsulationOf(sa) !== undefined,
        taken: picks.map(({ template }) => template),
      },
      env,
    );
    events.push(...choice.events);
    if (choice.kind === 'refused') return refuse(sa, arrival, env, choice.refusal, events);
    picks.push(...choice.picks);
  }
  return answer(sa, arrival, picks, clients.ids, events, context);
}

function answer(
  sa: IsakmpSa,
  arrival: Arrival,
  picks: readonly Pick[],
  clients: SelectorPair,
  events: EngineEvent[],
  { env }: Context,
): QuickStep {
  const { messageId, flags } = arrival.header;
  const ni = payloadOf(arrival.payloads, 'NONCE')!.body.data;
  const exchange = keyExchangeOf(arrival, picks, env);
  if (typeof exchange === 'string') {
    const records = picks.map(({ template }) => template.source);
    return refuse(sa, arrival, env, { code: 'invalid-ke', text: exchange, records }, events);
  }
  const nr = env.provider.random(quickNonceLength);
  const group = env.nextSerial('child');
  const children = picks.map((pick, index): Child => {
    const { offer, offered, selection } = pick;
    return makeChild(
      sa,
      {
        name: { ikeSa: sa.name, serial: index === 0 ? group : env.nextSerial('child') },
        group,
        role: 'responder',
        entry: pick.entry,
        template: pick.template,
        own: pick.own,
        ids: pick.ids,
        transforms: selection.transforms,
        protocol: offer.protocol,
        inboundSpi: env.allocateSpi(),
        outboundSpi: offered.spi,
        lifetimeSeconds: pick.lifetimeSeconds,
        lifetimeKilobytes: pick.lifetimeKilobytes,
        encapsulated: encapsulationOf(sa) !== undefined,
        ni,
        nr,
        ...(exchange.sharedSecret ? { sharedSecret: exchange.sharedSecret } : {}),
      },
      env,
    );
  });
  const payloads: IsakmpPayload[] = [
    ...answeredSas(arrival, picks, children),
    isakmpPayload('NONCE', { data: nr }),
    ...(exchange.publicValue ? [isakmpPayload('KE', { keyExchangeData: exchange.publicValue })] : []),
    ...answeredIds(arrival, picks, clients),
    ...originals(sa, picks),
    ...picks.flatMap((pick) =>
      pick.announcesLifetime
        ? [
            responderLifetime(pick.offer.protocol, pick.offered.spi, {
              seconds: pick.lifetimeSeconds,
              kilobytes: pick.lifetimeKilobytes,
            }),
          ]
        : [],
    ),
  ];
  const send = encryptedMessage(
    { cookies: sa.cookies, exchangeType, messageId, ikeSa: sa.name },
    hashed(sa.suite.prf, sa.keys.skeyid.skeyidA, hashStart(messageId, ni), payloads),
    sa.keys.protection,
    arrival.nextIv!,
  );
  const inboundInstalled = env.profile.quickModeInbound.value === 'message-1';
  const state: AwaitQuickEnd = {
    state: 'AwaitQuickEnd',
    messageId,
    ni,
    nr,
    children,
    inboundInstalled,
    committed: (flags & isakmpFlags.COMMIT) !== 0,
    iv: send.nextIv,
  };
  return { kind: 'next', state, send, inbound: inboundInstalled ? children : [], events };
}

/** One SA payload for each that came, with the chosen transforms as they were offered and our SPIs. */
function answeredSas(arrival: Arrival, picks: readonly Pick[], children: readonly Child[]): IsakmpPayload[] {
  const all = picks.map((pick, index) => ({ pick, child: children[index]! }));
  const rest = [...all];
  return payloadsOf(arrival.payloads, 'SA').map(({ body }) => {
    const read = readChildSa(body);
    const own = typeof read === 'string' ? [] : read.flat();
    const isOf = ({ pick }: (typeof all)[number]) =>
      own.some(({ spi, protocol, number }) => {
        const { offered } = pick;
        return offered.spi === spi && offered.protocol === protocol && offered.number === number;
      });
    const taken = rest.filter(isOf);
    for (const one of taken) rest.splice(rest.indexOf(one), 1);
    const sas = taken.map(({ pick, child }) => ({
      protocol: pick.offer.protocol,
      spi: child.inbound.spi,
      transforms: [pick.offer.transform],
    }));
    return isakmpPayload('SA', childSa([{ number: taken[0]?.pick.offered.number ?? 1, sas }]));
  });
}

/** The identities go back as they came (RFC 2409 §5.5), or as they were narrowed. */
function answeredIds(arrival: Arrival, picks: readonly Pick[], clients: SelectorPair): IsakmpPayload[] {
  const ids = picks[0]!.ids;
  const received = payloadsOf(arrival.payloads, 'ID');
  if (received.length === 0 || sameProxyIds(ids, clients)) return received;
  return [isakmpPayload('ID', clientId(ids.remote)), isakmpPayload('ID', clientId(ids.local))];
}

function originals(sa: IsakmpSa, picks: readonly Pick[]): IsakmpPayload[] {
  const { natTraversal } = sa.abilities;
  if (!natTraversal || encapsulationOf(sa) === undefined || picks[0]?.template.mode !== 'transport') return [];
  return originalAddressPayloads(natTraversal, {
    initiator: sa.peers.remote.address,
    responder: sa.peers.local.address,
  });
}

/** The key exchange of this Quick Mode: there is one exactly where the chosen transforms have a group. */
function keyExchangeOf(
  arrival: Arrival,
  picks: readonly Pick[],
  { provider }: Context['env'],
): { readonly publicValue?: Uint8Array; readonly sharedSecret?: Secret } | string {
  const data = payloadOf(arrival.payloads, 'KE')?.body.keyExchangeData;
  const groups = new Set(picks.map(({ selection }) => selection.transforms.keyExchange));
  if (groups.size > 1) return 'the peer wants different groups in one exchange';
  const [group] = groups;
  if (!group) return data === undefined ? {} : 'the peer sends a public value, and no transform has a group';
  if (data === undefined) return `the peer offers ${group.name} and sends no public value`;
  const method = algorithmFor(provider.keyExchanges, group);
  const made = method?.respond(data, provider.random);
  return made ?? `the peer’s public value is not valid for ${group.name}`;
}

function refuse(
  sa: IsakmpSa,
  arrival: Arrival,
  { profile }: Context['env'],
  refusal: ChoiceRefusal,
  events: EngineEvent[],
): QuickStep {
  const errors = profile.ikev1Errors.value.responder;
  const own = { 'mode-mismatch': errors.mode, 'invalid-ke': errors.group };
  const name = own[refusal.code as keyof typeof own] ?? notifyOf(refusal.code);
  const { selection } = refusal;
  const failure: Failure = {
    code: refusal.code,
    attempt: 'Child SA',
    foundBy: 'us',
    role: 'responder',
    text: refusal.text,
    notify: name,
    records: [...refusal.records, sa.policy.source],
    ...(selection?.kind === 'mismatch' ? { mismatch: selection } : {}),
  };
  const offered = payloadsOf(arrival.payloads, 'SA').flatMap(({ body }) => {
    const read = readChildSa(body);
    return typeof read === 'string' ? [] : read.flat();
  })[0];
  const notify = {
    type: notifyTypes[name],
    protocolId: protocolIds[offered?.protocol ?? 'ESP'],
    spi: offered ? spiOctets(offered.spi) : new Uint8Array(0),
  };
  return { kind: 'failed', failure, notify, events };
}

function notifyOf(code: FailureCode): NotifyName {
  switch (code) {
    case 'selectors-unacceptable':
    case 'no-spd-entry':
      return 'INVALID-ID-INFORMATION';
    case 'invalid-ke':
      return 'INVALID-KEY-INFORMATION';
    case 'invalid-message':
      return 'BAD-PROPOSAL-SYNTAX';
    default:
      return 'NO-PROPOSAL-CHOSEN';
  }
}

/** Message 3: the initiator is alive, and the SAs are complete. */
export function onQuickEnd(from: AwaitQuickEnd, sa: IsakmpSa, arrival: Arrival, { env }: Context): QuickStep {
  const fault = breach(quickMode[3], arrival);
  if (fault) return { kind: 'ignored', why: fault, rfc: 'RFC 2409 §5.5', events: [] };
  const hash = payloadOf(arrival.payloads, 'HASH')!.body.hash;
  if (!equalConstantTime(hash, thirdHash(sa, from.messageId, from.ni, from.nr))) {
    return { kind: 'ignored', why: 'HASH(3) of Quick Mode is wrong', rfc: 'RFC 2409 §5.5', events: [] };
  }
  const { children, inboundInstalled } = from;
  for (const { description, ends, entry, template } of children) {
    const { mode, transforms, selectors } = description;
    const lacking = dataPathRefusal(env, template, { mode, transforms, ...selectors, peer: ends.remote });
    if (!lacking) continue;
    const text = `the SA cannot be installed: ${lacking.why}`;
    const records = [entry.source, template.source, sa.policy.source];
    const failure: Failure = {
      code: 'data-path',
      attempt: 'Child SA',
      foundBy: 'us',
      role: 'responder',
      text,
      records,
    };
    return { kind: 'failed', failure, events: [] };
  }
  return { kind: 'done', children, inboundInstalled, events: [] };
}
