/**
 * The search of the SPD — RFC 4301 §4.4.1 and §5: the first entry that selects a packet, and for packets that do not show
 * their ports, later fragments first of all, the first that selects it whatever they are (RFC 4301 §7).
 */
import type { AddressValue } from '../../model/address.js';
import { formatPacket } from '../../model/packet.js';
import type { Box, Interval, Region } from '../../model/selector/box.js';
import { buildSpdIndex, type SpdIndex } from '../../model/selector/spd-index.js';
import { packetPoint } from '../../model/selector/witness.js';
import type { SpdAction, SpdEntry } from '../../model/system-config.js';
import type { Classified } from './packet.js';

export interface SpdDecision {
  /** The entry that was found; absent when none selects the packet, which is then discarded. */
  readonly entry?: SpdEntry;
  readonly action: SpdAction;
  /** For DISCARD: why. */
  readonly why: string;
}

export interface SpdLookup {
  /** Decides on a packet. Logarithmic in the number of entries; linear for packets that do not show their ports. */
  decide(classified: Classified): SpdDecision;
}

const discard: SpdAction = { kind: 'DISCARD' };

/** Prepares the search of a list of entries, which are in search order. */
export function createSpdLookup(entries: readonly SpdEntry[]): SpdLookup {
  let index: SpdIndex | undefined;
  return {
    decide(classified) {
      if (classified.opaque !== 'nothing') return decideOpaque(entries, classified);
      index ??= indexOf(entries);
      return decision(entries[index.classify(classified.packet)], classified);
    },
  };
}

/** Simulations make many stacks of one configuration, whose lists never change. */
const indexes = new WeakMap<readonly SpdEntry[], SpdIndex>();

function indexOf(entries: readonly SpdEntry[]): SpdIndex {
  const known = indexes.get(entries) ?? buildSpdIndex(entries.map(({ selectors }) => selectors));
  indexes.set(entries, known);
  return known;
}

function decision(entry: SpdEntry | undefined, { packet }: Classified): SpdDecision {
  if (!entry) return { action: discard, why: `no SPD entry selects ${formatPacket(packet)} (RFC 4301 §4.4.1)` };
  return { entry, action: entry.action, why: `${nameOf(entry)} selects ${formatPacket(packet)}` };
}

/**
 * An earlier entry may be meant for the datagram that the fragment is of. If what was found would let the fragment pass in the
 * clear while that entry protects or discards, it is discarded: nothing leaks because of what it does not show.
 */
function decideOpaque(entries: readonly SpdEntry[], classified: Classified): SpdDecision {
  let stricter: SpdEntry | undefined;
  for (const entry of entries) {
    const fit = fitOf(entry.selectors, classified);
    if (fit === 'none') continue;
    if (fit === 'all') {
      if (entry.action.kind !== 'BYPASS' || !stricter) return decision(entry, classified);
      break;
    }
    if (entry.action.kind !== 'BYPASS') stricter ??= entry;
  }
  if (!stricter) return decision(undefined, classified);
  const why = `${formatPacket(classified.packet)} does not show its ports, and ${nameOf(stricter)} may be meant for it`;
  return { entry: stricter, action: discard, why };
}

function nameOf({ source: { record } }: SpdEntry): string {
  return `${record.kind} '${record.name}'`;
}

/**
 * Was the entry written for packets of this one's protocol, and not for all of them? What the product adds by itself
 * nobody asked for.
 */
export function namesProtocol({ entry }: SpdDecision, classified: Classified): boolean {
  if (!entry || entry.source.record.kind === 'builtin') return false;
  const { protocol } = classified.packet;
  return entry.selectors.some(
    (box) => box.protocol.lo === protocol && box.protocol.hi === protocol && boxFit(box, classified) !== 'none',
  );
}

/** Does a region hold the packet, whatever it does not show? */
export function holds(region: Region, classified: Classified): boolean {
  return fitOf(region, classified) === 'all';
}

/** Are all, some or none of the packets that this may be in a region? 'some' where several boxes together hold them. */
function fitOf(region: Region, classified: Classified): 'all' | 'some' | 'none' {
  let fit: 'some' | 'none' = 'none';
  for (const box of region) {
    const here = boxFit(box, classified);
    if (here === 'all') return 'all';
    if (here === 'some') fit = 'some';
  }
  return fit;
}

function boxFit(box: Box, { packet, opaque }: Classified): 'all' | 'some' | 'none' {
  const point = packetPoint(packet);
  const isNear =
    box.family === point.family &&
    inside(box.direction, point.direction) &&
    inside(box.local, point.local) &&
    inside(box.remote, point.remote);
  if (!isNear) return 'none';
  switch (opaque) {
    case 'nothing':
      return inside(box.protocol, point.protocol) && inside(box.x, point.x) && inside(box.y, point.y) ? 'all' : 'none';
    case 'ports':
      if (!inside(box.protocol, point.protocol)) return 'none';
      return isWhole(box.x, 65535) && isWhole(box.y, 65535) ? 'all' : 'some';
    case 'protocol':
      return isWhole(box.protocol, 255) ? 'all' : 'some';
  }
}

function inside<T extends AddressValue>({ lo, hi }: Interval<T>, value: T): boolean {
  return lo <= value && value <= hi;
}

function isWhole({ lo, hi }: Interval, last: number): boolean {
  return lo === 0 && hi === last;
}
