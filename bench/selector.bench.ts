/**
 * Selector space at 100,000 policies: look-ups against a linear search, and how building, deciding reachability and comparing
 * grow. Ratios and exponents carry over to other machines; the times in the notes do not.
 */
import type { AddressValue } from '../src/model/address.js';
import { addressWords, putAddressWords } from '../src/model/selector/address-words.js';
import type { Box, Interval, Region } from '../src/model/selector/box.js';
import { firstMatchEqual } from '../src/model/selector/partition.js';
import { randomPacket, seededRandom } from '../src/model/selector/sampling.js';
import { boxVolume } from '../src/model/selector/simplify.js';
import { buildSpdIndex, type Reachability, type SpdIndex } from '../src/model/selector/spd-index.js';
import { type PacketPoint, packetPoint } from '../src/model/selector/witness.js';
import { hardSpd, randomSpd } from '../test/support/random-spd.js';
import { cpuMillis, interleaved, median } from './measure.js';
import type { Benchmark, Row } from './row.js';

const entries = 100_000;
const rounds = 5;
/** Runs of the index before those that count: a daemon's look-ups are compiled, too. */
const warmUps = 30;
/** Packets for the index, of random entries; and for the linear search, which is slow. */
const packetsForIndex = 5_000;
const packetsForScan = 100;

function built(regions: readonly Region[]): SpdIndex {
  const index = buildSpdIndex(regions);
  // Trees are built when they are first asked.
  for (const region of [regions.at(-1)!, regions[0]!]) {
    for (const box of region) index.firstOverlap(box);
  }
  for (const family of [4, 6] as const) {
    const zero = family === 4 ? 0 : 0n;
    index.classify({ family, direction: 'outbound', local: zero, remote: zero, protocol: 6 });
  }
  return index;
}

function packetsOf(regions: readonly Region[], count: number) {
  const random = seededRandom(7);
  return Array.from({ length: count }, () => {
    const region = regions[Math.floor(random() * regions.length)]!;
    return randomPacket(region[Math.floor(random() * region.length)]!, random);
  });
}

/**
 * First match as fast as a linear search gets: over a column of remote addresses, and only where those match over the rest.
 * Addresses as floating point numbers keep their order, so that none is missed.
 */
function linearSearch(boxes: readonly Box[]): (point: PacketPoint) => number {
  const lo = Float64Array.from(boxes, (box) => Number(box.remote.lo));
  const hi = Float64Array.from(boxes, (box) => Number(box.remote.hi));
  return (point) => {
    const remote = Number(point.remote);
    for (let at = 0; at < lo.length; at += 1) {
      if (lo[at]! <= remote && remote <= hi[at]! && boxHolds(boxes[at]!, point)) return at;
    }
    return -1;
  };
}

function boxHolds(box: Box, point: PacketPoint): boolean {
  return (
    box.family === point.family &&
    holds(box.local, point.local) &&
    holds(box.remote, point.remote) &&
    holds(box.protocol, point.protocol) &&
    holds(box.x, point.x) &&
    holds(box.y, point.y) &&
    holds(box.direction, point.direction)
  );
}

function holds<T extends AddressValue>({ lo, hi }: Interval<T>, value: T): boolean {
  return lo <= value && value <= hi;
}

async function lookUps(): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const family of [4, 6] as const) {
    const regions = randomSpd({ entries, ipv6: family === 4 ? 0 : 1 });
    const scan = linearSearch(regions.flat());
    const index = built(regions);
    const packets = packetsOf(regions.slice(0, -1), packetsForIndex);
    const points = packets.map(packetPoint);
    const words = points.map(({ local, remote }) => {
      const both = new Uint32Array(2 * addressWords);
      if (family === 6) {
        putAddressWords(local, both, 0);
        putAddressWords(remote, both, addressWords);
      }
      return both;
    });
    const few = points.slice(0, packetsForScan);
    const found = { index: 0, scan: 0 };
    const lookUpAll = (): void => {
      for (let at = 0; at < points.length; at += 1) {
        const { direction, local, remote, protocol, x, y } = points[at]!;
        found.index +=
          family === 4
            ? index.classify4(direction, local as number, remote as number, protocol, x, y)
            : index.classify6(direction, words[at]!, protocol, x, y);
      }
    };
    for (let warmed = 0; warmed < warmUps; warmed += 1) lookUpAll();
    const times = await interleaved(
      {
        index: lookUpAll,
        scan: () => {
          for (const point of few) found.scan += scan(point);
        },
      },
      rounds,
      cpuMillis,
    );
    // By itself, as on a host whose caches hold the policy.
    const alone = await interleaved({ index: lookUpAll }, 5 * rounds, cpuMillis);
    if (found.index < 0 || found.scan < 0) throw new Error('packets of entries match entries');
    const perIndex = median(times.index) / packetsForIndex;
    const perScan = median(times.scan) / packetsForScan;
    rows.push({
      name: `IPv${family} look-up among 100,000 policies, against a linear search`,
      value: perIndex / perScan,
      unit: 'x',
      limit: 0.05,
      note: `linear ${(perScan * 1000).toFixed(0)} µs each`,
    });
    const perSecond = packetsForIndex / median(alone.index) / 1000;
    rows.push({ name: `IPv${family} look-ups on one core`, value: perSecond, unit: 'million/s' });
  }
  return rows;
}

async function growth(): Promise<readonly Row[]> {
  const large = randomSpd({ entries });
  const small = randomSpd({ entries: entries / 10 });
  const reachAll = (regions: readonly Region[]) => {
    const index = buildSpdIndex(regions);
    let reachable = 0;
    for (let entry = 0; entry < regions.length; entry += 1) {
      if (index.reachability(entry).kind === 'reachable') reachable += 1;
    }
    return reachable;
  };
  const withoutOne = (regions: readonly Region[]) => {
    const keys = regions.map((_, entry) => entry % 7);
    // A net with a service rather than anything wide, so that the difference is small in both lists.
    const removed = regions.findIndex((region, entry) => entry > 0.3 * regions.length && isNarrow(region));
    const keep = <T>(list: readonly T[]) => list.filter((_, entry) => entry !== removed);
    return firstMatchEqual({ regions, keys }, { regions: keep(regions), keys: keep(keys) }).kind;
  };
  const times = await interleaved(
    {
      sort: () => large.map((region) => Number(region[0]!.remote.lo)).sort((a, b) => a - b),
      build: () => built(large),
      buildSmall: () => built(small),
      reach: () => reachAll(large),
      reachSmall: () => reachAll(small),
      compare: () => withoutOne(large),
      compareSmall: () => withoutOne(small),
    },
    3,
  );
  const [build, reach, compare] = [median(times.build), median(times.reach), median(times.compare)];
  const exponent = (whole: number, tenth: number) => Math.log10(whole / tenth);
  const ms = (value: number) => `${value.toFixed(0)} ms at 100,000`;
  return [
    {
      name: 'building both trees, against sorting addresses',
      value: build / median(times.sort),
      unit: 'x',
      note: ms(build),
    },
    // 1 is linear; n·log n from 10,000 to 100,000 is 1.1, and caches that no longer suffice add to it, most to comparing,
    // which does little else than reading both lists.
    {
      name: 'exponent of building',
      value: exponent(build, median(times.buildSmall)),
      unit: '',
      limit: 1.4,
      note: ms(build),
    },
    {
      name: 'exponent of deciding all reachability',
      value: exponent(reach, median(times.reachSmall)),
      unit: '',
      limit: 1.4,
      note: ms(reach),
    },
    {
      name: 'exponent of comparing after one removal',
      value: exponent(compare, median(times.compareSmall)),
      unit: '',
      limit: 1.7,
      note: ms(compare),
    },
  ];
}

function isNarrow(region: Region): boolean {
  return region.length === 1 && region[0]!.protocol.lo === 6 && Number(boxVolume(region[0]!)) < 2 ** 40;
}

async function hardLists(): Promise<readonly Row[]> {
  const regions = hardSpd({ entries: 3_000 });
  const index = built(regions);
  const budget = 500_000;
  let result: Reachability = index.reachability(regions.length - 1, 0);
  const times = await interleaved(
    {
      decide: () => {
        result = index.reachability(regions.length - 1, budget);
      },
    },
    rounds,
  );
  return [
    {
      name: 'steps spent on a hard list of 3,000, against the budget',
      value: result.spent / budget,
      unit: 'x',
      limit: 1,
      note: `${result.kind}, ${((median(times.decide) * 1e6) / result.spent).toFixed(0)} ns a step`,
    },
  ];
}

export const benchmarks: readonly Benchmark[] = [
  { name: 'selector-look-up', run: lookUps },
  { name: 'selector-growth', run: growth },
  { name: 'selector-hard', run: hardLists },
];
