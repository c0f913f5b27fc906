import { Flags, type Interfaces } from '@oclif/core';
import { BaseCommand } from '../base-command.js';
import { durationFlag, hostFlags, lockFlags, sessionOptions, systemFlag } from '../cli/host-flags.js';
import { onInterrupt, unstoppable } from '../cli/interrupt.js';
import { loadFlags, loadOptions, pathsArgs } from '../cli/load-flags.js';
import { exitCode } from '../exit-code.js';
import { UsageError } from '../model/tool-error.js';
import { type FaultyDocument, faultyDocument, renderFaulty } from '../report/faulty.js';
import { type OutcomeDocument, outcomeDocument, renderOutcome } from '../report/outcome.js';
import { emitPlan, type PlanDocument, renderPlan } from '../report/plan.js';
import { applyPlan, putBackLast, refuseLockout, resume } from '../services/apply.js';
import { beginWaiting, expectConfirmation, rollBackPending, waitForConfirmation } from '../services/confirmation.js';
import { startGuardian } from '../services/guardian.js';
import {
  type HostSession,
  openSession,
  refusePending,
  refuseUnfinished,
  type SessionOptions,
} from '../services/host-session.js';
import { type PlannedHost, type PlanOptions, planHost } from '../services/plan.js';
import { planDocument } from '../services/plan-document.js';
import { type PlanFile, planOptionsOf, readPlanFile, refuseStale } from '../services/plan-file.js';
import { removePending } from '../services/state/pending.js';
import type { Outcome } from '../services/transaction.js';

type ApplyFlags = Interfaces.InferredFlags<typeof Apply.flags>;
type ApplyDocument = { readonly plan?: PlanDocument } & Partial<OutcomeDocument>;

export default class Apply extends BaseCommand {
  static override summary = 'Make this host do what the records say, or leave it as it is.';
  static override description =
    `Carries out a saved plan, or plans and carries out at once. Every step is in a journal before it is made; when one fails, all
are undone. After a crash "apply --resume" finishes what was begun, and "rollback" takes it back. A plan that would cut
off the session it is run from is refused. Exit code 5 says that it failed and the host is as before, 6 that going back
failed too.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> hq.plan.json',
    '<%= config.bin %> <%= command.id %> server.conf --confirm-timeout 60s',
    '<%= config.bin %> <%= command.id %> server.conf --emit ip-batch --assume-empty',
  ];
  static override strict = false;
  static override outlivesClosedPipe = true;
  static override args = { ...pathsArgs };
  static override flags = {
    ...loadFlags,
    ...hostFlags,
    ...lockFlags,
    host: systemFlag,
    'auto-approve': Flags.boolean({ summary: 'Do not ask.' }),
    'dry-run': Flags.boolean({ summary: 'Show what would be done, and do nothing.' }),
    emit: Flags.option({ options: ['ip-batch', 'shell'] as const })({
      summary: 'Write the steps as text for ip(8) instead, without keys; the host is not touched.',
    }),
    'assume-empty': Flags.boolean({
      summary: 'With --emit: for a host that holds nothing, without looking at this one.',
      dependsOn: ['emit'],
    }),
    'confirm-timeout': durationFlag({
      summary:
        'Go back after this time unless "ipsec confirm" is said, even if this process or its terminal is gone by then.',
    }),
    'allow-lockout': Flags.boolean({ summary: 'Even if it cuts off the session it is run from.' }),
    'else-last': Flags.boolean({
      summary:
        'If that fails, put back what was applied last, and fail nevertheless: for the start of the machine, when nothing else is there yet.',
      dependsOn: ['auto-approve'],
      exclusive: ['dry-run', 'emit', 'confirm-timeout'],
    }),
    resume: Flags.boolean({
      summary: 'Finish a change that was cut off.',
      exclusive: ['dry-run', 'emit', 'confirm-timeout', 'else-last'],
    }),
  };

  #interrupted = false;

  async run(): Promise<ApplyDocument | FaultyDocument> {
    const { argv, flags } = await this.parse(Apply);
    const paths = argv as string[];
    if (flags.resume) return this.#resume(sessionOptions(flags), paths);
    if (!flags['else-last']) return this.#apply(paths, flags);
    const putBack = () => this.#putBackLast(sessionOptions(flags), flags['allow-lockout']);
    try {
      const document = await this.#apply(paths, flags);
      // `notRolledBack`: what there is has a journal, and is not made worse.
      if (process.exitCode === exitCode.bad || process.exitCode === exitCode.rolledBack) await putBack();
      return document;
    } catch (error) {
      await putBack();
      throw error;
    }
  }

  async #apply(paths: readonly string[], flags: ApplyFlags): Promise<ApplyDocument | FaultyDocument> {
    const planFile = paths.length === 1 ? readPlanFile(paths[0]!) : undefined;
    const options: PlanOptions = planFile
      ? planOptionsOf(planFile)
      : {
          ...loadOptions(flags, paths),
          ...(flags.host === undefined ? {} : { host: flags.host }),
          assumeEmpty: flags['assume-empty'],
        };
    const changes = !flags['dry-run'] && flags.emit === undefined;
    const { 'lock-timeout': lockTimeout, ...unlocked } = flags;
    const session = await openSession({
      ...sessionOptions(changes ? { ...unlocked, 'lock-timeout': lockTimeout } : unlocked),
      assumeEmpty: flags['assume-empty'],
    });
    try {
      if (changes) {
        refuseUnfinished(session);
        refusePending(session);
      }
      const planned = await planHost(session, options);
      if (planned.kind === 'faulty') {
        process.exitCode = exitCode.bad;
        this.writeLines(renderFaulty(planned.problems, await this.style()));
        return faultyDocument(planned.problems);
      }
      if (planFile) refuseStale(planFile, session, planned);
      const plan = planDocument(session, planned);
      if (flags.emit !== undefined) return this.#emit(plan, flags.emit);
      const changesMax = this.verbosity > 0 ? Number.POSITIVE_INFINITY : 200;
      this.writeLines(renderPlan(plan, { style: await this.style(), changesMax, ...this.wrapOption }));
      if (!changes || plan.changes.length === 0) return { plan };
      refuseLockout(planned, flags['allow-lockout']);
      if (!flags['auto-approve'] && !(await approve(planned, planFile))) {
        process.exitCode = exitCode.bad;
        return { plan };
      }
      const timeout = flags['confirm-timeout'];
      return await this.#guarded(async () => {
        if (timeout !== undefined)
          return { plan, ...(await this.#untilConfirmed(session, planned, sessionOptions(flags), timeout)) };
        return { plan, ...(await this.#report(await this.#carryOut(session, planned))) };
      });
    } finally {
      session.close();
    }
  }

  /** What fails here is told, and does not hide why this was wanted. */
  async #putBackLast(options: SessionOptions, allowLockout: boolean): Promise<void> {
    try {
      const session = await openSession(options);
      try {
        const outcome = await this.#guarded(() =>
          unstoppable(() => putBackLast(session, this.config.version, { ...this.#control(), allowLockout })),
        );
        if (outcome === undefined) {
          const isFirst = session.registry.serial === 0;
          this.warn(isFirst ? 'nothing was ever applied that could be put back' : 'what was applied last is in place');
        } else if (outcome.kind === 'done') this.warn(`what was applied last is put back: ${outcome.steps} steps`);
        else this.warn(`what was applied last could not be put back: ${outcome.why}`);
      } finally {
        session.close();
      }
    } catch (error) {
      this.warn(`what was applied last could not be put back: ${(error as Error).message}`);
    }
  }

  #emit(plan: PlanDocument, form: 'ip-batch' | 'shell'): ApplyDocument {
    this.writeResult(`${[...emitPlan(plan, form)].join('\n')}\n`);
    const missing = plan.changes.filter(({ inexpressible }) => inexpressible !== undefined).length;
    if (missing > 0) {
      this.warn(`ip(8) cannot say ${missing} of ${plan.changes.length} steps: they stand in the text as comments`);
      process.exitCode = exitCode.bad;
    }
    return { plan };
  }

  async #resume(options: Parameters<typeof openSession>[0], paths: readonly string[]): Promise<ApplyDocument> {
    if (paths.length > 0) throw new UsageError('--resume finishes what was begun, and takes no records');
    const session = await openSession(options);
    try {
      return await this.#report(await this.#guarded(() => unstoppable(() => resume(session, this.#control()))));
    } finally {
      session.close();
    }
  }

  async #carryOut(session: HostSession, planned: PlannedHost): Promise<Outcome> {
    const progress = this.startProgress('applying', planned.plan.changes.length);
    try {
      return await unstoppable(() =>
        applyPlan(session, planned, this.config.version, {
          ...this.#control(),
          progress: (steps) => progress.advance(steps),
        }),
      );
    } finally {
      progress.done();
    }
  }

  #control() {
    return { interrupted: () => this.#interrupted };
  }

  /** From the first step on an interruption means: go back first. */
  async #guarded<T>(action: () => Promise<T>): Promise<T> {
    let finished = () => {};
    const end = new Promise<void>((resolve) => {
      finished = resolve;
    });
    const release = onInterrupt(() => {
      this.#interrupted = true;
      return end;
    });
    try {
      return await action();
    } finally {
      finished();
      release();
    }
  }

  async #report(outcome: Outcome): Promise<OutcomeDocument> {
    const document = outcomeDocument(outcome);
    process.exitCode = { done: exitCode.good, undone: exitCode.rolledBack, stuck: exitCode.notRolledBack }[
      outcome.kind
    ];
    this.writeLines(renderOutcome(document, await this.style()));
    return document;
  }

  async #untilConfirmed(
    session: HostSession,
    planned: PlannedHost,
    options: SessionOptions,
    timeoutMillis: number,
  ): Promise<OutcomeDocument> {
    const { folder } = session;
    const { version } = this.config;
    const expected = expectConfirmation(session, timeoutMillis);
    const outcome = await this.#carryOutWatched(session, planned, options);
    if (outcome.kind !== 'done') {
      if (outcome.kind === 'undone') removePending(folder);
      return this.#report(outcome);
    }
    const pending = beginWaiting(folder, expected, timeoutMillis, outcome.guardian);
    // The lock goes to whoever confirms.
    session.close();
    this.note(`applied; going back at ${pending.until} unless "ipsec confirm" is said, best from a new connection`);
    const end = await waitForConfirmation(folder, pending, () => this.#interrupted);
    if (end === 'confirmed') return this.#report(outcome);
    if (end === 'superseded') {
      return this.#report({ kind: 'undone', why: 'it was taken back while this waited', interrupted: false });
    }
    const why = end === 'timeout' ? 'nobody confirmed it in time' : 'it was interrupted before it was confirmed';
    return this.#report(await unstoppable(() => rollBackPending(pending, options, why, version)));
  }

  /** With a guardian from before the first step on. */
  async #carryOutWatched(
    session: HostSession,
    planned: PlannedHost,
    { means }: SessionOptions,
  ): Promise<Outcome & { readonly guardian: number }> {
    const { pid } = await startGuardian([
      ...[process.execPath, process.argv[1] ?? '', 'rollback', '--unless-confirmed', '--color', 'never'],
      ...['--state-dir', session.folder, ...(means === undefined ? [] : ['--means', means])],
    ]);
    return { ...(await this.#carryOut(session, planned)), guardian: pid };
  }
}

/** Asks on a terminal. Without one nobody can be asked, and nothing is done. */
async function approve({ plan }: PlannedHost, file: PlanFile | undefined): Promise<boolean> {
  if (!process.stdin.isTTY) {
    throw new UsageError('nobody can be asked whether to go on: the standard input is no terminal', {
      code: 'NO_TERMINAL',
      hints: ['Say --auto-approve.'],
    });
  }
  const { default: inquirer } = await import('inquirer');
  const what = file ? `the plan of ${file.createdAt}` : `these ${plan.changes.length} steps`;
  const { go } = await inquirer.prompt([
    { type: 'confirm', name: 'go', default: false, message: `Carry out ${what} on this host?` },
  ]);
  return go;
}
