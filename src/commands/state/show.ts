import { BaseCommand } from '../../base-command.js';
import { countArg } from '../../cli/flags.js';
import { hostFlags, sessionOptions } from '../../cli/host-flags.js';
import { renderState, type StateDocument } from '../../report/state.js';
import { openSession } from '../../services/host-session.js';
import { showState } from '../../services/state-entries.js';

export default class Show extends BaseCommand {
  static override summary = 'Show the policies and SAs of a state, by the records that made them.';
  static override examples = ['<%= config.bin %> <%= command.id %>', '<%= config.bin %> <%= command.id %> 12 --json'];
  static override args = {
    serial: countArg({ description: 'Number of the state (default: the newest).' }),
  };
  static override flags = { ...hostFlags };

  async run(): Promise<StateDocument> {
    const { args, flags } = await this.parse(Show);
    const session = await openSession(sessionOptions(flags));
    try {
      const document = showState(session, args.serial);
      this.writeLines(renderState(document, await this.style()));
      return document;
    } finally {
      session.close();
    }
  }
}
