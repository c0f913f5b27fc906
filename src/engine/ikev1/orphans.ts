/**
 * Pairs of SAs that have lost the last ISAKMP SA with their peer: they go on by themselves until their own end, or end with it, as the
 * product has it. A NAT before this system is kept open for them as long as they are there.
 */
import {
  type ChildSlot,
  childrenBetween,
  endsOf,
  type Machine,
  openTimerKey,
  removeChild,
  type Slot,
  slotsBetween,
} from './machine.js';
import { keepaliveMillis, sameIdentity } from './phase1-end.js';

/** The pairs that would be without an ISAKMP SA if this one were not there. One that is being made to replace it counts. */
export function orphansOf(machine: Machine, slot: Slot): ChildSlot[] {
  const ends = endsOf(slot);
  const identity = slot.sa?.peerId.identity;
  const isOther = (other: Slot): boolean =>
    other !== slot &&
    other.pad === slot.pad &&
    (other.sa ? !identity || sameIdentity(other.sa.peerId.identity, identity) : other.replaces !== undefined);
  if (slotsBetween(machine, ends).some(isOther)) return [];
  return childrenBetween(machine, ends).filter(
    ({ pad, peer }) => pad === slot.pad && (!identity || sameIdentity(peer, identity)),
  );
}

/** An ISAKMP SA has ended, or did not come about. */
export function leaveOrphans(machine: Machine, slot: Slot, why: string): void {
  if (!slot.sa && slot.replaces === undefined) return;
  const orphans = orphansOf(machine, slot);
  if (machine.env.profile.pairsWithoutIsakmpSa.value === 'end') {
    for (const orphan of orphans) removeChild(machine, orphan, `its ISAKMP SA has ended: ${why}`);
    return;
  }
  const newest = orphans.findLast(({ child }) => child.nat?.keepsOpen);
  if (newest) machine.timers.set(openTimerKey(newest.child.name.serial), machine.now + keepaliveMillis);
}

/** The time for a keepalive has come, unless an ISAKMP SA sees to it again. */
export function keepOpenForOrphans(machine: Machine, { child, peer }: ChildSlot): void {
  const udp = child.outbound.udpEncapsulation;
  const has = slotsBetween(machine, child.ends).some(({ sa }) => sa && sameIdentity(sa.peerId.identity, peer));
  if (!udp || has) return;
  const { local, remote } = child.ends;
  machine.out.push({
    kind: 'keepalive',
    local: { address: local, port: udp.localPort },
    remote: { address: remote, port: udp.remotePort },
  });
  machine.timers.set(openTimerKey(child.name.serial), machine.now + keepaliveMillis);
}
