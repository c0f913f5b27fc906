/** Which IKE SA a Child SA may be negotiated in, where a system has several connections with one peer. */
import { areForOnePeer } from '../model/peer/connection/whole-selectors.js';
import type { PeerProfile } from '../model/peer-profile/peer-profile.js';
import type { PadEntry } from '../model/system-config.js';

/** Does an IKE SA that was made by one PAD entry serve another one too? Its ends are compared by the caller. */
export function serves(made: PadEntry | undefined, wanted: PadEntry, { ikeSaSharing }: PeerProfile): boolean {
  if (made === wanted) return true;
  if (!made || ikeSaSharing.value === 'connection') return false;
  return made.connection !== undefined && wanted.connection !== undefined && areForOnePeer(made, wanted);
}
