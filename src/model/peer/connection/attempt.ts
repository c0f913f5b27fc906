/** An attempt to make an IKE SA with a connection, and the steps that both versions have in common. */
import type { Identity, IkePolicy, PadEntry } from '../../system-config.js';
import { formatExpectation, formatIdentity, matchesIdentity } from '../identity.js';
import type { IkeEnd } from '../ike.js';
import { type IkeStep, nameRecord } from '../steps.js';
import type { Candidate } from './candidates.js';
import { isAmong } from './keys.js';
import { provenRounds } from './methods.js';
import type { Refusal, RefusalNotify } from './refusal.js';

/** What is known from the beginning, and the steps so far. */
export interface Attempt {
  readonly x: IkeEnd;
  readonly y: IkeEnd;
  readonly padX: PadEntry;
  readonly policyX: IkePolicy;
  readonly version: 1 | 2;
  readonly aggressive: boolean;
  readonly steps: IkeStep[];
}

/** The responder says no by a notification. */
export const answered = (notify: RefusalNotify): Refusal => ({ kind: 'answered', notify });

/** The connection that the responder ends up with, and how the attempt ends where it fails. */
export interface Authenticated {
  readonly responder?: Candidate;
  readonly refusal?: Refusal;
}

/** Ends an attempt at a step. */
export function fail(
  attempt: Attempt,
  responder: Candidate,
  kind: 'method' | 'preshared-key' | 'exchange',
  text: string,
  refusal: Refusal,
): Authenticated {
  attempt.steps.push({ kind, verdict: 'fail', text, initiator: attempt.padX.source, responder: responder.pad.source });
  return { responder, refusal };
}

/** Adds the step of comparing keys; the refusal where they differ. */
export function comparePsk(
  { x, y, padX, steps }: Attempt,
  { pad }: Candidate,
  key: Parameters<typeof isAmong>[0],
  tried: Parameters<typeof isAmong>[1],
  refusal: Refusal,
): Refusal | undefined {
  const verdict = isAmong(key, tried);
  const names = `${nameRecord(x.view, padX.source)} and ${nameRecord(y.view, pad.source)}`;
  const text =
    verdict === 'match'
      ? `${names} have the same preshared key`
      : verdict === 'unknown'
        ? `the preshared keys of ${names} are elsewhere`
        : `${names} have different preshared keys`;
  if (!steps.some((step) => step.kind === 'preshared-key' && step.text === text))
    steps.push({
      kind: 'preshared-key',
      verdict: verdict === 'match' ? 'pass' : verdict === 'unknown' ? 'unknown' : 'fail',
      text,
      initiator: padX.source,
      responder: pad.source,
    });
  return verdict === 'mismatch' ? refusal : undefined;
}

/** Adds the step of one end looking at the identity of the other. */
export function pushIdentity(
  { x, y, padX, steps }: Attempt,
  { pad }: Candidate,
  sender: 'initiator' | 'responder',
  sent: Identity,
  verdict: IkeStep['verdict'],
): void {
  const [from, to] =
    sender === 'initiator'
      ? [nameRecord(x.view, padX.source), nameRecord(y.view, pad.source)]
      : [nameRecord(y.view, pad.source), nameRecord(x.view, padX.source)];
  steps.push({
    kind: 'identity',
    verdict,
    text: `${from} sends ${formatIdentity(sent)}, ${to} expects ${formatExpectation(sender === 'initiator' ? pad : padX)}`,
    initiator: padX.source,
    responder: pad.source,
    sender,
    sent,
  });
}

/** Is the responder who the initiator expects? Adds the step. */
export function checkResponder(attempt: Attempt, responder: Candidate, sent: Identity): boolean {
  const { y, padX } = attempt;
  const verdict = padX.remoteId
    ? matchesIdentity(sent, padX.remoteId.value, padX.namesAreOrdered)
    : matchesIdentity(sent, {
        kind: 'addresses',
        type: y.address.family === 4 ? 'IPV4' : 'IPV6',
        range: { family: y.address.family, first: y.address.value, last: y.address.value },
      });
  pushIdentity(
    attempt,
    responder,
    'responder',
    sent,
    verdict === 'match' ? 'pass' : verdict === 'unknown' ? 'unknown' : 'fail',
  );
  return verdict !== 'mismatch';
}

/** Adds the step of methods that fit. */
export function pushMethod({ padX, steps }: Attempt, { pad }: Candidate): void {
  const kinds = [...new Set([...provenRounds(padX), ...provenRounds(pad)])];
  const isKnown = kinds.every((kind) => kind === 'psk');
  steps.push({
    kind: 'method',
    verdict: isKnown ? 'pass' : 'unknown',
    text: isKnown
      ? 'both authenticate by PSK'
      : `authentication by ${kinds.join(' and ')} depends on keys and certificates elsewhere`,
    initiator: padX.source,
    responder: pad.source,
  });
}
