/** What must change so that one state becomes another. Both hold what belongs to this tool only; the order is for order.ts. */
import { type HostPolicy, type HostState, policyKey, saKey } from '../model/host-state.js';
import type { Change } from './backend.js';
import { samePolicy, sameSa } from './equal.js';

/**
 * The changes from `current` to `desired`, without order. A policy keeps the index that it has. An SA whose contents differ is
 * taken out and made anew, because the keys of a living one cannot be changed.
 */
export function diff(current: HostState, desired: HostState): readonly Change[] {
  const changes: Change[] = [];
  const before = new Map(current.policies.map((policy) => [policyKey(policy), policy]));
  for (const policy of desired.policies) {
    const key = policyKey(policy);
    const had = before.get(key);
    before.delete(key);
    if (!had) changes.push({ object: 'policy', kind: 'create', after: policy });
    else if (!samePolicy(had, policy)) changes.push(replacement(had, policy));
  }
  for (const policy of before.values()) changes.push({ object: 'policy', kind: 'delete', before: policy });
  const sas = new Map(current.sas.map((sa) => [saKey(sa), sa]));
  for (const sa of desired.sas) {
    const key = saKey(sa);
    const had = sas.get(key);
    sas.delete(key);
    if (had && sameSa(had, sa)) continue;
    if (had) changes.push({ object: 'sa', kind: 'delete', before: had });
    changes.push({ object: 'sa', kind: 'create', after: sa });
  }
  for (const sa of sas.values()) changes.push({ object: 'sa', kind: 'delete', before: sa });
  return changes;
}

function replacement(before: HostPolicy, after: HostPolicy): Change {
  return { object: 'policy', kind: 'replace', before, after: { ...after, index: before.index } };
}

/** The state after a change. For long lists use `applyChanges`. */
export function applyChange(state: HostState, change: Change): HostState {
  return applyChanges(state, [change]);
}

/** The state after changes, each of which must fit the state before it. */
export function applyChanges(state: HostState, changes: readonly Change[]): HostState {
  const policies = new Map(state.policies.map((policy) => [policyKey(policy), policy]));
  const sas = new Map(state.sas.map((sa) => [saKey(sa), sa]));
  for (const change of changes) {
    if (change.object === 'policy') {
      // A replaced policy counts as the younger one, as it does in the kernel.
      if (change.kind !== 'create') policies.delete(policyKey(change.before));
      if (change.kind !== 'delete') policies.set(policyKey(change.after), change.after);
    } else if (change.kind === 'create') sas.set(saKey(change.after), change.after);
    else sas.delete(saKey(change.before));
  }
  return { ...state, policies: [...policies.values()], sas: [...sas.values()] };
}

/** The change that takes a change back. */
export function undoOf(change: Change): Change {
  switch (change.kind) {
    case 'create':
      return change.object === 'policy'
        ? { object: 'policy', kind: 'delete', before: change.after }
        : { object: 'sa', kind: 'delete', before: change.after };
    case 'delete':
      return change.object === 'policy'
        ? { object: 'policy', kind: 'create', after: change.before }
        : { object: 'sa', kind: 'create', after: change.before };
    case 'replace':
      return { object: 'policy', kind: 'replace', before: change.after, after: change.before };
  }
}
