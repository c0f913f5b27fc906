/** Seeded random packets of boxes and regions. */
import type { AddressValue } from '../address.js';
import { hasPorts, hasTypes, type Packet } from '../packet.js';
import type { Box, Interval, Region } from './box.js';
import { boxVolume } from './simplify.js';
import { contains, packetAt } from './witness.js';

/** A number from 0 up to but not including 1. */
export type Random = () => number;

/** A small generator (mulberry32) for estimates: equal seeds give equal sequences. Never for anything secret. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A whole number of an interval of at most 2^32 numbers. */
export function randomIn({ lo, hi }: Interval, random: Random): number {
  return lo + Math.floor(random() * (hi - lo + 1));
}

function randomAddress(interval: Interval<AddressValue>, random: Random): AddressValue {
  const { lo, hi } = interval;
  if (typeof lo === 'number' && typeof hi === 'number') return randomIn({ lo, hi }, random);
  let bits = 0n;
  // 64 bits more than needed, so that the remainder is as good as even.
  for (let word = 0; word < 6; word += 1) bits = (bits << 32n) | BigInt(Math.floor(random() * 2 ** 32));
  return BigInt(lo) + (bits % (BigInt(hi) - BigInt(lo) + 1n));
}

/** A random packet of a box, even over the packets that `boxVolume` counts. */
export function randomPacket(box: Box, random: Random): Packet {
  const protocol = randomProtocol(box, random);
  return packetAt({
    family: box.family,
    direction: randomIn(box.direction, random) === 0 ? 0 : 1,
    local: randomAddress(box.local, random),
    remote: randomAddress(box.remote, random),
    protocol,
    x: hasPorts(protocol) || hasTypes(protocol) ? randomIn(box.x, random) : 0,
    y: hasPorts(protocol) ? randomIn(box.y, random) : 0,
  });
}

function randomProtocol({ protocol, x, y }: Box, random: Random): number {
  if (protocol.lo === protocol.hi) return protocol.lo;
  const xs = x.hi - x.lo + 1;
  const weight = (number: number) => (hasPorts(number) ? xs * (y.hi - y.lo + 1) : hasTypes(number) ? xs : 1);
  let total = 0;
  for (let number = protocol.lo; number <= protocol.hi; number += 1) total += weight(number);
  let left = random() * total;
  for (let number = protocol.lo; number < protocol.hi; number += 1) {
    left -= weight(number);
    if (left < 0) return number;
  }
  return protocol.hi;
}

/** Makes a source of random packets of a region, even over its packets though its boxes overlap; undefined for no boxes. */
export function packetSource(region: Region, random: Random): (() => Packet) | undefined {
  const volumes = region.map((box) => Number(boxVolume(box)));
  const total = volumes.reduce((sum, volume) => sum + volume, 0);
  if (region.length === 0) return undefined;
  const choose = () => {
    let left = random() * total;
    for (const [at, volume] of volumes.entries()) {
      left -= volume;
      if (left < 0) return at;
    }
    return region.length - 1;
  };
  return () => {
    // A packet of several boxes counts once: for the first of them. The first box always counts, so this ends soon.
    for (;;) {
      const at = choose();
      const packet = randomPacket(region[at]!, random);
      if (region.findIndex((box) => contains(box, packet)) === at) return packet;
    }
  };
}
