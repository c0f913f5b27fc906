/** The use cases behind `ipsec apply` and `rollback`; confirmation.ts has what waits for `confirm`. */
import { makePlan, type Plan } from '../backends/plan.js';
import { EnvironmentError } from '../model/tool-error.js';
import { type HostSession, refuseUnfinished } from './host-session.js';
import { type Cut, findCuts, findLifelines } from './lockout.js';
import type { PlannedHost } from './plan.js';
import { ownershipOf, type Registry } from './state/registry.js';
import { type Control, carryOut, type Outcome, recover } from './transaction.js';

/** Throws unless everybody who uses the host through it was asked: a plan that cuts somebody off. */
export function refuseLockout({ cuts }: Pick<PlannedHost, 'cuts'>, allowed: boolean): void {
  if (cuts.length === 0 || allowed) return;
  throw new EnvironmentError(
    `this would cut off ${cuts[0]!.what}${cuts.length > 1 ? ` and ${cuts.length - 1} more` : ''}`,
    {
      code: 'LOCKOUT',
      hints: [
        ...cuts
          .slice(0, 10)
          .map(
            ({ packet, fate }) =>
              `${packet} would be ${fate === 'blocked' ? 'dropped' : 'dropped until there is an SA for it'}`,
          ),
        'Let these packets pass with a record before the others, or say --allow-lockout.',
      ],
    },
  );
}

/** Carries out a plan that was made under the session's lock. */
export async function applyPlan(
  session: HostSession,
  planned: PlannedHost,
  version: string,
  control: Control = {},
): Promise<Outcome> {
  const { plan, numbers, system, inputs } = planned;
  const applied = { at: new Date().toISOString(), system, inputs, version };
  return carryOut(session, { ...plan, numbers, applied }, control);
}

/** Brings a change that was cut off to its new state. Throws when there is none. */
export async function resume(session: HostSession, control: Control = {}): Promise<Outcome> {
  const { journal } = session;
  if (!journal) throw new EnvironmentError('there is no change that was cut off', { code: 'NOTHING_TO_RESUME' });
  return recover(session, journal, 'forward', control);
}

export interface RollbackPlan {
  /** What is gone back to; 0 is the host before anything was applied. */
  readonly serial: number;
  readonly registry: Registry | undefined;
  readonly plan: Plan;
}

/** What going back so many states would do. Throws where that state is not kept any more. */
export async function planRollback(session: HostSession, steps: number): Promise<RollbackPlan> {
  const { registry, backend, store } = session;
  const serial = registry.serial - steps;
  const target = serial > 0 ? store.earlier(serial) : undefined;
  if (serial < 0 || (serial > 0 && !target)) {
    const why = serial < 0 ? 'there were never so many' : `state ${serial} is not kept any more`;
    const message =
      registry.serial === 0
        ? 'nothing was applied to this host yet: there is nothing to go back to'
        : `the host cannot go back ${steps} from state ${registry.serial}: ${why}`;
    throw new EnvironmentError(message, {
      code: 'NO_HISTORY',
      hints: ['"ipsec state list" shows which there are.'],
    });
  }
  const current = await backend.read();
  const desired = { ...(target?.state ?? { policies: [], sas: [] }), defaults: current.defaults };
  const plan = makePlan(current, desired, ownershipOf(registry));
  if (plan.conflicts.length > 0) {
    throw new EnvironmentError('what others made on this host since then is in the way of going back', {
      code: 'FOREIGN',
      hints: ['"ipsec plan" shows it. Remove it first.'],
    });
  }
  return { serial, registry: target, plan };
}

/**
 * What going back to the youngest earlier state would do from which the host differs. Each start of the machine makes a state that is like the one before
 * it; who goes back does not mean those. One state back where none differs. Throws as `planRollback` does.
 */
export async function planRollbackToOther(session: HostSession): Promise<RollbackPlan> {
  const one = await planRollback(session, 1);
  let found = one;
  for (let steps = 2; found.plan.changes.length === 0 && session.registry.serial >= steps; steps += 1) {
    try {
      found = await planRollback(session, steps);
    } catch (error) {
      if (error instanceof EnvironmentError && error.code === 'NO_HISTORY') return one;
      throw error;
    }
  }
  return found.plan.changes.length === 0 ? one : found;
}

/** What going back would cut off. */
export async function rollbackCuts({ backend }: HostSession, { plan }: RollbackPlan): Promise<readonly Cut[]> {
  const { policies } = await backend.read();
  return findCuts(findLifelines(), policies, [...plan.foreign.policies, ...plan.after.policies]);
}

/** Goes back. It counts as a new state, so going back can be taken back. */
export async function applyRollback(
  session: HostSession,
  { registry: target, plan }: RollbackPlan,
  version: string,
  control: Control = {},
): Promise<Outcome> {
  const { registry } = session;
  const applied = target?.applied ?? { at: '', system: registry.applied?.system ?? '', inputs: [], version };
  return carryOut(
    session,
    {
      ...plan,
      // Numbers that were given out since stay known, so that nothing else gets them.
      numbers: {
        priorities: target?.numbers.priorities ?? new Map(),
        reqids: new Map([...registry.numbers.reqids, ...(target?.numbers.reqids ?? [])]),
      },
      applied: { ...applied, at: new Date().toISOString() },
    },
    control,
  );
}

/**
 * Puts back what was applied last, where the host does not hold all of it any more, as after a start of the machine. Undefined where it does, or
 * where nothing ever was applied. Throws as `refuseUnfinished`, `planRollback` and `refuseLockout` do.
 */
export async function putBackLast(
  session: HostSession,
  version: string,
  { allowLockout, ...control }: Control & { readonly allowLockout: boolean },
): Promise<Outcome | undefined> {
  refuseUnfinished(session);
  const last = await planRollback(session, 0);
  if (last.plan.changes.length === 0) return undefined;
  refuseLockout({ cuts: await rollbackCuts(session, last) }, allowLockout);
  return applyRollback(session, last, version, control);
}

/** Takes back a change that was cut off. */
export async function undoUnfinished(session: HostSession): Promise<Outcome> {
  return recover(session, session.journal!, 'back');
}
