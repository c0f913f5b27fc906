/** When a successor is sought — RFC 7296 §2.8: before the lifetime ends, and not at the same moment on both sides. */
import type { PeerProfile } from '../../model/peer-profile/peer-profile.js';
import type { SecureRandom } from '../crypto/random.js';

/** A number from 0 up to, but not including, 1. */
export function randomFraction(random: SecureRandom): number {
  const [a, b, c] = random(3);
  return ((a! << 16) | (b! << 8) | c!) / 0x100_0000;
}

/**
 * Seconds after which a successor is sought. `lifetimeSeconds` 0 is without end; `rekeySeconds` is what is written down, and
 * otherwise the profile's margin is kept. Undefined: never.
 */
export function rekeyAfterSeconds(
  lifetimeSeconds: number,
  rekeySeconds: number | undefined,
  { rekeyMarginPercent, rekeyFuzzPercent }: PeerProfile,
  random: SecureRandom,
): number | undefined {
  if (rekeySeconds === 0) return undefined;
  const margin =
    rekeySeconds === undefined
      ? (lifetimeSeconds * rekeyMarginPercent.value) / 100
      : Math.max(0, lifetimeSeconds - rekeySeconds);
  const latest = rekeySeconds ?? lifetimeSeconds - margin;
  if (latest <= 0) return undefined;
  const jitter = (margin * rekeyFuzzPercent.value * randomFraction(random)) / 100;
  return Math.max(1, latest - jitter);
}
