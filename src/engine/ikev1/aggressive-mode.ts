/**
 * Aggressive Mode — RFC 2409 §5: three messages, identities in the clear but for the methods that encrypt them, and no choice
 * of group, as the first message has the public value.
 *
 *   1  HDR, SA, KE, Ni, IDii        -->
 *   2                               <--  HDR, SA, KE, Nr, IDir, AUTH
 *   3  HDR*, AUTH                   -->
 *
 * Message 3 goes encrypted, as RFC 3947 §3.2 has it and most peers send it; one in the clear is taken too (RFC 2409 §5.1).
 */

import { type ForeignValue, foreignValue } from '../../model/foreign-value.js';
import { hasConnections } from '../../model/peer/connection/ike.js';
import { methodInIkev1 } from '../../model/peer/connection/methods.js';
import { formatIdentity } from '../../model/peer/identity.js';
import type { Ikev1Errors } from '../../model/peer-profile/peer-profile.js';
import type { KeyExchangeTransform } from '../../model/transform.js';
import type { EngineEvent } from '../event.js';
import type { Failure, FailureCode } from '../failure.js';
import type { IkeSaName } from '../input.js';
import { isakmpPayload } from '../wire/isakmp/table.js';
import { isakmpExchangeTypes, isakmpPayloadTypes } from '../wire/registry/isakmp.js';
import { commonAbilities, readAbilities, vendorIdPayloads } from './abilities.js';
import { initiatorCookie } from './cookies.js';
import { errorOf, ignored, notifyName, phase1Failure } from './failures.js';
import { saOctetsMax } from './half-open.js';
import { idPayloadOf, type PeerIdentity, readIdentity } from './identification.js';
import { keyPayloads, type PeerKeyValues, readKeyPayloads } from './key-payloads.js';
import { firstIv, type MethodKind, methodKind, phase1Keys, type Suite, suiteOf } from './keys.js';
import { unreadableIdentity } from './main-mode-initiator.js';
import { keyOfPeer, recordFailure } from './main-mode-responder.js';
import { aggressiveEnd, aggressiveReply, aggressiveStart, breach } from './message-rules.js';
import { type Arrival, clearMessage, cookiesOf, encryptedMessage, noCookie, type Outgoing } from './messages.js';
import {
  certificateRequests,
  checkIdentity,
  checkProof,
  disbelieved,
  ownProof,
  wantsCertificate,
} from './phase1-auth.js';
import { basisOf, keyless, skeyidMethod } from './phase1-basis.js';
import {
  acceptedSuite,
  chooseSuite,
  floated,
  initialContactPayload,
  isakmpSa,
  keysEvent,
  natEvents,
  natFinding,
  natPayloads,
  nonceLength,
  offersOf,
  peerEncryptionKey,
  saPayload,
} from './phase1-common.js';
import { type Phase1Offer, readPhase1Sa } from './phase1-proposals.js';
import type { AwaitAggressiveAuth, AwaitAggressiveReply, Basis, Context, Keyed, Phase1Step } from './phase1-state.js';
import { takesAggressivePsk } from './product.js';
import { rawBody } from './raw.js';
import { chooseConnection, recordsByAddress, recordsByIdentity } from './records.js';

const exchangeType = isakmpExchangeTypes.number.AGGRESSIVE;
const { number: types } = isakmpPayloadTypes;

const hidesIdentity = (kind: MethodKind): boolean => kind === 'encryption' || kind === 'revised';

/** Message 1. */
export function startAggressiveMode(
  basis: Basis,
  context: Context,
): { readonly state: AwaitAggressiveReply; readonly send: Outgoing } | Failure {
  const { env } = context;
  const { random } = env.provider;
  const offers = offersOf(basis, env);
  if ('code' in offers) return offers;
  const first = firstSuite(offers, basis, env);
  const peerKey = peerEncryptionKey(basis, first, context);
  if ('code' in peerKey) return peerKey;
  const sa = saPayload(offers);
  const cookie = initiatorCookie(random);
  const ke = first.group.start(random);
  const nonce = random(nonceLength);
  const own = keyPayloads({
    suite: first,
    publicValue: ke.publicValue,
    nonce,
    idBody: basis.idBody,
    cookie,
    ...(peerKey.key ? { peerKey: peerKey.key } : {}),
    random,
  });
  if (!own) return phase1Failure(basis, 'no-credential', 'the identity does not fit into the peer’s key');
  const send = clearMessage(
    { cookies: { initiator: cookie, responder: noCookie }, exchangeType, messageId: 0, ikeSa: basis.name },
    [
      sa.payload,
      ...own,
      ...(hidesIdentity(first.kind) ? [] : [isakmpPayload('ID', idPayloadOf(basis.idBody))]),
      ...certificateRequests(basis.pad, 'initiator', env),
      ...vendorIdPayloads(basis.own),
    ],
  );
  const state: AwaitAggressiveReply = {
    state: 'AwaitAggressiveReply',
    basis,
    initiatorCookie: cookie,
    offers,
    saBody: sa.body,
    ke,
    nonce,
  };
  return { state, send };
}

/** All offers have one group and one method; the cipher and hash of the revised method's payloads are the first one's. */
function firstSuite(offers: readonly Phase1Offer[], basis: Basis, { provider }: Context['env']): Suite {
  const [first] = offers;
  const { encryption, prf, keyExchange } = first?.proposal ?? {};
  // Without an offer the message asks to be refused: what its public value is of, and what is not used, makes no difference.
  const transforms = {
    protocol: 'IKE' as const,
    encryption: encryption?.[0] ?? provider.ciphers[0]?.transform,
    prf: prf?.[0] ?? provider.prfs[0]?.transform,
    keyExchange: keyExchange?.[0] ?? provider.keyExchanges[0]?.transform,
  };
  const suite = suiteOf(transforms, methodInIkev1(basis.pad.localMethod.value), first?.lifetimeSeconds ?? 0, provider);
  if (!suite) throw new Error('an offer that the provider lacks');
  return suite;
}

/** Message 2: the responder has chosen, and proves its identity. */
export function onAggressiveReply(from: AwaitAggressiveReply, arrival: Arrival, context: Context): Phase1Step {
  const { basis, offers, saBody, ke, nonce } = from;
  const { env } = context;
  const kind = methodKind(methodInIkev1(basis.pad.localMethod.value))!;
  const fault = breach(aggressiveReply(kind), arrival);
  if (fault) return ignored(fault, 'RFC 2409 §5');
  const [sa] = arrival.payloads;
  if (sa?.kind !== 'SA') return ignored('message 2 of Aggressive Mode does not begin with SA', 'RFC 2409 §5');
  const accepted = acceptedSuite(readPhase1Sa(sa.body), offers, basis, env);
  if (typeof accepted === 'string') return ignored(`message 2 of Aggressive Mode: ${accepted}`, 'RFC 2408 §4.2');
  const { suite } = accepted;
  const ownGroup = offers[0]?.proposal.keyExchange?.[0];
  const foreign = ownGroup && foreignTo(ownGroup, suite.group.transform, env);
  const otherGroup = 'message 2 of Aggressive Mode takes a proposal of another group than our public value';
  if (foreign) {
    if (env.profile.aggressiveForeignValue.value === 'refused') return ignored(otherGroup, 'RFC 2409 §5');
    if (foreign === 'malformed') return wrongGroup(basis, otherGroup, 'group', accepted.events, env);
  }
  const cookies = cookiesOf(arrival.header);
  const own = hidesIdentity(kind) ? env.credentials.own(basis.pad, basis.localId) : undefined;
  const values = readKeyPayloads(arrival, {
    suite,
    cookie: cookies.responder,
    fromInitiator: false,
    ...(own ? { own } : {}),
  });
  if (typeof values === 'string') return ignored(`message 2 of Aggressive Mode: ${values}`, 'RFC 2409 §5');
  const sharedSecret = foreign ? undefined : ke.agree(values.publicValue);
  if (!sharedSecret && !foreign) return ignored('its public value is not valid for the group', 'RFC 2409 §6');
  const peerId = identityOf(arrival, kind, values);
  if (!peerId) return unreadableIdentity(basis);
  const method = skeyidMethod(basis, suite, env, hidesIdentity(kind) ? undefined : peerId.identity);
  if (!method) {
    // A peer that is not the expected one explains more than that there is no key for it.
    const identity = checkIdentity(basis, suite.method, peerId, env);
    return identity.good ? keyless(basis, env, accepted.events) : disbelieved(identity, accepted.events);
  }
  if (!sharedSecret) {
    const identity = checkIdentity(basis, suite.method, peerId, env);
    return identity.good
      ? wrongGroup(basis, otherGroup, 'key', accepted.events, env)
      : disbelieved(identity, accepted.events);
  }
  const base = {
    cookies,
    saBody,
    suite,
    abilities: commonAbilities(basis.own, readAbilities(arrival.payloads)),
    keys: phase1Keys(suite, cookies, {
      method,
      ni: nonce,
      nr: values.nonce,
      sharedSecret,
    }),
    ownPublic: ke.publicValue,
    peerPublic: values.publicValue,
    announcesLifetime: false,
    certificateWanted: wantsCertificate(arrival.payloads),
    peerId,
  };
  const nat = natFinding(basis, base, arrival);
  const keyed: Keyed = { ...base, ...(nat ? { nat } : {}) };
  const checked = checkProof(basis, keyed, peerId, arrival.payloads, context);
  if (!checked.good) return disbelieved(checked, accepted.events);
  const moved = { ...basis, peers: floated(basis.peers, nat) };
  const proof = ownProof(moved, keyed, false, env);
  const events: EngineEvent[] = [
    ...accepted.events,
    keysEvent(moved, keyed),
    ...natEvents(moved, nat),
    ...checked.events,
  ];
  if ('failure' in proof) return { kind: 'failed', ...proof, events };
  const send = encryptedMessage(
    { cookies, exchangeType, messageId: 0, ikeSa: basis.name },
    [
      ...proof.payloads,
      ...natPayloads(moved, keyed),
      ...(basis.initialContact ? [initialContactPayload(cookies)] : []),
    ],
    keyed.keys.protection,
    firstIv(suite, ke.publicValue, values.publicValue),
  );
  const established = isakmpSa(moved, keyed, { peerId, lastBlock: send.nextIv, arrival }, context);
  return {
    kind: 'established',
    sa: { ...established, peers: moved.peers },
    send,
    events: [...events, ...proof.events],
  };
}

/** What becomes of a value of the group `sent` where one of `wanted` belongs; undefined where they are the same. */
function foreignTo(
  wanted: KeyExchangeTransform,
  sent: KeyExchangeTransform,
  { profile }: Context['env'],
): ForeignValue | undefined {
  if (sent.name === wanted.name) return undefined;
  return profile.aggressiveForeignValue.value === 'refused' ? 'malformed' : foreignValue(sent, wanted);
}

/** The responder has taken a proposal that our public value is not for. */
function wrongGroup(
  basis: Basis,
  text: string,
  of: 'group' | 'key',
  events: EngineEvent[],
  env: Context['env'],
): Phase1Step {
  const error = errorOf(basis, of, env);
  const suspicion = phase1Failure(basis, 'invalid-ke', text, error === undefined ? {} : { notify: notifyName(error) });
  return { kind: 'ignored', why: text, suspicion, ...(error === undefined ? {} : { notify: error }), events };
}

function identityOf(arrival: Arrival, kind: MethodKind, values: PeerKeyValues): PeerIdentity | undefined {
  const body = hidesIdentity(kind) ? values.idBody : rawBody(arrival.raw, types.ID);
  return body && readIdentity(body);
}

/** Message 1, responder: all the work is done for whoever asks, which Main Mode's cookies would prevent. */
export function onAggressiveStart(
  arrival: Arrival,
  responderCookie: Uint8Array,
  name: () => IkeSaName,
  initialContact: (basis: Pick<Basis, 'peers'>) => boolean,
  context: Context,
): Phase1Step {
  const { env } = context;
  const { peers } = arrival;
  const saBody = rawBody(arrival.raw, types.SA);
  const [sa] = arrival.payloads;
  if (!saBody || sa?.kind !== 'SA')
    return ignored('message 1 of Aggressive Mode does not begin with SA', 'RFC 2409 §5');
  if (saBody.length > saOctetsMax) return ignored(`an SA payload of ${saBody.length} octets`, 'RFC 2408 §3.4');
  const offers = readPhase1Sa(sa.body);
  if (typeof offers === 'string') return ignored(offers, 'RFC 2407 §4.2');
  const hidden = offers[0]?.method === 4 || offers[0]?.method === 5;
  const ends = { local: peers.local.address, remote: peers.remote.address };
  const idBody = rawBody(arrival.raw, types.ID);
  const claimed = hidden ? undefined : idBody && readIdentity(idBody);
  if (!hidden && !claimed) return ignored('an identity that no record can name', 'RFC 2407 §4.6.2');
  const isOpen = hasConnections(env.view.config);
  const found =
    claimed && !isOpen
      ? recordsByIdentity(env.view, ends, claimed.identity)
      : recordsByAddress(env.view, ends, 'aggressive');
  if (found.kind === 'refused') return recordFailure(found, env);
  const { policy } = found;
  const choice = chooseSuite(offers, { role: 'responder', pad: found.pad, policy }, env);
  const events = [...found.events, ...choice.events];
  if (choice.kind === 'refused') return { kind: 'failed', failure: choice.failure, notify: choice.notify, events };
  const { suite } = choice;
  const refuse = (code: FailureCode, text: string, of: keyof Ikev1Errors): Phase1Step => {
    const error = errorOf({ role: 'responder', exchange: 'aggressive' }, of, env);
    const failure = phase1Failure({ role: 'responder', pad: found.pad, policy }, code, text);
    if (error === undefined) return { kind: 'failed', failure, events };
    return { kind: 'failed', failure: { ...failure, notify: notifyName(error) }, notify: error, events };
  };
  if (suite.method === 'PSK' && !takesAggressivePsk(env)) {
    const text = `${env.view.config.name} does not take Aggressive Mode with a preshared key`;
    return refuse('exchange-refused', text, 'proof');
  }
  const fault = breach(aggressiveStart(suite.kind), arrival);
  if (fault) return ignored(fault, 'RFC 2409 §5');
  const guessed = offers.length > 1 ? offers[0]?.proposal.keyExchange?.[0] : undefined;
  const foreign = guessed && foreignTo(suite.group.transform, guessed, env);
  const text = `the public value is of ${guessed?.name}, and the proposal that is taken is of ${suite.group.transform.name}`;
  if (foreign === 'malformed') {
    const error = errorOf({ role: 'responder', exchange: 'aggressive' }, 'group', env);
    return error === undefined ? ignored(text, 'RFC 2409 §5.1') : refuse('invalid-ke', text, 'group');
  }
  const chosen =
    claimed && found.alternatives
      ? chooseConnection(found.alternatives, claimed.identity, suite.method, 'aggressive')
      : found;
  if (typeof chosen === 'string') {
    const text = `no connection of ${env.view.config.name} ${chosen} the identity ${formatIdentity(claimed!.identity)}`;
    return refuse('identity-refused', text, 'identity');
  }
  const { pad } = chosen;
  const start = { role: 'responder' as const, exchange: 'aggressive' as const, peers, pad, policy };
  const alternatives = found.alternatives ? { alternatives: found.alternatives } : {};
  const basis = basisOf({ ...start, ...alternatives, name: name(), initialContact: initialContact(start) }, env);
  if ('code' in basis) return { kind: 'failed', failure: basis, events };
  const cookies = { ...cookiesOf(arrival.header), responder: responderCookie };
  const own = hidesIdentity(suite.kind) ? env.credentials.own(pad, basis.localId) : undefined;
  const values = readKeyPayloads(arrival, {
    suite,
    cookie: cookies.initiator,
    fromInitiator: true,
    ...(own ? { own } : {}),
  });
  if (typeof values === 'string') return ignored(`message 1 of Aggressive Mode: ${values}`, 'RFC 2409 §5');
  const answer = foreign === 'unusable' ? undefined : suite.group.respond(values.publicValue, env.provider.random);
  if (!answer && !foreign) return ignored('its public value is not valid for the group', 'RFC 2409 §6');
  const peerId = identityOf(arrival, suite.kind, values);
  const peerKey = hidesIdentity(suite.kind) ? keyOfPeer(basis, peerId, context) : {};
  if ('code' in peerKey) return { kind: 'failed', failure: peerKey, events };
  const method = skeyidMethod(basis, suite, env, claimed?.identity);
  if (!method) return keyless(basis, env, events);
  // What it says of that, nobody can read.
  if (!answer) return { kind: 'failed', failure: phase1Failure(basis, 'invalid-ke', text), events };
  const nonce = env.provider.random(nonceLength);
  const keyed: Keyed = {
    cookies,
    saBody,
    suite,
    abilities: commonAbilities(basis.own, readAbilities(arrival.payloads)),
    keys: phase1Keys(suite, cookies, {
      method,
      ni: values.nonce,
      nr: nonce,
      sharedSecret: answer.sharedSecret,
    }),
    ownPublic: answer.publicValue,
    peerPublic: values.publicValue,
    announcesLifetime: choice.announcesLifetime,
    certificateWanted: wantsCertificate(arrival.payloads),
    ...(peerId ? { peerId } : {}),
  };
  const proof = ownProof(basis, keyed, !hidesIdentity(suite.kind), env);
  if ('failure' in proof) return { kind: 'failed', ...proof, events };
  const payloads = keyPayloads({
    suite,
    publicValue: answer.publicValue,
    nonce,
    idBody: basis.idBody,
    cookie: cookies.responder,
    ...(peerKey.key ? { peerKey: peerKey.key } : {}),
    random: env.provider.random,
  });
  if (!payloads) {
    const failure = phase1Failure(basis, 'no-credential', 'the identity does not fit into the peer’s key');
    return { kind: 'failed', failure, events };
  }
  const send = clearMessage({ cookies, exchangeType, messageId: 0, ikeSa: basis.name }, [
    saPayload([choice.offer]).payload,
    ...payloads,
    ...proof.payloads,
    ...certificateRequests(pad, 'responder', env),
    ...vendorIdPayloads(basis.own, readAbilities(arrival.payloads)),
    ...natPayloads(basis, keyed),
  ]);
  const state: AwaitAggressiveAuth = {
    state: 'AwaitAggressiveAuth',
    basis,
    keyed,
    iv: firstIv(suite, values.publicValue, answer.publicValue),
  };
  return { kind: 'next', state, send, events: [...events, keysEvent(basis, keyed), ...proof.events] };
}

/** Message 3: the initiator proves its identity, and the ISAKMP SA is there. */
export function onAggressiveEnd(from: AwaitAggressiveAuth, arrival: Arrival, context: Context): Phase1Step {
  const { basis, keyed, iv } = from;
  const fault = breach(aggressiveEnd(keyed.suite.kind), arrival);
  if (fault) return ignored(fault, 'RFC 2409 §5');
  const { peerId } = keyed;
  if (!peerId) return unreadableIdentity(basis);
  const checked = checkProof(basis, keyed, peerId, arrival.payloads, context);
  if (
    !checked.good &&
    keyed.suite.kind === 'signature' &&
    context.env.profile.aggressiveEndRefusal.value === 'delete'
  ) {
    const { notify: _, ...failure } = checked.failure;
    const { cookies, suite, keys } = keyed;
    const deletes = { name: basis.name, cookies, suite, keys, lastBlock: arrival.nextIv ?? iv };
    return { kind: 'failed', failure, deletes, events: checked.events };
  }
  if (!checked.good) return disbelieved(checked);
  const nat = natFinding(basis, keyed, arrival);
  const sa = isakmpSa(
    checked.basis,
    { ...keyed, ...(nat ? { nat } : {}) },
    { peerId, lastBlock: arrival.nextIv ?? iv, arrival },
    context,
  );
  return { kind: 'established', sa, events: [...checked.events, ...natEvents(basis, nat)] };
}
