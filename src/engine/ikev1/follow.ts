/**
 * A peer behind a NAT that comes from elsewhere: what is authentic shows where it is now (RFC 3947 §5 and §6). IKE goes there, and
 * pairs of SAs in UDP go on there with their keys.
 */
import type { Endpoint } from '../input.js';
import { followsPeer, movedChild, saId } from './child.js';
import {
  type ChildSlot,
  childrenBetween,
  emit,
  endsOf,
  type Machine,
  replaceChild,
  type Slot,
  sameEndpoint,
  setPeers,
  slotsBetween,
} from './machine.js';
import { describe, sameIdentity } from './phase1-end.js';

/** Something authentic has come from `remote`. */
export function follow(machine: Machine, slot: Slot, remote: Endpoint): void {
  const { sa } = slot;
  if (!sa || !followsPeer(sa)) return;
  if (sameEndpoint(remote, slot.peers.remote) || remote.address.family !== slot.peers.remote.address.family) return;
  const before = slot.peers.remote;
  const pairs = childrenBetween(machine, endsOf(slot)).filter(
    ({ child, peer }) =>
      child.outbound.udpEncapsulation?.remotePort === before.port && sameIdentity(peer, sa.peerId.identity),
  );
  // Where one ISAKMP SA has its peer now, the others with the same peer have it too.
  for (const other of slotsBetween(machine, endsOf(slot))) {
    if (!other.sa || !sameEndpoint(other.peers.remote, before)) continue;
    if (!sameIdentity(other.sa.peerId.identity, sa.peerId.identity)) continue;
    setPeers(machine, other, { local: other.peers.local, remote });
    other.sa = { ...other.sa, peers: other.peers };
    emit(machine, { kind: 'ike-sa', change: 'moved', sa: describe(other.sa) });
  }
  movePairs(machine, pairs, remote);
}

/** The pairs that are with the same peer at the same place as one of them. */
export function pairsAt(machine: Machine, { child, peer }: ChildSlot): ChildSlot[] {
  const port = child.outbound.udpEncapsulation?.remotePort;
  return childrenBetween(machine, child.ends).filter(
    (other) => other.child.outbound.udpEncapsulation?.remotePort === port && sameIdentity(other.peer, peer),
  );
}

/** Lets pairs go on with their peer at another place. */
export function movePairs(machine: Machine, all: readonly ChildSlot[], remote: Endpoint): void {
  const pairs = all.filter(({ child }) => child.nat?.follows);
  const installed = pairs.flatMap(({ child, inboundInstalled, outboundInstalled }) => [
    ...(outboundInstalled ? [saId(child.outbound)] : []),
    ...(inboundInstalled ? [saId(child.inbound)] : []),
  ]);
  const move = { sas: installed, remote: remote.address, remotePort: remote.port };
  if (installed.length > 0) machine.out.push({ kind: 'move', move });
  for (const pair of pairs) {
    replaceChild(machine, pair, movedChild(pair.child, move));
    if (pair.complete) emit(machine, { kind: 'child-sa', change: 'moved', sa: pair.child.description });
  }
}
