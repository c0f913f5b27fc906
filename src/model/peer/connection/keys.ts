/** Preshared keys of two ends by their identities, and whether each finds one that the other has too. */
import { findSharedSecret } from '../../shared-secret.js';
import type { Identity, IdentityPattern, PadEntry, SecretReference, SystemConfig } from '../../system-config.js';
import type { IdentityVerdict } from '../identity.js';
import { qualityOf } from '../identity-quality.js';
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
  return findSharedSecret(config.sharedSecrets, 'IKE', local, remote)?.secret.value;
}

/** The keys that an IKEv2 end tries a proof with: every one that fits either identity (psk_authenticator.c, process). */
export function triedKeys({ config, pad, local, remote }: KeyQuestion): readonly SecretReference[] {
  if (!config.sharedSecrets) return pad.presharedKey ? [pad.presharedKey.value] : [];
  const fits = (owners: readonly { readonly value: IdentityPattern }[], identity: Identity | undefined) =>
    owners.length === 0 ||
    owners.some(({ value }) => (identity ? qualityOf(identity, value) > 0 : value.kind === 'anything'));
  return config.sharedSecrets
    .filter(({ use, owners }) => use === 'IKE' && (fits(owners, local) || fits(owners, remote)))
    .map(({ secret }) => secret.value);
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
