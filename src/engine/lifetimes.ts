/** When a successor is sought — RFC 7296 §2.8: before the lifetime ends, and not at the same moment on both sides. */
import type { PeerProfile } from '../model/peer-profile/peer-profile.js';
import type { SecureRandom } from './crypto/random.js';

/** A number from 0 up to, but not including, 1. */
export function randomFraction(random: SecureRandom): number {
  const [a, b, c] = random(3);
  return ((a! << 16) | (b! << 8) | c!) / 0x100_0000;
}

/**
 * What a configuration says of the time, where it does not leave it to the product's margin. A time that comes when all is over, as
 * where the peer has shortened the lifetime, is left to the margin as well.
 */
export interface WrittenTime {
  /** 0 is never. */
  readonly at?: number | undefined;
  /** It is earlier by a random part of this. */
  readonly random?: number | undefined;
}

/**
 * IKEv2: seconds after which a successor is sought. `lifetimeSeconds` 0 is without end; where no time is written the profile's
 * margin is kept. Undefined: never.
 */
export function rekeyAfterSeconds(
  lifetimeSeconds: number,
  written: WrittenTime,
  profile: PeerProfile,
  random: SecureRandom,
  role: 'initiator' | 'responder' = 'initiator',
): number | undefined {
  if (written.at === 0) return undefined;
  const isWritten = written.at !== undefined && (lifetimeSeconds === 0 || written.at < lifetimeSeconds);
  const margin = isWritten ? Math.max(0, lifetimeSeconds - written.at!) : marginOf(lifetimeSeconds, profile);
  const share = profile.rekeyResponderPercent.value;
  if (role === 'responder' && share < 100 && lifetimeSeconds > 0) {
    const latest = lifetimeSeconds - (margin * share) / 100;
    return latest > 0 ? latest : undefined;
  }
  const latest = lifetimeSeconds === 0 && isWritten ? written.at! : lifetimeSeconds - margin;
  if (latest <= 0) return undefined;
  const spread = written.random ?? (margin * profile.rekeyFuzzPercent.value) / 100;
  return Math.max(1, latest - spread * randomFraction(random));
}

/**
 * IKEv1: the limit, in seconds or kilobytes, at which a successor is sought; undefined where none is. The responder of the
 * exchange that made the SA waits for the second half of the margin, so that it is the initiator that replaces it where it
 * still can. `limit` 0 is without end.
 */
export function softLimit(
  limit: number,
  written: WrittenTime,
  role: 'initiator' | 'responder',
  profile: PeerProfile,
  random: SecureRandom,
  unit: 'seconds' | 'kilobytes' = 'seconds',
): number | undefined {
  if (written.at === 0) return undefined;
  if (written.at !== undefined && (limit === 0 || written.at < limit)) {
    return written.random ? Math.max(1, Math.floor(written.at - written.random * randomFraction(random))) : written.at;
  }
  if (limit === 0) return undefined;
  const [octet = 0] = random(1);
  const margin = unit === 'seconds' ? marginOf(limit, profile) : (limit * profile.rekeyMarginPercent.value) / 100;
  const left = margin * (1 + ((profile.rekeyFuzzPercent.value / 100) * octet) / 255) * (role === 'initiator' ? 1 : 0.5);
  const soft = Math.floor(limit - left);
  return soft > 0 && soft < limit ? soft : undefined;
}

/** What is left of a lifetime when a successor is sought at the latest: a time, or a share where that would not fit. */
function marginOf(
  lifetimeSeconds: number,
  { rekeyMarginSeconds, rekeyMarginPercent, rekeyFuzzPercent }: PeerProfile,
): number {
  const seconds = rekeyMarginSeconds.value;
  // With what chance adds to it: a margin beyond the lifetime would have each successor replaced as soon as it is there.
  const most = seconds * (1 + rekeyFuzzPercent.value / 100);
  return seconds > 0 && most < lifetimeSeconds ? seconds : (lifetimeSeconds * rekeyMarginPercent.value) / 100;
}
