/** IPv6 goes other ways than IPv4 (bigints, ranks for coordinates): here the same lists in both families must fare alike. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { lastAddress } from '../../../src/model/address.js';
import type { Packet } from '../../../src/model/packet.js';
import { addressWords, putAddressWords } from '../../../src/model/selector/address-words.js';
import { isCovered, subtractRegion } from '../../../src/model/selector/algebra.js';
import type { Box, Interval, Region } from '../../../src/model/selector/box.js';
import { differences } from '../../../src/model/selector/partition.js';
import { seededRandom } from '../../../src/model/selector/sampling.js';
import { disjoint, simplify } from '../../../src/model/selector/simplify.js';
import { buildSpdIndex, type SpdIndex } from '../../../src/model/selector/spd-index.js';
import { contains, packetPoint, witnessPacket } from '../../../src/model/selector/witness.js';
import { tinyBox } from '../../support/random-spd.js';
import { members, tinyEntries, tinyPackets, tinyRegion, tinySpd } from '../../support/tiny-space.js';

/** Tiny addresses lie around a place in the middle of the address space, so that all words of an address matter. */
const base = (0x20010db8n << 96n) | 0xffff_fffen;

const toIpv6 = (box: Box): Box => {
  const end = ({ lo, hi }: Interval<number | bigint>) => ({
    lo: lo === 0 ? 0n : base + BigInt(lo),
    hi: hi === 0xffff_ffff ? lastAddress(6) : base + BigInt(hi),
  });
  return { ...box, family: 6, local: end(box.local), remote: end(box.remote) };
};
const toIpv4 = (box: Box): Box => {
  const end = ({ lo, hi }: Interval<number | bigint>) => ({
    lo: lo === 0n ? 0 : Number(BigInt(lo) - base),
    hi: hi === lastAddress(6) ? 0xffff_ffff : Number(BigInt(hi) - base),
  });
  return { ...box, family: 4, local: end(box.local), remote: end(box.remote) };
};
const mirrored = (region: Region): Region => region.map(toIpv6);
const toIpv6Packet = (packet: Packet): Packet => ({
  ...packet,
  family: 6,
  local: base + BigInt(packet.local),
  remote: base + BigInt(packet.remote),
});

/** As a data path looks packets up that has their addresses as words. */
function classifyWords(index: SpdIndex, packet: Packet): number {
  const { direction, local, remote, protocol, x, y } = packetPoint(packet);
  const words = new Uint32Array(2 * addressWords);
  putAddressWords(local, words, 0);
  putAddressWords(remote, words, addressWords);
  return index.classify6(direction, words, protocol, x, y);
}

const seeds = fc.integer({ min: 0, max: 0xffff_ffff });

test('region operations give the mirror image', () => {
  fc.assert(
    fc.property(seeds, (seed) => {
      const random = seededRandom(seed);
      const a = tinyRegion(random, 8);
      const b = tinyRegion(random, 8);
      expect(simplify(mirrored(a))).toEqual(mirrored(simplify(a)));
      expect(simplify([...a, ...mirrored(a)])).toEqual([...simplify(a), ...mirrored(simplify(a))]);
      expect(subtractRegion(mirrored(a), mirrored(b))).toEqual(mirrored(subtractRegion(a, b)!));
      expect(disjoint(mirrored(a))).toEqual(mirrored(disjoint(a)!));
      expect(subtractRegion(a, mirrored(b))).toEqual(a);
      const box = tinyBox(random);
      const coverage = isCovered(toIpv6(box), mirrored(b));
      expect(coverage.kind).toBe(isCovered(box, b).kind);
      if (coverage.kind === 'open') expect(contains(coverage.rest, coverage.witness)).toBe(true);
      expect(contains(toIpv6(box), witnessPacket(toIpv6(box)))).toBe(true);
    }),
    { numRuns: 100 },
  );
});

test('lists are indexed and compared alike', () => {
  fc.assert(
    fc.property(seeds, (seed) => {
      const spd = tinySpd(seed, 15);
      const mirror = spd.map(mirrored);
      const [index, indexOfMirror] = [buildSpdIndex(spd), buildSpdIndex(mirror)];
      for (const entry of spd.keys()) {
        const result = indexOfMirror.reachability(entry);
        expect(result.kind).toBe(index.reachability(entry).kind);
        if (result.kind === 'reachable') expect(indexOfMirror.classify(result.witness)).toBe(entry);
        const rest = indexOfMirror.leftover(entry);
        const original = index.leftover(entry);
        if (rest.kind !== 'exact' || original.kind !== 'exact') throw new Error('undecided');
        expect(members(rest.region.map(toIpv4))).toEqual(members(original.region));
      }
      const entries = tinyEntries(spd);
      for (const [at, packet] of tinyPackets.entries()) {
        const inMirror = toIpv6Packet(packet);
        const found = [indexOfMirror.classify(inMirror), classifyWords(indexOfMirror, inMirror)];
        if (found.some((entry) => entry !== entries[at])) expect({ inMirror, found }).toBe(entries[at]);
      }
      const keys = spd.map((_, entry) => entry % 3);
      const other = keys.map((key, entry) => (entry % 4 === 0 ? key + 1 : key));
      const found = differences({ regions: spd, keys }, { regions: spd, keys: other }).differences;
      const foundInMirror = differences({ regions: mirror, keys }, { regions: mirror, keys: other }).differences;
      expect(members(foundInMirror.map(({ box }) => toIpv4(box)))).toEqual(members(found.map(({ box }) => box)));
    }),
    { numRuns: 15 },
  );
});
