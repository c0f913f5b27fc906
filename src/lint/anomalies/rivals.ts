/** Entries of a stretch of the list that take packets from another entry and treat them otherwise. */
import type { Packet } from '../../model/packet.js';
import { sharedPacket } from './crossings.js';
import type { Meter } from './meter.js';
import type { Spd } from './spd.js';

export interface Rival {
  readonly entry: number;
  /** A packet of both that the rival takes. */
  readonly witness: Packet;
}

/** Entries that are looked at for one question, and those of them for which a packet is sought. */
const looksMax = 4_096;
const candidatesMax = 64;
/** Looking at an entry that a search comes across, and the way there. */
const lookCost = 8;

/**
 * The first entry in [from, entry) that takes a packet which `entry` selects too and would treat otherwise, and that `accept`
 * takes; undefined where there is none, 'undecided' where too many had to be looked at.
 */
export function rivalOf(
  spd: Spd,
  entry: number,
  { from, accept }: { readonly from: number; accept?(other: number): boolean },
  meter: Meter,
): Rival | 'undecided' | undefined {
  let best: Rival | undefined;
  let looks = 0;
  let candidates = 0;
  const isOver = () => looks >= looksMax || candidates >= candidatesMax || meter.exhausted;
  for (const box of spd.entries[entry]!.selectors) {
    spd.index.firstOverlap(box, {
      from,
      to: best?.entry ?? entry,
      accept: (other) => {
        if (isOver()) return true;
        looks += 1;
        meter.spend(lookCost);
        if (spd.keys[other] === spd.keys[entry] || accept?.(other) === false) return false;
        candidates += 1;
        const witness = sharedPacket(spd, other, entry, meter);
        if (witness && (!best || other < best.entry)) best = { entry: other, witness };
        return witness !== undefined;
      },
    });
    if (isOver()) break;
  }
  return best ?? (isOver() ? 'undecided' : undefined);
}
