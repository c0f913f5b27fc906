/** Secrets that are found by the identities of both ends. */
import { matchesIdentity } from './peer/identity.js';
import { identityQuality, patternQuality, qualityOf } from './peer/identity-quality.js';
import type { Identity, IdentityPattern, PadEntry, SharedSecret } from './system-config.js';

/**
 * The secret of two ends: that whose owners fit the remote identity best, then the local one; of equals the one that was
 * written last (strongSwan's credential_manager.c and mem_cred.c). An identity that is not known yet fits only secrets that
 * belong to everybody, or to the very pattern that `pad`, the entry that asks, expects.
 */
export function findSharedSecret(
  secrets: readonly SharedSecret[],
  use: SharedSecret['use'],
  local: Identity | undefined,
  remote: Identity | undefined,
  pad?: PadEntry,
): SharedSecret | undefined {
  if (secrets.some(({ search }) => search === 'pluto'))
    return plutoSecret(secrets, use, local, remote, pad !== undefined && !pad.respondOnly);
  let best: { readonly secret: SharedSecret; readonly local: number; readonly remote: number } | undefined;
  for (let at = secrets.length - 1; at >= 0; at -= 1) {
    const secret = secrets[at]!;
    if (secret.use !== use) continue;
    const quality = { local: ownerQuality(secret, local), remote: ownerQuality(secret, remote, pad?.remoteId?.value) };
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
  if (secrets.some(({ search }) => search === 'pluto')) {
    const only = plutoSecret(secrets, use, local, remote);
    return only ? [only] : [];
  }
  return secrets.filter(
    (secret) => secret.use === use && (ownerQuality(secret, local) > 0 || ownerQuality(secret, remote) > 0),
  );
}

/**
 * Pluto's choice (lswan secrets.c, lsw_get_secret): the more of both identities an entry names the better, the own one before the
 * peer's, and of equals the first. An entry that names the own identity alone is for every peer, one that names nobody for everybody.
 * With `isWild` an unknown identity of the peer is any name (id.c, same_id); for a template of connections it is none.
 */
function plutoSecret(
  secrets: readonly SharedSecret[],
  use: SharedSecret['use'],
  local: Identity | undefined,
  remote: Identity | undefined,
  isWild = false,
): SharedSecret | undefined {
  let best: { readonly score: number; readonly secret: SharedSecret } | undefined;
  for (const secret of secrets) {
    if (secret.use !== use) continue;
    const score = plutoScore(secret, local, remote, isWild);
    if (score > 0 && (!best || score > best.score)) best = { score, secret };
  }
  return best?.secret;
}

const plutoWeights = { nobody: 1, anybody: 2, remote: 4, local: 8 } as const;
/** Sums that are a match; the others, as the peer alone, are none. */
const plutoMatches: readonly number[] = [1, 2, 9, 10, 6, 12];

function plutoScore(
  { owners }: SharedSecret,
  local: Identity | undefined,
  remote: Identity | undefined,
  isWild: boolean,
): number {
  if (owners.length === 0) return plutoWeights.nobody;
  const named = owners.filter(({ value }) => value.kind !== 'anything');
  const names = (identity: Identity | undefined) =>
    identity !== undefined && named.some(({ value }) => matchesIdentity(identity, value) === 'match');
  let sum = named.length < owners.length ? plutoWeights.anybody : 0;
  if (names(local)) sum += plutoWeights.local;
  if (names(remote) || (isWild && !remote && named.length > 0)) sum += plutoWeights.remote;
  if (sum === plutoWeights.local && named.length === 1) sum += plutoWeights.nobody;
  return plutoMatches.includes(sum) ? sum : 0;
}

function ownerQuality(
  { owners }: SharedSecret,
  identity: Identity | undefined,
  expected: IdentityPattern = { kind: 'anything' },
): number {
  if (owners.length === 0) return identityQuality.any;
  return Math.max(
    ...owners.map(({ value }) => (identity ? qualityOf(identity, value) : patternQuality(expected, value))),
  );
}
