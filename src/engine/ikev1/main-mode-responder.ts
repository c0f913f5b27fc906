/**
 * Main Mode, responder — RFC 2409 §5. The answer to message 1 costs a look at the records; public values and keys are made
 * only for who has sent back the cookie of message 2, and thereby receives at its address (RFC 2408 §2.5.3).
 */
import { addressIdentity } from '../../model/peer/identity.js';
import type { PublicKey } from '../crypto/provider.js';
import type { Environment } from '../environment.js';
import type { EngineEvent } from '../event.js';
import type { Failure } from '../failure.js';
import type { IkeSaName } from '../input.js';
import { decode } from '../wire/codec.js';
import { isakmpSa as saDefinition } from '../wire/isakmp/sa.js';
import { isakmpExchangeTypes, isakmpNotifyTypes, isakmpPayloadTypes } from '../wire/registry/isakmp.js';
import { commonAbilities, ownAbilities, readAbilities, vendorIdPayloads } from './abilities.js';
import { errorOf, ignored, phase1Failure } from './failures.js';
import { type HalfOpen, saOctetsMax } from './half-open.js';
import { type PeerIdentity, readIdentity, writeIdentity } from './identification.js';
import { keyPayloads, readKeyPayloads } from './key-payloads.js';
import { firstIv, phase1Keys } from './keys.js';
import { unreadableIdentity } from './main-mode-initiator.js';
import { breach, mainModeAuth, mainModeKeys, mainModeSa } from './message-rules.js';
import { type Arrival, clearMessage, cookiesOf, encryptedMessage, type Outgoing } from './messages.js';
import {
  certificateRequests,
  checkProof,
  disbelieved,
  encryptionKeyOf,
  expectedIdentity,
  ownProof,
  wantsCertificate,
} from './phase1-auth.js';
import { basisOf, keyless, skeyidMethod } from './phase1-basis.js';
import {
  chooseSuite,
  initialContactPayload,
  isakmpSa,
  keysEvent,
  natEvents,
  natFinding,
  natPayloads,
  nonceLength,
  saPayload,
} from './phase1-common.js';
import { readPhase1Sa } from './phase1-proposals.js';
import type { AwaitAuth, Basis, Context, Keyed, Phase1Step } from './phase1-state.js';
import { rawBody } from './raw.js';
import { type FoundRecords, recordsByAddress } from './records.js';

const exchangeType = isakmpExchangeTypes.number.IDENTITY_PROTECTION;
const { number: types } = isakmpPayloadTypes;

export type FirstAnswer =
  | { readonly kind: 'answer'; readonly send: Outgoing; readonly remember: HalfOpen; readonly events: EngineEvent[] }
  | { readonly kind: 'refused'; readonly failure: Failure; readonly notify: number; readonly events: EngineEvent[] }
  | { readonly kind: 'ignored'; readonly why: string; readonly rfc: string };

/** Message 1 of somebody who may not even be where it seems to come from. */
export function onMainModeStart(arrival: Arrival, responderCookie: Uint8Array, { env, now }: Context): FirstAnswer {
  const fault = breach(mainModeSa(1), arrival);
  if (fault) return { kind: 'ignored', why: fault, rfc: 'RFC 2409 §5' };
  const saBody = rawBody(arrival.raw, types.SA)!;
  if (saBody.length > saOctetsMax) {
    return { kind: 'ignored', why: `an SA payload of ${saBody.length} octets`, rfc: 'RFC 2408 §3.4' };
  }
  const chosen = choose(saBody, arrival, env);
  if (chosen.kind !== 'chosen') return chosen;
  const abilities = readAbilities(arrival.payloads);
  const cookies = { ...cookiesOf(arrival.header), responder: responderCookie };
  const send = clearMessage({ cookies, exchangeType, messageId: 0 }, [
    saPayload([chosen.choice.offer]).payload,
    ...vendorIdPayloads(ownAbilities(chosen.pad, env.profile), abilities),
  ]);
  return { kind: 'answer', send, remember: { saBody, abilities, at: now }, events: chosen.events };
}

/** What the records say to an SA payload: the same each time that it is asked. */
function choose(saBody: Uint8Array, { peers }: Arrival, env: Environment) {
  const ends = { local: peers.local.address, remote: peers.remote.address };
  const found = recordsByAddress(env.view, ends);
  if (found.kind === 'refused') {
    const { failure, notify, events } = recordFailure(found, env);
    return { kind: 'refused' as const, failure, notify, events };
  }
  const decoded = decode(saDefinition.body, saBody);
  const offers = decoded.ok ? readPhase1Sa(decoded.value) : 'a malformed SA payload';
  if (typeof offers === 'string') {
    const failure = phase1Failure({ role: 'responder', ...found }, 'no-ike-proposal', offers);
    return {
      kind: 'refused' as const,
      failure,
      notify: isakmpNotifyTypes.number['SITUATION-NOT-SUPPORTED'],
      events: found.events,
    };
  }
  const { pad, policy, alternatives } = found;
  const choice = chooseSuite(offers, { role: 'responder', pad, policy }, env);
  const events = [...found.events, ...choice.events];
  if (choice.kind === 'refused') return { ...choice, events };
  return { kind: 'chosen' as const, pad, policy, ...(alternatives ? { alternatives } : {}), choice, events };
}

/** The failure of a responder whose records do not allow what a peer starts. */
export function recordFailure({ refusal, events }: Extract<FoundRecords, { kind: 'refused' }>, env: Environment) {
  const { code, text, pad } = refusal;
  const failure: Failure = {
    code,
    attempt: 'IKE SA',
    foundBy: 'us',
    role: 'responder',
    text,
    records: pad ? [pad.source] : [],
  };
  return { kind: 'failed' as const, failure, notify: refusalNotify(code, env), events };
}

function refusalNotify(code: Failure['code'], env: Environment): number {
  const error =
    code === 'exchange-refused' ? errorOf({ role: 'responder', exchange: 'main' }, 'exchange', env) : undefined;
  return error ?? isakmpNotifyTypes.number['NO-PROPOSAL-CHOSEN'];
}

/** Message 3, whose cookie has been checked: from here on there is a state, and a name for it. */
export function onKeys(
  arrival: Arrival,
  remembered: HalfOpen,
  name: () => IkeSaName,
  initialContact: (basis: Pick<Basis, 'peers'>) => boolean,
  context: Context,
): Phase1Step {
  const { env } = context;
  const { saBody } = remembered;
  const chosen = choose(saBody, arrival, env);
  if (chosen.kind !== 'chosen') return ignored('the records no longer allow what message 1 was answered with');
  const { pad, policy, alternatives, choice } = chosen;
  const { suite } = choice;
  const fault = breach(mainModeKeys(3, suite.kind), arrival);
  if (fault) return ignored(fault, 'RFC 2409 §5');
  const { peers } = arrival;
  const start = {
    role: 'responder' as const,
    exchange: 'main' as const,
    peers,
    pad,
    policy,
    ...(alternatives ? { alternatives } : {}),
  };
  const basis = basisOf({ ...start, name: name(), initialContact: initialContact(start) }, env);
  if ('code' in basis) return { kind: 'failed', failure: basis, events: [] };
  const cookies = cookiesOf(arrival.header);
  const isEncrypting = suite.kind === 'encryption' || suite.kind === 'revised';
  const own = isEncrypting ? env.credentials.own(pad, basis.localId) : undefined;
  const values = readKeyPayloads(arrival, {
    suite,
    cookie: cookies.initiator,
    fromInitiator: true,
    ...(own ? { own } : {}),
  });
  if (typeof values === 'string') return ignored(`message 3 of Main Mode: ${values}`, 'RFC 2409 §5');
  const answer = suite.group.respond(values.publicValue, env.provider.random);
  if (!answer) return ignored('its public value is not valid for the group', 'RFC 2409 §6');
  const peerId = values.idBody && readIdentity(values.idBody);
  const peerKey = isEncrypting ? keyOfPeer(basis, peerId, context) : {};
  if ('code' in peerKey) return { kind: 'failed', failure: peerKey, events: [] };
  const method = skeyidMethod(basis, suite, env);
  if (!method) return keyless(basis, env, []);
  const nonce = env.provider.random(nonceLength);
  const keyed: Keyed = {
    cookies,
    saBody,
    suite,
    abilities: commonAbilities(basis.own, remembered.abilities),
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
  const nat = natFinding(basis, keyed, arrival);
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
    return { kind: 'failed', failure, events: [] };
  }
  const send = clearMessage({ cookies, exchangeType, messageId: 0, ikeSa: basis.name }, [
    ...payloads,
    ...certificateRequests(pad, 'responder', env),
    ...natPayloads(basis, keyed),
  ]);
  const state: AwaitAuth = {
    state: 'AwaitAuth',
    basis,
    keyed: { ...keyed, ...(nat ? { nat } : {}) },
    iv: firstIv(suite, values.publicValue, answer.publicValue),
  };
  return { kind: 'next', state, send, events: [keysEvent(basis, keyed), ...natEvents(basis, nat)] };
}

/**
 * The key to answer with. Whom the entry expects counts before who the message says it is from: an identity that decrypts to
 * nonsense must not be told apart from a right one here.
 */
export function keyOfPeer(
  basis: Basis,
  peerId: PeerIdentity | undefined,
  context: Context,
): { readonly key?: PublicKey } | Failure {
  const expected = expectedIdentity(basis.pad, addressIdentity(basis.peers.remote.address));
  const identity = expected ?? peerId?.identity;
  const octets = (expected && writeIdentity(expected)?.subarray(4)) ?? peerId?.octets ?? new Uint8Array(0);
  const found = identity ? encryptionKeyOf(basis.pad, identity, octets, context) : 'the peer’s identity cannot be read';
  return typeof found === 'string' ? phase1Failure(basis, 'no-credential', found) : { key: found.key };
}

/** Message 5: the initiator proves its identity; message 6 does so for us, and the ISAKMP SA is there. */
export function onAuth(from: AwaitAuth, arrival: Arrival, context: Context): Phase1Step {
  const { basis, keyed } = from;
  const { suite, cookies, keys } = keyed;
  const fault = breach(mainModeAuth(5, suite.kind), arrival);
  if (fault) return ignored(fault, 'RFC 2409 §5');
  const idBody = rawBody(arrival.raw, types.ID);
  const peerId = idBody ? readIdentity(idBody) : keyed.peerId;
  if (!peerId) return unreadableIdentity(basis);
  const certificateWanted = keyed.certificateWanted || wantsCertificate(arrival.payloads);
  const checked = checkProof(basis, keyed, peerId, arrival.payloads, context);
  if (!checked.good) return disbelieved(checked);
  const withId = suite.kind === 'preshared-key' || suite.kind === 'signature';
  const proof = ownProof(checked.basis, { ...keyed, certificateWanted }, withId, context.env);
  if ('failure' in proof) return { kind: 'failed', ...proof, events: checked.events };
  const send = encryptedMessage(
    { cookies, exchangeType, messageId: 0, ikeSa: basis.name },
    [...proof.payloads, ...(basis.initialContact ? [initialContactPayload(cookies)] : [])],
    keys.protection,
    arrival.nextIv!,
  );
  const sa = isakmpSa(checked.basis, keyed, { peerId, lastBlock: send.nextIv, arrival }, context);
  return { kind: 'established', sa, send, events: [...checked.events, ...proof.events] };
}
