import { describe, expect, test } from 'vitest';
import { parseAddress, prefixRange } from '../../../src/model/address.js';
import { formatPacket } from '../../../src/model/packet.js';
import { isCovered, isProper, subtractBox } from '../../../src/model/selector/algebra.js';
import { type Box, everything, fullBox, type Interval } from '../../../src/model/selector/box.js';
import { formatBox } from '../../../src/model/selector/format-box.js';
import { decorrelate, differences, firstMatchEqual } from '../../../src/model/selector/partition.js';
import { packetSource, seededRandom } from '../../../src/model/selector/sampling.js';
import { boxVolume, regionVolume, simplify } from '../../../src/model/selector/simplify.js';
import { buildSpdIndex } from '../../../src/model/selector/spd-index.js';
import { contains, packetPoint, witnessPacket } from '../../../src/model/selector/witness.js';
import { randomSpd } from '../../support/random-spd.js';
import { naiveClassify } from '../../support/tiny-space.js';

/** `box('10.0.0.0/8', '10.2.0.0/16', { protocol: 6, y: 23 })`; ends that are absent are any. */
function box(
  local: string,
  remote: string,
  rest: Partial<Record<'direction' | 'protocol' | 'x' | 'y', number | [number, number]>> = {},
): Box {
  const end = (text: string) => {
    const [address, length] = text.split('/') as [string, string?];
    const parsed = parseAddress(address)!;
    const { first, last } = prefixRange(
      parsed,
      length === undefined ? (parsed.family === 4 ? 32 : 128) : Number(length),
    );
    return { family: parsed.family, interval: { lo: first, hi: last } };
  };
  const { family, interval } = end(local);
  const intervals = Object.entries(rest).map(([name, value]): [string, Interval] => [
    name,
    typeof value === 'number' ? { lo: value, hi: value } : { lo: value[0], hi: value[1] },
  ]);
  return { ...fullBox(family), local: interval, remote: end(remote).interval, ...Object.fromEntries(intervals) };
}

describe('formatBox', () => {
  test.each<[Box, string]>([
    [
      box('10.0.0.0/8', '10.2.0.0/16', { protocol: 6, x: [1024, 65535], y: 23 }),
      'TCP 10.0.0.0/8 port 1024-65535 <-> 10.2.0.0/16 port 23',
    ],
    [box('10.0.0.1', '0.0.0.0/0', { direction: 0, protocol: 17, y: 53 }), 'outbound UDP 10.0.0.1 -> any port 53'],
    [
      box('0.0.0.0/0', '10.0.0.1', { direction: 1, protocol: 1, x: [2048, 2303] }),
      'inbound ICMP type 8 any <- 10.0.0.1',
    ],
    [box('10.0.0.1', '10.0.0.2', { protocol: 1, x: 772 }), 'ICMP type 3 code 4 10.0.0.1 <-> 10.0.0.2'],
    [box('10.0.0.1', '10.0.0.2', { protocol: 1, x: [0, 1023] }), 'ICMP type 0-3 10.0.0.1 <-> 10.0.0.2'],
    [box('10.0.0.1', '10.0.0.2', { protocol: 1, x: [1, 770] }), 'ICMP type/code 0/1-3/2 10.0.0.1 <-> 10.0.0.2'],
    [box('10.0.0.1', '10.0.0.2', { protocol: [7, 255] }), 'protocols 7-255 10.0.0.1 <-> 10.0.0.2'],
    [box('::/0', '::/0', { protocol: 6, x: 80 }), 'IPv6 TCP any port 80 <-> any'],
    [fullBox(6), 'all IPv6'],
    [{ ...fullBox(4), direction: { lo: 1, hi: 1 } }, 'inbound all IPv4'],
    [{ ...box('10.0.0.0/8', '10.0.0.1'), local: { lo: 3, hi: 9 } }, '0.0.0.3-0.0.0.9 <-> 10.0.0.1'],
  ])('%#', (given, text) => expect(formatBox(given)).toBe(text));
});

describe('witnessPacket looks natural', () => {
  test.each<[Box, string]>([
    [fullBox(4), 'outbound TCP 192.0.2.1:49152 > 198.51.100.1:443'],
    [fullBox(6), 'outbound TCP [2001:db8::1]:49152 > [2001:db8:0:1::1]:443'],
    [box('10.0.0.0/8', '10.0.0.0/8'), 'outbound TCP 10.0.0.1:49152 > 10.0.0.2:443'],
    [box('10.0.0.1', '10.2.0.0/16', { protocol: 6, y: 23 }), 'outbound TCP 10.0.0.1:49152 > 10.2.0.1:23'],
    [box('10.0.0.1', '10.2.0.0/16', { direction: 1, protocol: 6, x: 23 }), 'inbound TCP 10.2.0.1:49152 > 10.0.0.1:23'],
    [box('10.0.0.1', '10.0.0.2', { protocol: 1 }), 'outbound ICMP 10.0.0.1 > 10.0.0.2 type 8'],
    [box('10.0.0.1', '10.0.0.2', { protocol: 1, x: 772 }), 'outbound ICMP 10.0.0.1 > 10.0.0.2 type 3 code 4'],
    [box('2001:db8::/64', '2001:db8:1::/64', { protocol: 58 }), 'outbound ICMPV6 2001:db8::1 > 2001:db8:1::1 type 128'],
    [box('10.0.0.1', '10.0.0.2', { protocol: 50 }), 'outbound ESP 10.0.0.1 > 10.0.0.2'],
    [box('10.0.0.1', '10.0.0.2', { protocol: 6, x: [0, 9], y: [0, 0] }), 'outbound TCP 10.0.0.1:1 > 10.0.0.2:0'],
  ])('%#', (given, text) => {
    const packet = witnessPacket(given);
    expect(formatPacket(packet)).toBe(text);
    expect(contains(given, packet)).toBe(true);
  });
});

describe('ports and types are never confused', () => {
  const telnet = box('0.0.0.0/0', '0.0.0.0/0', { protocol: 6, y: 23 });

  test('a box that restricts ports of several protocols, or ports where there are none, is not proper', () => {
    expect(isProper({ ...fullBox(4), y: { lo: 23, hi: 23 } })).toBe(false);
    expect(isProper({ ...fullBox(4), protocol: { lo: 6, hi: 7 }, x: { lo: 23, hi: 23 } })).toBe(false);
    expect(isProper({ ...fullBox(4), protocol: { lo: 50, hi: 50 }, x: { lo: 0, hi: 0 } })).toBe(false);
    expect(isProper({ ...fullBox(4), protocol: { lo: 1, hi: 1 }, y: { lo: 0, hi: 0 } })).toBe(false);
    expect(isProper({ ...fullBox(4), x: { lo: 1, hi: 0 } })).toBe(false);
    expect(isProper({ ...fullBox(4), local: { lo: 0, hi: 2 ** 32 } })).toBe(false);
    expect(isProper({ ...fullBox(6), local: { lo: 0, hi: 1 } })).toBe(false);
    expect(isProper(telnet)).toBe(true);
    expect(() => buildSpdIndex([[{ ...fullBox(4), y: { lo: 23, hi: 23 } }]])).toThrow(RangeError);
  });

  test('taking a port of TCP away leaves other protocols whole', () => {
    const rest = subtractBox(fullBox(4), telnet);
    expect(rest.every(isProper)).toBe(true);
    expect(rest.map(formatBox)).toEqual([
      'IPv4 protocols 0-5 any <-> any',
      'IPv4 protocols 7-255 any <-> any',
      'IPv4 TCP any <-> any port 0-22',
      'IPv4 TCP any <-> any port 24-65535',
    ]);
  });

  test('merging never takes types of one protocol for ports of the next', () => {
    // Mobility Header and UDP-Lite are neighbours: 135 has types, 136 has ports.
    const types = box('10.0.0.1', '10.0.0.2', { protocol: 135, x: [0, 255] });
    const ports = box('10.0.0.1', '10.0.0.2', { protocol: 136, x: [0, 255] });
    expect(simplify([types, ports])).toEqual([types, ports]);
    const any = { lo: 0, hi: 65535 };
    expect(
      simplify([
        { ...types, x: any },
        { ...ports, x: any },
      ]),
    ).toEqual([box('10.0.0.1', '10.0.0.2', { protocol: [135, 136] })]);
  });

  test('random packets of overlapping boxes are even over the packets, not over the boxes', () => {
    const a = box('10.0.0.0/24', '10.0.0.1', { protocol: 50 });
    const b = box('10.0.1.0/24', '10.0.0.1', { protocol: 50 });
    const next = packetSource([a, a, a, b], seededRandom(1))!;
    const inB = Array.from({ length: 2_000 }, next).filter((packet) => contains(b, packet)).length;
    expect(inB / 2_000).toBeCloseTo(0.5, 1);
  });

  test('a packet has the coordinates of its protocol only', () => {
    const base = { family: 4, direction: 'inbound', local: 1, remote: 2 } as const;
    expect(packetPoint({ ...base, protocol: 50, localPort: 5, type: 8 })).toMatchObject({ direction: 1, x: 0, y: 0 });
    expect(packetPoint({ ...base, protocol: 1, localPort: 5, remotePort: 5, type: 3, code: 4 })).toMatchObject({
      x: 772,
      y: 0,
    });
    expect(packetPoint({ ...base, protocol: 6, localPort: 5, type: 3 })).toMatchObject({ x: 5, y: 0 });
  });

  test('volume counts what selectors can tell apart', () => {
    expect(boxVolume(box('10.0.0.0/24', '10.0.0.1', { protocol: 50 }))).toBe(512n);
    expect(boxVolume(box('10.0.0.1', '10.0.0.1', { direction: 0, protocol: 1, x: [0, 511] }))).toBe(512n);
    expect(boxVolume(box('10.0.0.1', '10.0.0.1', { direction: 0, protocol: 6, x: [1, 2], y: [1, 3] }))).toBe(6n);
    expect(regionVolume([telnet, telnet, box('10.0.0.1', '0.0.0.0/0', { protocol: 6, y: 23 })])).toBe(
      boxVolume(telnet),
    );
    const kinds = 5n * 2n ** 32n + 3n * 2n ** 16n + 248n;
    expect(boxVolume(box('::', '::', { direction: 0 }))).toBe(kinds);
  });
});

describe('an SPD', () => {
  const whole = box('10.0.0.0/8', '10.0.0.0/24');
  const lower = box('10.0.0.0/8', '10.0.0.0/25');
  const upper = box('10.0.0.0/8', '10.0.0.128/25');

  test('an entry shadowed by one, by a union, by one of several boxes, or partly', () => {
    const telnet = box('10.0.0.1', '10.0.0.1', { protocol: 6, y: 23 });
    const index = buildSpdIndex([
      [lower],
      [upper],
      [telnet],
      [whole],
      [lower, upper],
      [box('10.0.0.0/8', '10.0.0.0/16')],
      [whole],
    ]);
    expect(index.reachability(1)).toMatchObject({ kind: 'reachable' });
    expect(index.reachability(2)).toMatchObject({ kind: 'covered', by: [0] });
    expect(index.reachability(3)).toMatchObject({ kind: 'covered', by: [0, 1] });
    expect(index.reachability(6)).toMatchObject({ kind: 'covered', by: [3] });
    const rest = index.leftover(5);
    expect(rest.kind === 'exact' && rest.region.map(formatBox)).toEqual(['10.0.0.0/8 <-> 10.0.1.0-10.0.255.255']);
    expect(index.reachableShare(5)).toBeGreaterThan(0.9);
    expect(index.reachableShare(3)).toBe(0);
  });

  test('a single entry that covers as a union of its boxes is named alone', () => {
    const index = buildSpdIndex([[lower], [lower, upper], [whole]]);
    expect(index.reachability(2)).toMatchObject({ kind: 'covered', by: [1] });
    const both = buildSpdIndex([[fullBox(4)], [fullBox(6)], everything, everything]);
    expect(both.reachability(3)).toMatchObject({ kind: 'covered', by: [2] });
    const split = buildSpdIndex([[fullBox(4)], [fullBox(6)], everything]);
    expect(split.reachability(2)).toMatchObject({ kind: 'covered', by: [0, 1] });
  });

  test('an entry without boxes takes nothing and needs nobody to cover it', () => {
    const index = buildSpdIndex([[], [whole]]);
    expect(index.reachability(0)).toEqual({ kind: 'covered', by: [], spent: 0 });
    expect(index.leftover(0)).toMatchObject({ kind: 'exact', region: [] });
    expect(index.reachableShare(0)).toBe(0);
    expect(buildSpdIndex([]).classify(witnessPacket(whole))).toBe(-1);
    expect(buildSpdIndex([]).firstOverlap(whole)).toBe(-1);
  });

  test('IPv6 lists of thousands of prefixes are searched as exactly as small ones', () => {
    const spd = randomSpd({ entries: 4_000, ipv6: 1, seed: 11 });
    const index = buildSpdIndex(spd);
    for (let entry = 0; entry < spd.length; entry += 13) {
      const result = index.reachability(entry);
      if (result.kind === 'reachable') expect(naiveClassify(spd, result.witness)).toBe(entry);
      const packet = witnessPacket(spd[entry]![0]!);
      expect(index.classify(packet)).toBe(naiveClassify(spd, packet));
    }
  });

  test('removing an entry shows where its packets go now', () => {
    const before = { regions: [[lower], [whole]], keys: [1, 2] };
    const after = { regions: [[whole]], keys: [2] };
    const { differences: found, truncated } = differences(before, after);
    expect(truncated).toBe(false);
    expect(found.map((each) => ({ ...each, box: formatBox(each.box) }))).toEqual([
      { box: '10.0.0.0/8 <-> 10.0.0.0/25', beforeEntry: 0, afterEntry: 0 },
    ]);
    expect(firstMatchEqual(before, { ...after, keys: [1] }).kind).toBe('different');
    expect(firstMatchEqual({ ...before, keys: [2, 2] }, after).kind).toBe('equal');
  });

  test('packets that no entry takes are compared too', () => {
    const list = { regions: [[whole]], keys: [1], noMatchKey: 5 };
    expect(firstMatchEqual(list, { ...list }).kind).toBe('equal');
    const { differences: found } = differences(list, { ...list, noMatchKey: 6 });
    expect(found.every(({ beforeEntry, afterEntry }) => beforeEntry === -1 && afterEntry === -1)).toBe(true);
    expect(isCovered(fullBox(4), [whole, ...found.map((each) => each.box)]).kind).toBe('covered');
    expect(
      isCovered(
        fullBox(6),
        found.map((each) => each.box),
      ).kind,
    ).toBe('covered');
  });

  test('decorrelated, a specific entry is cut out of a general one', () => {
    const { entries, complete } = decorrelate([[lower], [whole]]);
    expect(complete).toBe(true);
    expect(entries.map((entry) => entry.kind === 'exact' && entry.region.map(formatBox))).toEqual([
      ['10.0.0.0/8 <-> 10.0.0.0/25'],
      ['10.0.0.0/8 <-> 10.0.0.128/25'],
    ]);
  });
});
