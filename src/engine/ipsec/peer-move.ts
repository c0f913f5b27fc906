/**
 * A peer that is elsewhere now — a NAT's new mapping (RFC 7296 §2.23, RFC 3947 §5), MOBIKE: its SAs go on there, with their
 * keys, sequence numbers and windows.
 */
import type { Address } from '../../model/address.js';
import type { Sa, SaId, SaParameters } from './sa.js';
import type { Sad } from './sad.js';

export interface PeerMove {
  /** By their names before it. An outbound SA is named by its new destination from then on. */
  readonly sas: readonly SaId[];
  readonly remote: Address;
  /** For SAs in UDP. */
  readonly remotePort: number;
}

/** The parameters of an SA after a move. */
export function movedParameters(parameters: SaParameters, { remote, remotePort }: PeerMove): SaParameters {
  const { udpEncapsulation } = parameters;
  return {
    ...parameters,
    remote,
    ...(udpEncapsulation ? { udpEncapsulation: { ...udpEncapsulation, remotePort } } : {}),
  };
}

/** Moves SAs within a database. One whose new name another SA has stays as it is; so does one of the other IP version. */
export function movePeer(sad: Sad, move: PeerMove): readonly { readonly before: Sa; readonly after: Sa }[] {
  const moved: { before: Sa; after: Sa }[] = [];
  // In the order in which they came, because the newest of several is used.
  const found = move.sas.flatMap((id) => sad.get(id) ?? []).sort((a, b) => a.usage.addedAt - b.usage.addedAt);
  for (const sa of found) {
    const { id, parameters } = sa;
    if (parameters.remote.family !== move.remote.family) continue;
    const after: Sa = {
      ...sa,
      id: id.direction === 'outbound' ? { ...id, destination: move.remote } : id,
      parameters: movedParameters(parameters, move),
    };
    sad.remove(id);
    if (sad.add(after)) moved.push({ before: sa, after });
    else sad.add(sa);
  }
  return moved;
}
