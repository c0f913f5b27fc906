/** How a phase 1 ends: with an ISAKMP SA, or with a failure that says why. */
import { canonicalValue, formatIdentity } from '../../model/peer/identity.js';
import { nameRecord } from '../../model/peer/steps.js';
import type { Identity } from '../../model/system-config.js';
import type { IkeSaDescription } from '../event.js';
import type { Failure } from '../failure.js';
import type { IkeSaName } from '../input.js';
import { sameAddress } from '../ipsec/bundle.js';
import type { Millis } from '../ipsec/sa.js';
import { softLimit } from '../lifetimes.js';
import { replacedIkeMillis, uniquenessOf } from '../uniqueness.js';
import { encode } from '../wire/codec.js';
import { natTraversalPort } from '../wire/framing.js';
import { lifetimeAttributes as lifetimeList } from '../wire/isakmp/notify.js';
import { isakmpNotifyTypes, isakmpProtocolIds } from '../wire/registry/isakmp.js';
import { oakleyAttributes } from '../wire/registry/isakmp-attributes.js';
import { lifetimeAttributes } from './attributes.js';
import { keepsOpen } from './child.js';
import { phase1Failure } from './failures.js';
import { follow } from './follow.js';
import { aboutIsakmp, deleteIsakmp, notification, protectedInformational } from './informational.js';
import {
  childrenBetween,
  dropSlot,
  emit,
  endsOf,
  type Machine,
  removeChild,
  renewTimerKey,
  type Slot,
  setPeers,
  slotsBetween,
  timerKey,
} from './machine.js';
import { freshMessageId } from './message-ids.js';
import type { Outgoing } from './messages.js';
import { leaveOrphans } from './orphans.js';
import { peerText } from './phase1-common.js';
import type { IsakmpSa } from './phase1-state.js';
import type { QuickGoal } from './quick-mode.js';
import { exchangeName } from './records.js';
import { sendLast, transmit, triesText } from './transmission.js';

/** How soon a request that failed may come again. */
export const retryMillis: Millis = 30_000;
/** Between NAT keepalives (RFC 3948 §4). */
export const keepaliveMillis: Millis = 20_000;

/** Tells those who wait that nothing came of it. A pair that was to be replaced goes on, and its successor is sought again. */
export function failGoals(machine: Machine, goals: readonly QuickGoal[]): void {
  for (const { request, replaces } of goals) {
    if (replaces.length === 0)
      machine.out.push({ kind: 'request-failed', request, retryAt: machine.now + retryMillis });
    for (const { serial } of replaces) {
      const child = machine.children.get(serial);
      if (!child) continue;
      child.replacing = false;
      machine.timers.set(renewTimerKey(serial), machine.now + retryMillis);
    }
  }
}

/** Ends a phase 1 that came to nothing. */
export function failPhase1(machine: Machine, slot: Slot, failure: Failure): void {
  const goals = slot.queue.splice(0);
  dropSlot(machine, slot);
  renewAgain(machine, slot.replaces);
  leaveOrphans(machine, slot, 'the ISAKMP SA for it did not come about');
  emit(machine, {
    kind: 'failed',
    ikeSa: slot.name,
    failure: slot.replaces ? { ...failure, attempt: 'rekeying of the IKE SA' } : failure,
  });
  failGoals(machine, goals);
}

/** A successor of an ISAKMP SA did not come about: it is sought again, as long as the old one lives. */
export function renewAgain(machine: Machine, replaced: IkeSaName | undefined): void {
  const old = replaced && machine.slots.get(replaced.serial);
  if (old?.sa && !old.closing) machine.timers.set(timerKey('soft', old.name.serial), machine.now + retryMillis);
}

/** Why a phase 1 is given up that got no answer, or none that could be believed. */
export function silence(machine: Machine, slot: Slot): Failure {
  if (slot.suspicion) return slot.suspicion;
  const { view } = machine.env;
  const tried = slot.sent ? triesText(slot.sent, machine.now) : 'in vain';
  const from = peerText(slot.peers);
  const basis = { role: slot.role, pad: slot.pad, policy: slot.policy };
  const fail = (what: string, hint: string) =>
    phase1Failure(basis, 'timeout', `${what} ${from}, tried ${tried}: ${hint}`, { foundBy: 'nobody' });
  const mode = exchangeName(slot.exchange);
  switch (slot.state?.state) {
    case 'AwaitSaReply':
      return fail(
        `message 1 of ${mode} got no answer from`,
        'the peer is not reached, or has no record and no proposal that fits and says nothing',
      );
    case 'AwaitAggressiveReply':
      return fail(
        `message 1 of ${mode} got no answer from`,
        'the peer is not reached, or has no record for our identity and no proposal that fits and says nothing',
      );
    case 'AwaitKeyReply':
      return fail(`message 3 of ${mode} got no answer from`, 'the peer is no longer reached, or has no key for us');
    case 'AwaitAuth':
      if (slot.role === 'responder') return fail('no message 5 of Main Mode came from', 'the peer gave up');
      return fail(
        `message 5 of ${mode} got no answer from`,
        slot.pad.localMethod.value === 'PSK'
          ? `most likely its preshared key is not that of ${nameRecord(view, slot.pad.source)}, or it refuses our identity`
          : 'most likely it refuses our identity or our proof of it',
      );
    default:
      return fail('no message 3 of Aggressive Mode came from', 'the peer gave up, or refuses us');
  }
}

/** An ISAKMP SA as events and answers describe it. */
export function describe(sa: IsakmpSa): IkeSaDescription {
  const spi = (octets: Uint8Array) => new DataView(octets.slice().buffer).getBigUint64(0);
  return {
    name: sa.name,
    role: sa.role,
    initiatorSpi: spi(sa.cookies.initiator),
    responderSpi: spi(sa.cookies.responder),
    local: sa.peers.local,
    remote: sa.peers.remote,
    transforms: sa.suite.transforms,
    localId: sa.localId,
    peerId: sa.peerId.identity,
    pad: sa.pad.source,
    policy: sa.policy.source,
    exchange: sa.exchange,
  };
}

/** The ISAKMP SA is there. */
export function establish(machine: Machine, slot: Slot, sa: IsakmpSa, send: Outgoing | undefined): void {
  const { serial } = slot.name;
  delete slot.state;
  delete slot.suspicion;
  machine.unfinished.delete(slot);
  slot.sa = sa;
  slot.pad = sa.pad;
  slot.policy = sa.policy;
  slot.heardAt = machine.now;
  slot.repeated = 0;
  setPeers(machine, slot, sa.peers);
  machine.timers.cancel(timerKey('repeat', serial));
  if (send) slot.sent = sendLast(machine, slot, send, timerKey('repeat', serial));
  else delete slot.sent;
  const description = describe(sa);
  emit(
    machine,
    slot.replaces
      ? { kind: 'ike-sa', change: 'rekeyed', sa: description, replaces: slot.replaces }
      : { kind: 'ike-sa', change: 'established', sa: description },
  );
  // Older ones with the same peer learn where it is now.
  for (const other of slotsBetween(machine, endsOf(slot))) {
    if (other !== slot && other.sa && sameIdentity(other.sa.peerId.identity, sa.peerId.identity))
      follow(machine, other, sa.peers.remote);
  }
  const uniqueness = uniquenessOf(sa.pad, machine.env.profile);
  if (sa.peerStartsAnew && uniqueness !== 'never') forgetOthers(machine, slot, sa);
  if (uniqueness === 'replace') replaceOthers(machine, slot, sa);
  setLifeTimers(machine, slot, sa);
  if (sa.announcesLifetime) announceLifetime(machine, slot, sa);
  for (const goal of slot.queue.splice(0)) machine.work.push({ kind: 'quick', slot, goal });
}

/**
 * INITIAL-CONTACT: the peer has nothing of what we had with it before (RFC 2407 §4.6.3.3). It decided to say so when this
 * exchange began, so that what was made since then, as under another ISAKMP SA that crossed this one, it knows of.
 */
export function forgetOthers(machine: Machine, slot: Slot, sa: IsakmpSa): void {
  const why = 'the peer has started anew and knows nothing of it (INITIAL-CONTACT)';
  const ends = endsOf(slot);
  const isPeer = (identity: Identity | undefined) =>
    identity !== undefined && sameIdentity(identity, sa.peerId.identity);
  for (const child of childrenBetween(machine, ends)) {
    if (child.madeAt < slot.startedAt && isPeer(child.peer)) removeChild(machine, child, why);
  }
  for (const other of slotsBetween(machine, ends)) {
    const isOlder = other.sa !== undefined && other.sa.establishedAt < slot.startedAt;
    if (other !== slot && isOlder && isPeer(other.sa?.peerId.identity)) closeSlot(machine, other, why);
  }
}

/** ISAKMP SAs of the same record with the same peer, wherever it is, that were there before this one began. */
function olderWithPeer(machine: Machine, slot: Slot, { pad, peerId }: IsakmpSa): Slot[] {
  return [...machine.slots.values()].filter(
    (other) =>
      other !== slot &&
      other.sa !== undefined &&
      other.pad === pad &&
      other.sa.establishedAt < slot.startedAt &&
      sameIdentity(other.sa.peerId.identity, peerId.identity),
  );
}

/**
 * The record wants one ISAKMP SA for each peer. Of the same host the older one serves for a while yet, and its pairs go on; those
 * with another host go with it.
 */
function replaceOthers(machine: Machine, slot: Slot, sa: IsakmpSa): void {
  const why = 'its peer has a newer one';
  for (const other of olderWithPeer(machine, slot, sa)) {
    if (sameAddress(other.peers.remote.address, slot.peers.remote.address)) {
      other.closing = true;
      other.closingWhy = why;
      machine.timers.set(timerKey('close', other.name.serial), machine.now + replacedIkeMillis);
      continue;
    }
    for (const child of childrenBetween(machine, endsOf(other))) {
      if (sameIdentity(child.peer, sa.peerId.identity)) removeChild(machine, child, why);
    }
    sayIsakmpDeleted(machine, other);
    closeSlot(machine, other, why);
  }
}

/** Why a peer is refused that has proved itself: its record keeps the ISAKMP SA that is there with another host. */
export function keptInstead(machine: Machine, slot: Slot, sa: IsakmpSa): Failure | undefined {
  if (uniquenessOf(sa.pad, machine.env.profile) !== 'keep' || sa.role === 'initiator' || sa.peerStartsAnew)
    return undefined;
  const other = olderWithPeer(machine, slot, sa).find(
    ({ peers }) => !sameAddress(peers.remote.address, slot.peers.remote.address),
  );
  if (!other) return undefined;
  const text = `${formatIdentity(sa.peerId.identity)} is there already from ${peerText(other.peers)}, and ${nameRecord(machine.env.view, sa.pad.source)} keeps the first`;
  return phase1Failure(sa, 'identity-refused', text, { notify: 'AUTHENTICATION-FAILED' });
}

/** Do two identities name the same peer? */
export function sameIdentity(a: Identity, b: Identity): boolean {
  const key = ({ type, value }: Identity) => `${type} ${value === undefined ? '' : canonicalValue(type, value)}`;
  return key(a) === key(b);
}

/** Forgets an ISAKMP SA; what waits for it fails. What becomes of its pairs of SAs says `leaveOrphans`. */
export function closeSlot(machine: Machine, slot: Slot, why: string): void {
  const goals = [
    ...slot.queue.splice(0),
    ...[...slot.quick.values()].flatMap(({ state }) => ('goal' in state ? [state.goal] : [])),
  ];
  for (const { state } of slot.quick.values()) {
    if (!('children' in state)) continue;
    for (const { name } of state.children) {
      const child = machine.children.get(name.serial);
      if (child && !child.complete) removeChild(machine, child, why);
    }
  }
  dropSlot(machine, slot);
  if (slot.sa) emit(machine, { kind: 'ike-sa', change: 'closed', name: slot.name, why });
  leaveOrphans(machine, slot, why);
  failGoals(machine, goals);
}

/** Tells the peer that an ISAKMP SA is gone. */
export function sayIsakmpDeleted(machine: Machine, slot: Slot): void {
  const { sa } = slot;
  if (!sa) return;
  const outgoing = protectedInformational(sa, freshMessageId(machine, slot), [deleteIsakmp(sa.cookies)], 'delete');
  transmit(machine, slot, slot.peers, outgoing, 0);
}

/** Sets the times at which an ISAKMP SA is replaced, ends, is asked whether its peer is there. */
export function setLifeTimers(machine: Machine, slot: Slot, sa: IsakmpSa): void {
  const { timers, env } = machine;
  const { serial } = slot.name;
  const { lifetimeSeconds, role, policy, establishedAt: now } = sa;
  // IKEv1 renews ISAKMP SAs by authenticating anew only: rekeying and reauthentication come to the same.
  const { rekeySeconds, reauthenticationSeconds, rekeyRandomSeconds } = policy;
  const written = [rekeySeconds?.value, reauthenticationSeconds?.value || undefined].filter((at) => at !== undefined);
  const soft = (written.length > 0 ? written : [undefined])
    .flatMap((at) => {
      const time = { at, random: rekeyRandomSeconds?.value };
      return softLimit(lifetimeSeconds, time, role, env.profile, env.provider.random) ?? [];
    })
    .sort((a, b) => a - b)[0];
  if (soft) timers.set(timerKey('soft', serial), now + soft * 1000);
  if (lifetimeSeconds) timers.set(timerKey('hard', serial), now + lifetimeSeconds * 1000);
  const idle = idleMillis(machine, slot);
  if (idle) timers.set(timerKey('peer', serial), now + idle);
  if (keepsOpen(sa) && sa.peers.local.port === natTraversalPort) {
    timers.set(timerKey('keepalive', serial), now + keepaliveMillis);
  }
}

/** After how long a silence the peer is asked whether it is there; 0 is never. */
export function idleMillis({ env }: Machine, { pad, sa }: Pick<Slot, 'pad' | 'sa'>): Millis {
  if (!sa?.abilities.deadPeerDetection) return 0;
  return (pad.dpdSeconds?.value ?? env.profile.livenessSeconds.value) * 1000;
}

const lifeTypes = {
  life: oakleyAttributes.number['Life Type'],
  duration: oakleyAttributes.number['Life Duration'],
} as const;

/** RESPONDER-LIFETIME about the ISAKMP SA itself. */
function announceLifetime(machine: Machine, slot: Slot, sa: IsakmpSa): void {
  const protocolId = isakmpProtocolIds.number.PROTO_ISAKMP;
  const data = encode(lifetimeList(protocolId), lifetimeAttributes({ seconds: sa.lifetimeSeconds }, lifeTypes));
  const payload = notification(isakmpNotifyTypes.number['RESPONDER-LIFETIME'], aboutIsakmp(sa.cookies), data);
  const outgoing = protectedInformational(sa, freshMessageId(machine, slot), [payload], 'lifetime of the ISAKMP SA');
  transmit(machine, slot, slot.peers, outgoing, 0);
}
