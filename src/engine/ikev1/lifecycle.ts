/** What time and operators do to SAs: replacing and ending them, asking whether a peer is there, keeping a NAT open. */
import type { Address } from '../../model/address.js';
import type { SaInput } from '../ike-version.js';
import type { IkeSaName } from '../input.js';
import type { Ends } from '../ipsec/bundle.js';
import type { Millis, SaId } from '../ipsec/sa.js';
import { isakmpNotifyTypes } from '../wire/registry/isakmp.js';
import { phase1Failure } from './failures.js';
import { follow, movePairs, pairsAt } from './follow.js';
import { aboutChild, deadPeerPayload, notification, protectedInformational } from './informational.js';
import {
  addressText,
  type ChildSlot,
  childOf,
  childrenBetween,
  emit,
  endsOf,
  type Machine,
  type QuickSlot,
  removeChild,
  type Slot,
  type SlotTimer,
  slotsBetween,
  slotTimers,
  timerKey,
} from './machine.js';
import { freshMessageId, messageIdsMax } from './message-ids.js';
import type { Outgoing } from './messages.js';
import { keepOpenForOrphans, orphansOf } from './orphans.js';
import { peerText } from './phase1-common.js';
import { closeSlot, idleMillis, keepaliveMillis, renewAgain, sameIdentity, sayIsakmpDeleted } from './phase1-end.js';
import { repeatPhase1, startPhase1 } from './phase1-flow.js';
import type { IsakmpSa } from './phase1-state.js';
import { quickTimeout, sayDeleted } from './quick-flow.js';
import type { QuickGoal } from './quick-mode.js';
import { startAgain, wantedAgain } from './restart.js';
import { repeat, transmit, triesText } from './transmission.js';

/** How soon after one packet with an unknown SPI the next one may lead to something. */
export const unknownSpiMillis: Millis = 60_000;
/** Peers with unknown SPIs that are remembered. */
const unknownSpiPeersMax = 1_024;
/** Steps that follow from one input: a bound for mistakes, not for anything that should happen. */
export const workMax = 100_000;

/** Carries out what is due. */
export function timeout(machine: Machine): void {
  for (const key of machine.timers.due(machine.now)) {
    const [kind, serialText, idText] = key.split(' ');
    const serial = Number(serialText);
    if (kind === 'child' || kind === 'renew' || kind === 'open') {
      const child = machine.children.get(serial);
      if (child && kind === 'child') endReplaced(machine, child);
      else if (child && kind === 'open') keepOpenForOrphans(machine, child);
      else if (child) renewChild(machine, child);
      continue;
    }
    const slot = machine.slots.get(serial);
    if (!slot) continue;
    if (kind === 'quick') {
      const quick = slot.quick.get(Number(idText));
      if (quick) quickTimeout(machine, slot, quick);
    } else if (isSlotTimer(kind)) slotTimeout(machine, slot, kind);
  }
}

function isSlotTimer(kind: string | undefined): kind is SlotTimer {
  return slotTimers.some((known) => known === kind);
}

function slotTimeout(machine: Machine, slot: Slot, kind: SlotTimer): void {
  switch (kind) {
    case 'repeat':
      repeatPhase1(machine, slot);
      break;
    case 'soft':
      renewIke(machine, slot);
      break;
    case 'hard':
      deleteIke(machine, slot, 'its lifetime is over');
      break;
    case 'close':
      closeWhenQuiet(machine, slot);
      break;
    case 'peer':
      checkPeer(machine, slot);
      break;
    case 'keepalive':
      machine.out.push({ kind: 'keepalive', ...slot.peers });
      machine.timers.set(timerKey('keepalive', slot.name.serial), machine.now + keepaliveMillis);
  }
}

/** An ISAKMP SA that is not to be used any more goes when no Quick Mode is under way. */
function closeWhenQuiet(machine: Machine, slot: Slot): void {
  const isBusy = ({ state }: QuickSlot) => state.state !== 'QuickOver';
  if ([...slot.quick.values()].some(isBusy)) {
    machine.timers.set(timerKey('close', slot.name.serial), machine.now + 1_000);
    return;
  }
  const why = slot.closingWhy
    ? slot.closingWhy
    : slot.silentQuickModes > 0
      ? `nothing has come back to ${slot.silentQuickModes} Quick Modes`
      : 'it has had all the Quick Modes that its policy allows';
  deleteIke(machine, slot, why);
}

/** Ends an ISAKMP SA, and tells the peer; of its pairs as well, where they end with it. */
export function deleteIke(machine: Machine, slot: Slot, why: string): void {
  const pairs = orphansOf(machine, slot);
  if (machine.env.profile.pairsWithoutIsakmpSa.value === 'end')
    sayDeleted(
      machine,
      slot,
      pairs.map(({ child }) => child),
    );
  sayIsakmpDeleted(machine, slot);
  closeSlot(machine, slot, why);
}

/** A new ISAKMP SA before the old one ends, where there is still something that needs it. */
function renewIke(machine: Machine, slot: Slot): void {
  const ends = endsOf(slot);
  const newer = slotsBetween(machine, ends).filter(
    (other) => other.pad === slot.pad && other.startedAt > slot.startedAt && !other.closing,
  );
  // One that is being made, by the peer perhaps, may come to nothing.
  if (newer.length > 0 && newer.every(({ sa }) => !sa)) renewAgain(machine, slot.name);
  if (newer.length > 0 || slot.closing || slot.pad.respondOnly || childrenBetween(machine, ends).length === 0) return;
  const { pad, policy } = slot;
  startPhase1(machine, { pad, policy, ends, peers: slot.peers, goals: [], replaces: slot.name });
}

// Pairs of SAs

/** Seeks a successor for all pairs of one Quick Mode. */
export function renewChild(machine: Machine, slot: ChildSlot): void {
  if (slot.replacing || slot.superseded || !slot.complete) return;
  const { child, pad, policy } = slot;
  const group = childrenBetween(machine, child.ends).filter((other) => other.child.group === child.group);
  for (const member of group) member.replacing = true;
  const goal: QuickGoal = {
    request: {
      entry: child.entry,
      template: child.template,
      ends: child.ends,
      populateFromPacket: child.packet !== undefined,
      ...(child.packet ? { packet: child.packet } : {}),
    },
    pad,
    policy,
    replaces: group.map((member) => member.child.name),
    ids: child.ids,
  };
  machine.work.push({ kind: 'request', goal });
}

/** A pair that was replaced takes no more late packets. */
function endReplaced(machine: Machine, slot: ChildSlot): void {
  deleteChild(machine, slot, 'a newer SA has taken its place');
}

/** Ends a pair, and tells the peer where there is an ISAKMP SA to do it with. */
export function deleteChild(machine: Machine, slot: ChildSlot, why: string): void {
  removeChild(machine, slot, why);
  const ike = usableSlots(machine, slot).at(-1);
  if (ike) sayDeleted(machine, ike, [slot.child]);
}

/** ISAKMP SAs with the peer of a pair. Behind one NAT there may be others at the same address. */
function usableSlots(machine: Machine, { child, pad, peer }: ChildSlot): Slot[] {
  return slotsBetween(machine, child.ends).filter(
    (slot) => slot.sa !== undefined && slot.pad === pad && sameIdentity(slot.sa.peerId.identity, peer),
  );
}

// Is the peer there?

/** Asks a peer that has been silent; one that does not answer is taken to be gone (RFC 3706 §5.4). */
export function checkPeer(machine: Machine, slot: Slot): void {
  const { sa, deadPeer } = slot;
  const key = timerKey('peer', slot.name.serial);
  const idle = idleMillis(machine, slot);
  if (!sa) return;
  if (deadPeer.probe) {
    const limit = (slot.pad.dpdTimeoutSeconds?.value ?? 0) * 1000;
    const isOver = limit > 0 && machine.now - deadPeer.probe.since >= limit;
    // A new message with a number of its own: the same again is old to a peer that has seen it, and is not answered (RFC 3706 §6.2).
    deadPeer.probe.outgoing = question(machine, slot, sa);
    if (!isOver && repeat(machine, slot, deadPeer.probe, key) === 'sent') return;
    const tried = triesText(deadPeer.probe, machine.now);
    const other = slotsBetween(machine, endsOf(slot)).findLast(
      (one) => one !== slot && one.sa && !one.closing && sameIdentity(one.sa.peerId.identity, sa.peerId.identity),
    );
    if (other) {
      // It may only be this ISAKMP SA that the peer has no longer: another one can tell.
      closeSlot(machine, slot, `the peer did not answer R-U-THERE in it, tried ${tried}`);
      if (other.sa?.abilities.deadPeerDetection) probe(machine, other);
      return;
    }
    peerIsDead(machine, slot, `${peerText(slot.peers)} did not answer R-U-THERE, tried ${tried}`);
    return;
  }
  if (idle === 0) return;
  const due = slot.heardAt + idle;
  if (machine.now < due) {
    machine.timers.set(key, due);
    return;
  }
  probe(machine, slot);
}

/** Sends R-U-THERE, whose answer is waited for. */
export function probe(machine: Machine, slot: Slot): void {
  const { sa, deadPeer } = slot;
  if (!sa || deadPeer.probe) return;
  const outgoing = question(machine, slot, sa);
  transmit(machine, slot, slot.peers, outgoing, 0);
  deadPeer.probe = { outgoing, repetition: 0, since: machine.now };
  const { firstMillis } = machine.env.profile.retransmission.value;
  machine.timers.set(timerKey('peer', slot.name.serial), machine.now + firstMillis);
}

/** The next R-U-THERE. */
function question(machine: Machine, slot: Slot, sa: IsakmpSa): Outgoing {
  const { deadPeer } = slot;
  deadPeer.sequence = deadPeer.sequence === 0 ? firstSequence(machine) : (deadPeer.sequence + 1) >>> 0;
  const payload = deadPeerPayload('R-U-THERE', deadPeer.sequence, sa.cookies);
  return protectedInformational(sa, freshMessageId(machine, slot), [payload], 'liveness');
}

/** Not near the end, where the number would come round (RFC 3706 §6.2). */
function firstSequence({ env }: Machine): number {
  const octets = env.provider.random(4);
  return (new DataView(octets.buffer, octets.byteOffset, 4).getUint32(0) & 0x7fff_ffff) | 1;
}

function peerIsDead(machine: Machine, slot: Slot, text: string): void {
  const ends = endsOf(slot);
  const identity = slot.sa?.peerId.identity;
  const basis = { role: slot.role, pad: slot.pad, policy: slot.policy };
  emit(machine, {
    kind: 'failed',
    ikeSa: slot.name,
    failure: phase1Failure(basis, 'timeout', text, { foundBy: 'nobody', rfc: 'RFC 3706 §5.4' }),
  });
  const why = 'the peer is no longer there (RFC 3706)';
  const pairs = childrenBetween(machine, ends).filter(({ peer }) => identity && sameIdentity(peer, identity));
  const lost = wantedAgain(pairs, 'peer dead');
  for (const child of pairs) removeChild(machine, child, why);
  for (const other of slotsBetween(machine, ends)) {
    if (other.sa && identity && sameIdentity(other.sa.peerId.identity, identity)) closeSlot(machine, other, why);
  }
  startAgain(machine, lost, 'peer dead');
}

// Inputs about SAs

/** What the data path or an operator says about an SA of ours. */
export function saInput(machine: Machine, input: SaInput): void {
  switch (input.kind) {
    case 'sa-event':
      saEvent(machine, input.event);
      break;
    case 'rekey-child':
      withChild(machine, input.sa, (slot) => renewChild(machine, slot));
      break;
    case 'delete-child':
      withChild(machine, input.sa, (slot) => deleteChild(machine, slot, 'it was asked for'));
      break;
    case 'rekey-ike':
      withSlot(machine, input.ikeSa, (slot) => {
        const { pad, policy } = slot;
        startPhase1(machine, { pad, policy, ends: endsOf(slot), peers: slot.peers, goals: [], replaces: slot.name });
      });
      break;
    case 'delete-ike':
      withSlot(machine, input.ikeSa, (slot) => deleteIke(machine, slot, 'it was asked for'));
      break;
    case 'check-liveness':
      withSlot(machine, input.ikeSa, (slot) => {
        if (slot.sa?.abilities.deadPeerDetection) probe(machine, slot);
      });
  }
}

function withChild(machine: Machine, sa: SaId, act: (slot: ChildSlot) => void): void {
  const slot = childOf(machine, sa);
  if (slot) act(slot);
}

function withSlot(machine: Machine, { serial }: IkeSaName, act: (slot: Slot) => void): void {
  const slot = machine.slots.get(serial);
  if (slot?.sa) act(slot);
}

function saEvent(machine: Machine, event: Extract<SaInput, { kind: 'sa-event' }>['event']): void {
  if (event.kind === 'unknown-spi') return;
  const slot = childOf(machine, event.sa);
  if (!slot) return;
  switch (event.kind) {
    case 'soft-expire':
      renewChild(machine, slot);
      break;
    case 'hard-expire':
      deleteChild(machine, slot, `its lifetime is over (${event.limit})`);
      break;
    case 'mapping-changed':
      moved(machine, slot, event.remote, event.remotePort);
      break;
    case 'replay':
    case 'icv-failure':
      break; // the data path refuses the packet, and counts
  }
}

/** An authenticated packet came from elsewhere: a NAT has a new mapping. */
function moved(machine: Machine, child: ChildSlot, address: Address, port: number): void {
  const slots = usableSlots(machine, child);
  for (const slot of slots) follow(machine, slot, { address, port });
  if (slots.length === 0) movePairs(machine, pairsAt(machine, child), { address, port });
}

/** A packet with an SPI that nobody knows: what there is to say to its sender. */
export function unknownSpi(machine: Machine, event: Extract<SaInput, { kind: 'sa-event' }>['event']): void {
  if (event.kind !== 'unknown-spi') return;
  const { env, now, lastUnknownSpi } = machine;
  const ends = { local: event.destination, remote: event.source };
  // Of a pair that is staged, and installed when message 3 has come, it is known: the packet was quicker, or that message is lost.
  const { protocol, spi, destination } = event;
  const known = childOf(machine, { direction: 'inbound', protocol, spi, destination });
  if (known && !known.complete) return;
  const key = `${addressText(ends.remote)} ${addressText(ends.local)}`;
  const last = lastUnknownSpi.get(key);
  if (last !== undefined && now - last < unknownSpiMillis) return;
  const slot = slotsBetween(machine, ends).find(({ sa }) => sa);
  const starts = env.profile.unknownSpiStartsIke.value;
  if (!slot && !starts) return;
  lastUnknownSpi.delete(key);
  lastUnknownSpi.set(key, now);
  if (lastUnknownSpi.size > unknownSpiPeersMax) lastUnknownSpi.delete(lastUnknownSpi.keys().next().value!);
  if (starts) {
    startAnew(machine, ends);
    return;
  }
  if (!slot?.sa) return;
  const payload = notification(isakmpNotifyTypes.number['INVALID-SPI'], aboutChild(event.protocol, event.spi));
  const outgoing = protectedInformational(slot.sa, freshMessageId(machine, slot), [payload], 'INVALID-SPI');
  transmit(machine, slot, slot.peers, outgoing, 0);
}

/** The peer has SAs that we have not: a new ISAKMP SA tells it so (hpux-ipsec reference 8.2). */
function startAnew(machine: Machine, ends: Ends): void {
  const { view } = machine.env;
  const pad = view.padFor(ends);
  const policy = pad && view.ikePolicy(ends.remote, 1, pad.connection);
  if (!pad || !policy || pad.respondOnly || pad.ikeVersions.value[0] !== 1) return;
  const isUnderWay = slotsBetween(machine, ends).some(({ sa, role }) => !sa && role === 'initiator');
  if (!isUnderWay) startPhase1(machine, { pad, policy, ends, goals: [], anew: true });
}

/** An ISAKMP SA whose Message IDs are nearly used up is replaced. */
export function watchMessageIds(machine: Machine, slot: Slot): void {
  if (slot.seenIds.size > messageIdsMax * 0.9 && !slot.closing) {
    renewIke(machine, slot);
    slot.closing = true;
  }
}
