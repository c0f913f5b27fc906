/**
 * The preshared key of Main Mode, which is needed before the peer has said who it is (phase1.c, lookup_shared_key): a
 * responder takes the first connection for the addresses that says who it is itself and finds a key by what it expects.
 */
import type { SecretReference } from '../../system-config.js';
import { addressIdentity } from '../identity.js';
import type { IkeEnd } from '../ike.js';
import { askedIdentity, type Candidate } from './candidates.js';
import { provingKey } from './keys.js';

/** The key that a responder of Main Mode uses; undefined where it finds none. */
export function responderKey(
  y: IkeEnd,
  remote: IkeEnd['address'],
  candidates: readonly Candidate[],
): SecretReference | undefined {
  const { config } = y.view;
  for (const { pad } of candidates) {
    const local = pad.localId?.value;
    if (!local) continue;
    const key = provingKey({ config, pad, local, remote: askedIdentity(pad) });
    if (key) return key;
  }
  const [first] = candidates;
  return (
    first && provingKey({ config, pad: first.pad, local: addressIdentity(y.address), remote: addressIdentity(remote) })
  );
}

/** The key that an initiator of Main Mode uses. */
export function initiatorKey(
  x: IkeEnd,
  pad: Candidate['pad'],
  remote: IkeEnd['address'],
  local: ReturnType<typeof addressIdentity>,
): SecretReference | undefined {
  const { config } = x.view;
  return (
    provingKey({ config, pad, local, remote: askedIdentity(pad) }) ??
    provingKey({ config, pad, local: addressIdentity(x.address), remote: addressIdentity(remote) })
  );
}
