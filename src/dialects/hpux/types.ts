/** Which types of ICMP, ICMPv6 and MH messages a region selects beside everything else, in the record language's words. */

import { icmpv6CoveredTypes } from '../../model/compile/selectors.js';
import { hasTypes, protocolNumbers } from '../../model/packet.js';
import type { Region } from '../../model/selector/box.js';
import type { SelectorPart } from '../common/selector-parts.js';

const arguments_: ReadonlyMap<number, string> = new Map([
  [protocolNumbers.ICMP, 'icmp_type'],
  [protocolNumbers.ICMPV6, 'icmpv6_type'],
  [protocolNumbers.MH, 'mh_type'],
]);

type Argument = readonly [name: string, value: string];

/**
 * Arguments for message types of a part: of those that go out and of those that come in. Undefined where single codes are
 * selected, which records cannot.
 */
export function typeArguments(part: SelectorPart, region: Region): readonly Argument[] | undefined {
  const protocol = part.local.protocol || part.remote.protocol;
  if (protocol !== 0 && !hasTypes(protocol)) return [];
  const family = part.local.ranges[0]!.family;
  const all = family === 4 ? [protocolNumbers.ICMP] : [protocolNumbers.ICMPV6, protocolNumbers.MH];
  const found: Argument[] = [];
  for (const number of protocol === 0 ? all : [protocol]) {
    const out = typesWithin(region, part, number, 0);
    const into = typesWithin(region, part, number, 1);
    if (out === 'codes' || into === 'codes') return undefined;
    // A record is for both directions, whatever this is for.
    const [first, second] = [out ?? into, into ?? out];
    if (!first || !second) return undefined;
    found.push(...argumentsOf(number, first, second));
  }
  return found;
}

/** The types of a protocol that a region selects in one direction; undefined where it selects none. */
function typesWithin(
  region: Region,
  { local, remote }: SelectorPart,
  number: number,
  way: 0 | 1,
): readonly number[] | 'ALL' | 'codes' | undefined {
  const [ours, theirs] = [local.ranges[0]!, remote.ranges[0]!];
  const boxes = region.filter(
    (box) =>
      box.family === ours.family &&
      box.direction.lo <= way &&
      way <= box.direction.hi &&
      box.protocol.lo <= number &&
      number <= box.protocol.hi &&
      box.local.lo <= ours.first &&
      ours.last <= box.local.hi &&
      box.remote.lo <= theirs.first &&
      theirs.last <= box.remote.hi,
  );
  if (boxes.some(({ x }) => x.lo === 0 && x.hi === 65_535)) return 'ALL';
  if (boxes.some(({ x }) => x.lo % 256 !== 0 || x.hi % 256 !== 255)) return 'codes';
  const types = new Set<number>();
  for (const { x } of boxes) for (let type = x.lo / 256; type * 256 < x.hi; type += 1) types.add(type);
  return types.size === 0 ? undefined : [...types].sort((one, other) => one - other);
}

/** Without an argument, ICMPv6 stands for four types, and the others for all. */
function argumentsOf(
  protocol: number,
  out: readonly number[] | 'ALL',
  into: readonly number[] | 'ALL',
): readonly Argument[] {
  const name = arguments_.get(protocol)!;
  const usual = protocol === protocolNumbers.ICMPV6 ? icmpv6CoveredTypes.join(',') : 'ALL';
  const value = (types: readonly number[] | 'ALL') => (types === 'ALL' ? 'ALL' : types.join(','));
  if (value(out) === usual && value(into) === usual) return [];
  return [
    [`src_${name}`, value(out)],
    [`dst_${name}`, value(into)],
  ];
}
