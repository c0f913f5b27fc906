import { Flags } from '@oclif/core';
import { BaseCommand } from '../base-command.js';
import { hostFlags, sessionOptions, systemFlag } from '../cli/host-flags.js';
import { loadFlags, loadOptions, pathsArgs } from '../cli/load-flags.js';
import { exitCode } from '../exit-code.js';
import { type FaultyDocument, faultyDocument, renderFaulty } from '../report/faulty.js';
import { type PlanDocument, renderPlan } from '../report/plan.js';
import { openSession } from '../services/host-session.js';
import { planHost } from '../services/plan.js';
import { planDocument } from '../services/plan-document.js';
import { writePlanFile } from '../services/plan-file.js';

export default class Plan extends BaseCommand {
  static override summary = 'Show what would be done to this host so that it does what the records say.';
  static override description =
    `Reads what the kernel holds, works out what it must hold, and shows the steps from one to the other in the order in which
they are safe: at no moment does a packet pass in the clear that neither the old nor the new policy lets pass. What others put
there is shown and left alone. Nothing is changed. Needs root, as the kernel tells its policies to nobody else.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> server.conf',
    '<%= config.bin %> <%= command.id %> hosts/hq -o hq.plan.json && <%= config.bin %> apply hq.plan.json',
    '<%= config.bin %> <%= command.id %> server.conf --assume-empty --json',
  ];
  static override outputHoldsResult = false;
  static override strict = false;
  static override args = pathsArgs;
  static override flags = {
    ...loadFlags,
    ...hostFlags,
    host: systemFlag,
    output: Flags.string({
      char: 'o',
      helpValue: 'FILE',
      summary: 'Save the plan, for "apply FILE", which does exactly this or refuses.',
    }),
    'detailed-exitcode': Flags.boolean({ summary: 'Exit with 2 when there is something to do.' }),
    'assume-empty': Flags.boolean({
      summary: 'Plan for a host that holds nothing, without looking at this one.',
      exclusive: ['output'],
    }),
  };

  async run(): Promise<PlanDocument | FaultyDocument> {
    const { argv, flags } = await this.parse(Plan);
    const session = await openSession({ ...sessionOptions(flags), assumeEmpty: flags['assume-empty'] });
    try {
      const options = {
        ...loadOptions(flags, argv as string[]),
        ...(flags.host === undefined ? {} : { host: flags.host }),
        assumeEmpty: flags['assume-empty'],
      };
      const planned = await planHost(session, options);
      if (planned.kind === 'faulty') {
        process.exitCode = exitCode.bad;
        this.writeLines(renderFaulty(planned.problems, await this.style()));
        return faultyDocument(planned.problems);
      }
      const document = planDocument(session, planned);
      if (session.journal) this.warn(`a change that was begun at ${session.journal.startedAt} did not come to its end`);
      const changesMax = this.verbosity > 0 ? Number.POSITIVE_INFINITY : 200;
      this.writeLines(renderPlan(document, { style: await this.style(), changesMax, ...this.wrapOption }));
      if (flags.output !== undefined) {
        writePlanFile(flags.output, session, planned, options, this.config.version);
        this.note(`saved: ipsec apply ${flags.output} does exactly this`);
      }
      if (flags['detailed-exitcode'] && document.changes.length > 0) process.exitCode = exitCode.changesPresent;
      return document;
    } finally {
      session.close();
    }
  }
}
