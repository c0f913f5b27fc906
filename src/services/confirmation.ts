/**
 * Changes that go back unless somebody says `ipsec confirm`. What waits is written down before the first step, and a process of its own
 * (guardian.ts) watches it beside the one that applies: so the change goes back also when that one is stopped, killed or cut off.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { EnvironmentError } from '../model/tool-error.js';
import { applyRollback, planRollback, undoUnfinished } from './apply.js';
import { type HostSession, openSession, type SessionOptions } from './host-session.js';
import { bootMillis, type Pending, readPending, removePending, timeLeft, writePending } from './state/pending.js';
import { openStore } from './state/store.js';
import { openVault } from './state/vault.js';
import type { Outcome } from './transaction.js';

/** Notes before the first step that the state which it leads to must be confirmed, within so many milliseconds. */
export function expectConfirmation({ folder, registry }: HostSession, timeoutMillis: number): Pending {
  const now = bootMillis();
  return writePending(folder, {
    id: randomUUID(),
    serial: registry.serial + 1,
    previous: registry.serial,
    deadline: now + timeoutMillis,
    until: dateIn(timeoutMillis),
    process: process.pid,
  });
}

/** The steps are done: the time begins now, and `watcher` is the process that ends it. */
export function beginWaiting(folder: string, pending: Pending, timeoutMillis: number, watcher: number): Pending {
  const next = { ...pending, deadline: bootMillis() + timeoutMillis, until: dateIn(timeoutMillis), process: watcher };
  try {
    return writePending(folder, next);
  } catch (error) {
    if (!(error instanceof EnvironmentError)) throw error;
    // What was written before the first step holds: the time is shorter by what the steps took.
    return pending;
  }
}

function dateIn(millis: number): string {
  return new Date(Date.now() + millis).toISOString();
}

const pollMillis = 200;

export type WaitEnd =
  | 'confirmed'
  /** Another state is the newest by now: somebody went back, or on. */
  | 'superseded'
  | 'timeout'
  | 'interrupted';

/**
 * Waits until somebody confirms, the time is over, or the program is to end. The session must be closed meanwhile, so that
 * `ipsec confirm` gets the lock.
 */
export async function waitForConfirmation(
  folder: string,
  pending: Pending,
  interrupted: () => boolean,
): Promise<WaitEnd> {
  for (;;) {
    const now = readPending(folder);
    if (now?.id !== pending.id) return newestSerial(folder) === pending.serial ? 'confirmed' : 'superseded';
    if (interrupted()) return 'interrupted';
    const left = timeLeft(now);
    if (left <= 0) return 'timeout';
    await sleep(Math.min(pollMillis, left));
  }
}

function newestSerial(folder: string): number {
  return openStore(folder, openVault(folder)).registry.serial;
}

/** Keeps the change that waits. Throws when none does. */
export function confirm(session: HostSession): Pending {
  const { pending, folder } = session;
  if (!pending) throw new EnvironmentError('no change waits for being confirmed', { code: 'NOTHING_TO_CONFIRM' });
  removePending(folder);
  return pending;
}

/** Takes back a change that nobody confirmed, unless somebody was faster. */
export async function rollBackPending(
  pending: Pending,
  options: SessionOptions,
  why: string,
  version: string,
): Promise<Outcome> {
  const session = await openSession({ ...options, lockMillis: patienceMillis });
  try {
    if (session.pending?.id !== pending.id) return { kind: 'done', serial: session.registry.serial, steps: 0 };
    const outcome = await applyRollback(session, await planRollback(session, 1), version);
    if (outcome.kind !== 'done') return { kind: 'stuck', why, obstacle: 'why' in outcome ? outcome.why : '' };
    removePending(session.folder);
    return { kind: 'undone', why, interrupted: false };
  } finally {
    session.close();
  }
}

/** Going back waits for others longer than anything else. */
const patienceMillis = 120_000;
/** Whoever applied goes back at the end of the time itself, if it still can. */
const graceMillis = 2000;

export type GuardEnd =
  /** Confirmed, or taken back by somebody else. */
  { readonly kind: 'over' } | { readonly kind: 'acted'; readonly outcome: Outcome };

/**
 * Guards a change from its first step to its confirmation. `isAlone`: is the process that applies gone? Then a change that it left half done
 * is taken back at once.
 */
export async function guard(
  pending: Pending,
  options: SessionOptions & { readonly stateDir: string },
  isAlone: () => boolean,
  version: string,
): Promise<GuardEnd> {
  let hasLooked = false;
  for (;;) {
    const now = readPending(options.stateDir);
    if (now?.id !== pending.id) return { kind: 'over' };
    if (isAlone() && !hasLooked) {
      hasLooked = true;
      const outcome = await takeBackUnfinished(pending, options);
      if (outcome) return outcome;
    }
    const left = timeLeft(now) + (isAlone() ? 0 : graceMillis);
    if (left <= 0) {
      const outcome = await rollBackPending(now, options, 'nobody confirmed it in time', version);
      return outcome.kind === 'done' ? { kind: 'over' } : { kind: 'acted', outcome };
    }
    await sleep(Math.min(pollMillis, left));
  }
}

/** Undefined when the change came to its end, and waits. */
async function takeBackUnfinished(pending: Pending, options: SessionOptions): Promise<GuardEnd | undefined> {
  const session = await openSession({ ...options, lockMillis: patienceMillis });
  try {
    if (session.pending?.id === pending.id) return undefined;
    if (session.journal?.serial !== pending.previous) return { kind: 'over' };
    const outcome = await undoUnfinished(session);
    if (outcome.kind === 'undone') removePending(session.folder);
    return { kind: 'acted', outcome };
  } finally {
    session.close();
  }
}
