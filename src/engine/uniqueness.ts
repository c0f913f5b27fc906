/** What becomes of several IKE SAs with one peer (RFC 7296 §2.4), by the record and the product. */
import type { PeerProfile } from '../model/peer-profile/peer-profile.js';
import type { PadEntry } from '../model/system-config.js';

/**
 * `never`: they live side by side, whatever the peer says; `initial-contact`: older ones go when the peer says that it has none;
 * `keep`: a peer that comes from elsewhere is refused while the older one is there; `replace`: the older one is deleted.
 */
export type Uniqueness = 'never' | 'initial-contact' | 'keep' | 'replace';

/** What the record says, else what the product does. */
export function uniquenessOf(pad: PadEntry | undefined, { uniqueness }: PeerProfile): Uniqueness {
  return pad?.uniqueness?.value ?? (uniqueness.value === 'replace' ? 'replace' : 'initial-contact');
}

/** How long an older IKE SA with the same host is left: its peer may be moving its Child SAs to the new one. */
export const replacedIkeMillis = 10_000;
