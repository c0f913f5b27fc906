/** Those who administer a host, as lifelines of a plan: packets of theirs that its policy would drop. */
import { judge } from '../model/assertion.js';
import { type Management, managementPackets } from '../model/management.js';
import type { SystemConfig } from '../model/system-config.js';
import type { Lifeline } from './lockout.js';

/**
 * The policy is asked exactly, for every address and port; what it drops is then looked up in the kernel's policies like the
 * packets of sessions that are open. What it protects is told by lint (ACT009) and no obstacle: it may be meant.
 */
export function managementLifelines(config: SystemConfig, management: readonly Management[]): readonly Lifeline[] {
  return management.flatMap(({ name, from, port }): Lifeline[] => {
    const result = judge(config.spd, managementPackets(config.addresses, { from, port }), { treatment: 'BYPASS' });
    if (result.kind !== 'violated') return [];
    const dropped = result.violations.filter(({ entry }) => entry.action.kind === 'DISCARD');
    if (dropped.length === 0) return [];
    return [{ what: `${name} (inventory, TCP port ${port})`, packets: dropped.map(({ witness }) => witness) }];
  });
}
