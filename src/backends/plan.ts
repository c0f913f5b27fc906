/**
 * A plan: what is to be done to a host so that it holds what is wanted, in a safe order. It touches only what belongs to this tool; what
 * others made is kept apart, and where it is in the way, that is said.
 */
import type { RecordRef } from '../model/finding.js';
import { type HostPolicy, type HostSa, type HostState, policyKey, saKey } from '../model/host-state.js';
import type { Change } from './backend.js';
import { diff } from './diff.js';
import { isNamedAlike, samePolicy, sameSa } from './equal.js';
import { isOpen, orderChanges, selectorsMeet } from './order.js';

/**
 * What belongs to this tool, as it was registered. A policy is ours when it is registered under the index that the kernel has for
 * it: whoever deletes it and makes another one like it gets another index.
 */
export interface Ownership {
  /** By index. */
  readonly policies: ReadonlyMap<number, HostPolicy>;
  /** With manual keys, by SA key. */
  readonly sas: ReadonlyMap<string, HostSa>;
  /** Request ids that were given out, whose negotiated SAs belong to this tool too. */
  readonly reqids: ReadonlySet<number>;
  /**
   * SAs that a change which did not come to its end makes, by SA key. Nobody knows how far it came, and an SA has no number as a policy
   * has: so one is ours when it is exactly as it was to be made, and else somebody else's who was faster.
   */
  readonly making?: ReadonlyMap<string, HostSa>;
}

export const nothingOwned: Ownership = { policies: new Map(), sas: new Map(), reqids: new Set() };

/** Policies that this tool makes get numbers from here on as their index, in steps of eight; the kernel counts from 0. */
export const indexFirst = 0x6000_0000;
export const indexLast = 0x6fff_ffff;

/** The state of a host in two parts. */
export interface Parted {
  readonly ours: HostState;
  readonly foreign: HostState;
  /** SAs that were negotiated for our policies: ours, but not for a plan to make. */
  readonly negotiated: readonly HostSa[];
  readonly corrections: Corrections;
}

/** How what is registered differs from what the host holds: somebody else was at it, or the machine was started anew. */
export interface Corrections {
  /** Ours, as they are found. */
  readonly changed: Entries;
  /** As they are registered. */
  readonly gone: Entries;
}

export type Entries = Pick<HostState, 'policies' | 'sas'>;

export const noCorrections: Corrections = {
  changed: { policies: [], sas: [] },
  gone: { policies: [], sas: [] },
};

/** Parts what belongs to this tool from what does not. */
export function part(state: HostState, owned: Ownership): Parted {
  const policies: HostPolicy[] = [];
  const others: HostPolicy[] = [];
  const changed: { readonly policies: HostPolicy[]; readonly sas: HostSa[] } = { policies: [], sas: [] };
  for (const policy of state.policies) {
    const registered = owned.policies.get(policy.index);
    if (!registered || !isNamedAlike(registered, policy)) {
      others.push(policy);
      continue;
    }
    const mine = named(policy, registered.record);
    policies.push(mine);
    if (!samePolicy(registered, policy)) changed.policies.push(mine);
  }
  const ours: HostSa[] = [];
  const foreign: HostSa[] = [];
  const negotiated: HostSa[] = [];
  for (const sa of state.sas) {
    const key = saKey(sa);
    const made = owned.making?.get(key);
    const registered = owned.sas.get(key) ?? (made && sameSa(made, sa) ? made : undefined);
    if (registered) {
      const mine = named(sa, registered.record);
      ours.push(mine);
      if (!sameSa(registered, sa)) changed.sas.push(mine);
    } else if (owned.reqids.has(sa.reqid)) negotiated.push(sa);
    else foreign.push(sa);
  }
  return {
    ours: { ...state, policies, sas: ours },
    foreign: { ...state, policies: others, sas: foreign },
    negotiated,
    corrections: { changed, gone: goneOf(owned, policies, ours) },
  };
}

function goneOf(owned: Ownership, policies: readonly HostPolicy[], sas: readonly HostSa[]): Entries {
  const there = policies.length === owned.policies.size ? undefined : new Set(policies.map(({ index }) => index));
  const keys = sas.length === owned.sas.size ? undefined : new Set(sas.map(saKey));
  return {
    policies: there ? [...owned.policies.values()].filter(({ index }) => !there.has(index)) : [],
    sas: keys ? [...owned.sas.values()].filter((sa) => !keys.has(saKey(sa))) : [],
  };
}

function named<T extends HostPolicy | HostSa>(entry: T, record: RecordRef | undefined): T {
  return record ? { ...entry, record } : entry;
}

/** Something of others that stands where something of ours should be. */
export type Conflict =
  | { readonly object: 'policy'; readonly wanted: HostPolicy; readonly found: HostPolicy }
  | { readonly object: 'sa'; readonly wanted: HostSa; readonly found: HostSa };

/** A policy of others that takes packets before one of ours could. */
export interface Precedence {
  readonly foreign: HostPolicy;
  /** The first of ours that comes too late. */
  readonly ours: HostPolicy;
}

export interface Plan {
  readonly changes: readonly Change[];
  /** What is ours before and after, without what was negotiated. */
  readonly before: HostState;
  readonly after: HostState;
  readonly foreign: HostState;
  readonly conflicts: readonly Conflict[];
  readonly precedence: readonly Precedence[];
  readonly corrections: Corrections;
  /** Nothing is protected or blocked now: whatever is done of the changes, no packet passes that would not pass without them. */
  readonly startsOpen: boolean;
}

/** Comparisons for `precedence`; foreign policies are few, and where they are not this is no more than a hint. */
const comparisonsMax = 3_000_000;

/** Plans. Pure: equal states, equal plans. */
export function makePlan(current: HostState, desired: HostState, owned: Ownership): Plan {
  const { ours, foreign, negotiated, corrections } = part(current, owned);
  const after = withIndexes(desired, current);
  const wanted = new Set(after.policies.flatMap(({ templates }) => templates.map(({ reqid }) => reqid)));
  // What was negotiated for policies that go has nobody left to use it.
  const leftOver = negotiated
    .filter(({ reqid }) => !wanted.has(reqid))
    .map((sa): Change => ({ object: 'sa', kind: 'delete', before: withoutKeys(sa) }));
  return {
    changes: orderChanges([...diff(ours, after), ...leftOver]),
    before: ours,
    after,
    foreign,
    conflicts: findConflicts(after, foreign),
    precedence: findPrecedence(after, foreign),
    corrections,
    startsOpen: isWideOpen(current),
  };
}

/** Nobody puts it back, so no journal is to keep what IKE made a secret of. */
function withoutKeys({ aead: _aead, encryption: _encryption, authentication: _authentication, ...sa }: HostSa): HostSa {
  return sa;
}

function isWideOpen({ policies, defaults }: HostState): boolean {
  return policies.every(isOpen) && Object.values(defaults).every((action) => action === 'accept');
}

/** Gives policies that are not there yet an index that is free. */
function withIndexes(desired: HostState, current: HostState): HostState {
  const known = new Map(current.policies.map((policy) => [policyKey(policy), policy.index]));
  const taken = new Set(current.policies.map(({ index }) => index));
  const directionNumbers = { in: 0, out: 1, fwd: 2 } as const;
  let next = indexFirst;
  const policies = desired.policies.map((policy) => {
    const had = known.get(policyKey(policy));
    if (had !== undefined) return { ...policy, index: had };
    while (isTaken(taken, next) && next < indexLast - 7) next += 8;
    const index = next + directionNumbers[policy.direction];
    next += 8;
    return { ...policy, index };
  });
  return { ...desired, policies };
}

function isTaken(taken: ReadonlySet<number>, base: number): boolean {
  return taken.has(base) || taken.has(base + 1) || taken.has(base + 2);
}

function findConflicts(desired: HostState, foreign: HostState): readonly Conflict[] {
  if (foreign.policies.length + foreign.sas.length === 0) return [];
  const policies = new Map(foreign.policies.map((policy) => [policyKey(policy), policy]));
  const sas = new Map(foreign.sas.map((sa) => [saKey(sa), sa]));
  return [
    ...desired.policies.flatMap((wanted): Conflict[] => {
      const found = policies.get(policyKey(wanted));
      return found ? [{ object: 'policy', wanted, found }] : [];
    }),
    ...desired.sas.flatMap((wanted): Conflict[] => {
      const found = sas.get(saKey(wanted));
      return found ? [{ object: 'sa', wanted, found }] : [];
    }),
  ];
}

function findPrecedence(desired: HostState, foreign: HostState): readonly Precedence[] {
  const found: Precedence[] = [];
  let comparisons = 0;
  for (const each of foreign.policies) {
    comparisons += desired.policies.length;
    if (comparisons > comparisonsMax) break;
    const ours = desired.policies.find(
      (policy) =>
        policy.direction === each.direction &&
        (policy.action === 'block' || policy.templates.length > 0) &&
        (each.type === 'sub' || each.priority <= policy.priority) &&
        selectorsMeet(policy.selector, each.selector),
    );
    if (ours) found.push({ foreign: each, ours });
  }
  return found;
}
