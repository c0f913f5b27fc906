/**
 * Reauthentication — RFC 7296 §2.8.3: a new IKE SA with all Child SAs of the old one, which is deleted when they are there, so
 * that there is no gap.
 */
import { startIkeSa } from './exchanges/sa-init.js';
import type { IkeSa } from './ike-sa.js';
import { patient } from './tasks.js';
import { setTimer, type Turn } from './turn.js';

/** When it comes to nothing, it is tried again. */
const againMillis = 300_000;

export function reauthenticate(turn: Turn, sa: IkeSa): void {
  const { pad, policy } = sa;
  if (sa.state.state !== 'Established' || !pad || !policy) return;
  const requests = [...sa.children.values()]
    .filter(({ state }) => state === 'Installed' || state === 'Rekeying')
    .map(({ purpose }) => ({ ...purpose, pad, policy }));
  const [first, ...others] = requests;
  if (!first) {
    sa.queue.push({ kind: 'delete-ike', why: 'it is to be authenticated anew, and nothing needs it' });
    return;
  }
  sa.reauthenticateAt = turn.now + againMillis;
  setTimer(turn, sa, 'reauthenticate', sa.reauthenticateAt);
  const made = startIkeSa(turn, first, sa);
  if (!made) return;
  made.supersedes = sa;
  // The addresses that it has are asked for again (ike_sa_reestablish).
  made.virtual = { own: sa.virtual.own, peer: [] };
  for (const request of others) made.queue.push({ kind: 'create-child', request, ...patient });
}
