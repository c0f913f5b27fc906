import { Flags } from '@oclif/core';
import { BaseCommand } from '../base-command.js';
import { countArg } from '../cli/flags.js';
import { hostFlags, lockFlags, sessionOptions } from '../cli/host-flags.js';
import { onInterrupt, unstoppable } from '../cli/interrupt.js';
import { exitCode } from '../exit-code.js';
import { EnvironmentError, UsageError } from '../model/tool-error.js';
import { type OutcomeDocument, outcomeDocument, renderOutcome } from '../report/outcome.js';
import { type PlanChange, renderChanges } from '../report/plan.js';
import {
  applyRollback,
  planRollback,
  planRollbackToOther,
  refuseLockout,
  rollbackCuts,
  undoUnfinished,
} from '../services/apply.js';
import { guard } from '../services/confirmation.js';
import { type HostSession, openSession, type SessionOptions } from '../services/host-session.js';
import { changesDocument } from '../services/plan-document.js';
import { stateDirectory } from '../services/state/directory.js';
import { readPending, removePending } from '../services/state/pending.js';
import type { Outcome } from '../services/transaction.js';

interface RollbackDocument extends Partial<OutcomeDocument> {
  /** The state that is gone back to. */
  readonly to?: number;
  readonly changes?: readonly PlanChange[];
}

export default class Rollback extends BaseCommand {
  static override summary = 'Go back to what this host held before.';
  static override description =
    `Takes back a change that was cut off or that waits for "confirm"; else goes back so many states, or, unless told, to the last
one that differs from what the host holds: starts of the machine make states that do not. Going back is a change like any other: in order,
with a journal, and with a way back. "state list" shows the states that are kept.`;
  static override examples = ['<%= config.bin %> <%= command.id %>', '<%= config.bin %> <%= command.id %> 3 --dry-run'];
  static override outlivesClosedPipe = true;
  static override args = {
    steps: countArg({ description: 'How many states back (default: to the last one that differs).' }),
  };
  static override flags = {
    ...hostFlags,
    ...lockFlags,
    'auto-approve': Flags.boolean({ summary: 'Do not ask.' }),
    'dry-run': Flags.boolean({ summary: 'Show what would be done, and do nothing.' }),
    'allow-lockout': Flags.boolean({ summary: 'Even if it cuts off the session it is run from.' }),
    'unless-confirmed': Flags.boolean({
      summary:
        'Wait for the end of the time of "apply --confirm-timeout", and go back then unless "ipsec confirm" was said.',
      exclusive: ['auto-approve', 'dry-run', 'allow-lockout'],
    }),
  };

  async run(): Promise<RollbackDocument> {
    const { args, flags } = await this.parse(Rollback);
    if (flags['unless-confirmed']) return this.#guard(args.steps, sessionOptions(flags));
    const session = await openSession(sessionOptions(flags));
    try {
      if (session.journal) {
        if (args.steps !== undefined)
          throw new UsageError('a change was cut off: take that back first, with "rollback" alone');
        if (flags['dry-run']) {
          this.writeLines([`the change that was begun at ${session.journal.startedAt} would be taken back`]);
          return { to: session.registry.serial };
        }
        const outcome = await toTheEnd(() => undoUnfinished(session));
        // What was asked for is that the host is as before.
        if (outcome.kind === 'undone') {
          removePending(session.folder);
          this.writeResult('the change that was cut off is taken back\n');
          return { outcome: 'done', to: session.registry.serial };
        }
        return { to: session.registry.serial, ...(await this.#report(outcome)) };
      }
      return await this.#goBack(session, args.steps, flags);
    } finally {
      session.close();
    }
  }

  /** Beside `apply --confirm-timeout`, which holds the standard input open as long as it lives; or started by hand. */
  async #guard(steps: number | undefined, options: SessionOptions): Promise<RollbackDocument> {
    if (steps !== undefined)
      throw new UsageError('--unless-confirmed goes back from the change that waits, and no further');
    const stateDir = stateDirectory(options.stateDir);
    const pending = readPending(stateDir);
    if (!pending) throw new EnvironmentError('no change waits for being confirmed', { code: 'NOTHING_TO_CONFIRM' });
    let isAlone = Boolean(process.stdin.isTTY);
    if (!isAlone) {
      process.stdin.on('error', () => {});
      process.stdin.once('close', () => {
        isAlone = true;
      });
      process.stdin.resume();
    }
    this.writeLines([`state ${pending.serial} goes back at ${pending.until} unless "ipsec confirm" is said`]);
    const end = await guard(pending, { ...options, stateDir }, () => isAlone, this.config.version);
    process.stdin.destroy();
    if (end.kind === 'over') {
      this.writeResult('it waits no longer: nothing to do\n');
      return {};
    }
    // What was asked for is that the host is as before.
    if (end.outcome.kind === 'undone') {
      this.writeLines([`gone back: ${end.outcome.why}`]);
      return { outcome: 'done', to: pending.previous };
    }
    return { to: pending.previous, ...(await this.#report(end.outcome)) };
  }

  async #goBack(
    session: HostSession,
    steps: number | undefined,
    flags: { readonly 'auto-approve': boolean; readonly 'dry-run': boolean; readonly 'allow-lockout': boolean },
  ): Promise<RollbackDocument> {
    const rollback = await (steps === undefined ? planRollbackToOther(session) : planRollback(session, steps));
    const { changes } = changesDocument(rollback.plan, rollback.serial);
    const shown = { to: rollback.serial, changes };
    const text = renderChanges(changes, {
      style: await this.style(),
      changesMax: this.verbosity > 0 ? Number.POSITIVE_INFINITY : 200,
      ...this.wrapOption,
    });
    this.writeLines([...text, `back to state ${rollback.serial}: ${changes.length} steps`]);
    if (flags['dry-run']) return shown;
    refuseLockout({ cuts: await rollbackCuts(session, rollback) }, flags['allow-lockout']);
    if (!flags['auto-approve'] && !(await approve(changes.length))) {
      process.exitCode = exitCode.bad;
      return shown;
    }
    const outcome = await toTheEnd(() => applyRollback(session, rollback, this.config.version));
    if (outcome.kind === 'done' && session.pending) removePending(session.folder);
    return { ...shown, ...(await this.#report(outcome)) };
  }

  async #report(outcome: Outcome): Promise<OutcomeDocument> {
    const document = outcomeDocument(outcome);
    process.exitCode = { done: exitCode.good, undone: exitCode.rolledBack, stuck: exitCode.notRolledBack }[
      outcome.kind
    ];
    this.writeLines(renderOutcome(document, await this.style()));
    return document;
  }
}

/** Going back is not cut off: an interruption waits for its end. */
async function toTheEnd<T>(action: () => Promise<T>): Promise<T> {
  const ended = unstoppable(action);
  const release = onInterrupt(() => ended.then(() => {}));
  try {
    return await ended;
  } finally {
    release();
  }
}

async function approve(steps: number): Promise<boolean> {
  if (!process.stdin.isTTY) {
    throw new UsageError('nobody can be asked whether to go on: the standard input is no terminal', {
      code: 'NO_TERMINAL',
      hints: ['Say --auto-approve.'],
    });
  }
  const { default: inquirer } = await import('inquirer');
  const { go } = await inquirer.prompt([
    { type: 'confirm', name: 'go', default: false, message: `Carry out these ${steps} steps on this host?` },
  ]);
  return go;
}
