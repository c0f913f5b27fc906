import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../base-command.js';
import { hostFlags, lockFlags, sessionOptions } from '../../cli/host-flags.js';
import { count } from '../../model/count.js';
import { UsageError } from '../../model/tool-error.js';
import { renderEntries, type StateEntry } from '../../report/state.js';
import { openSession, refusePending, refuseUnfinished } from '../../services/host-session.js';
import { forget } from '../../services/state-entries.js';

interface ForgetDocument {
  readonly forgotten: readonly StateEntry[];
}

export default class Forget extends BaseCommand {
  static override summary = 'Let go of what is recorded as ours, without touching the host.';
  static override description =
    'What one record made, or with --all everything, stays in the kernel and counts as made by others from then on.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> host vault',
    '<%= config.bin %> <%= command.id %> --all',
  ];
  static override args = {
    kind: Args.string({ description: 'Kind of the record, as host or tunnel.' }),
    name: Args.string({ description: 'Its name.' }),
  };
  static override flags = {
    ...hostFlags,
    ...lockFlags,
    all: Flags.boolean({ summary: 'Everything, also when it is about another network namespace.' }),
  };

  async run(): Promise<ForgetDocument> {
    const { args, flags } = await this.parse(Forget);
    const { kind, name } = args;
    // A flag that is not given is undefined, whatever its type says.
    const all = Boolean(flags.all);
    if (all ? kind !== undefined : kind === undefined || name === undefined) {
      throw new UsageError('say which record, by kind and name, or --all');
    }
    const session = await openSession({ ...sessionOptions(flags), anyNamespace: all });
    try {
      refuseUnfinished(session);
      refusePending(session);
      const forgotten = forget(session, kind === undefined ? undefined : { kind, name: name! });
      const text = [
        ...renderEntries(forgotten, await this.style()),
        `${count(forgotten.length, 'entry', 'entries')} forgotten`,
      ];
      this.writeLines(text);
      return { forgotten };
    } finally {
      session.close();
    }
  }
}
