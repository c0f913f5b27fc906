/**
 * A peer behind a NAT that comes from elsewhere: what is authentic shows where it is now (RFC 3947 §5 and §6). IKE goes there, and
 * pairs of SAs in UDP go on there with their keys.
 */
import type { Endpoint } from '../input.js';
import { movedChild, saId } from './child.js';
import {
  childrenBetween,
  emit,
  endsOf,
  type Machine,
  replaceChild,
  type Slot,
  sameEndpoint,
  setPeers,
} from './machine.js';
import { describe, sameIdentity } from './phase1-end.js';

/** Something authentic has come from `remote`. Only who is not behind a NAT itself follows (RFC 3947 §5, RFC 7296 §2.23). */
export function follow(machine: Machine, slot: Slot, remote: Endpoint): void {
  const { sa } = slot;
  if (!sa?.nat?.peerBehindNat || (sa.nat.localBehindNat && !sa.nat.forced)) return;
  if (sameEndpoint(remote, slot.peers.remote) || remote.address.family !== slot.peers.remote.address.family) return;
  const before = slot.peers.remote;
  const pairs = childrenBetween(machine, endsOf(slot)).filter(
    ({ child, peer }) =>
      child.outbound.udpEncapsulation?.remotePort === before.port && sameIdentity(peer, sa.peerId.identity),
  );
  setPeers(machine, slot, { local: slot.peers.local, remote });
  slot.sa = { ...sa, peers: slot.peers };
  emit(machine, { kind: 'ike-sa', change: 'moved', sa: describe(slot.sa) });
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
