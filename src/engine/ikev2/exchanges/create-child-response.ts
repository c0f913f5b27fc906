/** CREATE_CHILD_SA of the initiator — RFC 7296 §1.3, §2.8, §2.25: what the peer's answer makes of our request. */

import { type KeyExchangeTransform, keyExchange } from '../../../model/transform.js';
import type { Failure, FailureCode } from '../../failure.js';
import { randomFraction } from '../../lifetimes.js';
import { groupsFor, onChildAnswer } from '../child-offer.js';
import type { Child, ChildAttempt } from '../child-sa.js';
import { peerFailure, recordsOf } from '../failures.js';
import type { IkeSa } from '../ike-sa.js';
import { childBecomes } from '../lifecycle.js';
import {
  groupTriesMax,
  hopelessRetryMillis,
  temporaryFailureJitterMillis,
  temporaryFailureMillis,
  temporaryFailureTriesMax,
} from '../limits.js';
import type { FormOf } from '../message-rules.js';
import { notifyName, type Payloads } from '../payloads.js';
import { sourcesOf } from '../refusal.js';
import { removeChild } from '../table.js';
import { type Current, type Patience, patient } from '../tasks.js';
import { endRequest } from '../transport.js';
import { giveUpRequest, recordText, report, type Turn } from '../turn.js';
import { adoptCollision, hasLowestNonce, onIkeRekeyed } from './rekey-ike.js';
import { readGroup } from './sa-init.js';
import { sendChildRequest, sendIkeRekey } from './send.js';

type Form = FormOf<'CREATE_CHILD_SA response'>;

export function onCreateChildResponse(turn: Turn, sa: IkeSa, form: Form, payloads: Payloads): void {
  endRequest(turn, sa);
  const { current } = sa;
  sa.current = undefined;
  switch (current?.kind) {
    case 'create-child':
      onNewChild(turn, sa, current, form, payloads);
      return;
    case 'rekey-child':
      onChildRekeyed(turn, sa, current, form, payloads);
      return;
    case 'rekey-ike':
      onIkeAnswer(turn, sa, current, form, payloads);
      return;
    default:
      return;
  }
}

type Creating = Extract<Current, { kind: 'create-child' }>;
type Rekeying = Extract<Current, { kind: 'rekey-child' }>;

function onNewChild(turn: Turn, sa: IkeSa, { task, attempt }: Creating, form: Form, payloads: Payloads): void {
  if (form === 'makes a Child SA') {
    const nonces = { ni: attempt.ni!, nr: payloads.first('Nonce')!.data };
    const answer = onChildAnswer(turn, sa, attempt, payloads, nonces);
    if (!answer.failure) return;
    if (answer.kind === 'made') report(turn, sa, answer.failure);
    else discard(turn, sa, attempt, answer.failure);
    giveUpRequest(turn, task.request, hopelessRetryMillis);
    return;
  }
  const notify = refusalOf(form, payloads);
  if (notify === 'TEMPORARY_FAILURE') {
    const later = putOff(turn, task);
    if (later) {
      sa.queue.push({ ...task, ...later });
      return;
    }
  }
  const group = notify === 'INVALID_KE_PAYLOAD' ? wantedGroup(sa, attempt, payloads) : undefined;
  if (group && turn.env.profile.retriesWithGroup.value) {
    sendChildRequest(turn, sa, task, { group, attempt });
    return;
  }
  const { packet, populateFromPacket } = attempt.purpose;
  if (notify === 'SINGLE_PAIR_REQUIRED' && packet && !populateFromPacket && attempt.proposed.local.length > 1) {
    sa.queue.unshift({ ...task, ...patient, request: { ...task.request, populateFromPacket: true } });
    return;
  }
  report(turn, sa, refused(attempt, notify));
  giveUpRequest(turn, task.request, hopelessRetryMillis);
}

function onChildRekeyed(turn: Turn, sa: IkeSa, { task, attempt }: Rekeying, form: Form, payloads: Payloads): void {
  const old = task.child;
  if (form === 'makes a Child SA') {
    const nonces = { ni: attempt.ni!, nr: payloads.first('Nonce')!.data };
    const answer = onChildAnswer(turn, sa, attempt, payloads, nonces);
    if (answer.kind === 'made') {
      succeeded(sa, old, answer.child, nonces);
      return;
    }
    discard(turn, sa, attempt, answer.failure);
    keepOld(old);
    return;
  }
  const notify = refusalOf(form, payloads);
  const group = notify === 'INVALID_KE_PAYLOAD' ? wantedGroup(sa, attempt, payloads) : undefined;
  if (group && turn.env.profile.retriesWithGroup.value && old.state === 'Rekeying') {
    sendChildRequest(turn, sa, task, { group, attempt });
    return;
  }
  const isSettled = old.state === 'Gone' || old.collision !== undefined;
  keepOld(old);
  if (isSettled) {
    return;
  }
  if (notify === 'TEMPORARY_FAILURE') {
    const later = putOff(turn, task);
    if (later) {
      sa.queue.push({ ...task, ...later });
      return;
    }
  }
  if (notify === 'CHILD_SA_NOT_FOUND') {
    // The peer has lost it: so have we, and what still needs it gets another one (RFC 7296 §2.25.1).
    removeChild(turn, sa, old, 'the peer does not know it any more');
    const { pad, policy } = sa;
    if (pad && policy) sa.queue.push({ kind: 'create-child', request: { ...old.purpose, pad, policy }, ...patient });
    return;
  }
  report(turn, sa, refused(attempt, notify));
}

/** Our rekeying went through. If the peer's did too, the pair with the lowest nonce goes (RFC 7296 §2.8.1). */
function succeeded(
  sa: IkeSa,
  old: Child,
  made: Child,
  nonces: { readonly ni: Uint8Array; readonly nr: Uint8Array },
): void {
  const { collision } = old;
  old.collision = undefined;
  const other = collision && collision.child.state !== 'Gone' ? collision.child : undefined;
  if (other && hasLowestNonce(nonces, collision!)) {
    if (old.state !== 'Gone') {
      old.successor = other;
      if (old.state === 'Rekeying') childBecomes(old, 'rekey answered');
    }
    sa.queue.push({
      kind: 'delete-children',
      children: [made],
      why: 'the peer rekeyed the same Child SA at the same time',
    });
    return;
  }
  if (other && other.state === 'Installed') {
    other.successor = made;
    childBecomes(other, 'rekeyed by the peer');
  }
  if (old.state === 'Gone') return;
  old.successor = made;
  if (old.state === 'Rekeying') childBecomes(old, 'rekey answered');
  sa.queue.push({ kind: 'delete-children', children: [old], why: 'it was rekeyed' });
}

/** Our rekeying came to nothing; if the peer's went through meanwhile, its pair is the successor. */
function keepOld(old: Child): void {
  if (old.state !== 'Rekeying') return;
  const { collision } = old;
  old.collision = undefined;
  if (collision && collision.child.state !== 'Gone') {
    old.successor = collision.child;
    childBecomes(old, 'rekey answered');
  } else childBecomes(old, 'rekey refused');
}

function onIkeAnswer(
  turn: Turn,
  sa: IkeSa,
  { task, attempt }: Extract<Current, { kind: 'rekey-ike' }>,
  form: Form,
  payloads: Payloads,
): void {
  const failed = (code: FailureCode, text: string, more: Partial<Failure>): void => {
    report(turn, sa, {
      code,
      attempt: 'rekeying of the IKE SA',
      foundBy: 'us',
      role: 'initiator',
      text,
      records: recordsOf(sa),
      ...more,
    });
  };
  if (form === 'rekeys the IKE SA') {
    const fault = onIkeRekeyed(turn, sa, attempt, payloads);
    if (fault === undefined || adoptCollision(turn, sa, 'CREATE_CHILD_SA response')) {
      return;
    }
    failed('no-ike-proposal', `the peer's answer is not valid: ${fault}`, { rfc: 'RFC 7296 §2.18' });
    return;
  }
  const notify = refusalOf(form, payloads);
  if (notify === 'INVALID_KE_PAYLOAD' && turn.env.profile.retriesWithGroup.value) {
    const id = readGroup(payloads.error()!.data);
    const group = attempt.own.flatMap((one) => one.keyExchange ?? []).find((one) => one.id === id);
    if (group && !attempt.groups.includes(group.name) && attempt.groups.length < groupTriesMax) {
      sendIkeRekey(turn, sa, task, { group, attempt });
      return;
    }
  }
  if (adoptCollision(turn, sa, 'CREATE_CHILD_SA response')) {
    return;
  }
  if (notify === 'TEMPORARY_FAILURE') {
    const later = putOff(turn, task);
    if (later) {
      sa.queue.push({ ...task, ...later });
      return;
    }
  }
  const says = peerFailure(notify, 'IKE');
  failed(says.code, says.why, { foundBy: 'peer', ...(says.notify ? { notify: says.notify } : {}), rfc: says.rfc });
}

/** The error of an answer that makes nothing, empty where it has none; a form that fits another request has none. */
function refusalOf(form: Form, payloads: Payloads): string {
  const error = payloads.error();
  return form === 'refuses' && error ? notifyName(error) : '';
}

/** When a request that met TEMPORARY_FAILURE is sent again; undefined when it was often enough. */
function putOff({ env, now }: Turn, { refusals }: Patience): Patience | undefined {
  if (refusals + 1 >= temporaryFailureTriesMax) return undefined;
  const jitter = Math.round(temporaryFailureJitterMillis * randomFraction(env.provider.random));
  return { refusals: refusals + 1, notBefore: now + temporaryFailureMillis + jitter };
}

/** The group that the peer wants instead, if we offered it and have not tried it yet. */
function wantedGroup(
  sa: IkeSa,
  { groups, purpose }: ChildAttempt,
  payloads: Payloads,
): KeyExchangeTransform | undefined {
  const id = readGroup(payloads.error()!.data);
  const group = id === undefined ? undefined : keyExchange(id);
  if (!group || groups.includes(group.name) || groups.length >= groupTriesMax) return undefined;
  if (!groupsFor(sa, purpose).some(({ name }) => name === group.name)) return undefined;
  sa.groupHints.set(recordText(purpose.template.source), group);
  return group;
}

/** The peer made a pair that we do not want. */
function discard(turn: Turn, sa: IkeSa, { purpose, inboundSpi }: ChildAttempt, failure: Failure): void {
  report(turn, sa, failure);
  const { protocol } = purpose.template.proposals[0]!;
  sa.queue.push({ kind: 'delete-spi', protocol, inboundSpi, why: failure.text });
}

function refused({ purpose, replaces }: ChildAttempt, notify: string): Failure {
  const says = peerFailure(notify, 'CHILD');
  return {
    code: says.code,
    attempt: replaces ? 'rekeying of the Child SA' : 'Child SA',
    foundBy: 'peer',
    role: 'initiator',
    text: says.why,
    rfc: says.rfc,
    ...(says.notify ? { notify: says.notify } : {}),
    records: sourcesOf(purpose.template, purpose.entry),
  };
}
