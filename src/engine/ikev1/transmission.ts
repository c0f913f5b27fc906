/** Sending, and sending again — RFC 2408 §5.1: who waits for an answer repeats its last message, by the product's schedule. */
import { type RetransmissionSchedule, retransmissionWait } from '../../model/peer-profile/retransmission.js';
import type { Millis } from '../ipsec/sa.js';
import { fragmentsOf } from './fragments.js';
import { emit, type Machine, type Slot, type Transmission } from './machine.js';
import type { Outgoing, Peers } from './messages.js';

/** Answers to one message that comes again and again. */
export const repeatedAnswersMax = 16;

/** Octets of IP and UDP headers, and of the non-ESP marker, that a fragmented message has around it. */
const aroundMessage = { 4: 32, 6: 52 } as const;

/** Hands a message to the world, in pieces where it is too long and the peer takes pieces. */
export function transmit(
  machine: Machine,
  slot: Slot | undefined,
  peers: Peers,
  outgoing: Outgoing,
  repetition: number,
): void {
  const { octets } = outgoing;
  const content = { ...outgoing.content, repetition };
  const limit = machine.env.profile.fragmentOctets.value - aroundMessage[peers.remote.address.family];
  const canFragment = slot?.sa?.abilities.fragmentation ?? fragmentsInPhase1(slot);
  if (!canFragment || octets.length <= limit) {
    machine.out.push({ kind: 'transmit', ...peers, octets, content });
    return;
  }
  const { header } = outgoing.content.message;
  const [high = 0, low = 1] = machine.env.provider.random(2);
  for (const piece of fragmentsOf(octets, header, limit, (high << 8) | low)) {
    machine.out.push({ kind: 'transmit', ...peers, octets: piece, content });
  }
}

function fragmentsInPhase1(slot: Slot | undefined): boolean {
  const state = slot?.state;
  if (!state) return false;
  if ('keyed' in state) return state.keyed.abilities.fragmentation;
  return 'abilities' in state && state.abilities.fragmentation;
}

/** Sends a message whose answer is waited for; `key` is the timer that repeats it. */
export function sendAwaiting(machine: Machine, slot: Slot, outgoing: Outgoing, key: string): Transmission {
  transmit(machine, slot, slot.peers, outgoing, 0);
  const sent: Transmission = { outgoing, repetition: 0, since: machine.now };
  machine.timers.set(key, machine.now + retransmissionWait(schedule(machine), 0));
  return sent;
}

/** Sends a message that nothing comes back to; it is kept for a peer that has missed it. */
export function sendLast(machine: Machine, slot: Slot, outgoing: Outgoing, key: string): Transmission {
  transmit(machine, slot, slot.peers, outgoing, 0);
  machine.timers.cancel(key);
  return { outgoing, repetition: 0, since: machine.now };
}

/** The time has come: sends again, or says that there is nothing left to try. */
export function repeat(machine: Machine, slot: Slot, sent: Transmission, key: string): 'sent' | 'given up' {
  const { repetitions } = schedule(machine);
  const left = Math.min(repetitions - sent.repetition, sent.left ?? repetitions);
  if (left <= 0) return 'given up';
  sent.repetition += 1;
  if (sent.left !== undefined) sent.left -= 1;
  transmit(machine, slot, slot.peers, sent.outgoing, sent.repetition);
  machine.timers.set(key, machine.now + retransmissionWait(schedule(machine), sent.repetition));
  return 'sent';
}

/** Something suspicious has come: one repetition more, and then it is given up. */
export function hasten(sent: Transmission | undefined): void {
  if (sent) sent.left = Math.min(sent.left ?? 1, 1);
}

/** The same message has come again: the peer has missed our answer. */
export function answerAgain(
  machine: Machine,
  slot: Slot,
  of: { readonly sent?: Transmission; repeated: number },
): void {
  const { sent } = of;
  if (!sent || of.repeated >= repeatedAnswersMax) return;
  of.repeated += 1;
  transmit(machine, slot, slot.peers, sent.outgoing, sent.repetition + of.repeated);
}

function schedule({ env }: Machine): RetransmissionSchedule {
  return env.profile.retransmission.value;
}

/** `6 times in 63 seconds` */
export function triesText({ repetition, since }: Transmission, now: Millis): string {
  const times = repetition === 0 ? 'once' : `${repetition + 1} times`;
  return `${times} in ${Math.round((now - since) / 1000)} seconds`;
}

/** Says that something was not acted upon. */
export function ignore(machine: Machine, peers: Peers, why: string, more: { rfc?: string; slot?: Slot } = {}): void {
  emit(machine, {
    kind: 'ignored',
    remote: peers.remote,
    why,
    ...(more.slot ? { ikeSa: more.slot.name } : {}),
    ...(more.rfc ? { rfc: more.rfc } : {}),
  });
}
