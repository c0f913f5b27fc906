/** Phase 1 as it goes on: starts it, gives its messages to the steps, and carries out what they say. */
import type { IkePolicy, PadEntry } from '../../model/system-config.js';
import { equalConstantTime } from '../crypto/octets.js';
import type { Failure } from '../failure.js';
import type { IkeSaName } from '../input.js';
import type { Ends } from '../ipsec/bundle.js';
import { ikePort, portTowards } from '../wire/framing.js';
import { openIsakmp } from '../wire/isakmp/protect.js';
import type { EncryptedIsakmpMessage, IsakmpMessage } from '../wire/message.js';
import { isakmpNotifyTypes } from '../wire/registry/isakmp.js';
import { onAggressiveEnd, onAggressiveReply, startAggressiveMode } from './aggressive-mode.js';
import { phase1Failure } from './failures.js';
import { clearNotification, deleteIsakmp, protectedInformational } from './informational.js';
import {
  addSlot,
  childrenBetween,
  emit,
  endsOf,
  type Machine,
  type Slot,
  sameEndpoint,
  setPeers,
  setResponderCookie,
  slotsBetween,
  timerKey,
} from './machine.js';
import { onAuthReply, onKeyReply, onSaReply, startMainMode } from './main-mode-initiator.js';
import { onAuth } from './main-mode-responder.js';
import { randomMessageId } from './message-ids.js';
import { type Arrival, cookiesOf, exchangeText, type Peers, rawOf } from './messages.js';
import { basisOf } from './phase1-basis.js';
import { establish, failGoals, failPhase1, keptInstead, renewAgain, silence } from './phase1-end.js';
import type { AwaitAggressiveAuth, AwaitAuth, Basis, Context, Phase1State, Phase1Step } from './phase1-state.js';
import type { QuickGoal } from './quick-mode.js';
import { answerAgain, hasten, ignore, repeat, sendAwaiting, transmit } from './transmission.js';

/** A message that has been decoded, with its octets. */
export interface Incoming {
  readonly peers: Peers;
  readonly octets: Uint8Array;
  readonly message: IsakmpMessage | EncryptedIsakmpMessage;
}

export function contextOf({ env, now }: Machine): Context {
  return { env, now };
}

/** Says that a message has come, with what was in it as far as it could be opened. */
export function received(
  machine: Machine,
  { peers, octets, message }: Incoming,
  slot?: Slot,
  inner?: Arrival['payloads'],
): void {
  emit(machine, {
    kind: 'received',
    ...peers,
    octets,
    content: {
      message,
      exchange: exchangeText(message.header.exchangeType),
      repetition: 0,
      ...(slot ? { ikeSa: slot.name } : {}),
      ...(inner ? { inner } : {}),
    },
  });
}

/** A message in the clear as steps see it. */
export function clearArrival({ peers, octets, message }: Incoming & { readonly message: IsakmpMessage }): Arrival {
  const { header, payloads } = message;
  return { peers, header, encrypted: false, payloads, raw: rawOf(octets[16]!, octets.subarray(28)) };
}

export interface Wanted {
  readonly pad: PadEntry;
  readonly policy: IkePolicy;
  readonly ends: Ends;
  /** Where the peer is known to be reached, as behind a NAT; otherwise it is where the record says. */
  readonly peers?: Peers;
  readonly goals: readonly QuickGoal[];
  readonly replaces?: IkeSaName;
  /** Say INITIAL-CONTACT in any case. */
  readonly anew?: boolean;
  /** Of which sequence of retransmissions it is the beginning, from 1. */
  readonly tries?: number;
}

/** Starts Main or Aggressive Mode, whichever the PAD entry names. */
export function startPhase1(machine: Machine, wanted: Wanted): void {
  const { env, now } = machine;
  const { pad, policy, ends } = wanted;
  const name: IkeSaName = { version: 1, serial: env.nextSerial('ike') };
  const peers: Peers = wanted.peers ?? {
    local: { address: ends.local, port: pad.localPort?.value ?? portTowards(pad.remotePort?.value) },
    remote: { address: ends.remote, port: pad.remotePort?.value ?? ikePort },
  };
  const fail = (failure: Failure): void => {
    const attempt = wanted.replaces ? 'rekeying of the IKE SA' : failure.attempt;
    emit(machine, { kind: 'failed', ikeSa: name, failure: { ...failure, attempt } });
    renewAgain(machine, wanted.replaces);
    failGoals(machine, wanted.goals);
  };
  const role = 'initiator' as const;
  if (machine.slots.size >= env.limits.ikeSasMax) {
    fail(
      phase1Failure(
        { role, pad, policy },
        'resource-limit',
        `${machine.slots.size} IKE SAs are the most that are kept`,
      ),
    );
    return;
  }
  const exchange = pad.exchange.value;
  const initialContact = wanted.anew === true || saysFirstContact(machine, ends, wanted.replaces);
  const basis = basisOf({ name, role, exchange, peers, pad, policy, initialContact }, env);
  if ('code' in basis) {
    fail(basis);
    return;
  }
  const start = exchange === 'main' ? startMainMode : startAggressiveMode;
  const begun = start(basis, contextOf(machine));
  if ('code' in begun) {
    fail(begun);
    return;
  }
  const { replaces, tries } = wanted;
  const slot = newSlot(basis, begun.state.initiatorCookie, undefined, now, { replaces, tries });
  slot.state = begun.state;
  slot.queue.push(...wanted.goals);
  addSlot(machine, slot);
  slot.sent = sendAwaiting(machine, slot, begun.send, timerKey('repeat', name.serial));
}

/** Is there nothing with a peer, and nothing under way that says so already? */
export function saysFirstContact(machine: Machine, ends: Ends, replaces?: IkeSaName): boolean {
  if (!machine.env.profile.initialContact.value || replaces) return false;
  return childrenBetween(machine, ends).length === 0 && slotsBetween(machine, ends).length === 0;
}

export function newSlot(
  { name, role, exchange, pad, policy, peers }: Basis,
  initiatorCookie: Uint8Array,
  responderCookie: Uint8Array | undefined,
  now: number,
  { replaces, tries = 1 }: Pick<Wanted, 'replaces' | 'tries'> = {},
): Slot {
  return {
    name,
    role,
    exchange,
    pad,
    policy,
    peers,
    initiatorCookie,
    ...(responderCookie ? { responderCookie } : {}),
    startedAt: now,
    tries,
    repeated: 0,
    queue: [],
    quick: new Map(),
    seenIds: new Set(),
    quickModesStarted: 0,
    silentQuickModes: 0,
    heardAt: now,
    deadPeer: { sequence: 0 },
    ...(replaces ? { replaces } : {}),
    closing: false,
  };
}

/** A message of Main or Aggressive Mode whose cookies lead to a slot. */
export function onPhase1Message(machine: Machine, slot: Slot, incoming: Incoming): void {
  const { peers, octets, message } = incoming;
  if (slot.received && equalConstantTime(slot.received, octets)) {
    received(machine, incoming, slot);
    // Who waits for an answer repeats by itself; answering each repetition too would only multiply them.
    if (slot.role === 'responder' || slot.sa) answerAgain(machine, slot, slot);
    return;
  }
  const { state } = slot;
  if (!state) {
    received(machine, incoming, slot);
    ignore(machine, peers, 'phase 1 is over', { slot });
  } else if (message.kind === 'ISAKMP') {
    received(machine, incoming, slot);
    if (sameEndpoint(peers.remote, slot.peers.remote)) {
      const current = withoutStaleContact(machine, slot, state);
      apply(machine, slot, stepOf(current, clearArrival({ ...incoming, message }), contextOf(machine)), incoming);
    } else ignore(machine, peers, 'it comes from somebody else than the peer of this exchange', { slot });
  } else if ('keyed' in state) {
    onEncrypted(machine, slot, state, { ...incoming, message });
  } else {
    received(machine, incoming, slot);
    ignore(machine, peers, 'it is encrypted, and there are no keys yet', { slot });
  }
}

function onEncrypted(
  machine: Machine,
  slot: Slot,
  state: AwaitAuth | AwaitAggressiveAuth,
  incoming: Incoming & { readonly message: EncryptedIsakmpMessage },
): void {
  const { peers, message } = incoming;
  const opened = openIsakmp(message, state.keyed.keys.protection, state.iv);
  if (!opened.ok) {
    received(machine, incoming, slot);
    apply(machine, slot, undecryptable(state.basis, machine), incoming);
    return;
  }
  received(machine, incoming, slot, opened.payloads);
  const length = opened.plaintext.length - (opened.padding?.length ?? 0);
  const arrival: Arrival = {
    peers,
    header: message.header,
    encrypted: true,
    payloads: opened.payloads,
    raw: rawOf(message.firstPayload, opened.plaintext.subarray(0, length)),
    nextIv: opened.nextIv,
  };
  const step = stepOf(withoutStaleContact(machine, slot, state), arrival, contextOf(machine));
  // With another key a ciphertext may look like payloads by chance, though hardly like the right ones.
  const garbled = step.kind === 'ignored' && !step.suspicion ? undecryptable(state.basis, machine) : step;
  apply(machine, slot, garbled, incoming);
}

function undecryptable(basis: Basis, { env }: Machine): Phase1Step {
  const tells = env.profile.ikev1Undecryptable.value === 'notify';
  const number = basis.exchange === 'main' ? (basis.role === 'responder' ? 5 : 6) : 3;
  const message = `message ${number} of ${basis.exchange === 'main' ? 'Main' : 'Aggressive'} Mode`;
  const cause =
    basis.pad.localMethod.value === 'PSK'
      ? 'the preshared keys of both sides differ'
      : 'both sides have different keys';
  const why = `${message} cannot be decrypted: most likely ${cause}`;
  return {
    kind: 'ignored',
    why,
    suspicion: phase1Failure(basis, 'authentication-failed', why, { notify: 'PAYLOAD-MALFORMED', rfc: 'RFC 2409 §5' }),
    ...(tells ? { notify: isakmpNotifyTypes.number['PAYLOAD-MALFORMED'] } : {}),
    events: [{ kind: 'authentication', of: 'peer', method: basis.pad.localMethod.value, good: false, why }],
  };
}

/**
 * INITIAL-CONTACT is for the message that carries it, not for the one that began the exchange (RFC 2407 §4.6.3.3): where the peer has made
 * an SA of its own meanwhile, saying it would have the peer alone forget that one.
 */
function withoutStaleContact<S extends Phase1State>(machine: Machine, slot: Slot, state: S): S {
  const { basis } = state;
  const isStale =
    basis.initialContact &&
    slotsBetween(machine, endsOf(slot)).some((other) => other.sa !== undefined && other.startedAt >= slot.startedAt);
  return isStale ? { ...state, basis: { ...basis, initialContact: false } } : state;
}

function stepOf(state: Phase1State, arrival: Arrival, context: Context): Phase1Step {
  switch (state.state) {
    case 'AwaitSaReply':
      return onSaReply(state, arrival, context);
    case 'AwaitKeyReply':
      return onKeyReply(state, arrival, context);
    case 'AwaitAuth':
      return state.basis.role === 'initiator' ? onAuthReply(state, arrival, context) : onAuth(state, arrival, context);
    case 'AwaitAggressiveReply':
      return onAggressiveReply(state, arrival, context);
    case 'AwaitAggressiveAuth':
      return onAggressiveEnd(state, arrival, context);
  }
}

/** Carries out a step of a slot, which a message has led to. */
export function apply(
  machine: Machine,
  slot: Slot,
  step: Phase1Step,
  message: Pick<Incoming, 'octets' | 'peers'>,
): void {
  const { octets } = message;
  emit(machine, ...step.events);
  switch (step.kind) {
    case 'next': {
      slot.state = step.state;
      slot.received = octets;
      slot.repeated = 0;
      delete slot.suspicion;
      if (!slot.responderCookie)
        setResponderCookie(machine, slot, cookiesOf(step.send.content.message.header).responder);
      setPeers(machine, slot, step.state.basis.peers);
      slot.sent = sendAwaiting(machine, slot, step.send, timerKey('repeat', slot.name.serial));
      break;
    }
    case 'established': {
      const kept = keptInstead(machine, slot, step.sa);
      if (kept) {
        tell(machine, slot, isakmpNotifyTypes.number['AUTHENTICATION-FAILED'], message);
        failPhase1(machine, slot, kept);
        break;
      }
      slot.received = octets;
      if (!slot.responderCookie) setResponderCookie(machine, slot, step.sa.cookies.responder);
      establish(machine, slot, step.sa, step.send);
      break;
    }
    case 'ignored':
      ignore(machine, slot.peers, step.why, { slot, ...(step.rfc ? { rfc: step.rfc } : {}) });
      if (!step.suspicion) break;
      slot.suspicion ??= step.suspicion;
      hasten(slot.sent);
      tell(machine, slot, step.notify, message);
      break;
    case 'failed': {
      tell(machine, slot, step.notify, message);
      const { deletes } = step;
      if (deletes) {
        const payloads = [deleteIsakmp(deletes.cookies)];
        const told = protectedInformational(deletes, randomMessageId(machine), payloads, 'refusal of the peer');
        transmit(machine, slot, slot.peers, told, 0);
      }
      failPhase1(machine, slot, step.failure);
    }
  }
}

/** Tells the peer of an error in the clear, where the product does that, at the place that the message came from. */
function tell(
  machine: Machine,
  slot: Slot,
  notify: number | undefined,
  { octets, peers }: Pick<Incoming, 'octets' | 'peers'>,
): void {
  if (notify === undefined || machine.env.profile.ikev1Refusal.value === 'silent') return;
  const cookies = { initiator: octets.slice(0, 8), responder: octets.slice(8, 16) };
  transmit(machine, slot, peers, clearNotification(cookies, randomMessageId(machine), notify), 0);
}

/** The time for a repetition has come. */
export function repeatPhase1(machine: Machine, slot: Slot): void {
  if (!slot.sent || !slot.state) return;
  const done = repeat(machine, slot, slot.sent, timerKey('repeat', slot.name.serial));
  if (done !== 'given up') return;
  const failure = silence(machine, slot);
  const next = slot.suspicion ? undefined : nextTry(slot);
  if (!next) {
    failPhase1(machine, slot, failure);
    return;
  }
  const { pad, policy, replaces, tries } = slot;
  const goals = slot.queue.splice(0);
  failPhase1(machine, slot, { ...failure, text: `${failure.text}; it is tried again (${next})` });
  startPhase1(machine, { pad, policy, ends: endsOf(slot), goals, tries: tries + 1, ...(replaces ? { replaces } : {}) });
}

/** `2 of 3`, of the try that may follow (keyingtries); undefined where none may. A peer that refuses is not asked again. */
function nextTry({ role, pad, tries }: Slot): string | undefined {
  const max = pad.initiationTries?.value ?? 1;
  if (role !== 'initiator') return undefined;
  if (max === 0) return `${tries + 1}`;
  return tries < max ? `${tries + 1} of ${max}` : undefined;
}
