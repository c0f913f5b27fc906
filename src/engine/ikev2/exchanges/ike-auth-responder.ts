/**
 * IKE_AUTH of the responder — RFC 7296 §1.2, §2.15, §2.21.2; hpux-ipsec reference 7.4: who the initiator is by its identity
 * and address, whether it proves that, and its first Child SA.
 *
 * An initiator that is not believed learns nothing but that: not which record, key or identity was wrong.
 */
import { formatExpectation, formatIdentity } from '../../../model/peer/identity.js';
import type { EntrySource } from '../../../model/system-config.js';
import type { Failure, FailureCode } from '../../failure.js';
import { type Ikev2Payload, ikev2Payload } from '../../wire/payloads/table.js';
import { methodsOf, signedOctets } from '../authentication.js';
import { answerChild, isForChild } from '../child-answer.js';
import { answerConfiguration } from '../configuration.js';
import { announceIkeSa, keptInstead, onNewContact, startReauthentication, startTimers } from '../established.js';
import { readIdentity } from '../identities.js';
import type { AwaitAuthRequest, IkeSa } from '../ike-sa.js';
import { transformsOf } from '../ike-sa.js';
import { become } from '../lifecycle.js';
import type { FormOf } from '../message-rules.js';
import { type NotifyName, notification, type Payloads } from '../payloads.js';
import { findPeer } from '../peer-search.js';
import { childFailureEndsIkeSa, childlessOf } from '../product.js';
import { leaveHalfOpen, movePeer } from '../table.js';
import { type Path, sendResponse } from '../transport.js';
import { addressText, emit, recordText, report, type Turn } from '../turn.js';
import { askedAuthorities, certificatePayloads } from './certificates.js';
import { ownIdentity, prove } from './ike-auth.js';
import { unmetDemand, verifyPeer } from './verify-peer.js';

interface AuthRequest {
  readonly form: FormOf<'IKE_AUTH request'>;
  readonly payloads: Payloads;
  readonly messageId: number;
  readonly path: Path;
}

export function onAuthRequest(turn: Turn, sa: IkeSa, state: AwaitAuthRequest, asked: AuthRequest): void {
  const { env } = turn;
  const { form, payloads, path } = asked;
  const refuse = (code: FailureCode, text: string, records: readonly EntrySource[], notify?: NotifyName) =>
    refuseInitiator(turn, sa, asked, { code, text, records, notify });
  if (form === 'asks for EAP') {
    refuse('authentication-failed', 'the peer wants to authenticate by EAP, which no record can ask for', []);
    return;
  }
  // From the first message that the keys protect on, this is where the peer is (RFC 7296 §2.23).
  movePeer(turn, sa, path);
  sa.askedAuthorities = askedAuthorities(payloads);
  const idi = payloads.first('IDi')!;
  const peer = readIdentity(idi);
  if (!peer) {
    refuse('identity-refused', 'the peer sends an identity that no record can name', []);
    return;
  }
  const idr = payloads.first('IDr');
  const wanted = idr && (readIdentity(idr)?.identity ?? 'range');
  const ends = { local: sa.local.address, remote: sa.remote.address };
  const search = findPeer({
    view: env.view,
    ends,
    peerId: peer.identity,
    ...(wanted ? { wantedId: wanted } : {}),
    transforms: transformsOf(sa),
    methods: methodsOf(payloads.first('AUTH')!),
    search: env.profile.padSearch.value,
    kindCounts: env.profile.signatureKindCounts.value,
  });
  emit(turn, {
    kind: 'search',
    list: 'PAD',
    key: `${formatIdentity(peer.identity)} at ${addressText(ends.remote)}`,
    passedOver: search.passedOver,
    ...(search.found ? { found: search.found.pad.source } : {}),
  });
  if (!search.found) {
    const { code, text, records } = search.failure!;
    refuse(code, text, records);
    return;
  }
  let { pad, policy } = search.found;
  sa.pad = pad;
  sa.policy = policy;
  sa.peerId = peer.identity;
  if (wanted && wanted !== 'range') sa.wantedId = wanted;
  emit(turn, {
    kind: 'identity',
    of: 'peer',
    identity: peer.identity,
    entry: pad.source,
    accepted: true,
    expected: formatExpectation(pad),
  });
  let own = ownIdentity(turn, sa, pad);
  if (typeof own === 'string') {
    refuse('no-credential', own, [pad.source]);
    return;
  }
  sa.localId = own.identity;
  const { prf } = sa.crypto!.suite;
  const { request, response, ni, nr, skPi, skPr } = state.initial;
  const signed = signedOctets(prf, { message: request, nonce: nr, id: idi, skP: skPi });
  const verified = verifyPeer(turn, sa, pad, peer, signed, payloads);
  if ('fault' in verified) {
    refuse(verified.fault.code, verified.fault.text, [pad.source]);
    return;
  }
  const unmet = unmetDemand(turn, pad, verified.proof);
  if (unmet) {
    // A connection whose demands are not met gives way to the next one (charon's update_cfg_candidates).
    const other = search.others?.find((records) => unmetDemand(turn, records.pad, verified.proof) === undefined);
    if (!other) {
      refuse(unmet.code, unmet.text, [pad.source]);
      return;
    }
    ({ pad, policy } = other);
    sa.pad = pad;
    sa.policy = policy;
    own = ownIdentity(turn, sa, pad);
    if (typeof own === 'string') {
      refuse('no-credential', own, [pad.source]);
      return;
    }
    sa.localId = own.identity;
  }
  const isFirst = payloads.notify('INITIAL_CONTACT') !== undefined;
  const kept = keptInstead(turn, sa, isFirst);
  if (kept) {
    const text = `${formatIdentity(peer.identity)} is there already from ${addressText(kept.remote.address)}, and ${recordText(pad.source)} keeps the first`;
    refuse('identity-refused', text, [pad.source]);
    return;
  }
  const proof = prove(turn, sa, pad, signedOctets(prf, { message: response, nonce: ni, id: own.id, skP: skPr }));
  emit(turn, { kind: 'identity', of: 'local', identity: own.identity, entry: pad.source, accepted: true });
  if (!proof.ok) {
    emit(turn, { kind: 'authentication', of: 'local', method: pad.localMethod.value, good: false, why: proof.why });
    refuse('no-credential', proof.why, [pad.source]);
    return;
  }
  emit(turn, { kind: 'authentication', of: 'local', method: proof.method, good: true });
  const isAlone = form === 'authenticates alone';
  const childless = childlessOf(env, pad);
  if (childless === (isAlone ? 'never' : 'force')) {
    const text = isAlone
      ? `the peer asks for an IKE SA without a Child SA, and ${recordText(pad.source)} has none`
      : `${recordText(pad.source)} takes only IKE SAs without a Child SA first`;
    refuse('exchange-refused', text, [pad.source], 'INVALID_SYNTAX');
    return;
  }
  leaveHalfOpen(turn, sa);
  become(sa, 'IKE_AUTH request', { state: 'Established', since: turn.now });
  announceIkeSa(turn, sa);
  startTimers(turn, sa);
  startReauthentication(turn, sa);
  const configuration = answerConfiguration(turn, sa, payloads);
  const child = isAlone ? [] : firstChild(turn, sa, state, payloads, configuration.failure);
  const answer: Ikev2Payload[] = [
    ikev2Payload('IDr', own.id),
    ...certificatePayloads(own.chain, pad, sa.askedAuthorities !== undefined),
    ikev2Payload('AUTH', proof.auth),
    ...configuration.payloads,
    ...child,
  ];
  sendResponse(turn, sa, asked.messageId, { exchange: 'IKE_AUTH', payloads: answer }, path);
  onNewContact(turn, sa, isFirst);
}

/** The payloads that say what became of the first Child SA. */
function firstChild(
  turn: Turn,
  sa: IkeSa,
  { initial }: AwaitAuthRequest,
  payloads: Payloads,
  withoutAddress: Failure | undefined,
): readonly Ikev2Payload[] {
  const { ni, nr } = initial;
  if (withoutAddress) {
    report(turn, sa, withoutAddress);
    endIfWanted(turn, sa, withoutAddress);
    // charon looks for the child first, and tells of both (build_r of child_create.c).
    return isForChild(turn, sa, payloads) ? [] : [notification('TS_UNACCEPTABLE')];
  }
  const reply = answerChild(turn, sa, { payloads, ni, nr, isFirst: true });
  if (reply.kind === 'made') return reply.payloads;
  report(turn, sa, reply.failure);
  endIfWanted(turn, sa, reply.failure);
  return [reply.notify];
}

/** Some products keep no IKE SA whose first Child SA failed. */
function endIfWanted(turn: Turn, sa: IkeSa, { text }: Failure): void {
  if (childFailureEndsIkeSa(turn.env) !== 'both') return;
  sa.queue.push({ kind: 'delete-ike', why: `its first Child SA failed: ${text}` });
}

interface Refused {
  readonly code: FailureCode;
  readonly text: string;
  readonly records: readonly EntrySource[];
  readonly notify: NotifyName | undefined;
}

/** The IKE SA is over (RFC 7296 §2.21.2), but for the answer, which is kept while it is half open. */
function refuseInitiator(turn: Turn, sa: IkeSa, asked: AuthRequest, refused: Refused): void {
  const { code, text, records, notify = 'AUTHENTICATION_FAILED' } = refused;
  report(turn, sa, {
    code,
    attempt: 'IKE SA',
    foundBy: 'us',
    role: 'responder',
    text,
    rfc: 'RFC 7296 §2.21.2',
    notify,
    records,
  });
  sendResponse(turn, sa, asked.messageId, { exchange: 'IKE_AUTH', payloads: [notification(notify)] }, asked.path);
  become(sa, 'IKE_AUTH request', { state: 'Refused' });
}
