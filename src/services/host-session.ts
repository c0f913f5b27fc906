/** What every command that looks at or changes the host begins with: the state directory, the lock, the back end. */
import type { Backend } from '../backends/backend.js';
import { createFakeKernel } from '../backends/fake/fake-kernel.js';
import { openIpBackend } from '../backends/xfrm/ip-backend.js';
import { openNetlinkBackend } from '../backends/xfrm/netlink-backend.js';
import { EnvironmentError } from '../model/tool-error.js';
import { stateDirectory } from './state/directory.js';
import { type Journal, readJournal, removeJournal } from './state/journal.js';
import { type Lock, takeLock } from './state/lock.js';
import { type Pending, readPending } from './state/pending.js';
import { checkNamespace, emptyRegistry, type Registry, readRegistry, whereWeAre } from './state/registry.js';
import { openVault, type Vault } from './state/vault.js';

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
  readonly vault: Vault;
  readonly registry: Registry;
  /** Of a change that did not come to its end. */
  readonly journal?: Journal;
  /** Of a change that waits for `ipsec confirm`. */
  readonly pending?: Pending;
  close(): void;
}

/** Opens it. Throws EnvironmentError where the host does not let us. */
export async function openSession(options: SessionOptions): Promise<HostSession> {
  const folder = stateDirectory(options.stateDir);
  if (options.assumeEmpty) {
    const backend = createFakeKernel();
    return { folder, backend, vault: openVault('/nonexistent'), registry: emptyRegistry(), close() {} };
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
  const vault = openVault(folder);
  const registry = readRegistry(folder, vault);
  if (!options.anyNamespace) checkNamespace(registry, folder);
  const journal = readLiveJournal(folder, vault, lock !== undefined);
  const pending = readPending(folder);
  const backend = options.backend ?? (options.means === 'ip' ? await openIpBackend() : await openNetlinkBackend());
  return {
    folder,
    backend,
    vault,
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

/** What a journal is about is gone when the machine was started anew; one that is incomplete was never followed by a step. */
function readLiveJournal(folder: string, vault: Vault, mayRemove: boolean): Journal | undefined {
  const journal = readJournal(folder, vault);
  if (journal && journal.bootId === whereWeAre().bootId) return journal;
  if (mayRemove) removeJournal(folder);
  return undefined;
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
