/** What every command that looks at or changes the host begins with: the state directory, the lock, the back end. */
import type { Backend } from '../backends/backend.js';
import { createFakeKernel } from '../backends/fake/fake-kernel.js';
import { openIpBackend } from '../backends/xfrm/ip-backend.js';
import { openNetlinkBackend } from '../backends/xfrm/netlink-backend.js';
import { EnvironmentError } from '../model/tool-error.js';
import { stateDirectory } from './state/directory.js';
import type { Journal } from './state/journal.js';
import { type Lock, takeLock } from './state/lock.js';
import { type Pending, readPending, removePending } from './state/pending.js';
import { checkNamespace, type Registry } from './state/registry.js';
import { openStore, type StateStore } from './state/store.js';
import { openVault } from './state/vault.js';

/** How to talk to the stack: `netlink`, or `ip` (8) where that cannot be had. */
export const meansOptions = ['netlink', 'ip'] as const;
export type Means = (typeof meansOptions)[number];

export interface SessionOptions {
  readonly stateDir?: string;
  readonly means?: Means;
  /** Take no look at this host: one with nothing on it is meant. */
  readonly assumeEmpty?: boolean;
  /** Milliseconds to wait for the lock of a command that changes something; absent: it changes nothing. */
  readonly lockMillis?: number;
  /** Also when the state directory is about another network namespace. */
  readonly anyNamespace?: boolean;
  /** Instead of the host's own, for tests. */
  readonly backend?: Backend;
}

export interface HostSession {
  readonly folder: string;
  readonly backend: Backend;
  readonly store: StateStore;
  readonly registry: Registry;
  /** Of a change that did not come to its end. */
  readonly journal?: Journal;
  /** Of a change that waits for `ipsec confirm`. */
  readonly pending?: Pending;
  close(): void;
}

/** A folder that is not there. */
const nowhere = '/nonexistent';

/** Opens it. Throws EnvironmentError where the host does not let us. */
export async function openSession(options: SessionOptions): Promise<HostSession> {
  const folder = stateDirectory(options.stateDir);
  if (options.assumeEmpty) {
    const backend = createFakeKernel();
    const store = openStore(nowhere, openVault(nowhere));
    return { folder, backend, store, registry: store.registry, close() {} };
  }
  const lock = options.lockMillis === undefined ? undefined : await takeLock(folder, options.lockMillis);
  try {
    return await openUnder(lock, folder, options);
  } catch (error) {
    lock?.release();
    throw error;
  }
}

async function openUnder(lock: Lock | undefined, folder: string, options: SessionOptions): Promise<HostSession> {
  const store = openStore(folder, openVault(folder));
  const { registry, journal } = store;
  if (!options.anyNamespace) checkNamespace(registry, folder);
  const noted = readPending(folder);
  // It is noted before its first step; and going back may have been cut off before the note was removed.
  const pending = noted?.serial === registry.serial && !journal ? noted : undefined;
  if (lock && noted && !pending && !journal) removePending(folder);
  const backend = options.backend ?? (options.means === 'ip' ? await openIpBackend() : await openNetlinkBackend());
  return {
    folder,
    backend,
    store,
    registry,
    ...(journal ? { journal } : {}),
    ...(pending ? { pending } : {}),
    close: once(() => {
      backend.close();
      lock?.release();
    }),
  };
}

function once(action: () => void): () => void {
  let isDone = false;
  return () => {
    if (!isDone) action();
    isDone = true;
  };
}

/** Throws while a change is half done: nothing else may be begun before it is brought to an end. */
export function refuseUnfinished({ journal }: HostSession): void {
  if (!journal) return;
  throw new EnvironmentError(`a change that was begun at ${journal.startedAt} did not come to its end`, {
    code: 'UNFINISHED',
    hints: ['Finish it with "ipsec apply --resume", or take it back with "ipsec rollback".'],
  });
}

/** Throws while a change waits for being confirmed: another one would leave nothing to go back to. */
export function refusePending({ pending }: HostSession): void {
  if (!pending) return;
  throw new EnvironmentError(`the last change waits for being confirmed, until ${pending.until}`, {
    code: 'PENDING',
    hints: ['Keep it with "ipsec confirm", or take it back with "ipsec rollback".'],
  });
}
