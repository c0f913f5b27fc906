import { BaseCommand } from '../../base-command.js';
import { hostFlags, lockFlags, sessionOptions, systemFlag } from '../../cli/host-flags.js';
import { loadFlags, loadOptions, pathsArgs } from '../../cli/load-flags.js';
import { count } from '../../model/count.js';
import { renderEntries, type StateEntry } from '../../report/state.js';
import { openSession, refusePending, refuseUnfinished } from '../../services/host-session.js';
import { adopt } from '../../services/state-entries.js';

interface AdoptDocument {
  readonly adopted: readonly StateEntry[];
}

export default class Adopt extends BaseCommand {
  static override summary = 'Take over what others put where entries of the records should be.';
  static override description =
    `Entries that stand where an entry of the records belongs, and only those, count as ours from then on. The host is not
changed: that does the next apply, which then replaces them or leaves them as the records say.`;
  static override examples = ['<%= config.bin %> <%= command.id %> server.conf'];
  static override strict = false;
  static override args = pathsArgs;
  static override flags = { ...loadFlags, ...hostFlags, ...lockFlags, host: systemFlag };

  async run(): Promise<AdoptDocument> {
    const { argv, flags } = await this.parse(Adopt);
    const session = await openSession(sessionOptions(flags));
    try {
      refuseUnfinished(session);
      refusePending(session);
      const adopted = await adopt(session, {
        ...loadOptions(flags, argv as string[]),
        ...(flags.host === undefined ? {} : { host: flags.host }),
      });
      const text = [
        ...renderEntries(adopted, await this.style()),
        `${count(adopted.length, 'entry', 'entries')} taken over`,
      ];
      this.writeLines(text);
      return { adopted };
    } finally {
      session.close();
    }
  }
}
