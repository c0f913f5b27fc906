/**
 * Changing the host, all or nothing: journal, steps, check, registry. Whatever goes wrong, what was done is undone before this returns, and
 * when even that is not possible the journal stays and says so.
 */
import type { Backend, Change, Failure } from '../backends/backend.js';
import { applyChanges, diff } from '../backends/diff.js';
import { orderChanges } from '../backends/order.js';
import { type Ownership, part } from '../backends/plan.js';
import type { Numbers } from '../backends/xfrm/compile.js';
import { type HostState, policyKey, saKey } from '../model/host-state.js';
import { EnvironmentError } from '../model/tool-error.js';
import type { HostSession } from './host-session.js';
import { beginJournal, type Journal, type OpenJournal, removeJournal } from './state/journal.js';
import { type Applied, ownershipOf, type Registry, whereWeAre, writeRegistry } from './state/registry.js';

export type Outcome =
  | { readonly kind: 'done'; readonly registry: Registry; readonly steps: number }
  /** It failed, and the host is as before. */
  | { readonly kind: 'undone'; readonly why: string; readonly interrupted: boolean }
  /** It failed, and so did going back. */
  | { readonly kind: 'stuck'; readonly why: string; readonly obstacle: string };

export interface Goal {
  readonly changes: readonly Change[];
  readonly numbers: Numbers;
  readonly applied: Applied;
}

export interface Control {
  /** Is the program to end? Asked between groups of steps. */
  interrupted?(): boolean;
  /** So many more steps are done. */
  progress?(steps: number): void;
}

/** Steps between two questions whether to go on. */
const groupSteps = 256;

/** Carries the changes out. Throws EnvironmentError when the journal cannot be written; then nothing is done. */
export async function carryOut(session: HostSession, goal: Goal, control: Control = {}): Promise<Outcome> {
  const { folder, registry, vault } = session;
  if (goal.changes.length === 0) return { kind: 'done', registry, steps: 0 };
  const at = new Date().toISOString();
  const journal: Journal = {
    id: `${at} ${process.pid}`,
    startedAt: at,
    serial: registry.serial,
    ...whereWeAre(),
    ...goal,
  };
  const open = beginJournal(folder, journal, vault);
  return finish(session, journal, open, goal.changes, control);
}

/** Does the steps that are left, and closes the journal. */
async function finish(
  session: HostSession,
  journal: Journal,
  open: OpenJournal,
  steps: readonly Change[],
  control: Control,
): Promise<Outcome> {
  const { backend } = session;
  const problem = await performAll(backend, open, steps, control);
  if (problem) return undo(session, journal, open, problem.why, problem.interrupted);
  const current = await backend.read();
  const ours = part(current, ownershipDuring(session.registry, journal)).ours;
  const left = diff(ours, targetOf(ours, journal.changes, 'after'));
  if (left.length > 0) return undo(session, journal, open, unlike(left), false);
  const registry: Registry = {
    serial: journal.serial + 1,
    ...whereWeAre(),
    applied: journal.applied,
    numbers: journal.numbers,
    state: withRecords(ours, session.registry.state, journal.changes),
  };
  writeRegistry(session.folder, registry, session.vault);
  open.remove();
  return { kind: 'done', registry, steps: journal.changes.length };
}

interface Problem {
  readonly why: string;
  readonly interrupted: boolean;
}

async function performAll(
  backend: Backend,
  open: OpenJournal,
  steps: readonly Change[],
  control: Control,
): Promise<Problem | undefined> {
  for (let at = 0; at < steps.length; at += groupSteps) {
    if (control.interrupted?.()) return { why: 'it was interrupted', interrupted: true };
    const group = steps.slice(at, at + groupSteps);
    try {
      // The journal holds all steps already; this tells how far it came.
      if (at > 0) open.note('doing', at + group.length);
      const { done, failure } = await backend.execute(group);
      if (failure) return { why: failureText(group[done]!, failure), interrupted: false };
    } catch (error) {
      if (!(error instanceof EnvironmentError)) throw error;
      return { why: error.message, interrupted: false };
    }
    control.progress?.(group.length);
    // Signals are handled between two turns of the event loop.
    await new Promise(setImmediate);
  }
  return control.interrupted?.() ? { why: 'it was interrupted', interrupted: true } : undefined;
}

function failureText(change: Change, { message }: Failure): string {
  const { record } = change.kind === 'delete' ? change.before : change.after;
  const owner = record ? ` of ${record.kind} '${record.name}'` : '';
  const verbs = { create: 'adding', replace: 'replacing', delete: 'removing' } as const;
  return `${verbs[change.kind]} ${change.object === 'sa' ? 'an SA' : 'a policy'}${owner}: ${message}`;
}

function unlike(left: readonly Change[]): string {
  return `the host holds something else than it was given: ${left.length} entries differ`;
}

/** Brings the host back to what it was before the journal, and closes that. */
async function undo(
  session: HostSession,
  journal: Journal,
  open: OpenJournal,
  why: string,
  interrupted: boolean,
): Promise<Outcome> {
  const obstacle = await takeBack(session, journal, open);
  if (obstacle !== undefined) return { kind: 'stuck', why, obstacle };
  open.remove();
  return { kind: 'undone', why, interrupted };
}

async function takeBack(session: HostSession, journal: Journal, open: OpenJournal): Promise<string | undefined> {
  const { backend } = session;
  const owned = ownershipDuring(session.registry, journal);
  try {
    const ours = part(await backend.read(), owned).ours;
    const steps = orderChanges(diff(ours, targetOf(ours, journal.changes, 'before')));
    noteQuietly(open, steps.length);
    const { done, failure } = await backend.execute(steps);
    if (failure) return failureText(steps[done]!, failure);
    const now = part(await backend.read(), owned).ours;
    const left = diff(now, targetOf(now, journal.changes, 'before'));
    return left.length > 0 ? unlike(left) : undefined;
  } catch (error) {
    if (!(error instanceof EnvironmentError)) throw error;
    return error.message;
  }
}

/** Going back is not given up because the disk is full. */
function noteQuietly(open: OpenJournal, steps: number): void {
  try {
    open.note('undoing', steps);
  } catch {
    // The journal holds what is needed all the same.
  }
}

/** While a change is under way, what it makes belongs to this tool as well. */
function ownershipDuring(registry: Registry, { changes, numbers }: Journal): Ownership {
  const owned = ownershipOf(registry);
  const policies = new Map(owned.policies);
  const sas = new Set(owned.sas);
  for (const change of changes) {
    for (const subject of change.kind === 'create'
      ? [change.after]
      : change.kind === 'replace'
        ? [change.after]
        : [change.before]) {
      if ('direction' in subject) policies.set(policyKey(subject), subject.index);
      else sas.add(saKey(subject));
    }
  }
  return { ...owned, policies, sas, reqids: new Set([...owned.reqids, ...numbers.reqids.values()]) };
}

/** Ours with every entry that the changes touch as it was before, or is to be after. */
function targetOf(ours: HostState, changes: readonly Change[], side: 'before' | 'after'): HostState {
  const policies = new Map(ours.policies.map((policy) => [policyKey(policy), policy]));
  const sas = new Map(ours.sas.map((sa) => [saKey(sa), sa]));
  // Where one entry is touched twice, the first tells what was, and the last what is to be.
  for (const change of side === 'before' ? [...changes].reverse() : changes) {
    if (change.object === 'policy') {
      if (change.kind !== 'create') policies.delete(policyKey(change.before));
      if (change.kind !== 'delete') policies.delete(policyKey(change.after));
      const wanted = side === 'before' ? beforeOf(change) : afterOf(change);
      if (wanted) policies.set(policyKey(wanted), wanted);
    } else {
      const subject = change.kind === 'create' ? change.after : change.before;
      const isWanted = (side === 'after') === (change.kind === 'create');
      if (isWanted) sas.set(saKey(subject), subject);
      else sas.delete(saKey(subject));
    }
  }
  return { ...ours, policies: [...policies.values()], sas: [...sas.values()] };
}

type PolicyChange = Extract<Change, { object: 'policy' }>;

function beforeOf(change: PolicyChange) {
  return change.kind === 'create' ? undefined : change.before;
}

function afterOf(change: PolicyChange) {
  return change.kind === 'delete' ? undefined : change.after;
}

/** The kernel's policies with the names of the records that made them, which it does not keep. */
function withRecords(ours: HostState, known: HostState, changes: readonly Change[]): HostState {
  const named = applyChanges(known, []);
  const policies = new Map(named.policies.map((policy) => [policyKey(policy), policy.record]));
  const sas = new Map(named.sas.map((sa) => [saKey(sa), sa]));
  for (const change of changes) {
    if (change.kind === 'delete') continue;
    if (change.object === 'policy') policies.set(policyKey(change.after), change.after.record);
    else sas.set(saKey(change.after), change.after);
  }
  return {
    ...ours,
    policies: ours.policies.map(({ usage: _usage, ...policy }) => {
      const record = policies.get(policyKey(policy));
      return record ? { ...policy, record } : policy;
    }),
    // As they were given, because the kernel counts in what it gives back.
    sas: ours.sas.map((sa) => sas.get(saKey(sa)) ?? sa),
  };
}

/** Brings a change to its end that was cut off: forward to the new state, or back to the old one. */
export async function recover(
  session: HostSession,
  journal: Journal,
  direction: 'forward' | 'back',
  control: Control = {},
): Promise<Outcome> {
  const { backend, folder } = session;
  const open: OpenJournal = { note() {}, remove: () => removeJournal(folder) };
  const ours = part(await backend.read(), ownershipDuring(session.registry, journal)).ours;
  if (direction === 'back') return undo(session, journal, open, 'it was taken back', false);
  const steps = orderChanges(diff(ours, targetOf(ours, journal.changes, 'after')));
  return finish(session, journal, open, steps, control);
}
