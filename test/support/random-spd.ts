/** Seeded lists of regions for tests and benchmarks: realistic ones, and ones made to hurt. */
import { type AddressValue, type Family, prefixRange } from '../../src/model/address.js';
import { anyPort, anyProtocol, type Box, fullBox, type Interval, type Region } from '../../src/model/selector/box.js';
import { type Random, seededRandom } from '../../src/model/selector/sampling.js';

export interface RandomSpdOptions {
  readonly entries: number;
  readonly seed?: number;
  /** Share of entries that are IPv6; 0.2 when absent. */
  readonly ipv6?: number;
}

const pick = <T>(from: readonly T[], random: Random): T => from[Math.floor(random() * from.length)]!;

/**
 * The policy of a large gateway: address pairs inside an organisation and beyond, nested prefixes of several sizes, some
 * services, lists of services or of nets, few wide entries, specific entries before general ones with exceptions, and a
 * last entry for the rest. A few per cent of the entries are shadowed, by one earlier entry or by several.
 */
export function randomSpd({ entries, seed = 1, ipv6 = 0.2 }: RandomSpdOptions): Region[] {
  const random = seededRandom(seed);
  const drafts: { readonly region: Region; readonly rank: number }[] = [];
  while (drafts.length < entries - 1) {
    const family: Family = random() < ipv6 ? 6 : 4;
    const local = randomPrefix(family, random);
    const remote = randomPrefix(family, random);
    const base: Box = { ...fullBox(family), local: local.interval, remote: remote.interval };
    const region = withServices(base, random);
    const single = region.length === 1 && region[0] === base;
    // Specific first, as people order them, but not quite.
    const rank = local.length + remote.length + (single ? 0 : 8) + (random() - 0.5) * (random() < 0.1 ? 64 : 8);
    drafts.push({ region, rank });
    if (random() < 0.01 && drafts.length + 3 < entries) {
      // Both halves of a net before the whole: shadowed by a union.
      const [lower, upper] = halves(base.remote);
      if (lower && upper) {
        drafts.push({ region: [{ ...base, remote: lower }], rank: 1000 - rank });
        drafts.push({ region: [{ ...base, remote: upper }], rank: 1000 - rank });
        drafts.push({ region: [base], rank: 999 - rank - 1 });
      }
    }
  }
  drafts.sort((a, b) => b.rank - a.rank);
  return [...drafts.map(({ region }) => region), [fullBox(4), fullBox(6)]].slice(-entries);
}

function halves({ lo, hi }: Interval<AddressValue>): readonly [Interval<AddressValue>?, Interval<AddressValue>?] {
  if (lo === hi) return [];
  if (typeof lo === 'bigint') {
    const middle = (lo + BigInt(hi)) / 2n;
    return [
      { lo, hi: middle },
      { lo: middle + 1n, hi },
    ];
  }
  const middle = Math.floor((lo + Number(hi)) / 2);
  return [
    { lo, hi: middle },
    { lo: middle + 1, hi },
  ];
}

function randomPrefix(family: Family, random: Random): { interval: Interval<AddressValue>; length: number } {
  const dice = random();
  // Sites are /16 (IPv6: /48) of one organisation, or nets of partners anywhere.
  const site = Math.floor(random() * 64);
  const net = Math.floor(random() * 256);
  const host = Math.floor(random() * 256);
  if (family === 4) {
    const address = dice < 0.8 ? 2 ** 24 * 10 + site * 65536 + net * 256 + host : Math.floor(random() * 0xdfff_ffff);
    const length = dice < 0.02 ? pick([0, 8], random) : dice < 0.1 ? 16 : dice < 0.6 ? 24 : dice < 0.7 ? 28 : 32;
    const { first, last } = prefixRange({ family, value: address }, length);
    return { interval: { lo: first, hi: last }, length };
  }
  const organisation = dice < 0.8 ? 0x20010db8 : 0x20000000 + Math.floor(random() * 0x0fffffff);
  const value = (BigInt(organisation) << 96n) | (BigInt(site) << 80n) | (BigInt(net) << 64n) | BigInt(host);
  const length = dice < 0.02 ? pick([0, 32], random) : dice < 0.1 ? 48 : dice < 0.6 ? 64 : 128;
  const { first, last } = prefixRange({ family, value }, length);
  return { interval: { lo: first, hi: last }, length: length / 4 };
}

function withServices(base: Box, random: Random): Region {
  const dice = random();
  const port = (number: number): Interval => ({ lo: number, hi: number });
  const service = (): Box => {
    const protocol = port(random() < 0.7 ? 6 : 17);
    const y =
      random() < 0.8
        ? port(pick([22, 23, 25, 53, 80, 123, 161, 389, 443, 636, 3306, 5432, 8080], random))
        : { lo: 1024, hi: 65535 };
    return random() < 0.85 ? { ...base, protocol, y } : { ...base, protocol, x: y };
  };
  if (dice < 0.5) return [base];
  if (dice < 0.85) return [service()];
  if (dice < 0.9) return [service(), service(), service()];
  if (dice < 0.95) return [{ ...base, protocol: port(pick([6, 17, 50, 47], random)) }];
  if (dice < 0.97) {
    const type = pick([0, 3, 8, 11], random);
    return [{ ...base, protocol: port(base.family === 4 ? 1 : 58), x: { lo: type * 256, hi: type * 256 + 255 } }];
  }
  const direction = port(random() < 0.5 ? 0 : 1);
  return [{ ...base, direction }];
}

/** Boxes that overlap one another in all dimensions, with random faces: no cut parts them. */
export function adversarialSpd({ entries, seed = 1 }: { readonly entries: number; readonly seed?: number }): Region[] {
  const random = seededRandom(seed);
  const around = (last: number): Interval => {
    const middle = last / 2;
    return { lo: Math.floor(random() * middle), hi: last - Math.floor(random() * middle) };
  };
  return Array.from({ length: entries }, () => [
    {
      ...tcp,
      local: around(0xffff_ffff),
      remote: around(0xffff_ffff),
      x: around(65535),
      y: around(65535),
    },
  ]);
}

const tcp: Box = { ...fullBox(4), protocol: { lo: 6, hi: 6 } };
const last = { local: 0xffff_ffff, remote: 0xffff_ffff, x: 65535, y: 65535 } as const;
const axes = ['local', 'remote', 'x', 'y'] as const;

/**
 * A last entry that boxes which each restrict two dimensions out of four just about cover: none of them covers much of a
 * piece before it has been cut often. Of 3,000 entries it takes more than a million steps to see that nothing is left.
 */
export function hardSpd({ entries, seed = 1 }: { readonly entries: number; readonly seed?: number }): Region[] {
  const random = seededRandom(seed);
  const inside = Array.from({ length: entries - 1 }, () => {
    let box = tcp;
    const first = Math.floor(random() * axes.length);
    const second = (first + 1 + Math.floor(random() * (axes.length - 1))) % axes.length;
    for (const axis of [axes[first]!, axes[second]!]) {
      const length = 0.12 * (0.5 + random());
      const from = random() * (1 + length) - length;
      const lo = Math.floor(Math.max(0, from) * last[axis]);
      box = { ...box, [axis]: { lo, hi: Math.floor(Math.min(1, from + length) * last[axis]) } };
    }
    return [box];
  });
  return [...inside, [tcp]];
}

/**
 * Slabs in four dimensions that cover all of a last entry but one small cell in its middle, which only an exact search
 * finds; with `closed` that cell is covered as well.
 */
export function almostCoveredSpd({ closed, slabs }: { readonly closed: boolean; readonly slabs: number }): Region[] {
  const regions: Region[] = [];
  const perAxis = Math.floor(slabs / axes.length);
  let cell = tcp;
  for (const axis of axes) {
    const hole = Math.floor(0.618 * last[axis]);
    cell = { ...cell, [axis]: { lo: hole, hi: hole + 15 } };
    for (let slab = 0; slab < perAxis; slab += 1) {
      const below = slab % 2 === 0;
      const from = below ? 0 : hole + 16;
      const length = (below ? hole : last[axis] + 1) - from;
      const lo = from + Math.floor((length * (slab >> 1)) / Math.ceil(perAxis / 2));
      const hi = from + Math.floor((length * ((slab >> 1) + 1)) / Math.ceil(perAxis / 2)) - 1;
      if (lo <= hi) regions.push([{ ...tcp, [axis]: { lo, hi } }]);
    }
  }
  return [...regions, ...(closed ? [[cell]] : []), [tcp]];
}

/** A box of a tiny part of IPv4 space, so that all that differs can be enumerated: see `tinyPackets`. */
export function tinyBox(random: Random): Box {
  const some = (any: Interval): Interval => {
    if (random() < 0.35) return any;
    const lo = Math.floor(random() * tinyValues);
    return { lo, hi: lo + Math.floor(random() * (tinyValues - lo)) };
  };
  const dice = random();
  const base: Box = {
    ...fullBox(4),
    direction: random() < 0.6 ? { lo: 0, hi: 1 } : random() < 0.5 ? { lo: 0, hi: 0 } : { lo: 1, hi: 1 },
    local: some({ lo: 0, hi: 0xffff_ffff }),
    remote: some({ lo: 0, hi: 0xffff_ffff }),
    protocol: dice < 0.3 ? anyProtocol : dice < 0.4 ? { lo: 0, hi: 6 } : dice < 0.5 ? { lo: 6, hi: 50 } : anyProtocol,
  };
  if (dice < 0.5) return base;
  if (dice < 0.8) return { ...base, protocol: { lo: 6, hi: 6 }, x: some(anyPort), y: some(anyPort) };
  if (dice < 0.9) return { ...base, protocol: { lo: 1, hi: 1 }, x: some(anyPort) };
  return { ...base, protocol: { lo: 50, hi: 50 } };
}

/** Ends of `tinyBox` intervals are below this, or any. */
export const tinyValues = 3;
/** One value for each class that `tinyBox` can tell apart; the last stands for all greater ones. */
export const tinyAxis = Array.from({ length: tinyValues + 1 }, (_, value) => value);
/** 0, ICMP, between, TCP, UDP (as between), ESP, beyond. */
export const tinyProtocols = [0, 1, 2, 6, 17, 50, 51] as const;
