import fc from 'fast-check';
import { expect, it } from 'vitest';
import { subtractBox } from '../../../src/model/selector/algebra.js';
import { type Box, isProper, type Region } from '../../../src/model/selector/box.js';
import { naturalPacket } from '../../../src/model/selector/region-packet.js';
import { contains } from '../../../src/model/selector/witness.js';

const interval = (max: number) =>
  fc
    .tuple(fc.integer({ min: 0, max }), fc.integer({ min: 0, max }))
    .map(([a, b]) => ({ lo: Math.min(a, b), hi: Math.max(a, b) }));
const protocol = fc.constantFrom(
  { lo: 0, hi: 255 },
  { lo: 6, hi: 6 },
  { lo: 17, hi: 17 },
  { lo: 1, hi: 1 },
  { lo: 7, hi: 16 },
);
const ports = fc.constantFrom(
  { lo: 0, hi: 65535 },
  { lo: 0, hi: 0 },
  { lo: 80, hi: 443 },
  { lo: 2048, hi: 2303 },
  { lo: 49152, hi: 65535 },
);
const address = fc
  .constantFrom({ lo: 0, hi: 0xffff_ffff })
  .chain((whole) => fc.oneof(fc.constant(whole), interval(15), interval(1023)));
const anyBox = fc.record({
  family: fc.constant(4 as const),
  direction: fc.constantFrom({ lo: 0, hi: 1 }, { lo: 0, hi: 0 }, { lo: 1, hi: 1 }),
  local: address,
  remote: address,
  protocol,
  x: ports,
  y: ports,
}) satisfies fc.Arbitrary<Box>;
const box = anyBox.filter(isProper);

/** The same packets in other boxes: each box without the ones before it. */
function disjoint(boxes: readonly Box[]): Region {
  const found: Box[] = [];
  for (const one of boxes) {
    let rest: readonly Box[] = [one];
    for (const earlier of found) rest = rest.flatMap((piece) => subtractBox(piece, earlier));
    found.push(...rest);
  }
  return found;
}

it('is in the region', () => {
  fc.assert(
    fc.property(fc.array(box, { minLength: 1, maxLength: 5 }), (region) => {
      const packet = naturalPacket(region);
      expect(region.some((one) => contains(one, packet))).toBe(true);
    }),
  );
});

it('is the same for any way to write the region', () => {
  fc.assert(
    fc.property(fc.array(box, { minLength: 1, maxLength: 4 }), (region) => {
      const expected = naturalPacket(region);
      expect(naturalPacket(disjoint(region))).toEqual(expected);
      expect(naturalPacket(disjoint([...region].reverse()))).toEqual(expected);
    }),
  );
});
