/**
 * Boxes of selector space as selectors of the kernel: prefixes instead of ranges of addresses, values with masks instead of
 * ranges of ports, one protocol or any. What is in a selector's source and destination depends on the direction.
 */
import { type AddressValue, addressBits, rangeToPrefixes } from '../../model/address.js';
import type { HostSelector, PolicyDirection } from '../../model/host-state.js';
import { hasPorts, hasTypes, protocolNumbers } from '../../model/packet.js';
import type { Box, Interval } from '../../model/selector/box.js';
import { anyValue, type MaskedPair, maskedPorts, maskedTypes } from './port-masks.js';

interface Prefix {
  readonly first: AddressValue;
  readonly prefixLength: number;
}

/**
 * The selectors of a box whose protocol is one number or any, or how many they would be when that is more than `most`. The
 * box's own direction is not looked at: `direction` says which way the packets go.
 */
export function selectorsOfBox(
  box: Box,
  direction: PolicyDirection,
  most: number,
): readonly HostSelector[] | { readonly tooMany: number } {
  const { family } = box;
  const isOut = direction === 'out';
  const sources = prefixesOf(box, isOut ? box.local : box.remote);
  const destinations = prefixesOf(box, isOut ? box.remote : box.local);
  const pairs = portPairs(box, isOut);
  const count = sources.length * destinations.length * pairs.length;
  if (count > most) return { tooMany: count };
  const protocol = box.protocol.lo === box.protocol.hi ? box.protocol.lo : 0;
  const selectors: HostSelector[] = [];
  for (const source of sources) {
    for (const destination of destinations) {
      for (const pair of pairs) {
        selectors.push({
          family,
          source: source.first,
          sourcePrefix: source.prefixLength,
          destination: destination.first,
          destinationPrefix: destination.prefixLength,
          protocol,
          sourcePort: pair.source.value,
          sourcePortMask: pair.source.mask,
          destinationPort: pair.destination.value,
          destinationPortMask: pair.destination.mask,
          interfaceIndex: 0,
          user: 0,
        });
      }
    }
  }
  return selectors;
}

function prefixesOf({ family }: Box, { lo, hi }: Interval<AddressValue>): readonly Prefix[] {
  if (lo === hi) return [{ first: lo, prefixLength: addressBits(family) }];
  return rangeToPrefixes({ family, first: lo, last: hi });
}

const anyPorts: readonly MaskedPair[] = [{ source: anyValue, destination: anyValue }];

function portPairs({ protocol, x, y }: Box, isOut: boolean): readonly MaskedPair[] {
  if (protocol.lo !== protocol.hi) return anyPorts;
  if (hasPorts(protocol.lo)) return isOut ? maskedPorts(x, y) : maskedPorts(y, x);
  if (hasTypes(protocol.lo)) return maskedTypes(x, protocol.lo !== protocolNumbers.MH);
  return anyPorts;
}
