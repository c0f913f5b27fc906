/** What would become of an entry's packets without it: which later entry is there for all of them, and does it differ? */

import type { Packet } from '../../model/packet.js';
import { firstMatchEqual } from '../../model/selector/partition.js';
import { packetSource, seededRandom } from '../../model/selector/sampling.js';
import { contains } from '../../model/selector/witness.js';
import type { Fate } from './fates.js';
import { meterFor } from './meter.js';
import { followerOf, type Spd } from './spd.js';

export interface Followers {
  /** The first later policy that holds all packets of an entry; the default is not meant. */
  holder(entry: number): number | 'none' | 'undecided';
  /**
   * Later policies treat every packet that the entry takes just as it does, so that it could go. Packets that would be left
   * to the default do not count: a policy that says what the default does still holds when the default changes.
   */
  needless(entry: number): 'yes' | 'no' | 'undecided';
}

/** Packets that are tried before the exact comparison. */
const triesMax = 6;
/** With more entries around than this, the exact comparison is not begun. */
const comparedMax = 2_000;
const tryingCost = 50;
/** Looking at an entry that a search comes across, and the way there. */
const lookCost = 8;
const none = -1;
const undecided = -2;

/** Answers for the reachable entries of a list; all are worked out at the first question. */
export function followersOf(spd: Spd, fates: readonly (Fate | undefined)[]): Followers {
  const holders = new Int32Array(spd.entries.length).fill(none);
  const needless = new Map<number, 'yes' | 'undecided'>();
  const meter = meterFor(spd.policies.length, spd.budget);
  for (const entry of spd.policies) {
    const fate = fates[entry];
    if (fate?.kind !== 'reachable') continue;
    holders[entry] = holderOf(entry);
    const answer = isNeedless(entry, fate);
    if (answer !== 'no') needless.set(entry, answer);
  }
  return {
    holder(entry) {
      const holder = holders[entry]!;
      return holder === none ? 'none' : holder === undecided ? 'undecided' : holder;
    },
    needless: (entry) => needless.get(entry) ?? 'no',
  };

  function holderOf(entry: number): number {
    const near = spd.near(entry);
    if (near) return near.find((other) => other > entry && spd.relations.holds(other, entry)) ?? none;
    if (meter.exhausted) return undecided;
    const before = spd.relations.looked;
    const holder = spd.relations.firstHolder(entry, entry + 1, spd.end);
    meter.spend(lookCost * (spd.relations.looked - before));
    if (holder === undefined) return undecided;
    return holder < 0 ? none : holder;
  }

  function isNeedless(entry: number, fate: Fate & { kind: 'reachable' }): 'yes' | 'no' | 'undecided' {
    const near = spd.near(entry);
    const later = near?.filter((other) => other > entry);
    if (later && !later.some((other) => spd.keys[other] === spd.keys[entry])) return 'no';
    if (meter.exhausted) return 'undecided';
    const next = (packet: Packet): number => {
      if (later) return later.find((other) => holdsPacket(other, packet)) ?? -1;
      return followerOf(spd, packet, entry + 1);
    };
    const differs = (packet: Packet): boolean => {
      meter.spend(tryingCost);
      const follower = next(packet);
      return follower < 0 || spd.keys[follower] !== spd.keys[entry];
    };
    if (differs(fate.witness)) return 'no';
    const random = packetSource(spd.entries[entry]!.selectors, seededRandom(entry));
    for (let attempt = 0; random && attempt < triesMax; attempt += 1) {
      const packet = random();
      if (spd.index.classify(packet) === entry && differs(packet)) return 'no';
    }
    const around = near ?? spd.relations.near(entry, 0, spd.end, comparedMax);
    if (!around) return 'undecided';
    const list = (numbers: readonly number[]) => ({
      regions: numbers.map((number) => spd.entries[number]!.selectors),
      keys: numbers.map((number) => spd.keys[number]!),
    });
    const earlier = around.filter((other) => other < entry);
    const rest = around.filter((other) => other > entry);
    const result = firstMatchEqual(
      list([...earlier, entry, ...rest]),
      list([...earlier, ...rest]),
      meter.allowance(spd.budget),
    );
    meter.spend(result.spent + around.length);
    return result.kind === 'equal' ? 'yes' : result.kind === 'different' ? 'no' : 'undecided';
  }

  function holdsPacket(entry: number, packet: Packet): boolean {
    return spd.entries[entry]!.selectors.some((box) => contains(box, packet));
  }
}
