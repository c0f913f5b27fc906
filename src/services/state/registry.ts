/**
 * What belongs to this tool on this host: the policies and SAs as they were applied, the numbers that were given out, and what they were
 * made of. store.ts keeps it.
 */
import { readFileSync, statSync } from 'node:fs';
import { nothingOwned, type Ownership } from '../../backends/plan.js';
import { type Numbers, noNumbers } from '../../backends/xfrm/compile.js';
import { emptyHostState, type HostState, saKey } from '../../model/host-state.js';
import { EnvironmentError } from '../../model/tool-error.js';

/** What a state was made of. */
export interface Applied {
  readonly at: string;
  readonly system: string;
  readonly inputs: readonly { readonly path: string; readonly sha256: string }[];
  readonly version: string;
}

export interface Registry {
  /** Counts the states; 0 before the first. */
  readonly serial: number;
  /** Of the kernel's run that it is about; after a restart nothing is installed. */
  readonly bootId: string;
  /** Of the network namespace. */
  readonly namespace: string;
  readonly applied?: Applied;
  readonly numbers: Numbers;
  readonly state: HostState;
}

/** The run of the kernel and the network namespace that this process is in. */
export function whereWeAre(): Pick<Registry, 'bootId' | 'namespace'> {
  return {
    bootId: readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(),
    namespace: String(statSync('/proc/self/ns/net').ino),
  };
}

export function emptyRegistry(): Registry {
  return { serial: 0, ...whereWeAre(), numbers: noNumbers, state: emptyHostState };
}

/** What the registry says belongs to this tool now. After a restart of the kernel: nothing. */
export function ownershipOf({ bootId, state, numbers }: Registry): Ownership {
  if (bootId !== whereWeAre().bootId) return nothingOwned;
  return {
    policies: new Map(state.policies.map((policy) => [policy.index, policy])),
    sas: new Map(state.sas.map((sa) => [saKey(sa), sa])),
    reqids: new Set(numbers.reqids.values()),
  };
}

/** Throws when the registry is about another network namespace of this machine. */
export function checkNamespace(registry: Registry, folder: string): void {
  const here = whereWeAre();
  if (registry.serial === 0 || registry.bootId !== here.bootId || registry.namespace === here.namespace) return;
  throw new EnvironmentError(`${folder} is about another network namespace than this one`, {
    code: 'NAMESPACE',
    hints: [
      'Name a folder of its own for each namespace with --state-dir.',
      'If that namespace is gone: ipsec state forget --all',
    ],
  });
}
