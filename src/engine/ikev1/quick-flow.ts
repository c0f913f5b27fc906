/** Quick Modes as they go on, several at a time under one ISAKMP SA, told apart by their Message IDs — RFC 2409 §5.5. */

import { patience } from '../../model/peer-profile/retransmission.js';
import { sameProxyIds } from '../../model/proxy-ids.js';
import { equalConstantTime } from '../crypto/octets.js';
import type { Failure } from '../failure.js';
import type { Endpoint } from '../input.js';
import type { Millis } from '../ipsec/sa.js';
import { openIsakmp } from '../wire/isakmp/protect.js';
import type { EncryptedIsakmpMessage } from '../wire/message.js';
import { isakmpNotifyTypes } from '../wire/registry/isakmp.js';
import type { Child } from './child.js';
import { codeOfNotify, notifyName } from './failures.js';
import { follow } from './follow.js';
import { aboutChild, deleteChildren, notification, protectedInformational } from './informational.js';
import { exchangeIv } from './keys.js';
import {
  addChild,
  type ChildSlot,
  childrenBetween,
  childTimerKey,
  emit,
  installInbound,
  installOutbound,
  type Machine,
  type QuickSlot,
  quickTimerKey,
  removeChild,
  type Slot,
  timerKey,
} from './machine.js';
import { freshMessageId, noteMessageId } from './message-ids.js';
import { type Arrival, rawOf } from './messages.js';
import { peerText } from './phase1-common.js';
import { closeSlot, failGoals, sameIdentity } from './phase1-end.js';
import { contextOf, type Incoming, received } from './phase1-flow.js';
import type { IsakmpSa } from './phase1-state.js';
import type { QuickGoal, QuickState, QuickStep } from './quick-mode.js';
import { onConnected, onQuickReply, quickFailure, startQuickMode } from './quick-mode-initiator.js';
import { onQuickEnd, onQuickStart } from './quick-mode-responder.js';
import { answerAgain, ignore, repeat, sendAwaiting, sendLast, transmit, triesText } from './transmission.js';

/** How long a pair that was replaced still takes packets that are on their way. */
export const replacedMillis = 5_000;
/** Packets that waited for a whole negotiation do not wait longer for the peer to install its end of it. */
export const settleMillisMax = 50;
/** How long CONNECTED is waited for, after which the SAs are used without it. */
export const connectedMillis = 2_000;
/** Quick Modes in a row without any answer, after which the peer is taken to have lost the ISAKMP SA. */
export const silentQuickModesMax = 3;
/** How long an ISAKMP SA that has served its purpose is kept for repetitions. */
export const closingMillis = 5_000;

/** Starts a Quick Mode under an ISAKMP SA that is there. */
export function startQuick(machine: Machine, slot: Slot, goal: QuickGoal): void {
  const { sa } = slot;
  const { limits } = machine.env;
  if (!sa) return;
  if (slot.quick.size >= limits.queuedExchangesMax || machine.children.size >= limits.childSasMax) {
    const text = `${slot.quick.size} Quick Modes and ${machine.children.size} Child SAs are under way, which is the most`;
    failQuick(machine, slot, goal, quickFailure(goal, 'resource-limit', text));
    return;
  }
  slot.quickModesStarted += 1;
  const messageId = freshMessageId(machine, slot);
  const begun = startQuickMode(sa, goal, messageId, contextOf(machine));
  if ('code' in begun) {
    failQuick(machine, slot, goal, begun);
    if (machine.env.profile.quickModeFaultEndsIkeSa.value) closeSlot(machine, slot, begun.text);
    return;
  }
  emit(machine, ...begun.events);
  const quick: QuickSlot = { messageId, state: begun.state, repeated: 0 };
  slot.quick.set(messageId, quick);
  quick.sent = sendAwaiting(machine, slot, begun.send, quickTimerKey(slot, messageId));
}

function failQuick(machine: Machine, slot: Slot, goal: QuickGoal, failure: Failure): void {
  emit(machine, { kind: 'failed', ikeSa: slot.name, failure });
  failGoals(machine, [goal]);
}

/** An encrypted message of Quick Mode. */
export function onQuickMessage(
  machine: Machine,
  slot: Slot,
  sa: IsakmpSa,
  incoming: Incoming & { readonly message: EncryptedIsakmpMessage },
): void {
  const { peers, octets, message } = incoming;
  const { messageId } = message.header;
  const quick = slot.quick.get(messageId);
  if (quick?.received && equalConstantTime(quick.received, octets)) {
    received(machine, incoming, slot);
    const repeats =
      quick.state.state === 'AwaitQuickEnd' || quick.state.state === 'AwaitConnected' || isOver(quick.state);
    if (repeats) answerAgain(machine, slot, quick);
    return;
  }
  if (!quick && slot.seenIds.has(messageId)) {
    received(machine, incoming, slot);
    ignore(machine, peers, 'an old message of Quick Mode that came again', { slot, rfc: 'RFC 2409 §5.5' });
    return;
  }
  const iv = quick && 'iv' in quick.state ? quick.state.iv : exchangeIv(sa.suite, sa.lastBlock, messageId);
  const opened = openIsakmp(message, sa.keys.protection, iv);
  received(machine, incoming, slot, opened.ok ? opened.payloads : undefined);
  if (!opened.ok) {
    ignore(machine, peers, `a message of Quick Mode that cannot be decrypted`, { slot });
    return;
  }
  const length = opened.plaintext.length - (opened.padding?.length ?? 0);
  const arrival: Arrival = {
    peers,
    header: message.header,
    encrypted: true,
    payloads: opened.payloads,
    raw: rawOf(message.firstPayload, opened.plaintext.subarray(0, length)),
    nextIv: opened.nextIv,
  };
  if (quick) {
    const step = stepOf(quick.state, sa, arrival, machine);
    if (step) applyQuick(machine, slot, quick, step, octets, peers.remote);
    else ignore(machine, peers, 'this Quick Mode is over', { slot });
    return;
  }
  begin(machine, slot, sa, arrival, octets);
}

function isOver(state: QuickState): boolean {
  return state.state === 'QuickOver';
}

function stepOf(state: QuickState, sa: IsakmpSa, arrival: Arrival, machine: Machine): QuickStep | undefined {
  switch (state.state) {
    case 'AwaitQuickReply':
      return onQuickReply(state, sa, arrival, contextOf(machine));
    case 'AwaitQuickEnd':
      return onQuickEnd(state, sa, arrival, contextOf(machine));
    case 'AwaitConnected':
    case 'QuickOver':
      return undefined;
  }
}

/** Message 1 of a peer. Its Message ID counts as used once its hash is right: others cannot use it up. */
function begin(machine: Machine, slot: Slot, sa: IsakmpSa, arrival: Arrival, octets: Uint8Array): void {
  const { peers, header } = arrival;
  const { limits } = machine.env;
  if (slot.closing || slot.quick.size >= limits.queuedExchangesMax || machine.children.size >= limits.childSasMax) {
    ignore(machine, peers, 'no further Quick Mode is possible under this ISAKMP SA', { slot });
    return;
  }
  const step = onQuickStart(sa, arrival, contextOf(machine));
  if (step.kind !== 'ignored' && !noteMessageId(slot, header.messageId)) {
    ignore(machine, peers, 'the Message IDs of this ISAKMP SA are used up', { slot });
    return;
  }
  const quick: QuickSlot = {
    messageId: header.messageId,
    state: { state: 'QuickOver', messageId: header.messageId },
    repeated: 0,
  };
  if (step.kind === 'next') {
    slot.quick.set(header.messageId, quick);
    slot.quickModesStarted += 1;
  }
  applyQuick(machine, slot, quick, step, octets, peers.remote);
}

function applyQuick(
  machine: Machine,
  slot: Slot,
  quick: QuickSlot,
  step: QuickStep,
  octets: Uint8Array,
  from?: Endpoint,
): void {
  emit(machine, ...step.events);
  const key = quickTimerKey(slot, quick.messageId);
  if (from && step.kind !== 'ignored') heard(machine, slot, from);
  switch (step.kind) {
    case 'ignored':
      ignore(machine, slot.peers, step.why, { slot, ...(step.rfc ? { rfc: step.rfc } : {}) });
      break;
    case 'next':
      quick.state = step.state;
      quick.received = octets;
      quick.repeated = 0;
      for (const child of childrenOf(step.state)) keep(machine, slot, child);
      for (const child of step.inbound) installInbound(machine, slotOfChild(machine, child));
      if (step.send) {
        if (step.state.state === 'AwaitConnected') {
          quick.sent = sendLast(machine, slot, step.send, key);
          machine.timers.set(key, machine.now + connectedMillis);
        } else quick.sent = sendAwaiting(machine, slot, step.send, key);
      }
      break;
    case 'done':
      finish(machine, slot, quick, step, octets);
      break;
    case 'failed': {
      const { state } = quick;
      quick.received = octets;
      // Nothing of it is to be said again: our message that was not answered well would only begin it anew.
      delete quick.sent;
      end(machine, slot, quick);
      emit(machine, { kind: 'failed', ikeSa: slot.name, failure: step.failure });
      tell(machine, slot, step);
      withdraw(machine, slot, childrenOf(state), step.failure.text);
      if ('goal' in state) failGoals(machine, [state.goal]);
    }
  }
}

function childrenOf(state: QuickState): readonly Child[] {
  return 'children' in state ? state.children : [];
}

function slotOfChild(machine: Machine, child: Child): ChildSlot {
  return machine.children.get(child.name.serial)!;
}

/** Notes a pair that is being made. */
function keep(machine: Machine, slot: Slot, child: Child): ChildSlot {
  const known = machine.children.get(child.name.serial);
  if (known) return known;
  const made: ChildSlot = {
    child,
    ikeSa: slot.name,
    pad: slot.pad,
    policy: slot.policy,
    peer: slot.sa!.peerId.identity,
    madeAt: machine.now,
    inboundInstalled: false,
    outboundInstalled: false,
    complete: false,
    replacing: false,
    superseded: false,
  };
  addChild(machine, made);
  return made;
}

/** The SAs are complete: inbound first, then the message that lets the peer send, then outbound. */
function finish(
  machine: Machine,
  slot: Slot,
  quick: QuickSlot,
  step: Extract<QuickStep, { kind: 'done' }>,
  octets: Uint8Array,
): void {
  const { state } = quick;
  const replaces = 'goal' in state ? state.goal.replaces : [];
  const key = quickTimerKey(slot, quick.messageId);
  const made = step.children.map((child) => keep(machine, slot, child));
  const settles = 'goal' in state && step.send && replaces.length === 0 ? settleMillis(machine, quick) : 0;
  for (const child of made) installInbound(machine, child);
  if (step.send) quick.sent = sendLast(machine, slot, step.send, key);
  // Message 3 needs no answer: one that comes again is not to bring message 2 and itself back.
  else if (state.state === 'AwaitQuickEnd') delete quick.sent;
  for (const child of made) installOutbound(machine, child, settles);
  if (state.state === 'AwaitQuickEnd' && state.committed) connected(machine, slot, step.children[0]);
  quick.received = octets;
  quick.repeated = 0;
  for (const child of made) complete(machine, child, replaces);
  end(machine, slot, quick);
  for (const name of replaces) retire(machine, name.serial);
  if (isUsedUp(slot)) {
    slot.closing = true;
    machine.timers.set(
      timerKey('close', slot.name.serial),
      machine.now + closingMillis * (slot.role === 'initiator' ? 1 : 2),
    );
  }
}

/**
 * How long a responder that installs its SAs at message 3 has not done so yet: nothing tells (but the commit bit, which hardly anybody sets), so
 * that it is given as long as its last answer took, which was more work. What the SAs replace would carry packets meanwhile.
 */
function settleMillis({ now }: Machine, { sent }: QuickSlot): Millis {
  return sent?.repetition === 0 ? Math.min(settleMillisMax, now - sent.since) : 0;
}

/** Has an ISAKMP SA had all the Quick Modes that the records allow (HP-UX A.02 -maxqm; 1 is PFS of identities)? */
export function isUsedUp({ policy, quickModesStarted }: Slot): boolean {
  const max = policy.quickModesMax?.value ?? 0;
  return max > 0 && quickModesStarted >= max;
}

function complete(machine: Machine, slot: ChildSlot, replaces: QuickGoal['replaces']): void {
  const { child } = slot;
  slot.complete = true;
  for (const other of childrenBetween(machine, child.ends)) {
    const isSame = other.child.template === child.template && sameProxyIds(other.child.ids, child.ids);
    const isOther = other !== slot && other.child.group !== child.group;
    if (isOther && isSame && sameIdentity(other.peer, slot.peer)) other.superseded = true;
  }
  const sa = child.description;
  const replaced = replaces.find(({ serial }) => machine.children.get(serial)?.child.template === child.template);
  emit(
    machine,
    replaced
      ? { kind: 'child-sa', change: 'rekeyed', sa, replaces: replaced }
      : { kind: 'child-sa', change: 'established', sa },
  );
}

/** A pair that has a successor: nothing is sent through it any more, and soon it goes. */
function retire(machine: Machine, serial: number): void {
  const slot = machine.children.get(serial);
  if (!slot) return;
  slot.superseded = true;
  machine.timers.set(childTimerKey(serial), machine.now + replacedMillis);
}

/** The Quick Mode is over; what it sent last is kept for as long as a peer may ask for it. */
function end(machine: Machine, slot: Slot, quick: QuickSlot): void {
  quick.state = { state: 'QuickOver', messageId: quick.messageId };
  const key = quickTimerKey(slot, quick.messageId);
  if (slot.quick.has(quick.messageId)) {
    machine.timers.set(key, machine.now + patience(machine.env.profile.retransmission.value));
  } else machine.timers.cancel(key);
}

/** Something authentic has come, from there. */
export function heard(machine: Machine, slot: Slot, from: Endpoint): void {
  follow(machine, slot, from);
  slot.heardAt = machine.now;
  slot.silentQuickModes = 0;
  delete slot.deadPeer.probe;
}

/** CONNECTED, for an initiator that asked for it with the Commit bit (RFC 2408 §3.1). */
function connected(machine: Machine, slot: Slot, child: Child | undefined): void {
  const { sa } = slot;
  if (!sa || !child) return;
  const payload = notification(
    isakmpNotifyTypes.number.CONNECTED,
    aboutChild(child.outbound.protocol, child.outbound.spi),
  );
  transmit(
    machine,
    slot,
    slot.peers,
    protectedInformational(sa, freshMessageId(machine, slot), [payload], 'CONNECTED'),
    0,
  );
}

/** Tells the peer, under the ISAKMP SA, why nothing came of its Quick Mode, where the product does that. */
function tell(machine: Machine, slot: Slot, { notify, failure }: Extract<QuickStep, { kind: 'failed' }>): void {
  const { profile } = machine.env;
  const trait = failure.code === 'no-child-proposal' ? profile.ikev1NoProposal : profile.ikev1Refusal;
  const isSilent = failure.role === 'responder' && trait.value === 'silent';
  if (!notify || !slot.sa || isSilent) return;
  const payload = notification(notify.type, notify);
  const name = isakmpNotifyTypes.brief(notify.type);
  const outgoing = protectedInformational(slot.sa, freshMessageId(machine, slot), [payload], name);
  transmit(machine, slot, slot.peers, outgoing, 0);
}

/** The responder has its SAs: the outbound ones of Quick Modes that wait for this may be used. */
export function onConnectedNotify(machine: Machine, slot: Slot, spi: number | undefined, messageId: number): void {
  const waiting = [...slot.quick.values()].filter(({ state }) => state.state === 'AwaitConnected');
  const named = waiting.filter(({ state }) =>
    childrenOf(state).some(({ inbound, outbound }) => inbound.spi === spi || outbound.spi === spi),
  );
  const meant =
    named.length > 0 ? named : waiting.filter((quick) => quick.messageId === messageId || waiting.length === 1);
  for (const quick of meant) {
    if (quick.state.state === 'AwaitConnected')
      applyQuick(machine, slot, quick, onConnected(quick.state), quick.received!);
  }
}

/** An initiator says that it does not take our answer, naming the SPI that it offered. */
function onAnswerRefused(machine: Machine, slot: Slot, type: number, spi: number | undefined): boolean {
  const quick = [...slot.quick.values()].find(
    ({ state }) => state.state === 'AwaitQuickEnd' && state.children.some(({ outbound }) => outbound.spi === spi),
  );
  if (quick?.state.state !== 'AwaitQuickEnd') return false;
  const { children } = quick.state;
  const name = notifyName(type);
  const text = `${peerText(slot.peers)} does not take our answer of Quick Mode: ${name}`;
  const records = children.flatMap(({ entry, template }) => [entry.source, template.source]);
  const code = codeOfNotify(type, 'Child SA');
  emit(machine, {
    kind: 'failed',
    ikeSa: slot.name,
    failure: { code, attempt: 'Child SA', foundBy: 'peer', role: 'responder', text, notify: name, records },
  });
  for (const child of children) {
    const made = machine.children.get(child.name.serial);
    if (made) removeChild(machine, made, text);
  }
  delete quick.sent;
  end(machine, slot, quick);
  return true;
}

/** A peer says why nothing comes of a Quick Mode, naming the SPI that its initiator offered, as far as it names any. */
export function onQuickError(machine: Machine, slot: Slot, type: number, spi: number | undefined): boolean {
  const { value: fatal } = machine.env.profile.quickModeFatalErrors;
  if (fatal !== 'all' && !fatal.some((name) => isakmpNotifyTypes.number[name] === type)) return false;
  if (onAnswerRefused(machine, slot, type, spi)) return true;
  const waiting = [...slot.quick.values()].filter(({ state }) => state.state === 'AwaitQuickReply');
  const isNamed = ({ state }: QuickSlot) =>
    state.state === 'AwaitQuickReply' && state.proposed.some((proposed) => proposed.spi === spi);
  const quick = waiting.find(isNamed) ?? (waiting.length === 1 ? waiting[0] : undefined);
  if (quick?.state.state !== 'AwaitQuickReply') return false;
  const { goal } = quick.state;
  const name = notifyName(type);
  const text = `${peerText(slot.peers)} refuses the Quick Mode: ${name}`;
  const failure = quickFailure(goal, codeOfNotify(type, 'Child SA'), text, { foundBy: 'peer', notify: name });
  machine.timers.cancel(quickTimerKey(slot, quick.messageId));
  slot.quick.delete(quick.messageId);
  failQuick(machine, slot, goal, failure);
  return true;
}

/** The time of a Quick Mode has come: for a repetition, for giving up, or for forgetting it. */
export function quickTimeout(machine: Machine, slot: Slot, quick: QuickSlot): void {
  const { state, sent } = quick;
  const key = quickTimerKey(slot, quick.messageId);
  switch (state.state) {
    case 'QuickOver':
      slot.quick.delete(quick.messageId);
      return;
    case 'AwaitConnected':
      applyQuick(machine, slot, quick, onConnected(state), quick.received!);
      return;
    case 'AwaitQuickReply':
      if (sent && repeat(machine, slot, sent, key) === 'sent') return;
      slot.silentQuickModes += 1;
      slot.quick.delete(quick.messageId);
      failQuick(machine, slot, state.goal, silence(machine, slot, quick, state.goal));
      if (slot.silentQuickModes >= silentQuickModesMax) doubt(machine, slot);
      return;
    case 'AwaitQuickEnd': {
      if (sent && repeat(machine, slot, sent, key) === 'sent') return;
      slot.quick.delete(quick.messageId);
      const why = 'message 3 of Quick Mode never came';
      const text = `${why} from ${peerText(slot.peers)}, tried ${sent ? triesText(sent, machine.now) : 'in vain'}`;
      const records = state.children.flatMap(({ entry, template }) => [entry.source, template.source]);
      emit(machine, {
        kind: 'failed',
        ikeSa: slot.name,
        failure: { code: 'timeout', attempt: 'Child SA', foundBy: 'nobody', role: 'responder', text, records },
      });
      withdraw(machine, slot, state.children, why);
    }
  }
}

/** Takes back pairs that never were complete. The initiator may hold its half, once it has sent message 3. */
function withdraw(machine: Machine, slot: Slot, children: readonly Child[], why: string): void {
  for (const { name } of children) {
    const child = machine.children.get(name.serial);
    if (child) removeChild(machine, child, why);
  }
  sayDeleted(machine, slot, children);
}

function silence(machine: Machine, slot: Slot, { sent }: QuickSlot, goal: QuickGoal): Failure {
  const tried = sent ? triesText(sent, machine.now) : 'in vain';
  const text = `message 1 of Quick Mode got no answer from ${peerText(slot.peers)}, tried ${tried}: the peer is no longer reached, or has no policy for these identities or no proposal that fits and says nothing`;
  return quickFailure(goal, 'timeout', text, { foundBy: 'nobody' });
}

/** Nothing has come back for long: this ISAKMP SA is not used any more. */
function doubt(machine: Machine, slot: Slot): void {
  slot.closing = true;
  machine.timers.set(timerKey('close', slot.name.serial), machine.now);
}

/** Tells the peer that pairs are gone; one message for each protocol. */
export function sayDeleted(machine: Machine, slot: Slot, children: readonly Child[]): void {
  const { sa } = slot;
  if (!sa || children.length === 0) return;
  const payloads = (['ESP', 'AH'] as const).flatMap((protocol) => {
    const spis = children.filter(({ inbound }) => inbound.protocol === protocol).map(({ inbound }) => inbound.spi);
    return spis.length > 0 ? [deleteChildren(protocol, spis)] : [];
  });
  const outgoing = protectedInformational(sa, freshMessageId(machine, slot), payloads, 'delete');
  transmit(machine, slot, slot.peers, outgoing, 0);
}
