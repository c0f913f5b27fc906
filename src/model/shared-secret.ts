/** Secrets that are found by the identities of both ends. */
import { identityQuality, qualityOf } from './peer/identity-quality.js';
import type { Identity, SharedSecret } from './system-config.js';

/**
 * The secret of two ends: that whose owners fit the remote identity best, then the local one; of equals the one that was
 * written last (strongSwan's credential_manager.c and mem_cred.c). An identity that is not known yet fits only secrets that
 * belong to everybody.
 */
export function findSharedSecret(
  secrets: readonly SharedSecret[],
  use: SharedSecret['use'],
  local: Identity | undefined,
  remote: Identity | undefined,
): SharedSecret | undefined {
  let best: { readonly secret: SharedSecret; readonly local: number; readonly remote: number } | undefined;
  for (let at = secrets.length - 1; at >= 0; at -= 1) {
    const secret = secrets[at]!;
    if (secret.use !== use) continue;
    const quality = { local: ownerQuality(secret, local), remote: ownerQuality(secret, remote) };
    if (quality.local === 0 && quality.remote === 0) continue;
    if (!best || quality.remote > best.remote || (quality.remote === best.remote && quality.local > best.local))
      best = { secret, ...quality };
  }
  return best?.secret;
}

/** Every secret that fits either end; an identity that is not known yet as in `findSharedSecret`. */
export function fittingSharedSecrets(
  secrets: readonly SharedSecret[],
  use: SharedSecret['use'],
  local: Identity | undefined,
  remote: Identity | undefined,
): readonly SharedSecret[] {
  return secrets.filter(
    (secret) => secret.use === use && (ownerQuality(secret, local) > 0 || ownerQuality(secret, remote) > 0),
  );
}

function ownerQuality({ owners }: SharedSecret, identity: Identity | undefined): number {
  if (owners.length === 0) return identityQuality.any;
  const qualities = owners.map(({ value }) =>
    identity ? qualityOf(identity, value) : value.kind === 'anything' ? identityQuality.any : identityQuality.none,
  );
  return Math.max(...qualities);
}
