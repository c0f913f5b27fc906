/**
 * Changing the host, all or nothing: journal, steps, check, registry. Whatever goes wrong, what was done is undone before this returns, and
 * when even that is not possible the journal stays and says so.
 */
import type { Backend, Change, Failure } from '../backends/backend.js';
import { diff } from '../backends/diff.js';
import { samePolicy, sameSa } from '../backends/equal.js';
import { orderChanges } from '../backends/order.js';
import { type Corrections, type Ownership, part } from '../backends/plan.js';
import type { Numbers } from '../backends/xfrm/compile.js';
import { type HostPolicy, type HostSa, type HostState, policyKey, saKey } from '../model/host-state.js';
import { EnvironmentError } from '../model/tool-error.js';
import type { HostSession } from './host-session.js';
import { givingBack, type Meanwhile, metText, watchReplaced } from './meanwhile.js';
import type { Journal } from './state/journal.js';
import { type Applied, ownershipOf, type Registry, whereWeAre } from './state/registry.js';
import type { OpenJournal } from './state/store.js';

export type Outcome =
  /** `serial` is that of the host's state now. */
  | { readonly kind: 'done'; readonly serial: number; readonly steps: number }
  /** It failed, and the host is as before. */
  | { readonly kind: 'undone'; readonly why: string; readonly interrupted: boolean }
  /** It failed, and so did going back. */
  | { readonly kind: 'stuck'; readonly why: string; readonly obstacle: string };

export interface Goal {
  readonly changes: readonly Change[];
  readonly corrections: Corrections;
  /** No packet can be let through by doing a part of the changes. */
  readonly startsOpen?: boolean;
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

/**
 * Carries the changes out. Throws EnvironmentError when the journal cannot be written, or when somebody else has changed what is to be replaced
 * since it was read; then nothing is done.
 */
export async function carryOut(session: HostSession, goal: Goal, control: Control = {}): Promise<Outcome> {
  const { registry, store } = session;
  const { changes, corrections, numbers, applied, startsOpen = false } = goal;
  if (changes.length === 0) return { kind: 'done', serial: registry.serial, steps: 0 };
  const meanwhile = watchReplaced(session.backend, changes);
  const met = meanwhile.look();
  if (met.size > 0) {
    throw new EnvironmentError(`${metText(met)}, after it was looked at`, {
      code: 'OVERTAKEN',
      hints: ['Plan again: ipsec plan shows what is there now.'],
    });
  }
  const at = new Date().toISOString();
  const journal: Journal = {
    id: `${at} ${process.pid}`,
    startedAt: at,
    serial: registry.serial,
    ...whereWeAre(),
    applied,
    numbers,
    corrections,
    changes,
  };
  return finish(session, journal, store.begin(journal), changes, control, meanwhile, startsOpen);
}

/** Does the steps that are left, and closes the journal. */
async function finish(
  session: HostSession,
  journal: Journal,
  open: OpenJournal,
  steps: readonly Change[],
  control: Control,
  meanwhile: Meanwhile,
  atOnce = false,
): Promise<Outcome> {
  const { backend } = session;
  const back = (why: string, interrupted = false) =>
    undo(session, journal, open, { why, interrupted }, meanwhile.look());
  const problem = await performAll(backend, steps, control, meanwhile, atOnce);
  if (problem) {
    // Who came in the way says more than the step that was refused because of that.
    const met = meanwhile.look();
    return met.size > 0 ? back(metText(met)) : back(problem.why, problem.interrupted);
  }
  try {
    const { moved, differing } = await compare(backend, journal.changes);
    const met = meanwhile.look();
    if (met.size > 0) return back(metText(met));
    if (differing > 0) return back(unlike(differing));
    open.done(moved);
  } catch (error) {
    if (!(error instanceof EnvironmentError)) throw error;
    return back(error.message);
  }
  return { kind: 'done', serial: journal.serial + 1, steps: journal.changes.length };
}

/** The host against what it was given: it is the truth, not our memory. */
async function compare(
  backend: Backend,
  changes: readonly Change[],
): Promise<{ readonly moved: readonly HostPolicy[]; readonly differing: number }> {
  const policies = new Map<string, { readonly name: HostPolicy; readonly wanted?: HostPolicy }>();
  const sas = new Map<string, { readonly name: HostSa; readonly wanted?: HostSa }>();
  // Where one entry is touched twice, the last says what is to be.
  for (const change of changes) {
    if (change.object === 'policy') {
      if (change.kind === 'delete') policies.set(policyKey(change.before), { name: change.before });
      else policies.set(policyKey(change.after), { name: change.after, wanted: change.after });
    } else if (change.kind === 'delete') sas.set(saKey(change.before), { name: change.before });
    else sas.set(saKey(change.after), { name: change.after, wanted: change.after });
  }
  const found = await backend.find({
    policies: [...policies.values()].map(({ name }) => name),
    sas: [...sas.values()].map(({ name }) => name),
  });
  const moved: HostPolicy[] = [];
  let differing = 0;
  for (const policy of found.policies) {
    const key = policyKey(policy);
    const asked = policies.get(key);
    if (!asked) continue;
    policies.delete(key);
    // Somebody else put another one where ours was taken out.
    if (!asked.wanted && asked.name.index !== policy.index) continue;
    if (!asked.wanted || !samePolicy(asked.wanted, policy)) differing += 1;
    else if (asked.wanted.index !== policy.index) moved.push({ ...asked.wanted, index: policy.index });
  }
  for (const sa of found.sas) {
    const key = saKey(sa);
    const asked = sas.get(key);
    if (!asked) continue;
    sas.delete(key);
    if (!asked.wanted || !sameSa(asked.wanted, sa)) differing += 1;
  }
  for (const { wanted } of [...policies.values(), ...sas.values()]) if (wanted) differing += 1;
  return { moved, differing };
}

interface Problem {
  readonly why: string;
  readonly interrupted: boolean;
}

async function performAll(
  backend: Backend,
  steps: readonly Change[],
  control: Control,
  meanwhile: Meanwhile,
  atOnce: boolean,
): Promise<Problem | undefined> {
  for (let at = 0; at < steps.length; at += groupSteps) {
    if (control.interrupted?.()) return { why: 'it was interrupted', interrupted: true };
    const group = steps.slice(at, at + groupSteps);
    try {
      const why = await performGroup(backend, group, atOnce);
      if (why !== undefined) return { why, interrupted: false };
    } catch (error) {
      if (!(error instanceof EnvironmentError)) throw error;
      return { why: error.message, interrupted: false };
    }
    control.progress?.(group.length);
    const met = meanwhile.look();
    if (met.size > 0) return { why: metText(met), interrupted: false };
    // Signals are handled between two turns of the event loop.
    await new Promise(setImmediate);
  }
  return control.interrupted?.() ? { why: 'it was interrupted', interrupted: true } : undefined;
}

/** Undefined when all are done. */
async function performGroup(backend: Backend, group: readonly Change[], atOnce: boolean): Promise<string | undefined> {
  for (let from = 0; from < group.length; ) {
    const { done, failure } = await backend.execute(group.slice(from), { atOnce });
    if (!failure) return undefined;
    const refused = group[from + done]!;
    if (atOnce || !isGoneAnyway(refused, failure)) return failureText(refused, failure);
    from += done + 1;
  }
  return undefined;
}

/** An SA may expire, or somebody else take out an entry, between the look at it and its removal. */
function isGoneAnyway({ kind }: Change, { code }: Failure): boolean {
  return kind === 'delete' && (code === 'ESRCH' || code === 'ENOENT');
}

function failureText(change: Change, { message }: Failure): string {
  const { record } = change.kind === 'delete' ? change.before : change.after;
  const owner = record ? ` of ${record.kind} '${record.name}'` : '';
  const verbs = { create: 'adding', replace: 'replacing', delete: 'removing' } as const;
  return `${verbs[change.kind]} ${change.object === 'sa' ? 'an SA' : 'a policy'}${owner}: ${message}`;
}

function unlike(count: number): string {
  return `the host holds something else than it was given: ${count} entries differ`;
}

/** Brings the host back to what it was before the journal, but for what others have done to it meanwhile, and closes that. */
async function undo(
  session: HostSession,
  journal: Journal,
  open: OpenJournal,
  { why, interrupted }: Problem,
  theirs: ReadonlyMap<string, HostPolicy>,
): Promise<Outcome> {
  const obstacle = await takeBack(session, journal, theirs);
  if (obstacle !== undefined) return { kind: 'stuck', why, obstacle };
  open.undone();
  return { kind: 'undone', why, interrupted };
}

async function takeBack(
  session: HostSession,
  journal: Journal,
  theirs: ReadonlyMap<string, HostPolicy>,
): Promise<string | undefined> {
  const { backend } = session;
  const owned = ownershipDuring(session.registry, journal);
  const registered = ownershipOf(session.registry).sas;
  const changes = journal.changes.filter((change) => !endsNegotiated(change, registered));
  try {
    const left = async () => {
      const { ours, foreign } = part(await backend.read(), owned);
      const target = withoutPlacesOf(foreign, targetOf(ours, changes, 'before'));
      const back = givingBack({ ours, foreign, target }, changes, theirs);
      return diff(back.ours, back.target);
    };
    const steps = orderChanges(await left());
    const why = await performGroup(backend, steps, false);
    if (why !== undefined) return why;
    const { length } = await left();
    return length > 0 ? unlike(length) : undefined;
  } catch (error) {
    if (!(error instanceof EnvironmentError)) throw error;
    return error.message;
  }
}

/**
 * Does it take out an SA that was negotiated? That one does not come back: its counters are gone, so its peer would take its packets for
 * repeated ones, and it would take repeated ones for new. The policies that come back ask for others.
 */
function endsNegotiated(change: Change, registered: ReadonlyMap<string, HostSa>): boolean {
  return change.object === 'sa' && change.kind === 'delete' && !registered.has(saKey(change.before));
}

/** While a change is under way, what it makes belongs to this tool as well. */
function ownershipDuring(registry: Registry, { changes, numbers }: Journal): Ownership {
  const owned = ownershipOf(registry);
  const policies = new Map(owned.policies);
  const sas = new Map(owned.sas);
  const making = new Map<string, HostSa>();
  for (const change of changes) {
    const subject = change.kind === 'delete' ? change.before : change.after;
    if ('direction' in subject) policies.set(subject.index, subject);
    else (change.kind === 'create' ? making : sas).set(saKey(subject), subject);
  }
  return { policies, sas, reqids: new Set([...owned.reqids, ...numbers.reqids.values()]), making };
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

/** Where others have something by now, ours cannot come back; the rest can. */
function withoutPlacesOf(foreign: HostState, target: HostState): HostState {
  if (foreign.policies.length + foreign.sas.length === 0) return target;
  const taken = new Set([...foreign.policies.map(policyKey), ...foreign.sas.map(saKey)]);
  return {
    ...target,
    policies: target.policies.filter((policy) => !taken.has(policyKey(policy))),
    sas: target.sas.filter((sa) => !taken.has(saKey(sa))),
  };
}

type PolicyChange = Extract<Change, { object: 'policy' }>;

function beforeOf(change: PolicyChange) {
  return change.kind === 'create' ? undefined : change.before;
}

function afterOf(change: PolicyChange) {
  return change.kind === 'delete' ? undefined : change.after;
}

/** Brings a change to its end that was cut off: forward to the new state, or back to the old one. */
export async function recover(
  session: HostSession,
  journal: Journal,
  direction: 'forward' | 'back',
  control: Control = {},
): Promise<Outcome> {
  const { backend, store } = session;
  const open = store.reopen();
  const ours = part(await backend.read(), ownershipDuring(session.registry, journal)).ours;
  if (direction === 'back')
    return undo(session, journal, open, { why: 'it was taken back', interrupted: false }, new Map());
  const steps = orderChanges(diff(ours, targetOf(ours, journal.changes, 'after')));
  return finish(session, journal, open, steps, control, watchReplaced(backend, steps));
}
