/**
 * The priority that charon gives to a policy in the kernel (kernel_netlink_ipsec.c, get_priority, 5.9.8 and 6.0.0): shunts
 * that pass go before all others, those that drop behind; within a class the narrower selectors win. A lower number is
 * searched first.
 */
import { type AddressRange, addressBits } from '../../model/address.js';
import type { Interval } from '../../model/selector/box.js';
import type { TrafficSelector } from '../../model/traffic-selector.js';

export type PolicyClass = 'pass' | 'protect' | 'drop';

const step = 200_000;
const classes: Readonly<Record<PolicyClass, number>> = { pass: step, protect: 2 * step, drop: 3 * step };

/** The priority of one pair of selectors; `manual` is the child's own, where it is not 0. */
export function policyPriority(
  kind: PolicyClass,
  local: TrafficSelector,
  remote: TrafficSelector,
  options: { readonly manual?: number; readonly hasInterface?: boolean } = {},
): number {
  if (options.manual) return options.manual;
  const hasProtocol = local.protocol !== 0 || remote.protocol !== 0;
  return (
    classes[kind] -
    (enclosingPrefix(local.range) + enclosingPrefix(remote.range)) * 512 -
    (hasProtocol ? 256 : 0) -
    (maskBits(local.ports) + maskBits(remote.ports)) * 4 -
    (options.hasInterface ? 2 : 0) -
    1
  );
}

/** Bits of the longest prefix that holds a range: the kernel knows no others (ts2subnet). */
function enclosingPrefix({ family, first, last }: AddressRange): number {
  let length: number = addressBits(family);
  let [a, b] = [BigInt(first), BigInt(last)];
  while (a !== b) {
    a >>= 1n;
    b >>= 1n;
    length -= 1;
  }
  return length;
}

/** Bits of the mask for ports: none for any port, 16 for one. */
function maskBits({ lo, hi }: Interval): number {
  if (lo > hi) return 0;
  let bits = 16;
  let [a, b] = [lo, hi];
  while (a !== b) {
    a >>= 1;
    b >>= 1;
    bits -= 1;
  }
  return bits;
}
