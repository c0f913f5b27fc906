/** What follows when both sides are authenticated: timers, and what becomes of older IKE SAs with the same peer. */
import { sameAddress } from '../ipsec/bundle.js';
import { randomFraction, rekeyAfterSeconds } from '../lifetimes.js';
import { replacedIkeMillis, uniquenessOf } from '../uniqueness.js';
import { follow } from './follow.js';
import type { IkeSa } from './ike-sa.js';
import { keepaliveSeconds } from './limits.js';
import { closeIkeSa, describeIkeSa, enterPeer, ikeSasAt, ikeSasOfPeer } from './table.js';
import { emit, setTimer, type Turn } from './turn.js';

/** Sets the timers of an IKE SA that is in use from now on; also of one that a rekeying made. */
export function startTimers(turn: Turn, sa: IkeSa): void {
  const { env, now } = turn;
  const { policy, pad } = sa;
  if (policy) {
    const lifetime = policy.lifetimeSeconds.value;
    const written = { at: policy.rekeySeconds?.value, random: policy.rekeyRandomSeconds?.value };
    const rekey = rekeyAfterSeconds(lifetime, written, env.profile, env.provider.random, sa.role);
    if (rekey !== undefined) setTimer(turn, sa, 'rekey', now + Math.round(rekey * 1000));
    if (lifetime > 0) setTimer(turn, sa, 'expire', now + lifetime * 1000);
  }
  const liveness = livenessSeconds(turn, sa);
  if (liveness > 0) setTimer(turn, sa, 'liveness', sa.heardAt + liveness * 1000);
  if (sa.nat?.localBehindNat && !sa.nat.forced) setTimer(turn, sa, 'keepalive', sa.sentAt + keepaliveSeconds * 1000);
  if (pad) turn.touched.add(sa);
}

/** Who began asks for it; it goes on counting when the IKE SA is rekeyed (RFC 7296 §2.8.3). */
export function startReauthentication(turn: Turn, sa: IkeSa): void {
  const seconds = sa.policy?.reauthenticationSeconds?.value ?? 0;
  if (seconds === 0 || sa.role !== 'initiator') return;
  const earlier = sa.policy?.rekeyRandomSeconds?.value ?? 0;
  const after = earlier > 0 ? Math.max(1, seconds - earlier * randomFraction(turn.env.provider.random)) : seconds;
  sa.reauthenticateAt = turn.now + Math.round(after * 1000);
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
  // Older ones with the same peer learn where it is now.
  for (const other of olderSiblings(turn, sa)) {
    if (sameAddress(other.remote.address, sa.remote.address)) follow(turn, other, sa);
  }
  const uniqueness = uniquenessOf(sa.pad, turn.env.profile);
  if (uniqueness === 'never') return;
  for (const other of olderSiblings(turn, sa)) {
    if (initialContact) {
      closeIkeSa(turn, other, 'forgotten', 'the peer has no other IKE SA any more (INITIAL_CONTACT)');
      continue;
    }
    if (uniqueness !== 'replace') continue;
    const why = 'the peer has authenticated anew';
    if (sameAddress(other.remote.address, sa.remote.address)) {
      // Make before break: the peer may be about to make its Child SAs anew.
      other.endsBecause = why;
      setTimer(turn, other, 'expire', turn.now + replacedIkeMillis);
    } else {
      other.queue.unshift({ kind: 'delete-ike', why });
      turn.touched.add(other);
    }
  }
}

/** Those that were there before this one began: one that came up meanwhile is not what the peer means. */
function olderSiblings(turn: Turn, sa: IkeSa): readonly IkeSa[] {
  return siblings(turn, sa).filter(({ state }) => state.state === 'Established' && state.since < sa.startedAt);
}

/** The IKE SA with another host that the record keeps instead of a new one with the same peer; see `Uniqueness`. */
export function keptInstead(turn: Turn, sa: IkeSa, initialContact: boolean): IkeSa | undefined {
  if (initialContact || uniquenessOf(sa.pad, turn.env.profile) !== 'keep') return undefined;
  return olderSiblings(turn, sa).find((other) => !sameAddress(other.remote.address, sa.remote.address));
}
