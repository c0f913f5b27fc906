/**
 * The preshared key of phase 1 of IKEv1. That of Main Mode is needed before the peer has said who it is (phase1.c, lookup_shared_key): a
 * responder takes the first connection for the addresses that says who it is itself and finds a key by what it expects.
 */
import type { Identity, SecretReference } from '../../system-config.js';
import { addressIdentity } from '../identity.js';
import type { IkeEnd } from '../ike.js';
import { askedIdentity, type Candidate } from './candidates.js';
import { provingKey } from './keys.js';

/** The key of an end of Aggressive Mode, which knows who the peer is: for the two identities, or else for the two addresses. */
export function aggressiveKey(
  end: IkeEnd,
  pad: Candidate['pad'],
  local: Identity,
  remote: Identity,
  peer: IkeEnd['address'],
): SecretReference | undefined {
  const { config } = end.view;
  const byIdentity = provingKey({ config, pad, local, remote });
  if (byIdentity || config.sharedSecrets?.some(({ search }) => search === 'pluto')) return byIdentity;
  return provingKey({ config, pad, local: addressIdentity(end.address), remote: addressIdentity(peer) });
}

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
