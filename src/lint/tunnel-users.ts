/** Host policies by the tunnel that they name. */
import type { HostRecord } from '../model/record/policy.js';
import type { PolicySet, Prioritised } from '../model/resolve.js';

const known = new WeakMap<PolicySet, ReadonlyMap<string, readonly Prioritised<HostRecord>[]>>();

/** The host policies that name a tunnel, in search order. */
export function usersOf(policies: PolicySet, tunnel: string): readonly Prioritised<HostRecord>[] {
  let users = known.get(policies);
  if (!users) {
    const found = new Map<string, Prioritised<HostRecord>[]>();
    for (const record of policies.hosts) {
      if (!record.tunnel) continue;
      const list = found.get(record.tunnel.value);
      if (list) list.push(record);
      else found.set(record.tunnel.value, [record]);
    }
    users = found;
    known.set(policies, users);
  }
  return users.get(tunnel) ?? [];
}

/** Has a policy transforms of its own? */
export function hasTransforms(record: HostRecord): boolean {
  return record.action.value.kind === 'TRANSFORMS';
}
