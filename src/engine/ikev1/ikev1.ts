/**
 * IKEv1 — RFC 2407 to 2409, with NAT traversal (RFC 3947) and dead peer detection (RFC 3706) — as a version of IKE in the
 * engine: which message goes where, which ISAKMP SA a request takes.
 */

import type { PadEntry } from '../../model/system-config.js';
import { toHex } from '../crypto/octets.js';
import type { Environment } from '../environment.js';
import type { IkeSaDescription } from '../event.js';
import { serves } from '../ike-sa-sharing.js';
import type { IkeVersion, IncomingDatagram, ResolvedRequest } from '../ike-version.js';
import type { IkeSaName } from '../input.js';
import type { Ends } from '../ipsec/bundle.js';
import type { Millis, SaId } from '../ipsec/sa.js';
import type { EngineOutput } from '../output.js';
import { formatDecodeError } from '../wire/codec.js';
import { decodeMessage } from '../wire/message.js';
import { isakmpExchangeTypes } from '../wire/registry/isakmp.js';
import { onClearInformational, onInformational, onProtected, onUnsupported } from './informational-flow.js';
import { saInput, timeout, unknownSpi, watchMessageIds, workMax } from './lifecycle.js';
import { childOf, createMachine, type Machine, type Slot, slotOf, slotsBetween } from './machine.js';
import { cookiesOf, exchangeText, type Peers, payloadOf } from './messages.js';
import { describe, failGoals } from './phase1-end.js';
import { type Incoming, onPhase1Message, received, startPhase1 } from './phase1-flow.js';
import { onFirstMessage } from './phase1-responder-flow.js';
import { isUsedUp, onQuickMessage, startQuick } from './quick-flow.js';
import type { QuickGoal } from './quick-mode.js';
import { ignore } from './transmission.js';

const { number: exchanges } = isakmpExchangeTypes;

/** Messages within messages: a fragmented message is put together once. */
const nestingMax = 1;

/** Makes the IKEv1 of one engine. */
export function ikev1(env: Environment): IkeVersion {
  const machine = createMachine(env);

  function run(now: Millis, act: () => void): readonly EngineOutput[] {
    machine.now = now;
    machine.out = [];
    act();
    for (let step = 0; machine.work.length > 0; step += 1) {
      if (step === workMax) throw new Error('IKEv1 does not come to rest');
      const work = machine.work.shift()!;
      if (work.kind === 'quick') startQuick(machine, work.slot, work.goal);
      else request(machine, work.goal);
    }
    return machine.out;
  }

  return {
    version: 1,
    datagram: ({ local, remote, octets }: IncomingDatagram, now) =>
      run(now, () => datagram(machine, { local, remote }, octets, 0)),
    request: ({ pad, policy, ...wish }: ResolvedRequest, now) =>
      run(now, () => request(machine, { request: wish, pad, policy, replaces: [] })),
    saInput: (input, now) => run(now, () => saInput(machine, input)),
    timeout: (now) => run(now, () => timeout(machine)),
    nextTimeout: () => machine.timers.next(),
    hasIkeSa: (pad, ends) => usable(machine, pad, ends) !== undefined,
    owns: (sa) => owns(machine, sa),
    unknownSpi: ({ event }, now) => run(now, () => unknownSpi(machine, event)),
    ikeSas: () => [...machine.slots.values()].flatMap(({ sa }): IkeSaDescription[] => (sa ? [describe(sa)] : [])),
  };
}

function owns(machine: Machine, sa: SaId | IkeSaName): boolean {
  return 'serial' in sa ? sa.version === 1 && machine.slots.has(sa.serial) : childOf(machine, sa) !== undefined;
}

/** The newest ISAKMP SA with the peers of an entry that takes another Quick Mode, or else one that is being made. */
function usable(machine: Machine, pad: PadEntry, ends: Ends): Slot | undefined {
  const fitting = slotsBetween(machine, ends).filter(
    (slot) =>
      serves(slot.pad, pad, machine.env.profile) &&
      !slot.closing &&
      (slot.sa ? !isUsedUp(slot) : slot.queue.length === 0 || !isSingle(slot)),
  );
  return fitting.filter(({ sa }) => sa).at(-1) ?? fitting.at(-1);
}

/** May there be one Quick Mode only? Then what waits for the ISAKMP SA has it for itself. */
function isSingle({ policy, queue }: Slot): boolean {
  const max = policy.quickModesMax?.value ?? 0;
  return max > 0 && queue.length >= max;
}

/** A wish for a pair of SAs: a Quick Mode under an ISAKMP SA that there is, or one to be made first. */
function request(machine: Machine, goal: QuickGoal): void {
  const { pad, policy, request: wish } = goal;
  const slot = usable(machine, pad, wish.ends);
  if (!slot) {
    if (pad.respondOnly) failGoals(machine, [goal]);
    else startPhase1(machine, { pad, policy, ends: wish.ends, goals: [goal], ...knownPeers(machine, goal) });
    return;
  }
  const waiting = [
    ...slot.queue,
    ...[...slot.quick.values()].flatMap(({ state }) => ('goal' in state ? [state.goal] : [])),
  ];
  // The data path asks again when packets keep coming; one Quick Mode is enough.
  const isAsked = waiting.some(
    ({ request: other }) => other.template === wish.template && !other.populateFromPacket && !wish.populateFromPacket,
  );
  if (isAsked) return;
  if (slot.sa) startQuick(machine, slot, goal);
  else if (slot.queue.length < machine.env.limits.queuedExchangesMax) slot.queue.push(goal);
  else failGoals(machine, [goal]);
}

/** A pair in UDP that is to be replaced knows where its peer is reached. */
function knownPeers(machine: Machine, { replaces }: QuickGoal): { readonly peers?: Peers } {
  const [old] = replaces.flatMap(({ serial }) => machine.children.get(serial) ?? []);
  const udp = old?.child.outbound.udpEncapsulation;
  if (!old || !udp) return {};
  const { local, remote } = old.child.ends;
  return {
    peers: { local: { address: local, port: udp.localPort }, remote: { address: remote, port: udp.remotePort } },
  };
}

function datagram(machine: Machine, peers: Peers, octets: Uint8Array, nesting: number): void {
  const decoding = decodeMessage(octets);
  if (!decoding.ok) {
    ignore(machine, peers, `not an ISAKMP message: ${formatDecodeError(decoding.error)}`, { rfc: 'RFC 2408 §3.1' });
    return;
  }
  const { message } = decoding;
  if (message.kind !== 'ISAKMP' && message.kind !== 'encrypted ISAKMP') {
    ignore(machine, peers, 'not an ISAKMP message', { rfc: 'RFC 2408 §3.1' });
    return;
  }
  const incoming: Incoming = { peers, octets, message };
  if (message.header.initiatorSpi === 0n) {
    received(machine, incoming);
    ignore(machine, peers, 'its initiator cookie is zero', { rfc: 'RFC 2408 §3.1' });
    return;
  }
  const fragment = message.kind === 'ISAKMP' ? payloadOf(message.payloads, 'FRAGMENT') : undefined;
  if (fragment) onFragment(machine, incoming, fragment.body, nesting);
  else dispatch(machine, incoming);
}

/** A piece of a message: kept only where there is an exchange that it can belong to. */
function onFragment(
  machine: Machine,
  incoming: Incoming,
  body: Parameters<Machine['fragments']['add']>[1],
  nesting: number,
): void {
  const { peers, message } = incoming;
  const cookies = cookiesOf(message.header);
  received(machine, incoming, slotOf(machine, cookies));
  const isKnown =
    slotOf(machine, cookies) !== undefined ||
    machine.cookies.isOurs(cookies.responder, { initiatorCookie: cookies.initiator, ...peers }, machine.now);
  if (!isKnown || nesting >= nestingMax) {
    ignore(machine, peers, 'a fragment of no exchange that there is');
    return;
  }
  const key = toHex(cookies.initiator) + toHex(cookies.responder);
  const whole = machine.fragments.add(key, body, machine.now);
  if (whole) datagram(machine, peers, whole, nesting + 1);
}

function dispatch(machine: Machine, incoming: Incoming): void {
  const { peers, message } = incoming;
  const { exchangeType } = message.header;
  const slot = slotOf(machine, cookiesOf(message.header));
  const isPhase1 = exchangeType === exchanges.IDENTITY_PROTECTION || exchangeType === exchanges.AGGRESSIVE;
  if (isPhase1) {
    if (slot) onPhase1Message(machine, slot, incoming);
    else if (message.kind === 'ISAKMP') onFirstMessage(machine, { ...incoming, message });
    else unknownExchange(machine, incoming);
    return;
  }
  if (message.kind === 'ISAKMP') {
    if (exchangeType === exchanges.INFORMATIONAL) onClearInformational(machine, slot, { ...incoming, message });
    else {
      received(machine, incoming, slot);
      ignore(machine, peers, `${exchangeText(exchangeType)} in the clear`, { rfc: 'RFC 2409 §5' });
    }
    return;
  }
  if (!slot?.sa) {
    unknownExchange(machine, incoming, slot);
    return;
  }
  const { sa } = slot;
  if (exchangeType === exchanges.QUICK_MODE) onQuickMessage(machine, slot, sa, { ...incoming, message });
  else {
    const arrival = onProtected(machine, slot, sa, { ...incoming, message });
    if (arrival && exchangeType === exchanges.INFORMATIONAL) onInformational(machine, slot, sa, arrival);
    else if (arrival) onUnsupported(machine, slot, sa, arrival, exchangeText(exchangeType));
  }
  watchMessageIds(machine, slot);
}

function unknownExchange(machine: Machine, incoming: Incoming, slot?: Slot): void {
  received(machine, incoming, slot);
  const why = slot ? 'the ISAKMP SA is not there yet' : 'there is no ISAKMP SA with these cookies';
  ignore(machine, incoming.peers, why, { rfc: 'RFC 2408 §5.2', ...(slot ? { slot } : {}) });
}
