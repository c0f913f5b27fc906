/** First messages of peers: answered by a cookie, a state, a refusal, or not at all. */
import { equalConstantTime, toHex } from '../crypto/octets.js';
import type { Failure } from '../failure.js';
import type { IkeSaName } from '../input.js';
import type { IsakmpMessage } from '../wire/message.js';
import { isakmpExchangeTypes } from '../wire/registry/isakmp.js';
import { onAggressiveStart } from './aggressive-mode.js';
import { clearNotification } from './informational.js';
import type { Cookies } from './keys.js';
import { addSlot, cookieKey, emit, endpointText, endsOf, type Machine } from './machine.js';
import { onKeys, onMainModeStart } from './main-mode-responder.js';
import { randomMessageId } from './message-ids.js';
import { type Arrival, cookiesOf } from './messages.js';
import { closeSlot } from './phase1-end.js';
import { apply, clearArrival, contextOf, type Incoming, newSlot, received, saysFirstContact } from './phase1-flow.js';
import type { Basis, Phase1Step } from './phase1-state.js';
import { answerAgain, ignore, transmit } from './transmission.js';

const { number: exchanges } = isakmpExchangeTypes;

/** Refused first messages that are remembered, so that one that is repeated is told once. */
export const refusalsMax = 1_024;

/** A clear message of phase 1 for which there is no slot: message 1, or message 3 with a cookie that must be ours. */
export function onFirstMessage(machine: Machine, incoming: Incoming & { readonly message: IsakmpMessage }): void {
  const { peers, message } = incoming;
  received(machine, incoming);
  const arrival = clearArrival(incoming);
  const cookies = cookiesOf(message.header);
  const isNew = cookies.responder.every((octet) => octet === 0);
  const isMain = message.header.exchangeType === exchanges.IDENTITY_PROTECTION;
  if (message.header.messageId !== 0) {
    ignore(machine, peers, 'a Message ID in phase 1', { rfc: 'RFC 2408 §3.1' });
  } else if (isMain && isNew) {
    answerMainMode(machine, incoming, arrival);
  } else if (isMain) {
    beginMainMode(machine, incoming, arrival, cookies);
  } else if (isNew) {
    beginAggressiveMode(machine, incoming, arrival);
  } else {
    ignore(machine, peers, 'there is no exchange with these cookies', { rfc: 'RFC 2408 §5.2' });
  }
}

function answerMainMode(machine: Machine, { peers }: Incoming, arrival: Arrival): void {
  const cookies = cookiesOf(arrival.header);
  const { now } = machine;
  const responder = machine.cookies.make({ initiatorCookie: cookies.initiator, ...peers }, now);
  const answer = onMainModeStart(arrival, responder, contextOf(machine));
  switch (answer.kind) {
    case 'ignored':
      ignore(machine, peers, answer.why, { rfc: answer.rfc });
      break;
    case 'refused':
      refuse(machine, arrival, answer);
      break;
    case 'answer': {
      const isAgain = machine.halfOpen.get(cookies.initiator, responder, now) !== undefined;
      machine.halfOpen.put(cookies.initiator, responder, answer.remember);
      // A repeated first message says nothing new about the records.
      if (!isAgain) emit(machine, ...answer.events);
      transmit(machine, undefined, peers, answer.send, 0);
    }
  }
}

/** Refuses a first message; only the first time it is told at length. */
function refuse(
  machine: Machine,
  { peers, header }: Pick<Arrival, 'peers' | 'header'>,
  { failure, notify, events }: { failure: Failure; notify?: number; events: Phase1Step['events'] },
): void {
  const { profile } = machine.env;
  const cookies = cookiesOf(header);
  const key = `${toHex(cookies.initiator)} ${endpointText(peers.remote)}`;
  if (machine.refused.has(key)) ignore(machine, peers, `it was refused before: ${failure.text}`);
  else {
    machine.refused.set(key, failure.text);
    if (machine.refused.size > refusalsMax) machine.refused.delete(machine.refused.keys().next().value!);
    emit(machine, ...events, { kind: 'failed', failure });
  }
  const trait = failure.code === 'no-ike-proposal' ? profile.ikev1NoProposal : profile.ikev1Refusal;
  if (trait.value === 'silent' || notify === undefined) return;
  transmit(machine, undefined, peers, clearNotification(cookies, randomMessageId(machine), notify), 0);
}

/** Message 3 of Main Mode: the cookie has come back. */
function beginMainMode(machine: Machine, incoming: Incoming, arrival: Arrival, cookies: Cookies): void {
  const { peers } = incoming;
  const { now } = machine;
  if (!machine.cookies.isOurs(cookies.responder, { initiatorCookie: cookies.initiator, ...peers }, now)) {
    ignore(machine, peers, 'its cookie is not one that this system has given to this address', {
      rfc: 'RFC 2408 §2.5.3',
    });
    return;
  }
  const remembered = machine.halfOpen.get(cookies.initiator, cookies.responder, now);
  if (!remembered) {
    ignore(machine, peers, 'its first message is no longer remembered');
    return;
  }
  const step = onKeys(arrival, remembered, namer(machine), firstContact(machine), contextOf(machine));
  begin(machine, incoming, step, cookies);
  if (step.kind === 'next') machine.halfOpen.remove(cookies.initiator, cookies.responder);
}

function beginAggressiveMode(machine: Machine, incoming: Incoming, arrival: Arrival): void {
  const { initiator } = cookiesOf(arrival.header);
  const possible = machine.cookies.possible({ initiatorCookie: initiator, ...incoming.peers }, machine.now);
  const known = possible.map((cookie) => machine.byCookies.get(cookieKey(initiator, cookie))).find((slot) => slot);
  if (known) {
    // A first message does not have the responder's cookie yet, so that it leads to no slot when it comes again.
    if (known.received && equalConstantTime(known.received, incoming.octets)) answerAgain(machine, known, known);
    else ignore(machine, incoming.peers, 'another first message with the same cookie', { slot: known });
    return;
  }
  const responder = machine.cookies.make({ initiatorCookie: initiator, ...incoming.peers }, machine.now);
  const step = onAggressiveStart(arrival, responder, namer(machine), firstContact(machine), contextOf(machine));
  begin(machine, incoming, step, { initiator, responder });
}

function begin(machine: Machine, incoming: Incoming, step: Phase1Step, cookies: Cookies): void {
  const { peers, message } = incoming;
  switch (step.kind) {
    case 'next': {
      if (!makeRoom(machine)) {
        ignore(machine, peers, `${machine.slots.size} IKE SAs are the most that are kept`);
        break;
      }
      const { basis } = step.state;
      const slot = newSlot(basis, cookies.initiator, cookies.responder, machine.now);
      addSlot(machine, slot);
      apply(machine, slot, step, incoming);
      break;
    }
    case 'failed': {
      refuse(machine, { peers, header: message.header }, step);
      break;
    }
    case 'ignored':
      ignore(machine, peers, step.why, step.rfc ? { rfc: step.rfc } : {});
      break;
    case 'established':
      throw new Error('an ISAKMP SA out of one message');
  }
}

/** Who has not finished must give way to who has just begun, when there are too many: the oldest first. */
function makeRoom(machine: Machine): boolean {
  const { halfOpenMax, ikeSasMax } = machine.env.limits;
  const isFull = () => machine.unfinished.size >= halfOpenMax || machine.slots.size >= ikeSasMax;
  if (!isFull()) return true;
  const [oldest] = machine.unfinished;
  if (oldest) closeSlot(machine, oldest, 'there are too many unfinished IKE SAs');
  return !isFull();
}

function namer({ env }: Machine): () => IkeSaName {
  return () => ({ version: 1, serial: env.nextSerial('ike') });
}

function firstContact(machine: Machine): (basis: Pick<Basis, 'peers'>) => boolean {
  return (basis) => saysFirstContact(machine, endsOf(basis));
}
