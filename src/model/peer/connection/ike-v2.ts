/** The authentication of IKEv2 with a responder of connections (ike_auth.c, psk_authenticator.c). */
import { type ProposalLike, type SelectedProposal, selectProposal } from '../../proposal.js';
import type { Identity, PadEntry } from '../../system-config.js';
import { formatExpectation, formatIdentity, sentIdentity } from '../identity.js';
import type { IkeEnd } from '../ike.js';
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
import {
  answeringIdentity,
  askedIdentity,
  asksForRange,
  byIdentities,
  type Candidate,
  expectedIdentity,
} from './candidates.js';
import { provingKey, triedKeys } from './keys.js';
import { type MethodClass, provenRounds, roundsOf, roundsSatisfy } from './methods.js';

/** Identities, proofs and demands, in the order in which they are looked at. */
export function authenticateV2(
  attempt: Attempt,
  selection: SelectedProposal,
  candidates: readonly Candidate[],
): Authenticated {
  const { x, y, padX, steps } = attempt;
  const sent = sentIdentity(padX, x.address);
  const asked = askedIdentity(padX);
  const chosen = asProposal(selection);
  const fitting = byIdentities(
    candidates.filter(({ policy }) => selectProposal([chosen], policy.proposals).kind === 'selected'),
    asksForRange(padX) ? 'range' : asked,
    sent,
  );
  const proven = provenRounds(padX);
  // A connection whose demands the proof does not meet gives way to the next one.
  const accepted = fitting.find(({ pad }) => roundsSatisfy(proven, roundsOf(pad, 'remote')));
  const responder = accepted ?? fitting[0] ?? candidates[0];
  if (!responder) return { refusal: answered('AUTHENTICATION_FAILED') };
  const lacksKey = (end: IkeEnd, kinds: readonly MethodClass[]) =>
    end.hasPrivateKeys === false && kinds[0] === 'signature';
  // What the initiator lacks ends the attempt before the responder hears of it.
  const keyX = provingKey({ config: x.view.config, pad: padX, local: sent, remote: expectedIdentity(padX, y.address) });
  if (proven[0] === 'psk' && !keyX)
    return fail(
      attempt,
      responder,
      'preshared-key',
      `${nameRecord(x.view, padX.source)} has no preshared key for ${asked ? formatIdentity(asked) : 'that peer'}`,
      { kind: 'given-up' },
    );
  if (lacksKey(x, proven)) {
    const text = `${nameRecord(x.view, padX.source)} signs, and ${x.view.config.name} has no private key`;
    return fail(attempt, responder, 'method', text, { kind: 'given-up' });
  }
  const names = { initiator: padX.source, responder: responder.pad.source };
  const [greeted] = candidates;
  if (padX.childless?.value === 'force' && greeted && (greeted.pad.childless?.value ?? 'allow') === 'never') {
    const text = `${nameRecord(x.view, padX.source)} wants an IKE SA without a Child SA first, ${nameRecord(y.view, greeted.pad.source)} has none`;
    return fail(attempt, greeted, 'exchange', text, { kind: 'given-up' });
  }
  if (fitting.length === 0) {
    const name = asked ? formatIdentity(asked) : asksForRange(padX) ? formatExpectation(padX) : undefined;
    const wanted = name ? ` and asks for ${name}` : '';
    steps.push({
      kind: 'identity',
      verdict: 'fail',
      text: `${nameRecord(x.view, padX.source)} sends ${formatIdentity(sent)}${wanted}, which no connection of ${y.view.config.name} is for: ${describePad(y, responder.pad)}`,
      ...names,
      sender: 'initiator',
      sent,
    });
    return { responder, refusal: answered('AUTHENTICATION_FAILED') };
  }
  pushIdentity(attempt, responder, 'initiator', sent, 'pass');
  const mine: Identity = answeringIdentity(responder.pad, y.address, asked);
  const triedY = triedKeys({ config: y.view.config, pad: responder.pad, local: asked, remote: sent });
  if (proven[0] === 'psk' && keyX) {
    const refusal = comparePsk(attempt, responder, keyX, triedY, answered('AUTHENTICATION_FAILED'));
    if (refusal) return { responder, refusal };
  }
  if (!accepted) {
    const text = `${nameRecord(x.view, padX.source)} proves itself by ${proven.join(', then ')}, ${nameRecord(y.view, responder.pad.source)} expects ${roundsOf(responder.pad, 'remote').join(', then ')}`;
    return fail(attempt, responder, 'method', text, answered('AUTHENTICATION_FAILED'));
  }
  const provenY = provenRounds(responder.pad);
  if (lacksKey(y, provenY)) {
    const text = `${nameRecord(y.view, responder.pad.source)} signs, and ${y.view.config.name} has no private key`;
    return fail(attempt, responder, 'method', text, answered('AUTHENTICATION_FAILED'));
  }
  const keyY = provingKey({ config: y.view.config, pad: responder.pad, local: mine, remote: sent });
  if (provenY[0] === 'psk') {
    if (!keyY)
      return fail(
        attempt,
        responder,
        'preshared-key',
        `${nameRecord(y.view, responder.pad.source)} has no preshared key for ${formatIdentity(sent)}`,
        answered('AUTHENTICATION_FAILED'),
      );
    const triedX = triedKeys({ config: x.view.config, pad: padX, local: sent, remote: mine });
    const refusal = comparePsk(attempt, responder, keyY, triedX, { kind: 'given-up', notify: 'AUTHENTICATION_FAILED' });
    if (refusal) return { responder, refusal };
  }
  if (!roundsSatisfy(provenY, roundsOf(padX, 'remote'))) {
    const text = `${nameRecord(y.view, responder.pad.source)} proves itself by ${provenY.join(', then ')}, ${nameRecord(x.view, padX.source)} expects ${roundsOf(padX, 'remote').join(', then ')}`;
    return fail(attempt, responder, 'method', text, { kind: 'given-up', notify: 'AUTHENTICATION_FAILED' });
  }
  if (!checkResponder(attempt, responder, mine))
    return { responder, refusal: { kind: 'given-up', notify: 'AUTHENTICATION_FAILED' } };
  pushMethod(attempt, responder);
  return { responder };
}

/** What was agreed on, as a proposal. */
function asProposal({ transforms }: SelectedProposal): ProposalLike {
  const { encryption, integrity, prf, keyExchange } = transforms;
  return {
    name: 'chosen',
    encryption: encryption ? [encryption] : [],
    authentication: integrity ? [integrity] : [],
    prf: prf ? [prf] : [],
    keyExchange: keyExchange ? [keyExchange] : [],
  };
}

function describePad(y: IkeEnd, pad: PadEntry): string {
  const own = pad.localId ? formatIdentity(pad.localId.value) : 'its address';
  return `${nameRecord(y.view, pad.source)} is ${own} and expects ${formatExpectation(pad)}`;
}
