/** Two states of a system compared by meaning: which packets, and which peers, are treated differently. */
import { type AddressRange, type AddressValue, anyAddress, type Family, lastAddress, next } from './address.js';
import { comparePeers } from './compare-peers.js';
import type { Packet } from './packet.js';
import { buildRangeIndex } from './range-index.js';
import { describeRecord } from './record/describe.js';
import type { PolicyRecord } from './record/record.js';
import type { PolicySet } from './resolve.js';
import type { Region } from './selector/box.js';
import { differences } from './selector/partition.js';
import { simplify } from './selector/simplify.js';
import { witnessPacket } from './selector/witness.js';
import type { SpdEntry, SystemConfig } from './system-config.js';
import { keyedEntries, treatmentTable } from './treatment.js';

/** What is compared of a system. */
export interface ComparedSystem {
  readonly name: string;
  readonly policies: PolicySet;
  readonly config: SystemConfig;
  /** Set where it was read from another product's configuration, which has no records. */
  readonly imported?: object;
}

/** Packets that one entry took before and another takes now, with another treatment. */
export interface TreatmentChange {
  readonly traffic: 'host' | 'forward';
  /** Absent: no entry took them. */
  readonly before?: SpdEntry;
  readonly after?: SpdEntry;
  readonly packets: Region;
  readonly witness: Packet;
}

/** Peers whose authentication or IKE parameters changed. */
export interface PeerChange {
  readonly what: 'auth' | 'ikev1' | 'ikev2';
  readonly peers: readonly AddressRange[];
  readonly before?: string;
  readonly after?: string;
  /** Arguments whose values differ, keys only as "changed". */
  readonly fields: readonly { readonly name: string; readonly before?: string; readonly after?: string }[];
}

export interface SystemComparison {
  readonly name: string;
  readonly presence: 'both' | 'added' | 'removed';
  readonly treatment: readonly TreatmentChange[];
  readonly peers: readonly PeerChange[];
  /** True where working it out was cut off: there may be more differences. */
  readonly truncated: boolean;
}

/** A whole comparison, as `policy diff` shows it. */
export interface Comparison {
  readonly before: string;
  readonly after: string;
  /** Only systems that differ. */
  readonly systems: readonly SystemComparison[];
  /** Number of systems looked at. */
  readonly compared: number;
  /** Errors in the records of either side, which may make the answer wrong. */
  readonly problems: number;
}

/** Compares two states of one system; one of them may be missing. Exact, within the budget of `differences`. */
export function compareSystems(
  before: ComparedSystem | undefined,
  after: ComparedSystem | undefined,
): SystemComparison {
  const name = after?.name ?? before?.name ?? '';
  if (!before || !after)
    return { name, presence: before ? 'removed' : 'added', treatment: [], peers: [], truncated: false };
  const host = treatmentChanges(before.config, after.config, 'host');
  // One SPD for both kinds of packets has told everything already.
  const isShared = before.config.forwardsBySpd && after.config.forwardsBySpd;
  const forward = isShared
    ? { changes: [], truncated: false }
    : treatmentChanges(before.config, after.config, 'forward');
  const isImported = before.imported || after.imported;
  return {
    name,
    presence: 'both',
    treatment: [...host.changes, ...forward.changes],
    peers: isImported ? comparePeers(before.config, after.config) : peerChanges(before.policies, after.policies),
    truncated: host.truncated || forward.truncated,
  };
}

function treatmentChanges(
  before: SystemConfig,
  after: SystemConfig,
  traffic: 'host' | 'forward',
): { changes: TreatmentChange[]; truncated: boolean } {
  const lists = [before, after].map((config) =>
    traffic === 'host' || config.forwardsBySpd ? config.spd : config.forwardSpd,
  );
  const [spdBefore = [], spdAfter = []] = lists;
  const table = treatmentTable();
  const result = differences(keyedEntries(spdBefore, table), keyedEntries(spdAfter, table));
  const groups = new Map<string, { before?: SpdEntry; after?: SpdEntry; packets: Region[number][] }>();
  for (const { box, beforeEntry, afterEntry } of result.differences) {
    const key = `${beforeEntry} ${afterEntry}`;
    const group = groups.get(key);
    if (group) group.packets.push(box);
    else
      groups.set(key, {
        ...entryAt('before', spdBefore, beforeEntry),
        ...entryAt('after', spdAfter, afterEntry),
        packets: [box],
      });
  }
  const changes = [...groups.values()].map(({ packets, ...entries }): TreatmentChange => {
    const region = simplify(packets);
    return { traffic, ...entries, packets: region, witness: witnessPacket(region[0]!) };
  });
  return { changes, truncated: result.truncated };
}

function entryAt(
  key: 'before' | 'after',
  spd: readonly SpdEntry[],
  index: number,
): { before?: SpdEntry; after?: SpdEntry } {
  const entry = spd[index];
  return entry ? { [key]: entry } : {};
}

type Searched = PolicyRecord & { readonly remote: { readonly value: { readonly range: AddressRange } } };

function peerChanges(before: PolicySet, after: PolicySet): PeerChange[] {
  const lists = {
    auth: [before.auths, after.auths],
    ikev1: [
      [...before.ike, ...before.ikev1],
      [...after.ike, ...after.ikev1],
    ],
    ikev2: [before.ikev2, after.ikev2],
  } as const;
  const preloaded = {
    auth: [undefined, undefined],
    ikev1: [before.defaultIkev1, after.defaultIkev1],
    ikev2: [before.defaultIkev2, after.defaultIkev2],
  } as const;
  return (['auth', 'ikev1', 'ikev2'] as const).flatMap((what) => {
    const [first, second] = lists[what];
    return rangesWithOtherRecord(what, first, second, preloaded[what][0], preloaded[what][1]);
  });
}

/** Goes through the peers' addresses once, in ascending order, along the segments of both searches. */
function rangesWithOtherRecord(
  what: PeerChange['what'],
  before: readonly Searched[],
  after: readonly Searched[],
  defaultBefore: PolicyRecord | undefined,
  defaultAfter: PolicyRecord | undefined,
): PeerChange[] {
  const indexes = [before, after].map((records) => buildRangeIndex(records.map((record) => record.remote.value.range)));
  const changes = new Map<string, PeerChange & { peers: AddressRange[] }>();
  const same = new Map<string, readonly PeerChange['fields'][number][]>();
  for (const family of [4, 6] as const) {
    for (const [range, winnerBefore, winnerAfter] of overlay(
      family,
      [...indexes[0]!.segments(anyAddress(family))],
      [...indexes[1]!.segments(anyAddress(family))],
    )) {
      const key = `${winnerBefore} ${winnerAfter}`;
      const recordBefore = before[winnerBefore] ?? defaultBefore;
      const recordAfter = after[winnerAfter] ?? defaultAfter;
      let fields = same.get(key);
      if (!fields) {
        fields = differingFields(recordBefore, recordAfter);
        same.set(key, fields);
      }
      if (fields.length === 0) continue;
      const known = changes.get(key);
      if (known) known.peers.push(range);
      else {
        changes.set(key, {
          what,
          peers: [range],
          ...(recordBefore ? { before: recordBefore.name } : {}),
          ...(recordAfter ? { after: recordAfter.name } : {}),
          fields,
        });
      }
    }
  }
  return [...changes.values()];
}

interface Segment {
  readonly range: AddressRange;
  readonly winner: number;
}

/** Both lists cover the whole family without gaps; so do the pieces. */
function* overlay(
  family: Family,
  a: readonly Segment[],
  b: readonly Segment[],
): Generator<readonly [AddressRange, number, number]> {
  let first: AddressValue = a[0]?.range.first ?? 0;
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    const last = a[i]!.range.last < b[j]!.range.last ? a[i]!.range.last : b[j]!.range.last;
    yield [{ family, first, last }, a[i]!.winner, b[j]!.winner];
    if (last === lastAddress(family)) return;
    first = next(last);
    if (a[i]!.range.last === last) i += 1;
    if (b[j]!.range.last === last) j += 1;
  }
}

/** What two records say differently about a peer. Names, priorities and remotes only decide who is asked. */
function differingFields(before: PolicyRecord | undefined, after: PolicyRecord | undefined): PeerChange['fields'] {
  const ignored = new Set(['remote', 'priority']);
  const values = (record: PolicyRecord | undefined) =>
    new Map(
      (record ? describeRecord(record) : [])
        .filter((field) => !ignored.has(field.name))
        .map((field) => [field.name, field.value]),
    );
  const [a, b] = [values(before), values(after)];
  const fields: { name: string; before?: string; after?: string }[] = [];
  for (const name of new Set([...a.keys(), ...b.keys()])) {
    const [valueBefore, valueAfter] = [a.get(name), b.get(name)];
    if (valueBefore === valueAfter && !(name === 'preshared' && keysDiffer(before, after))) continue;
    fields.push({
      name,
      ...(valueBefore === undefined ? {} : { before: valueBefore }),
      ...(valueAfter === undefined ? {} : { after: valueAfter }),
    });
  }
  return fields;
}

function keysDiffer(before: PolicyRecord | undefined, after: PolicyRecord | undefined): boolean {
  const key = (record: PolicyRecord | undefined) => {
    const reference = record?.kind === 'auth' ? record.preshared?.value.reference : undefined;
    return reference?.kind === 'literal' ? reference.secret : undefined;
  };
  const [a, b] = [key(before), key(after)];
  return a !== undefined && b !== undefined && !a.equals(b);
}
