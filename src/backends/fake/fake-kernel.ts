/**
 * A stack in memory that behaves like the kernel: it refuses what is there already or is not there, gives policies their index,
 * counts nothing, and can be made to fail at any operation. Plans for a host that is not at hand are made against it.
 */
import {
  emptyHostState,
  type HostPolicy,
  type HostState,
  type PolicyDirection,
  policyKey,
  saKey,
} from '../../model/host-state.js';
import type { Backend, Change, Execution, Failure, KnownAlgorithms, Unsupported } from '../backend.js';
import { applyChange } from '../diff.js';

export interface FakeOptions {
  readonly state?: HostState;
  /** Asked before each operation, counted from 0 over the life of the stack: what goes wrong with it. */
  readonly fails?: (operation: number, change: Change) => Failure | undefined;
  /** Called after each operation that was done. */
  readonly onChange?: (state: HostState, change: Change) => void;
  readonly unsupported?: readonly Unsupported[];
  readonly algorithms?: KnownAlgorithms;
}

export interface FakeKernel extends Backend {
  /** What it holds. */
  state(): HostState;
  /** Somebody else changes it. */
  set(state: HostState): void;
}

const directionNumbers: Readonly<Record<PolicyDirection, number>> = { in: 0, out: 1, fwd: 2 };

/** Makes a stack, empty unless told. */
export function createFakeKernel(options: FakeOptions = {}): FakeKernel {
  let state = options.state ?? emptyHostState;
  let operations = 0;
  let nextIndex = 1;
  /** What somebody else made or replaced, for who asks. */
  let others: HostPolicy[] = [];

  /** The index that is asked for, if it is free. */
  function indexFor(policy: HostPolicy): number {
    const taken = new Set(state.policies.map(({ index }) => index));
    if (policy.index !== 0 && !taken.has(policy.index)) return policy.index;
    for (;;) {
      const index = nextIndex * 8 + directionNumbers[policy.direction];
      nextIndex += 1;
      if (!taken.has(index)) return index;
    }
  }

  function refusal(change: Change): Failure | undefined {
    const isThere =
      change.object === 'policy'
        ? state.policies.some((policy) => isMeant(change, policy))
        : state.sas.some((sa) => saKey(sa) === saKey(change.kind === 'create' ? change.after : change.before));
    if (change.kind === 'create') return isThere ? { code: 'EEXIST', message: 'File exists' } : undefined;
    return isThere ? undefined : { code: 'ENOENT', message: 'No such file or directory' };
  }

  /** A policy that goes is found by its index, all others by what they select. */
  function isMeant(change: Extract<Change, { object: 'policy' }>, policy: HostPolicy): boolean {
    const wanted = change.kind === 'create' ? change.after : change.before;
    return (
      policyKey(policy) === policyKey(wanted) &&
      (change.kind !== 'delete' || wanted.index === 0 || wanted.index === policy.index)
    );
  }

  function perform(change: Change): void {
    if (change.object === 'policy' && change.kind === 'create') {
      state = applyChange(state, { ...change, after: { ...change.after, index: indexFor(change.after) } });
    } else if (change.object === 'policy' && change.kind === 'replace') {
      // It takes the place of whatever has its name, and the number of that.
      const { index } = state.policies.find((policy) => policyKey(policy) === policyKey(change.after))!;
      state = applyChange(state, { ...change, after: { ...change.after, index } });
    } else state = applyChange(state, change);
    options.onChange?.(state, change);
  }

  return {
    name: 'fake',
    means: 'memory',
    async read() {
      others = [];
      return state;
    },
    find: async () => state,
    unsupported: async () => options.unsupported ?? [],
    algorithms: async () => options.algorithms,
    async execute(changes, { atOnce = false } = {}): Promise<Execution> {
      let first: Execution | undefined;
      for (const [done, change] of changes.entries()) {
        const failure = options.fails?.(operations, change) ?? refusal(change);
        operations += 1;
        if (!failure) perform(change);
        else if (atOnce) first ??= { done, failure };
        else return { done, failure };
      }
      return first ?? { done: changes.length };
    },
    meanwhile() {
      const told = others;
      others = [];
      return told;
    },
    close() {},
    state: () => state,
    set(next) {
      const had = new Set(state.policies);
      others.push(...next.policies.filter((policy) => !had.has(policy)));
      state = next;
    },
  };
}
