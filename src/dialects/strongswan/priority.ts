/**
 * The priority that charon gives to a policy in the kernel (kernel_netlink_ipsec.c, get_priority, 5.9.8 to 6.0.6): shunts that
 * pass go before all others, those that drop behind; within a class the narrower selectors win. A lower number is searched
 * first.
 */
import type { KernelSelector } from './kernel-selector.js';

export type PolicyClass = 'pass' | 'protect' | 'drop';

const step = 200_000;
const classes: Readonly<Record<PolicyClass, number>> = { pass: step, protect: 2 * step, drop: 3 * step };

/** The priority of one policy, where the child has none of its own. */
export function policyPriority(
  kind: PolicyClass,
  { localPrefix, remotePrefix, protocol, portBits }: KernelSelector,
  hasInterface = false,
): number {
  return (
    classes[kind] -
    (localPrefix + remotePrefix) * 512 -
    (protocol !== 0 ? 256 : 0) -
    portBits * 4 -
    (hasInterface ? 2 : 0) -
    1
  );
}
