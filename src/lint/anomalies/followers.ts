/** What would become of an entry's packets without it: which later entry is there for all of them, and does it differ? */

import type { Packet } from '../../model/packet.js';
import { intersectRegions, intersects } from '../../model/selector/algebra.js';
import { firstMatchEqual } from '../../model/selector/partition.js';
import { packetSource, seededRandom } from '../../model/selector/sampling.js';
import { witnessPacket } from '../../model/selector/witness.js';
import { type Fate, witnessOf } from './fates.js';
import { meterFor } from './meter.js';
import { followerOf, pointBox, type Spd } from './spd.js';

export interface Followers {
  /** The first later policy that holds all packets of an entry; the default is not meant. */
  holder(entry: number): number | 'none' | 'undecided';
  /**
   * Later policies treat every packet that the entry takes just as it does, so that it could go. Packets that would be left
   * to the default do not count: a policy that says what the default does still holds when the default changes.
   */
  needless(entry: number): 'yes' | 'no' | 'undecided';
}

/** Packets that are tried before the exact comparison, where there are too many around to look at each. */
const triesMax = 16;
/** With more entries around than this, the exact comparison is not begun. */
const comparedMax = 2_000;
const tryingCost = 50;
/** Whether two boxes meet is mostly told by one comparison. */
const meetingCost = 1 / 16;
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
    if (differsWithout(entry, witnessOf(spd, entry, fate))) return 'no';
    if (later) {
      const plain = compareWithLater(entry, later);
      if (plain) return plain;
    } else if (differsSomewhere(entry)) return 'no';
    const around = near ?? spd.relations.near(entry, 0, spd.end, comparedMax);
    return around ? compareExactly(entry, Array.from(around)) : 'undecided';
  }

  /**
   * Most cases are plain: nothing of other effect comes between the entry and a later one that holds it and does the same,
   * or there is something of other effect, with a packet that shows it.
   */
  function compareWithLater(entry: number, later: Uint32Array): 'yes' | 'no' | 'undecided' | undefined {
    let between = false;
    for (const other of later) {
      if (spd.keys[other] === spd.keys[entry]) {
        if (!between && spd.relations.holds(other, entry)) return 'yes';
        continue;
      }
      between = true;
      const [own, theirs] = [spd.entries[entry]!.selectors, spd.entries[other]!.selectors];
      meter.spend(own.length * theirs.length * meetingCost);
      if (meter.exhausted) return 'undecided';
      const common = intersectRegions(own, theirs);
      if (common.some((box) => differsWithout(entry, witnessPacket(box)))) return 'no';
    }
    return undefined;
  }

  function differsSomewhere(entry: number): boolean {
    const random = packetSource(spd.entries[entry]!.selectors, seededRandom(entry));
    for (let attempt = 0; random && attempt < triesMax; attempt += 1) if (differsWithout(entry, random())) return true;
    return false;
  }

  /** Does the entry take a packet that would be treated otherwise without it? */
  function differsWithout(entry: number, packet: Packet): boolean {
    meter.spend(tryingCost);
    if (spd.index.classify(packet) !== entry) return false;
    const near = spd.near(entry);
    const point = pointBox(packet);
    const holds = (other: number) => spd.entries[other]!.selectors.some((box) => intersects(box, point));
    const follower = near
      ? (near.find((other) => other > entry && holds(other)) ?? -1)
      : followerOf(spd, packet, entry + 1);
    return follower < 0 || spd.keys[follower] !== spd.keys[entry];
  }

  function compareExactly(entry: number, around: readonly number[]): 'yes' | 'no' | 'undecided' {
    const list = (numbers: readonly number[]) => ({
      regions: numbers.map((number) => spd.entries[number]!.selectors),
      keys: numbers.map((number) => spd.keys[number]!),
    });
    const earlier = around.filter((other) => other < entry);
    const later = around.filter((other) => other > entry);
    const result = firstMatchEqual(
      list([...earlier, entry, ...later]),
      list([...earlier, ...later]),
      meter.allowance(spd.budget),
    );
    meter.spend(result.spent + around.length);
    return result.kind === 'equal' ? 'yes' : result.kind === 'different' ? 'no' : 'undecided';
  }
}
