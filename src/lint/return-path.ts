/**
 * Flows whose replies are treated otherwise. A host policy holds for both directions with source and destination
 * exchanged, so ports can never make a difference; what can are message types, which are written for each side, and
 * gateway policies, which are written for each leg.
 */
import { hasPorts, hasTypes, type Packet, protocolNumbers } from '../model/packet.js';
import { boxesEqual, intersectBoxes, intersectRegions } from '../model/selector/algebra.js';
import { anyDirection, anyPort, type Box, type Region } from '../model/selector/box.js';
import { differences, type KeyedList } from '../model/selector/partition.js';
import { simplify } from '../model/selector/simplify.js';
import type { SpdIndex } from '../model/selector/spd-index.js';
import { witnessPacket } from '../model/selector/witness.js';
import type { SpdAction, SpdEntry } from '../model/system-config.js';
import type { Meter } from './anomalies/meter.js';

/** Message types that ask and those that answer (RFC 792, RFC 950, RFC 1256, RFC 8335; RFC 4443, 4861, 6275, 8335). */
const answers: Readonly<Record<number, readonly (readonly [request: number, reply: number])[]>> = {
  [protocolNumbers.ICMP]: [
    [8, 0],
    [10, 9],
    [13, 14],
    [15, 16],
    [17, 18],
    [42, 43],
  ],
  [protocolNumbers.ICMPV6]: [
    [128, 129],
    [133, 134],
    [135, 136],
    [144, 145],
    [146, 147],
    [160, 161],
  ],
  [protocolNumbers.MH]: [
    [1, 3],
    [2, 4],
    [5, 6],
  ],
};

/** Whether packets pass, are dropped or are protected; which SAs protect them does not matter here. */
const kinds: Readonly<Record<SpdAction['kind'], number>> = { BYPASS: 0, DISCARD: 1, PROTECT: 2 };

export interface Asymmetry {
  /** A packet of the flow and one of its replies. */
  readonly request: Packet;
  readonly reply: Packet;
  /** The entries that take them. */
  readonly requestEntry: number;
  readonly replyEntry: number;
}

/** What all questions and one of them may cost. */
export interface Cost {
  readonly meter: Meter;
  readonly budget: number;
}

/** Entries around a flow that are compared. */
const comparedMax = 256;

/**
 * Flows of message types whose two directions are treated by different kinds of action, one for an entry at most. Only an
 * entry that selects a request and its reply for different addresses, or one of them alone, can be the cause.
 */
export function messageAsymmetry(
  entries: readonly SpdEntry[],
  index: SpdIndex,
  entry: number,
  cost: Cost,
): Asymmetry | 'undecided' | undefined {
  const { selectors } = entries[entry]!;
  for (const protocol of restrictedProtocols(selectors)) {
    for (const ways of waysOf(protocol)) {
      if (!isOneSided(selectors, ways)) continue;
      const [request, reply] = ways;
      for (const pairs of simplify([...pairsOf(selectors, request), ...pairsOf(selectors, reply)])) {
        const found = compareWays(entries, index, pairs, ways, entry, cost);
        if (found) return found;
      }
    }
  }
  return undefined;
}

type Ways = readonly [request: Way, reply: Way];

/** Who asks may be this system or the peer. */
function waysOf(protocol: number): Ways[] {
  return (answers[protocol] ?? []).flatMap(([requestType, replyType]) =>
    ([0, 1] as const).map(
      (direction): Ways => [
        { protocol, direction, type: requestType },
        { protocol, direction: direction === 0 ? 1 : 0, type: replyType },
      ],
    ),
  );
}

/** Does a region select requests and replies for different pairs of addresses? */
function isOneSided(region: Region, [request, reply]: Ways): boolean {
  const [asked, answered] = [pairsOf(region, request), pairsOf(region, reply)];
  return asked.length !== answered.length || asked.some((box, at) => !boxesEqual(box, answered[at]!));
}

interface Way {
  readonly protocol: number;
  readonly direction: 0 | 1;
  readonly type: number;
}

/** Protocols with message types that a region treats type by type or one way only. */
function restrictedProtocols(region: Region): Set<number> {
  const found = new Set<number>();
  for (const { protocol, direction, x } of region) {
    const isWhole = direction.lo !== direction.hi && x.lo === 0 && x.hi === 65535;
    if (protocol.lo === protocol.hi && hasTypes(protocol.lo) && !isWhole) found.add(protocol.lo);
  }
  return found;
}

/** The address pairs for which a region selects one message type in one direction, with direction and type taken away. */
function pairsOf(region: Region, way: Way): Region {
  return region.flatMap((box) => {
    const part = intersectBoxes(box, wayOf(box, way));
    return part ? [{ ...part, direction: anyDirection, x: anyPort }] : [];
  });
}

/** The packets of one message type in one direction between the addresses of a box. */
function wayOf(box: Box, { protocol, direction, type }: Way): Box {
  return {
    ...box,
    direction: { lo: direction, hi: direction },
    protocol: { lo: protocol, hi: protocol },
    x: { lo: 256 * type, hi: 256 * type },
    y: anyPort,
  };
}

/** Compares what happens to requests and to replies, address pair by address pair, within some pairs. */
function compareWays(
  entries: readonly SpdEntry[],
  index: SpdIndex,
  pairs: Box,
  ways: Ways,
  entry: number,
  { meter, budget }: Cost,
): Asymmetry | 'undecided' | undefined {
  if (meter.exhausted) return 'undecided';
  const [requests, replies] = ways.map((way) => {
    const around = index.overlaps(wayOf(pairs, way), { limit: comparedMax + 1 });
    // More than the limit are gathered before they are counted.
    meter.spend(around.length > comparedMax ? entries.length : around.length);
    const list: KeyedList = {
      regions: around.map((other) => intersectRegions(pairsOf(entries[other]!.selectors, way), [pairs])),
      keys: around.map((other) => kinds[entries[other]!.action.kind]),
    };
    return { around, list };
  });
  if (requests!.around.length > comparedMax || replies!.around.length > comparedMax) return 'undecided';
  const result = differences(requests!.list, replies!.list, { budget: meter.allowance(budget) });
  meter.spend(result.spent);
  for (const { box, beforeEntry, afterEntry } of result.differences) {
    const requestEntry = requests!.around[beforeEntry];
    const replyEntry = replies!.around[afterEntry];
    if (requestEntry === undefined || replyEntry === undefined) continue;
    // What is not asked needs no answer.
    if (entries[requestEntry]!.action.kind === 'DISCARD') continue;
    // Where both entries are the cause, the one that takes the request tells it.
    const isReplies = replyEntry === entry && !isOneSided(entries[requestEntry]!.selectors, ways);
    if (requestEntry !== entry && !isReplies) continue;
    const request = witnessPacket(wayOf(box, ways[0]));
    const { direction } = witnessPacket(wayOf(box, ways[1]));
    return { request, reply: { ...request, direction, type: ways[1].type }, requestEntry, replyEntry };
  }
  return result.truncated ? 'undecided' : undefined;
}

/** Flows that are forwarded while their replies are dropped, one for each entry of a forward SPD at most. */
export function forwardAsymmetries(entries: readonly SpdEntry[], budget: number): readonly Asymmetry[] | 'undecided' {
  const keys = entries.map((entry) => (entry.action.kind === 'DISCARD' ? 1 : 0));
  const result = differences(
    { regions: entries.map((entry) => entry.selectors), keys },
    { regions: entries.map((entry) => entry.selectors.map(mirrored)), keys },
    { budget },
  );
  const found = new Map<number, Asymmetry>();
  for (const { box, beforeEntry, afterEntry } of result.differences) {
    if (keys[beforeEntry] !== 0 || found.has(beforeEntry)) continue;
    // Which message answers which is not told by exchanging the addresses.
    if (box.protocol.lo === box.protocol.hi && hasTypes(box.protocol.lo)) continue;
    const request = witnessPacket(box);
    const { local: remote, remote: local, localPort: remotePort, remotePort: localPort } = request;
    const ports = hasPorts(request.protocol) ? { localPort, remotePort } : {};
    found.set(beforeEntry, {
      request,
      reply: { ...request, local, remote, ...ports },
      requestEntry: beforeEntry,
      replyEntry: afterEntry,
    });
  }
  if (result.truncated && found.size === 0) return 'undecided';
  return [...found.values()];
}

/** The box of the replies to a box's packets. */
function mirrored(box: Box): Box {
  const isTyped = box.protocol.lo === box.protocol.hi && hasTypes(box.protocol.lo);
  return { ...box, local: box.remote, remote: box.local, ...(isTyped ? {} : { x: box.y, y: box.x }) };
}
