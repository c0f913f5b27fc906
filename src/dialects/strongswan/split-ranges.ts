/**
 * Traffic selectors such that the kernel's policies are what they say: ranges of addresses as prefixes, and of ports as blocks
 * that a mask covers. A list of them stands for the same packets, and is one SA all the same.
 */
import { hasPorts, protocolNumbers } from '../../model/packet.js';
import type { Interval } from '../../model/selector/box.js';
import type { ConfiguredSelector, ConfiguredSelectors } from '../../model/system-config.js';
import { prefixesOf } from '../common/selector-parts.js';

/** Lists of which each selector is exact; undefined where that would be more than `most` for an end. */
export function exactLists(lists: ConfiguredSelectors, most: number): ConfiguredSelectors | undefined {
  const [local, remote] = [lists.local.flatMap(exact), lists.remote.flatMap(exact)];
  return local.length > most || remote.length > most ? undefined : { local, remote };
}

function exact(selector: ConfiguredSelector): readonly ConfiguredSelector[] {
  const { protocol, ports } = selector;
  const isRange = ports.lo <= ports.hi && !(ports.lo === 0 && ports.hi === 65_535);
  const blocks = !isRange
    ? [ports]
    : hasPorts(protocol)
      ? portBlocks(ports)
      : isIcmp(protocol)
        ? types(ports)
        : [ports];
  if (selector.kind === 'dynamic') return blocks.map((block) => ({ ...selector, ports: block }));
  return prefixesOf([selector.range]).flatMap((range) => blocks.map((block) => ({ ...selector, range, ports: block })));
}

export function isIcmp(protocol: number): boolean {
  return protocol === protocolNumbers.ICMP || protocol === protocolNumbers.ICMPV6;
}

/** One type of messages each, with one code or with any. Of type 0 strongSwan can say code 0 alone, which is all there is of it. */
function types({ lo, hi }: Interval): readonly Interval[] {
  const found: Interval[] = [];
  for (let type = lo >> 8; type <= hi >> 8; type += 1) {
    const [first, last] = [Math.max(lo, type << 8), Math.min(hi, (type << 8) | 255)];
    if (type === 0 && first === 0) found.push({ lo: 0, hi: 0 });
    else if (last - first === 255) found.push({ lo: first, hi: last });
    else for (let code = first; code <= last; code += 1) found.push({ lo: code, hi: code });
  }
  return found;
}

/** The fewest blocks of ports with a common beginning that make up a range, in ascending order. */
export function portBlocks({ lo, hi }: Interval): readonly Interval[] {
  const blocks: Interval[] = [];
  for (let at = lo; at <= hi; ) {
    let size = 1;
    while (at % (size * 2) === 0 && at + size * 2 - 1 <= hi) size *= 2;
    blocks.push({ lo: at, hi: at + size - 1 });
    at += size;
  }
  return blocks;
}
