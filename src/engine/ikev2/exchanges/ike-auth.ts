/**
 * IKE_AUTH of the initiator — RFC 7296 §1.2, §2.15, §2.21.2.
 *
 *   HDR, SK {IDi, [CERT,] [CERTREQ,] [IDr,] AUTH, [CP(CFG_REQUEST),] SAi2, TSi, TSr}  -->
 *                       <--  HDR, SK {IDr, [CERT,] AUTH, [CP(CFG_REPLY),] SAr2, TSi, TSr}
 *                       <--  HDR, SK {IDr, [CERT,] AUTH, N(error)}         the IKE SA alone
 *                       <--  HDR, SK {N(AUTHENTICATION_FAILED)}            nothing
 */
import { addressToOctets } from '../../../model/address.js';
import {
  answeringIdentity,
  askedIdentity,
  asksForRange,
  expectedIdentity,
} from '../../../model/peer/connection/candidates.js';
import { expectsIdentity, formatExpectation, formatIdentity, sentIdentity } from '../../../model/peer/identity.js';
import type { Identity, PadEntry } from '../../../model/system-config.js';
import type { AskedAuthorities } from '../../credentials.js';
import { concat } from '../../crypto/octets.js';
import type { Failure, FailureCode } from '../../failure.js';
import type { IdPayload } from '../../wire/payloads/id.js';
import { type Ikev2Payload, ikev2Payload } from '../../wire/payloads/table.js';
import { type Proof, proveByKey, proveBySignature, signedOctets } from '../authentication.js';
import { attemptPayloads, onChildAnswer, proposeChild } from '../child-offer.js';
import { configurationRequest, readConfigurationReply } from '../configuration.js';
import { announceIkeSa, hasOther, onNewContact, startReauthentication, startTimers } from '../established.js';
import { endOfIkeSa, peerFailure, recordsOf } from '../failures.js';
import { readIdentity, writeIdentity } from '../identities.js';
import type { AwaitAuthResponse, IkeSa } from '../ike-sa.js';
import { become } from '../lifecycle.js';
import { failedRetryMillis, hopelessRetryMillis } from '../limits.js';
import type { FormOf } from '../message-rules.js';
import { notification, notifyName, type Payloads } from '../payloads.js';
import { childFailureEndsIkeSa, childlessOf } from '../product.js';
import { sourcesOf } from '../refusal.js';
import { closeIkeSa } from '../table.js';
import { patient } from '../tasks.js';
import { endRequest, sendRequest } from '../transport.js';
import { emit, giveUpRequest, recordText, report, type Turn } from '../turn.js';
import { certificatePayloads, certificateRequest } from './certificates.js';
import { unmetDemand, verifyPeer } from './verify-peer.js';

/** Sends IKE_AUTH; the IKE SA ends where we have nothing to prove our identity with. */
export function sendIkeAuth(turn: Turn, sa: IkeSa, state: AwaitAuthResponse): void {
  const { env } = turn;
  const pad = sa.pad!;
  const own = ownIdentity(turn, sa, pad);
  if (typeof own === 'string') {
    abandon(turn, sa, 'no-credential', own);
    return;
  }
  sa.localId = own.identity;
  const { nr, skPi } = state.initial;
  const octets = signedOctets(sa.crypto!.suite.prf, {
    message: state.initial.request,
    nonce: nr,
    id: own.id,
    skP: skPi,
  });
  const proof = prove(turn, sa, pad, octets);
  emit(turn, { kind: 'identity', of: 'local', identity: own.identity, entry: pad.source, accepted: true });
  if (!proof.ok) {
    emit(turn, { kind: 'authentication', of: 'local', method: pad.localMethod.value, good: false, why: proof.why });
    abandon(turn, sa, 'no-credential', `${recordText(pad.source)}: ${proof.why}`);
    return;
  }
  emit(turn, { kind: 'authentication', of: 'local', method: proof.method, good: true });
  const childless = childlessOf(env, pad);
  if (childless === 'force' && !sa.peerTakesChildless) {
    const text = `${recordText(pad.source)} wants an IKE SA without a Child SA first, which the peer has not`;
    abandon(turn, sa, 'exchange-refused', text);
    return;
  }
  const isAlone = childless === 'force' || (childless === 'prefer' && sa.peerTakesChildless === true);
  const task = isAlone ? undefined : sa.queue.find(({ kind }) => kind === 'create-child');
  const request = task?.kind === 'create-child' ? task.request : undefined;
  const attempt = request && proposeChild(turn, sa, { purpose: request, request });
  if (task) sa.queue.splice(sa.queue.indexOf(task), 1);
  if (request && !attempt) {
    const text = `no proposal of ${recordText(request.template.source)} can be used: the algorithms are not implemented`;
    giveUpRequest(turn, request, hopelessRetryMillis);
    abandon(turn, sa, 'no-child-proposal', text);
    return;
  }
  const idr = askedId(pad);
  sa.wantedId = idr && readIdentity(idr)?.identity;
  const isFirst = env.profile.initialContact.value && !hasOther(turn, sa);
  const payloads: Ikev2Payload[] = [
    ikev2Payload('IDi', own.id),
    ...certificatePayloads(own.chain, pad, sa.askedAuthorities !== undefined),
    ...(isFirst ? [notification('INITIAL_CONTACT')] : []),
    ...certificateRequest(env, pad, 'initiator'),
    ...(idr ? [ikev2Payload('IDr', idr)] : []),
    ikev2Payload('AUTH', proof.auth),
    ...(env.profile.configurationPayload.value ? configurationRequest(pad, sa.virtual) : []),
    ...(attempt ? attemptPayloads(attempt) : []),
  ];
  sa.state = { ...state, ...(attempt ? { child: attempt } : {}) };
  sendRequest(turn, sa, { exchange: 'IKE_AUTH', payloads });
}

/**
 * IDr: whom we expect, where that is one. charon asks for a range of addresses too, as if the peer could be called that; no
 * number stands for it in IKEv2, and it takes that of IKEv1 (RFC 2407 §4.6.2.1).
 */
function askedId(pad: PadEntry): IdPayload | undefined {
  const pattern = pad.remoteId?.value;
  const asked = pad.connection !== undefined || pattern?.kind === 'exact' ? askedIdentity(pad) : undefined;
  if (asked) return writeIdentity(asked);
  if (pad.connection === undefined || !asksForRange(pad) || pattern?.kind !== 'addresses') return undefined;
  const { family, first, last } = pattern.range;
  const ends = [first, last].map((value) => addressToOctets({ family, value }));
  return { idType: family === 4 ? addressRangeIds[4] : addressRangeIds[6], data: concat(ends) };
}

const addressRangeIds = { 4: 7, 6: 8 } as const;

export interface OwnIdentity {
  readonly identity: Identity;
  readonly id: IdPayload;
  readonly chain: readonly Uint8Array[];
}

/** Who we say that we are to the peers of a record; or why we cannot. */
export function ownIdentity({ env }: Turn, sa: IkeSa, pad: PadEntry): OwnIdentity | string {
  const { local, role, wantedId } = sa;
  // A connection that was chosen for whom the initiator asked for is that (charon's ike_auth.c).
  const identity =
    role === 'responder' && pad.connection !== undefined
      ? answeringIdentity(pad, local.address, wantedId)
      : sentIdentity(pad, local.address);
  const chain = pad.localMethod.value === 'PSK' ? [] : (env.credentials.own(pad, identity, askedOf(sa))?.chain ?? []);
  // A connection's identity is what is written, whatever its certificate is called.
  const id = writeIdentity(
    identity,
    pad.connection !== undefined && identity.value !== undefined ? undefined : chain[0],
  );
  if (!id) return `${recordText(pad.source)} has no ${formatIdentity(identity)} that could be sent`;
  const told = readIdentity(id)?.identity ?? identity;
  return { identity: told, id, chain };
}

/** Our proof of identity, by the method of the record. */
export function prove(turn: Turn, sa: IkeSa, pad: PadEntry, octets: Uint8Array): Proof {
  const { env } = turn;
  const { prf } = sa.crypto!.suite;
  const local = sa.localId!;
  if (pad.localMethod.value === 'PSK') {
    // An initiator proves itself before the responder has said who it is: whom it expects stands for that.
    const remote = sa.peerId ?? expectedIdentity(pad, sa.remote.address);
    const key = env.credentials.presharedKey(pad, { local, ...(remote ? { remote } : {}) });
    return key ? proveByKey(prf, key, octets) : { ok: false, why: 'there is no preshared key' };
  }
  const isAsked = sa.role === 'responder' && pad.connection !== undefined;
  const credential = env.credentials.own(pad, isAsked ? local : (pad.localId?.value ?? local), askedOf(sa));
  if (!credential)
    return { ok: false, why: `there is no private key for ${formatIdentity(local)} by ${pad.localMethod.value}` };
  return proveBySignature(env.provider, credential.key, octets, {
    peerHashes: sa.peerHashes,
    ...env.profile.signatureWays.value,
    demands: pad.signatureDemands?.value.exchange ?? [],
  });
}

function askedOf({ askedAuthorities: keyIds = [] }: IkeSa): AskedAuthorities {
  return { keyIds, names: [] };
}

/** We cannot go on, before the peer knows anything of it: nothing is sent. */
function abandon(turn: Turn, sa: IkeSa, code: FailureCode, text: string): void {
  report(turn, sa, { code, attempt: 'IKE SA', foundBy: 'us', role: 'initiator', text, records: recordsOf(sa) });
  closeIkeSa(turn, sa, 'forgotten', text, true);
}

/** The answer to IKE_AUTH, which came in a message that the keys of IKE_SA_INIT protect. */
export function onAuthResponse(
  turn: Turn,
  sa: IkeSa,
  state: AwaitAuthResponse,
  form: FormOf<'IKE_AUTH response'>,
  payloads: Payloads,
): void {
  endRequest(turn, sa);
  if (form === 'refuses') {
    onRefusal(turn, sa, payloads);
    return;
  }
  const pad = sa.pad!;
  const idr = payloads.first('IDr')!;
  const peer = readIdentity(idr);
  if (!peer) {
    refusePeer(turn, sa, state, 'identity-refused', 'the peer sends an identity that no record can name');
    return;
  }
  const accepted = expectsIdentity(pad, peer.identity, sa.remote.address) === 'match';
  emit(turn, {
    kind: 'identity',
    of: 'peer',
    identity: peer.identity,
    entry: pad.source,
    accepted,
    expected: formatExpectation(pad),
  });
  if (!accepted) {
    const text = `the peer says that it is ${formatIdentity(peer.identity)}; ${recordText(pad.source)} expects ${formatExpectation(pad)}`;
    refusePeer(turn, sa, state, 'identity-refused', text);
    return;
  }
  sa.peerId = peer.identity;
  const { response, ni, skPr } = state.initial;
  const octets = signedOctets(sa.crypto!.suite.prf, { message: response, nonce: ni, id: idr, skP: skPr });
  const verified = verifyPeer(turn, sa, pad, peer, octets, payloads);
  const fault = 'fault' in verified ? verified.fault : unmetDemand(turn, pad, verified.proof);
  if (fault) {
    refusePeer(turn, sa, state, fault.code, fault.text);
    return;
  }
  become(sa, 'IKE_AUTH response', { state: 'Established', since: turn.now });
  announceIkeSa(turn, sa);
  startTimers(turn, sa);
  startReauthentication(turn, sa);
  onNewContact(turn, sa, payloads.notify('INITIAL_CONTACT') !== undefined);
  readConfigurationReply(turn, sa, payloads);
  if (form === 'makes both') {
    onFirstChild(turn, sa, state, payloads);
    return;
  }
  onNoChild(turn, sa, state, payloads);
}

function onFirstChild(turn: Turn, sa: IkeSa, { child, initial }: AwaitAuthResponse, payloads: Payloads): void {
  if (!child) return;
  const answer = onChildAnswer(turn, sa, child, payloads, initial);
  if (!answer.failure) return;
  report(turn, sa, answer.failure);
  giveUpRequest(turn, child.request, hopelessRetryMillis);
  if (answer.kind === 'made') return;
  const { protocol } = child.purpose.template.proposals[0]!;
  sa.queue.push({ kind: 'delete-spi', protocol, inboundSpi: child.inboundSpi, why: answer.failure.text });
  endIfWanted(turn, sa, answer.failure.text);
}

/** The IKE SA came up and the Child SA did not (RFC 7296 §1.2). */
function onNoChild(turn: Turn, sa: IkeSa, { child }: AwaitAuthResponse, payloads: Payloads): void {
  if (!child) return;
  const error = payloads.error();
  const says = peerFailure(error ? notifyName(error) : '', 'CHILD');
  const { template, entry } = child.purpose;
  if (
    says.notify === 'SINGLE_PAIR_REQUIRED' &&
    child.request &&
    child.purpose.packet &&
    !child.purpose.populateFromPacket
  ) {
    // The same once more with the packet's selectors alone.
    sa.queue.unshift({
      kind: 'create-child',
      request: { ...child.request, pad: sa.pad!, policy: sa.policy!, populateFromPacket: true },
      ...patient,
    });
    return;
  }
  const failure: Failure = {
    code: says.code,
    attempt: 'Child SA',
    foundBy: 'peer',
    role: 'initiator',
    text: says.why,
    rfc: says.rfc,
    notify: says.notify,
    records: sourcesOf(template, entry),
  };
  report(turn, sa, failure);
  giveUpRequest(turn, child.request, hopelessRetryMillis);
  endIfWanted(turn, sa, failure.text);
}

/** Some products keep no IKE SA whose first Child SA failed. */
function endIfWanted(turn: Turn, sa: IkeSa, why: string): void {
  if (childFailureEndsIkeSa(turn.env) === 'neither') return;
  sa.queue.push({ kind: 'delete-ike', why: `its first Child SA failed: ${why}` });
  turn.touched.add(sa);
}

function onRefusal(turn: Turn, sa: IkeSa, payloads: Payloads): void {
  const error = payloads.error();
  const says = endOfIkeSa(sa, error ? notifyName(error) : '');
  report(turn, sa, {
    code: says.code,
    attempt: 'IKE SA',
    foundBy: 'peer',
    role: 'initiator',
    text: says.why,
    rfc: says.rfc,
    notify: says.notify,
    records: recordsOf(sa),
  });
  closeIkeSa(turn, sa, 'IKE_AUTH response', says.why, true);
}

/** We do not believe the responder, which thinks that all is well: it is told in an exchange of its own (§2.21.2). */
function refusePeer(turn: Turn, sa: IkeSa, { child }: AwaitAuthResponse, code: FailureCode, text: string): void {
  report(turn, sa, {
    code,
    attempt: 'IKE SA',
    foundBy: 'us',
    role: 'initiator',
    text,
    rfc: 'RFC 7296 §2.21.2',
    notify: 'AUTHENTICATION_FAILED',
    records: recordsOf(sa),
  });
  giveUpRequest(turn, child?.request, hopelessRetryMillis);
  for (const task of sa.queue) if (task.kind === 'create-child') giveUpRequest(turn, task.request, failedRetryMillis);
  sa.queue.length = 0;
  become(sa, 'IKE_AUTH response', { state: 'Deleting', why: text });
  sa.current = { kind: 'inform' };
  sendRequest(turn, sa, {
    exchange: 'INFORMATIONAL',
    payloads: [notification('AUTHENTICATION_FAILED')],
    purpose: 'refusal of the peer',
  });
}
