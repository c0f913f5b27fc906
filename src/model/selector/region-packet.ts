/**
 * A natural-looking packet of a region, which depends on nothing but the set of its packets: two ways to cut the same region
 * into boxes give the same packet. So whoever asks about two systems gets the same answer in whatever order they come.
 */
import { type AddressValue, firstAddress, lastAddress, next } from '../address.js';
import { hasPorts, hasTypes, type Packet, protocolNumbers } from '../packet.js';
import type { Box, Interval, Region } from './box.js';
import { ephemeralPort, familiarAddresses, packetAt, servicePorts } from './witness.js';

type Dimension = 'direction' | 'local' | 'remote' | 'protocol' | 'x' | 'y';

/**
 * A packet of a region, chosen coordinate by coordinate: outbound, IPv4, TCP before UDP before ICMP, a host's addresses rather
 * than a network's, an ephemeral port on the client's side and a service's on the other. The region must not be empty.
 */
export function naturalPacket(region: Region): Packet {
  const family = region.some((box) => box.family === 4) ? 4 : 6;
  let boxes = region.filter((box) => box.family === family);
  /** Fixes one coordinate at the first candidate that the region still has there, or else at its lowest value. */
  const fix = <T extends AddressValue>(dimension: Dimension, candidates: readonly T[]): T => {
    const has = (value: T) => boxes.filter((box) => inside(box[dimension] as Interval<T>, value));
    const value = candidates.find((candidate) => has(candidate).length > 0) ?? (lowest(boxes, dimension) as T);
    boxes = has(value);
    return value;
  };
  const direction = fix<number>('direction', [0]) === 0 ? 0 : 1;
  const protocol = fix<number>('protocol', [
    protocolNumbers.TCP,
    protocolNumbers.UDP,
    family === 4 ? protocolNumbers.ICMP : protocolNumbers.ICMPV6,
  ]);
  const local = fix('local', addressCandidates(boxes, 'local'));
  // A packet to oneself would puzzle the reader.
  const remotes = addressCandidates(boxes, 'remote');
  const remote = fix('remote', [...remotes.filter((value) => value !== local), ...remotes]);
  const [x, y] = lastTwo(boxes, protocol);
  return packetAt({ family, direction, local, remote, protocol, x, y });
}

/** Familiar addresses where any will do, then the lowest that looks like a host's, then the lowest ones. */
function addressCandidates(boxes: readonly Box[], dimension: 'local' | 'remote'): AddressValue[] {
  const [{ family }] = boxes as readonly [Box, ...Box[]];
  const lo = lowest(boxes, dimension);
  const isWide = boxes.some(
    (box) =>
      box[dimension].lo !== box[dimension].hi &&
      (box[dimension].lo === firstAddress(family) || box[dimension].hi === lastAddress(family)),
  );
  const looksLikeNetwork = typeof lo === 'bigint' ? BigInt.asUintN(32, lo) === 0n : lo % 256 === 0;
  const isHighest = lo === lastAddress(family);
  return [
    ...(isWide ? familiarAddresses[family][dimension] : []),
    ...(looksLikeNetwork && !isHighest ? [next(lo)] : []),
    lo,
    ...(isHighest ? [] : [next(lo)]),
  ];
}

/** Ports of both ends, or message type and code. */
function lastTwo(boxes: readonly Box[], protocol: number): readonly [number, number] {
  const has = (x: number, y: number) => boxes.some((box) => inside(box.x, x) && inside(box.y, y));
  const pairs: (readonly [number, number])[] = [];
  if (hasPorts(protocol)) {
    const services = servicePorts.get(protocol) ?? [];
    for (const service of services) pairs.push([ephemeralPort, service]);
    for (const service of services) pairs.push([service, ephemeralPort]);
    for (const service of services) pairs.push([service, lowest(at(boxes, 'x', service), 'y') as number]);
  } else if (hasTypes(protocol) && protocol !== protocolNumbers.MH) {
    pairs.push([(protocol === protocolNumbers.ICMP ? 8 : 128) * 256, 0]);
  }
  const found = pairs.find(([x, y]) => has(x, y));
  if (found) return found;
  // Port 0 is reserved: it is taken only where there is no other.
  const least = (list: readonly Box[], dimension: 'x' | 'y'): number => {
    const lo = lowest(list, dimension) as number;
    return hasPorts(protocol) && lo === 0 && list.some((box) => inside(box[dimension], 1)) ? 1 : lo;
  };
  const client = hasPorts(protocol) && boxes.some((box) => inside(box.x, ephemeralPort));
  const x = client ? ephemeralPort : least(boxes, 'x');
  return [x, least(at(boxes, 'x', x), 'y')];
}

function at(boxes: readonly Box[], dimension: 'x' | 'y', value: number): readonly Box[] {
  return boxes.filter((box) => inside(box[dimension], value));
}

function lowest(boxes: readonly Box[], dimension: Dimension): AddressValue {
  let lo: AddressValue | undefined;
  for (const box of boxes) if (lo === undefined || box[dimension].lo < lo) lo = box[dimension].lo;
  return lo ?? 0;
}

function inside<T extends AddressValue>({ lo, hi }: Interval<T>, value: T): boolean {
  return lo <= value && value <= hi;
}
