/** Message IDs under an ISAKMP SA: random for ours, and never the same twice for the peer's (RFC 2408 §3.1, RFC 2409 §5.5). */
import type { Machine, Slot } from './machine.js';

/** Message IDs of a peer that are remembered; then the ISAKMP SA is used up, for an old message could come again. */
export const messageIdsMax = 65_536;
const drawsMax = 64;

/** A Message ID that has not been used under this ISAKMP SA. */
export function freshMessageId({ env }: Machine, slot: Slot): number {
  for (let draw = 0; draw < drawsMax; draw += 1) {
    const id = randomMessageId({ env });
    if (slot.seenIds.has(id)) continue;
    remember(slot, id);
    return id;
  }
  throw new Error('the random source repeats itself');
}

/** Any Message ID but 0, for messages that nobody keeps account of. */
export function randomMessageId({ env }: Pick<Machine, 'env'>): number {
  const octets = env.provider.random(4);
  return new DataView(octets.buffer, octets.byteOffset, 4).getUint32(0) || 1;
}

/** Notes a Message ID of the peer; false where it has come before, or where no more can be remembered. */
export function noteMessageId(slot: Slot, id: number): boolean {
  if (id === 0 || slot.seenIds.has(id) || slot.seenIds.size >= messageIdsMax) return false;
  remember(slot, id);
  return true;
}

function remember(slot: Slot, id: number): void {
  slot.seenIds.add(id);
}
