/**
 * Main Mode, initiator — RFC 2409 §5. What the parts hold for each method is in `key-payloads.ts` and `phase1-auth.ts`.
 *
 *   1  HDR, SA          -->
 *   2                   <--  HDR, SA
 *   3  HDR, KE, Ni      -->
 *   4                   <--  HDR, KE, Nr
 *   5  HDR*, IDii, AUTH -->
 *   6                   <--  HDR*, IDir, AUTH
 */
import type { Failure } from '../failure.js';
import { isakmpExchangeTypes, isakmpNotifyTypes } from '../wire/registry/isakmp.js';
import { commonAbilities, readAbilities, vendorIdPayloads } from './abilities.js';
import { initiatorCookie } from './cookies.js';
import { ignored, phase1Failure } from './failures.js';
import { readIdentity } from './identification.js';
import { keyPayloads, readKeyPayloads } from './key-payloads.js';
import { firstIv, phase1Keys } from './keys.js';
import { breach, mainModeAuth, mainModeKeys, mainModeSa } from './message-rules.js';
import { type Arrival, clearMessage, cookiesOf, encryptedMessage, noCookie, type Outgoing } from './messages.js';
import { certificateRequests, checkProof, disbelieved, ownProof, wantsCertificate } from './phase1-auth.js';
import { keyless, skeyidMethod } from './phase1-basis.js';
import {
  acceptedSuite,
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
import { readPhase1Sa } from './phase1-proposals.js';
import type { AwaitAuth, AwaitKeyReply, AwaitSaReply, Basis, Context, Keyed, Phase1Step } from './phase1-state.js';
import { rawBody } from './raw.js';

const exchangeType = isakmpExchangeTypes.number.IDENTITY_PROTECTION;

/** Message 1. */
export function startMainMode(
  basis: Basis,
  { env }: Context,
): { readonly state: AwaitSaReply; readonly send: Outgoing } | Failure {
  const offers = offersOf(basis, env);
  if ('code' in offers) return offers;
  const sa = saPayload(offers);
  const cookie = initiatorCookie(env.provider.random);
  const send = clearMessage(
    { cookies: { initiator: cookie, responder: noCookie }, exchangeType, messageId: 0, ikeSa: basis.name },
    [sa.payload, ...vendorIdPayloads(basis.own)],
  );
  return { state: { state: 'AwaitSaReply', basis, initiatorCookie: cookie, offers, saBody: sa.body }, send };
}

/** Message 2: the responder has chosen; on to the public values. */
export function onSaReply(from: AwaitSaReply, arrival: Arrival, context: Context): Phase1Step {
  const { basis, offers, saBody } = from;
  const { env } = context;
  const fault = breach(mainModeSa(2), arrival);
  if (fault) return ignored(fault, 'RFC 2409 §5');
  const cookies = cookiesOf(arrival.header);
  const [sa] = arrival.payloads;
  if (sa?.kind !== 'SA') return ignored('message 2 of Main Mode does not begin with SA', 'RFC 2409 §5');
  const accepted = acceptedSuite(readPhase1Sa(sa.body), offers, basis, env);
  if (typeof accepted === 'string') return ignored(`message 2 of Main Mode: ${accepted}`, 'RFC 2408 §4.2');
  const { suite, events } = accepted;
  const peerKey = peerEncryptionKey(basis, suite, context);
  if ('code' in peerKey) return { kind: 'failed', failure: peerKey, events };
  const ke = suite.group.start(env.provider.random);
  const nonce = env.provider.random(nonceLength);
  const own = keyPayloads({
    suite,
    publicValue: ke.publicValue,
    nonce,
    idBody: basis.idBody,
    cookie: cookies.initiator,
    ...(peerKey.key ? { peerKey: peerKey.key } : {}),
    random: env.provider.random,
  });
  if (!own) {
    const failure = phase1Failure(basis, 'no-credential', 'the identity does not fit into the peer’s key');
    return { kind: 'failed', failure, events };
  }
  const abilities = commonAbilities(basis.own, readAbilities(arrival.payloads));
  const state: AwaitKeyReply = {
    state: 'AwaitKeyReply',
    basis,
    cookies,
    saBody,
    suite,
    abilities,
    ke,
    nonce,
  };
  const send = clearMessage({ cookies, exchangeType, messageId: 0, ikeSa: basis.name }, [
    ...own,
    ...certificateRequests(basis.pad, 'initiator', env),
    ...natPayloads(basis, state),
  ]);
  return { kind: 'next', state, send, events };
}

/** Message 4: both sides have keys; on to the proofs of identity. */
export function onKeyReply(from: AwaitKeyReply, arrival: Arrival, { env }: Context): Phase1Step {
  const { basis, cookies, suite, saBody, abilities, ke, nonce } = from;
  const fault = breach(mainModeKeys(4, suite.kind), arrival);
  if (fault) return ignored(fault, 'RFC 2409 §5');
  const own =
    suite.kind === 'encryption' || suite.kind === 'revised' ? env.credentials.own(basis.pad, basis.localId) : undefined;
  const values = readKeyPayloads(arrival, {
    suite,
    cookie: cookies.responder,
    fromInitiator: false,
    ...(own ? { own } : {}),
  });
  if (typeof values === 'string') return ignored(`message 4 of Main Mode: ${values}`, 'RFC 2409 §5');
  const sharedSecret = ke.agree(values.publicValue);
  if (!sharedSecret) return ignored('its public value is not valid for the group', 'RFC 2409 §6');
  const method = skeyidMethod(basis, suite, env);
  if (!method) return keyless(basis, env, []);
  const keys = phase1Keys(suite, cookies, {
    method,
    ni: nonce,
    nr: values.nonce,
    sharedSecret,
  });
  const nat = natFinding(basis, from, arrival);
  const peerId = values.idBody && readIdentity(values.idBody);
  const keyed: Keyed = {
    cookies,
    saBody,
    suite,
    abilities,
    keys,
    ownPublic: ke.publicValue,
    peerPublic: values.publicValue,
    ...(nat ? { nat } : {}),
    announcesLifetime: false,
    certificateWanted: wantsCertificate(arrival.payloads),
    ...(peerId ? { peerId } : {}),
  };
  const moved = { ...basis, peers: floated(basis.peers, nat) };
  const withId = suite.kind === 'preshared-key' || suite.kind === 'signature';
  const proof = ownProof(moved, keyed, withId, env);
  const events = [keysEvent(moved, keyed), ...natEvents(moved, nat)];
  if ('failure' in proof) return { kind: 'failed', ...proof, events };
  const send = encryptedMessage(
    { cookies, exchangeType, messageId: 0, ikeSa: basis.name },
    [...proof.payloads, ...(basis.initialContact ? [initialContactPayload(cookies)] : [])],
    keys.protection,
    firstIv(suite, ke.publicValue, values.publicValue),
  );
  const state: AwaitAuth = { state: 'AwaitAuth', basis: moved, keyed, iv: send.nextIv };
  return { kind: 'next', state, send, events: [...events, ...proof.events] };
}

/** Message 6: the responder proves its identity, and the ISAKMP SA is there. */
export function onAuthReply(from: AwaitAuth, arrival: Arrival, context: Context): Phase1Step {
  const { basis, keyed } = from;
  const fault = breach(mainModeAuth(6, keyed.suite.kind), arrival);
  if (fault) return ignored(fault, 'RFC 2409 §5');
  const idBody = rawBody(arrival.raw, 5);
  const peerId = keyed.peerId ?? (idBody && readIdentity(idBody));
  if (!peerId) return unreadableIdentity(basis);
  const proof = checkProof(basis, keyed, peerId, arrival.payloads, context);
  if (!proof.good) return disbelieved(proof);
  const sa = isakmpSa(basis, keyed, { peerId, lastBlock: arrival.nextIv!, arrival }, context);
  return { kind: 'established', sa, events: proof.events };
}

/** The step for a peer whose identity is of a type that no record can name. */
export function unreadableIdentity(basis: Basis): Phase1Step {
  const text = 'the peer’s identity is of a type that no record can name, or malformed';
  return {
    kind: 'ignored',
    why: text,
    suspicion: phase1Failure(basis, 'identity-refused', text, { notify: 'INVALID-ID-INFORMATION' }),
    notify: isakmpNotifyTypes.number['INVALID-ID-INFORMATION'],
    events: [],
  };
}
