/** The ordered list that the rules about anomalies look at, with what they all need to know of it. */

import type { Packet } from '../../model/packet.js';
import type { Box } from '../../model/selector/box.js';
import type { SpdIndex } from '../../model/selector/spd-index.js';
import { withRoom } from '../../model/selector/typed-arrays.js';
import { packetPoint } from '../../model/selector/witness.js';
import type { SpdEntry } from '../../model/system-config.js';
import { keyedEntries } from '../../model/treatment.js';
import { type Relations, relationsOf } from './relations.js';

export interface Spd {
  readonly entries: readonly SpdEntry[];
  /** Equal numbers, equal treatment. */
  readonly keys: ArrayLike<number>;
  readonly index: SpdIndex;
  readonly relations: Relations;
  /** Numbers of the entries that a person ordered: not the bypass list, not what is built in, not the default. */
  readonly policies: readonly number[];
  /** The entry from which on nothing but built-in entries and the default follow. */
  readonly end: number;
  /** Units of work that one question may cost. */
  readonly budget: number;
  /**
   * The other entries before `end` that share a packet with an entry, in order, where they are few; undefined where they are
   * many, and looking at each of them would be too much.
   */
  near(entry: number): Uint32Array | undefined;
  /**
   * About how many entries looking up a packet has to look at, beyond a few: most of the list where most entries are met by
   * very many others, next to none where only the wide ones are.
   */
  readonly crowd: number;
}

/** So many others may share packets with an entry for the exact look at each of them. */
const nearEntriesMax = 64;

/** Prepares a list whose last entry is the default. `nearMax` is for tests. */
export function spdOf(entries: readonly SpdEntry[], index: SpdIndex, budget: number, nearMax = nearEntriesMax): Spd {
  const { regions, keys } = keyedEntries(entries);
  const last = entries.length - 1;
  const policies: number[] = [];
  for (let entry = 0; entry < last; entry += 1) {
    const { kind } = entries[entry]!.source.record;
    if (kind !== 'bypass' && kind !== 'builtin') policies.push(entry);
  }
  const end = (policies.at(-1) ?? -1) + 1;
  const relations = relationsOf(regions, index);
  const near = nearOf(relations, entries.length, end, nearMax);
  const crowd = once(() => {
    const crowded = policies.filter((entry) => near(entry) === undefined).length;
    return policies.length === 0 ? 0 : crowded ** 2 / policies.length;
  });
  return {
    entries,
    keys,
    index,
    relations,
    policies,
    end,
    budget,
    near,
    get crowd() {
      return crowd();
    },
  };
}

/** Asks once for each entry and keeps the answers in one list, one behind the other. */
function nearOf(relations: Relations, count: number, end: number, limit: number): Spd['near'] {
  const starts = new Int32Array(count).fill(-1);
  const lengths = new Int32Array(count);
  let found = new Uint32Array(4 * count);
  let size = 0;
  return (entry) => {
    if (starts[entry]! < 0) {
      const near = relations.near(entry, 0, end, limit);
      starts[entry] = size;
      lengths[entry] = near ? near.length : -1;
      if (near) {
        found = withRoom(found, size + near.length);
        found.set(near, size);
        size += near.length;
      }
    }
    const length = lengths[entry]!;
    return length < 0 ? undefined : found.subarray(starts[entry]!, starts[entry]! + length);
  };
}

/** The first entry from `from` on, before `end`, that takes a packet if those before are passed over; -1 for none. */
export function followerOf(spd: Spd, packet: Packet, from: number): number {
  return spd.index.firstOverlap(pointBox(packet), { from, to: spd.end });
}

/** A box of one packet, for searches only: `isProper` does not hold for protocols without ports. */
export function pointBox(packet: Packet): Box {
  const { family, direction, local, remote, protocol, x, y } = packetPoint(packet);
  return {
    family,
    direction: { lo: direction, hi: direction },
    local: { lo: local, hi: local },
    remote: { lo: remote, hi: remote },
    protocol: { lo: protocol, hi: protocol },
    x: { lo: x, hi: x },
    y: { lo: y, hi: y },
  };
}

function once(make: () => number): () => number {
  let made: number | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
