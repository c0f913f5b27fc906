/** The authentication of IKEv1 with a responder of connections (phase1.c, main_mode.c, aggressive_mode.c). */
import { foreignValue } from '../../foreign-value.js';
import { isSettingOn } from '../../product-setting.js';
import type { SelectedProposal } from '../../proposal.js';
import type { Identity } from '../../system-config.js';
import { formatExpectation, formatIdentity, sentIdentity } from '../identity.js';
import { nameRecord } from '../steps.js';
import {
  type Attempt,
  type Authenticated,
  answered,
  checkResponder,
  comparePsk,
  fail,
  pushIdentity,
  pushMethod,
} from './attempt.js';
import { byIdentities, type Candidate } from './candidates.js';
import { ikev1Method } from './methods.js';
import { aggressiveKey, initiatorKey, responderKey } from './phase1-keys.js';
import type { Refusal } from './refusal.js';

/** What keeps an initiator of IKEv1 from sending its first message: the method stands in its proposals. */
export function startFault({ x, padX }: Attempt): string | undefined {
  const method = ikev1Method(padX, 'initiator');
  if (!method) return `IKEv1 has no method for what ${nameRecord(x.view, padX.source)} asks for`;
  return method.startsWith('signature') && x.hasPrivateKeys === false
    ? `${nameRecord(x.view, padX.source)} signs, and ${x.view.config.name} has no private key`
    : undefined;
}

/** Identities, methods and proofs, in the order in which Main and Aggressive Mode come to them. */
export function authenticateV1(
  attempt: Attempt,
  candidate: Candidate,
  selection: SelectedProposal,
  candidates: readonly Candidate[],
): Authenticated {
  const { x, y, padX, aggressive, steps } = attempt;
  const method = ikev1Method(padX, 'initiator');
  const sent = sentIdentity(padX, x.address);
  const isPsk = method?.startsWith('psk') ?? false;
  const setting = 'charon.i_dont_care_about_security_and_use_aggressive_mode_psk';
  if (aggressive && isPsk && isSettingOn(y.view.config, setting) !== true) {
    const text = `${y.view.config.name} refuses Aggressive Mode with a preshared key (${setting})`;
    return fail(attempt, candidate, 'exchange', text, answered('AUTHENTICATION_FAILED'));
  }
  const wrong = aggressive ? selection.wrongGuess : undefined;
  const wrongText = `the public value of Aggressive Mode is of ${wrong?.guessed.name}, the proposal that is taken of ${wrong?.wanted.name}`;
  const taken = wrong && foreignValue(wrong.guessed, wrong.wanted);
  if (taken === 'malformed') return fail(attempt, candidate, 'exchange', wrongText, answered('INVALID_PAYLOAD_TYPE'));
  const fitting = byIdentities(candidates, undefined, sent);
  const usableOnes = fitting.filter(
    ({ pad }) => ikev1Method(pad, 'responder') === method && (pad.exchange.value === 'aggressive') === aggressive,
  );
  const responder = usableOnes[0] ?? fitting[0] ?? candidate;
  const mine = sentIdentity(responder.pad, y.address);
  if (isPsk && !aggressive) {
    // Keys are needed before the identities are known: the configured ones stand for them.
    const refusal = compareMainModeKeys(attempt, responder, candidates, sent);
    if (refusal) return { responder, refusal };
  }
  if (fitting.length === 0) {
    pushIdentity(attempt, responder, 'initiator', sent, 'fail');
    return { responder, refusal: answered('AUTHENTICATION_FAILED') };
  }
  if (usableOnes.length === 0) {
    const isExchange = ikev1Method(responder.pad, 'responder') === method;
    const text = isExchange
      ? `${nameRecord(x.view, padX.source)} starts ${aggressive ? 'Aggressive' : 'Main'} Mode, ${nameRecord(y.view, responder.pad.source)} takes ${aggressive ? 'Main' : 'Aggressive'} Mode`
      : `${nameRecord(x.view, padX.source)} authenticates by ${method}, ${nameRecord(y.view, responder.pad.source)} by ${ikev1Method(responder.pad, 'responder') ?? 'what IKEv1 has no method for'}`;
    return fail(attempt, responder, isExchange ? 'exchange' : 'method', text, answered('AUTHENTICATION_FAILED'));
  }
  pushIdentity(attempt, responder, 'initiator', sent, 'pass');
  // The responder has made keys before it says who it is.
  const keyY = aggressiveKey(y, responder.pad, mine, sent, x.address);
  const isKeyless = aggressive && isPsk && !keyY;
  if (taken === 'unusable' && !isKeyless) return fail(attempt, responder, 'exchange', wrongText, { kind: 'silence' });
  // The answer has a value of the responder's group, which the initiator takes for one of its own.
  const back = taken && wrong && foreignValue(wrong.wanted, wrong.guessed);
  if (back === 'malformed' && !isKeyless)
    return fail(attempt, responder, 'exchange', wrongText, { kind: 'given-up', notify: 'INVALID_PAYLOAD_TYPE' });
  if (aggressive && !isKeyless && !checkResponder(attempt, responder, mine))
    return { responder, refusal: { kind: 'given-up', notify: 'INVALID_ID_INFORMATION' } };
  if (back && !isKeyless)
    return fail(attempt, responder, 'exchange', wrongText, { kind: 'given-up', notify: 'INVALID_KEY_INFORMATION' });
  if (isPsk && aggressive) {
    const keyX = aggressiveKey(x, padX, sent, mine, y.address);
    if (!keyY)
      return fail(
        attempt,
        responder,
        'preshared-key',
        `${nameRecord(y.view, responder.pad.source)} has no preshared key for ${formatIdentity(sent)}`,
        answered('INVALID_KEY_INFORMATION'),
      );
    if (!keyX)
      return fail(
        attempt,
        responder,
        'preshared-key',
        `${nameRecord(x.view, padX.source)} has no preshared key for ${formatIdentity(mine)}`,
        { kind: 'given-up', notify: 'INVALID_KEY_INFORMATION' },
      );
    const refusal = comparePsk(attempt, responder, keyY, [keyX], { kind: 'given-up', notify: 'AUTHENTICATION_FAILED' });
    if (refusal) return { responder, refusal };
  }
  if (!aggressive && !checkResponder(attempt, responder, mine)) return { responder, refusal: { kind: 'given-up' } };
  if (!isPsk) pushMethod(attempt, responder);
  else
    steps.push({
      kind: 'method',
      verdict: 'pass',
      text: `both authenticate by ${method}`,
      initiator: padX.source,
      responder: responder.pad.source,
    });
  return { responder };
}

function compareMainModeKeys(
  attempt: Attempt,
  responder: Candidate,
  candidates: readonly Candidate[],
  sent: Identity,
): Refusal | undefined {
  const { x, y, padX } = attempt;
  const keyY = responderKey(y, x.address, candidates);
  if (!keyY)
    return fail(
      attempt,
      responder,
      'preshared-key',
      `${nameRecord(y.view, responder.pad.source)} has no preshared key for ${formatExpectation(responder.pad)}`,
      answered('INVALID_KEY_INFORMATION'),
    ).refusal;
  const keyX = initiatorKey(x, padX, y.address, sent);
  if (!keyX)
    return fail(
      attempt,
      responder,
      'preshared-key',
      `${nameRecord(x.view, padX.source)} has no preshared key for ${formatExpectation(padX)}`,
      { kind: 'given-up', notify: 'INVALID_KEY_INFORMATION' },
    ).refusal;
  // With different keys the messages cannot be read, and nobody says anything.
  return comparePsk(attempt, responder, keyX, [keyY], { kind: 'silence' });
}
