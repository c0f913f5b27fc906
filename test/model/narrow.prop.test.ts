import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { narrow } from '../../src/model/narrow.js';
import type { Packet } from '../../src/model/packet.js';
import type { Box, Region } from '../../src/model/selector/box.js';
import { seededRandom } from '../../src/model/selector/sampling.js';
import { contains, packetAt } from '../../src/model/selector/witness.js';
import {
  boxSelectors,
  listsRegion,
  packetSelectors,
  type SelectorLists,
  selectorBox,
  selectorLists,
} from '../../src/model/traffic-selector.js';
import { tinyAxis, tinyBox, tinyProtocols } from '../support/random-spd.js';

/** One packet for each class that the tiny boxes can tell apart, inbound: what an initiator sends. */
const packets: readonly Packet[] = tinyAxis.flatMap((local) =>
  tinyAxis.flatMap((remote) =>
    tinyProtocols.flatMap((protocol) =>
      tinyAxis.flatMap((x) =>
        tinyAxis.map((y) => packetAt({ family: 4, direction: 1, local, remote, protocol, x, y })),
      ),
    ),
  ),
);

const region = (maxLength: number) =>
  fc.tuple(fc.integer(), fc.integer({ min: 1, max: maxLength })).map(([seed, length]): Box[] => {
    const random = seededRandom(seed);
    return Array.from({ length }, () => tinyBox(random));
  });

const holds = (boxes: Region, packet: Packet) => boxes.some((box) => contains(box, packet));
/** What the selectors of a region stand for: neither direction nor a stretch of protocols can be said. */
const meant = (boxes: Region) =>
  boxes.flatMap((box) => {
    const { local, remote } = boxSelectors(box);
    return selectorBox(local, remote) ?? [];
  });

describe('narrow', () => {
  it('gives a subset of what was proposed and of what the policy allows', () => {
    fc.assert(
      fc.property(region(4), region(4), fc.boolean(), (proposing, own, exact) => {
        const proposed = selectorLists(proposing);
        const result = narrow(proposed, own, { exact });
        const [offered, allowed] = [listsRegion(proposed), meant(own)];
        if (result.kind === 'unacceptable') {
          const common = packets.some((packet) => holds(offered, packet) && holds(allowed, packet));
          if (result.why === 'disjoint') expect(common).toBe(false);
          else expect(exact && packets.some((packet) => holds(offered, packet) && !holds(allowed, packet))).toBe(true);
          return;
        }
        const agreed = listsRegion(result.lists);
        const { loss, additionalPossible } = result;
        const wrong = packets.find((packet) => {
          const [inResult, inOffer, inPolicy] = [agreed, offered, allowed].map((boxes) => holds(boxes, packet));
          return (
            (inResult && !(inOffer && inPolicy)) ||
            (!additionalPossible && inOffer && inPolicy && !inResult) ||
            holds(loss.proposed!, packet) !== (inOffer && !inResult) ||
            holds(loss.allowed!, packet) !== (inPolicy && !inResult)
          );
        });
        expect(wrong).toBeUndefined();
        expect(packets.some((packet) => holds(agreed, packet))).toBe(true);
        expect(result.whole).toBe(packets.every((packet) => !holds(offered, packet) || holds(allowed, packet)));
        if (exact) expect(result.whole).toBe(true);
      }),
      { numRuns: 150 },
    );
  });

  it("keeps the packet's own selectors whenever the policy allows them", () => {
    fc.assert(
      fc.property(region(4), region(4), fc.nat(packets.length - 1), (proposing, own, index) => {
        const packet = packets[index]!;
        const first = packetSelectors(packet);
        const rest = selectorLists(proposing);
        const proposed: SelectorLists = { local: [first.local, ...rest.local], remote: [first.remote, ...rest.remote] };
        const result = narrow(proposed, own);
        if (!holds(meant(own), packet)) return;
        expect(result.kind).toBe('narrowed');
        if (result.kind !== 'narrowed') return;
        expect(result.keepsFirst).toBe(true);
        expect(holds(listsRegion(result.lists), packet)).toBe(true);
      }),
      { numRuns: 150 },
    );
  });

  it('agrees on the same packets whichever side proposes, when both policies are one box', () => {
    const mirror = ({ local, remote, x, y, ...box }: Box): Box => ({
      ...box,
      local: remote,
      remote: local,
      ...(box.protocol.lo === 6 && box.protocol.hi === 6 ? { x: y, y: x } : { x, y }),
    });
    fc.assert(
      fc.property(region(1), region(1), ([ours], [theirs]) => {
        const there = narrow(selectorLists([mirror(ours!)]), [theirs!]);
        const back = narrow(selectorLists([mirror(theirs!)]), [ours!]);
        expect(there.kind).toBe(back.kind);
        if (there.kind !== 'narrowed' || back.kind !== 'narrowed') return;
        const [first, second] = [listsRegion(there.lists), listsRegion(back.lists).map(mirror)];
        expect(packets.find((packet) => holds(first, packet) !== holds(second, packet))).toBeUndefined();
      }),
    );
  });
});
