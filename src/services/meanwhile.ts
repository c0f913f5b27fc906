/**
 * What others put in the place of a policy while a plan that replaces it is carried out. The stack replaces whatever is there, so this is looked
 * at before the first step, and what a step has replaced nevertheless is put back.
 */
import type { Backend, Change } from '../backends/backend.js';
import { samePolicy } from '../backends/equal.js';
import { type HostPolicy, type HostState, policyKey } from '../model/host-state.js';

export interface Meanwhile {
  /** Theirs, by policyKey, of all that this was asked for: the last one of each. */
  look(): ReadonlyMap<string, HostPolicy>;
}

/** Looks for it, from the last reading of the host's state on. */
export function watchReplaced(backend: Backend, changes: readonly Change[]): Meanwhile {
  const replaced = new Set(
    changes.flatMap((change) =>
      change.object === 'policy' && change.kind === 'replace' ? [policyKey(change.after)] : [],
    ),
  );
  const theirs = new Map<string, HostPolicy>();
  return {
    look() {
      // Also where nothing is replaced: what is not taken up fills the stack's memory of it.
      for (const policy of backend.meanwhile?.() ?? []) {
        const key = policyKey(policy);
        if (replaced.has(key)) theirs.set(key, policy);
      }
      return theirs;
    },
  };
}

/** How many there are, for people. */
export function metText({ size }: ReadonlyMap<string, HostPolicy>): string {
  return size === 1
    ? 'somebody else changed a policy that was to be replaced'
    : `somebody else changed ${size} policies that were to be replaced`;
}

/**
 * What a host must hold so that theirs come back, and what of it is ours to change: a policy of ours that stands in the place of theirs counts as
 * ours under whatever index the stack has kept for it.
 */
export function givingBack(
  { ours, foreign, target }: { readonly ours: HostState; readonly foreign: HostState; readonly target: HostState },
  changes: readonly Change[],
  theirs: ReadonlyMap<string, HostPolicy>,
): { readonly ours: HostState; readonly target: HostState } {
  if (theirs.size === 0) return { ours, target };
  const made = new Map(
    changes.flatMap((change) =>
      change.object === 'policy' && change.kind === 'replace' ? [[policyKey(change.after), change.after] as const] : [],
    ),
  );
  const isOurs = (policy: HostPolicy): boolean => {
    const key = policyKey(policy);
    const wanted = made.get(key);
    const other = theirs.get(key);
    return wanted !== undefined && other !== undefined && samePolicy(wanted, policy) && !samePolicy(other, policy);
  };
  const mistaken = foreign.policies.filter(isOurs);
  const held = new Set([...ours.policies, ...mistaken].map(policyKey));
  // Where theirs stands, nothing is to be done.
  const back = [...theirs].flatMap(([key, policy]) => (held.has(key) ? [policy] : []));
  return {
    ours: { ...ours, policies: [...ours.policies, ...mistaken] },
    target: { ...target, policies: [...target.policies.filter((policy) => !theirs.has(policyKey(policy))), ...back] },
  };
}
