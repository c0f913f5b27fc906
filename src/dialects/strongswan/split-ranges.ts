/**
 * Traffic selectors such that the kernel's policies are what they say: ranges of addresses as prefixes, and of ports as blocks
 * that a mask covers. A list of them stands for the same packets, and is one SA all the same.
 */
import { hasPorts } from '../../model/packet.js';
import type { Interval } from '../../model/selector/box.js';
import type { ConfiguredSelector, ConfiguredSelectors } from '../../model/system-config.js';
import { prefixesOf } from '../common/selector-parts.js';

/** Selectors of one end, which are sent with every negotiation (RFC 7296 §3.13 has room for 255). */
export const splitMax = 64;

/** Lists of which each selector is exact; the same lists where that would be more than `splitMax` for an end. */
export function exactLists(lists: ConfiguredSelectors): ConfiguredSelectors {
  const [local, remote] = [lists.local.flatMap(exact), lists.remote.flatMap(exact)];
  return local.length > splitMax || remote.length > splitMax ? lists : { local, remote };
}

function exact(selector: ConfiguredSelector): readonly ConfiguredSelector[] {
  const { protocol, ports } = selector;
  const blocks = hasPorts(protocol) && ports.lo <= ports.hi ? portBlocks(ports) : [ports];
  if (selector.kind === 'dynamic') return blocks.map((block) => ({ ...selector, ports: block }));
  return prefixesOf([selector.range]).flatMap((range) => blocks.map((block) => ({ ...selector, range, ports: block })));
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
