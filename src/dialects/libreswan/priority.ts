/**
 * The order in which the kernel looks at policies: pluto works out a number for each, and the lower one is looked at first
 * (Libreswan programs/pluto/connections.c `calculate_sa_prio`, kernel.c `spd_priority` in 5). Ports count most, then the
 * protocol, then how long the prefixes are, the own end's before the peer's.
 */
import { rangePrefixLength } from '../../model/address.js';
import type { Sourced } from '../../model/origin.js';
import type { TrafficSelector } from '../../model/traffic-selector.js';
import { kernelSelector } from '../strongswan/kernel-selector.js';
import { policyPriority } from '../strongswan/priority.js';
import type { ConnValues } from './values.js';

const staticConnection = 1;
const notAnInstance = 1;

/** The priority of a child's policies; `priority=` overrules it. */
export function kernelPriority(
  locals: readonly TrafficSelector[],
  remotes: readonly TrafficSelector[],
  values: ConnValues,
): Sourced<number> {
  const written = values.number('priority', 0);
  if (written.value > 0) return written;
  const [local] = locals;
  const [remote] = remotes;
  if (values.product.flavour === 'starter' && local && remote) {
    const kernel = kernelSelector(local, remote);
    const type = values.get('type')?.text.toLowerCase() ?? 'tunnel';
    const kind = /^pass/.test(type) ? 'pass' : /^(?:drop|reject)$/.test(type) ? 'drop' : 'protect';
    return {
      value: kernel ? policyPriority(kind, kernel) : 0,
      origin: { kind: 'automatic', rule: 'priority by kind of policy, prefixes, protocol and ports' },
    };
  }
  return {
    value: naturalPriority(local, remote),
    origin: { kind: 'automatic', rule: 'priority by ports, protocol and lengths of prefixes' },
  };
}

/** The number that pluto works out. */
export function naturalPriority(local: TrafficSelector | undefined, remote: TrafficSelector | undefined): number {
  const wildcards = [local, remote].filter((one) => !one || one.ports.lo !== one.ports.hi).length;
  const anyProtocol = local?.protocol === 0 ? 1 : 0;
  return (
    ((((staticConnection * 4 + wildcards) * 2 + anyProtocol) * 256 + width(local)) * 256 + width(remote)) * 2 +
    notAnInstance
  );
}

function width(selector: TrafficSelector | undefined): number {
  return 128 - ((selector && rangePrefixLength(selector.range)) ?? 0);
}
