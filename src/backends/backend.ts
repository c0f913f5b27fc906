/**
 * What a stack must be able to do so that plans can be made for it and carried out on it. Comparing, ordering and undoing are shared
 * and pure (diff.ts, order.ts, plan.ts); a back end only reads, tries and does.
 */
import type { HostPolicy, HostSa, HostState } from '../model/host-state.js';

/** One operation, which the stack does wholly or not at all. Replacing a policy leaves no moment without one. */
export type Change =
  | { readonly object: 'policy'; readonly kind: 'create'; readonly after: HostPolicy }
  | { readonly object: 'policy'; readonly kind: 'replace'; readonly before: HostPolicy; readonly after: HostPolicy }
  | { readonly object: 'policy'; readonly kind: 'delete'; readonly before: HostPolicy }
  | { readonly object: 'sa'; readonly kind: 'create'; readonly after: HostSa }
  | { readonly object: 'sa'; readonly kind: 'delete'; readonly before: HostSa };

/** The stack refused an operation. */
export interface Failure {
  /** What it said, without a full stop. */
  readonly message: string;
  /** `EEXIST` and the like, where it is known. */
  readonly code?: string;
}

/** Of a replacement of a policy that somebody else has changed, or put another one in its place. */
export const overtakenFailure: Failure = { message: 'somebody else has changed it meanwhile', code: 'EEXIST' };

export interface Execution {
  /** How many changes, from the first on, are done. */
  readonly done: number;
  /** Why the next one is not; absent when all are. */
  readonly failure?: Failure;
}

/** Something that the host's stack has not, found by trying and not by doing. */
export interface Unsupported {
  readonly message: string;
  readonly help: string;
  /** Nothing can be protected without it; else it is one of several choices. */
  readonly fatal: boolean;
}

/** Which algorithms are asked about, by their names in the table of transforms. */
export interface WantedAlgorithms {
  readonly encryption: readonly string[];
  readonly authentication: readonly string[];
}

/** What the stack has of what was asked. */
export interface KnownAlgorithms {
  /** Can SAs be had at all? `ESP, IPv4` and the like. */
  readonly protocols: ReadonlyMap<string, boolean>;
  readonly encryption: ReadonlyMap<string, boolean>;
  readonly authentication: ReadonlyMap<string, boolean>;
}

export interface Backend {
  /** How it is called on the command line. */
  readonly name: string;
  /** How it talks to the stack, for reports: `netlink`, `ip -batch`. */
  readonly means: string;
  /** Everything that the stack holds, whoever made it. Throws EnvironmentError when it cannot be asked. */
  read(): Promise<HostState>;
  /** What the stack holds under the names of these entries, and perhaps more. Throws as `read` does. */
  find(entries: Pick<HostState, 'policies' | 'sas'>): Promise<Pick<HostState, 'policies' | 'sas'>>;
  /** Tries what a state needs, away from the host's own state. */
  unsupported(desired: HostState): Promise<readonly Unsupported[]>;
  /** Tries algorithms, away from the host's own state; undefined where that cannot be done. */
  algorithms(wanted: WantedAlgorithms): Promise<KnownAlgorithms | undefined>;
  /**
   * Does the changes in their order, up to the first that is refused. Throws EnvironmentError when it cannot be asked. With `atOnce` those
   * behind one that is refused may be done as well, which is faster: for states where that leaves nothing open that was not.
   */
  execute(changes: readonly Change[], options?: { readonly atOnce?: boolean }): Promise<Execution>;
  /**
   * Policies that others have made, or put in the place of another one, since this or `read` was called last; oldest first. Absent where
   * the stack does not tell. What `execute` does not replace because of them is among them.
   */
  meanwhile?(): readonly HostPolicy[];
  close(): void;
}
