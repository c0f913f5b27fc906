/** What follows when both sides are authenticated: timers, and what becomes of older IKE SAs with the same peer. */
import type { IkeSa } from './ike-sa.js';
import { rekeyAfterSeconds } from './lifetimes.js';
import { keepaliveSeconds } from './limits.js';
import { closeIkeSa, describeIkeSa, enterPeer, ikeSasAt, ikeSasOfPeer } from './table.js';
import { emit, setTimer, type Turn } from './turn.js';

/** Sets the timers of an IKE SA that is in use from now on; also of one that a rekeying made. */
export function startTimers(turn: Turn, sa: IkeSa): void {
  const { env, now } = turn;
  const { policy, pad } = sa;
  if (policy) {
    const lifetime = policy.lifetimeSeconds.value;
    const rekey = rekeyAfterSeconds(lifetime, policy.rekeySeconds?.value, env.profile, env.provider.random);
    if (rekey !== undefined) setTimer(turn, sa, 'rekey', now + Math.round(rekey * 1000));
    if (lifetime > 0) setTimer(turn, sa, 'expire', now + lifetime * 1000);
  }
  const liveness = livenessSeconds(turn, sa);
  if (liveness > 0) setTimer(turn, sa, 'liveness', sa.heardAt + liveness * 1000);
  if (sa.nat?.localBehindNat) setTimer(turn, sa, 'keepalive', sa.sentAt + keepaliveSeconds * 1000);
  if (pad) turn.touched.add(sa);
}

/** Who began asks for it; it goes on counting when the IKE SA is rekeyed (RFC 7296 §2.8.3). */
export function startReauthentication(turn: Turn, sa: IkeSa): void {
  const seconds = sa.policy?.reauthenticationSeconds?.value ?? 0;
  if (seconds === 0 || sa.role !== 'initiator') return;
  sa.reauthenticateAt = turn.now + seconds * 1000;
  setTimer(turn, sa, 'reauthenticate', sa.reauthenticateAt);
}

/** Seconds without a word of the peer after which it is asked; 0 is never. */
export function livenessSeconds({ env }: Turn, { pad }: IkeSa): number {
  return pad?.dpdSeconds?.value ?? env.profile.livenessSeconds.value;
}

/** An IKE SA is authenticated on both sides, as far as this one can know. */
export function announceIkeSa(turn: Turn, sa: IkeSa): void {
  enterPeer(turn, sa);
  const description = describeIkeSa(sa);
  if (description) emit(turn, { kind: 'ike-sa', change: 'established', sa: description });
}

/** Other established IKE SAs between the same two identities. */
function siblings({ host }: Turn, sa: IkeSa): readonly IkeSa[] {
  return [...ikeSasOfPeer(host, sa)].filter((other) => other !== sa && other.state.state === 'Established');
}

/** Is there another IKE SA with the peer of the same record already? Then this one is not the initial contact. */
export function hasOther({ host }: Turn, sa: IkeSa): boolean {
  for (const other of ikeSasAt(host, sa.remote.address)) {
    if (other !== sa && other.pad === sa.pad && other.state.state === 'Established') return true;
  }
  return false;
}

/**
 * The peer has authenticated anew. INITIAL_CONTACT says that it has no other IKE SA with us (RFC 7296 §2.4): those that were
 * there before it began are forgotten. Without it a product may still want one IKE SA for each peer, and deletes the others.
 */
export function onNewContact(turn: Turn, sa: IkeSa, initialContact: boolean): void {
  for (const other of siblings(turn, sa)) {
    const since = other.state.state === 'Established' ? other.state.since : turn.now;
    // One that came up while this one was under way is not what the peer means.
    if (initialContact && since < sa.startedAt) {
      closeIkeSa(turn, other, 'forgotten', 'the peer has no other IKE SA any more (INITIAL_CONTACT)');
    } else if (turn.env.profile.uniqueness.value === 'replace' && since < sa.startedAt) {
      other.queue.unshift({ kind: 'delete-ike', why: 'the peer has authenticated anew' });
      turn.touched.add(other);
    }
  }
}
