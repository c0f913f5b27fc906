/** Preshared keys of two ends by their identities, and whether each finds one that the other has too. */
import { findSharedSecret, fittingSharedSecrets } from '../../shared-secret.js';
import type { Identity, PadEntry, SecretReference, SystemConfig } from '../../system-config.js';
import type { IdentityVerdict } from '../identity.js';
import { compareSecrets } from '../ike.js';

/** The identities of a negotiation as one end knows them; an absent one is not known yet, or may be any. */
export interface KeyQuestion {
  readonly config: SystemConfig;
  readonly pad: PadEntry;
  readonly local?: Identity | undefined;
  readonly remote?: Identity | undefined;
}

/** The key that an end proves itself by: the one that fits best. */
export function provingKey({ config, pad, local, remote }: KeyQuestion): SecretReference | undefined {
  if (!config.sharedSecrets) return pad.presharedKey?.value;
  return findSharedSecret(config.sharedSecrets, 'IKE', local, remote, pad)?.secret.value;
}

/** The keys that an IKEv2 end tries a proof with: every one that fits either identity (psk_authenticator.c, process). */
export function triedKeys({ config, pad, local, remote }: KeyQuestion): readonly SecretReference[] {
  if (!config.sharedSecrets) return pad.presharedKey ? [pad.presharedKey.value] : [];
  return fittingSharedSecrets(config.sharedSecrets, 'IKE', local, remote).map(({ secret }) => secret.value);
}

/** Is a key one of several? Of a key that is elsewhere only the place can be compared. */
export function isAmong(key: SecretReference, others: readonly SecretReference[]): IdentityVerdict {
  let verdict: IdentityVerdict = 'mismatch';
  for (const other of others) {
    const one = compareSecrets(key, other);
    if (one === 'match') return 'match';
    if (one === 'unknown') verdict = 'unknown';
  }
  return verdict;
}
