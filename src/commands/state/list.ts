import { BaseCommand } from '../../base-command.js';
import { hostFlags, sessionOptions } from '../../cli/host-flags.js';
import { renderStateList, type StateList } from '../../report/state.js';
import { openSession } from '../../services/host-session.js';
import { listStates } from '../../services/state-entries.js';

export default class List extends BaseCommand {
  static override summary = 'List the states of this host that are kept, the newest first.';
  static override examples = ['<%= config.bin %> <%= command.id %>'];
  static override flags = { ...hostFlags };

  async run(): Promise<StateList> {
    const { flags } = await this.parse(List);
    const session = await openSession(sessionOptions(flags));
    try {
      const list = listStates(session);
      this.writeLines(renderStateList(list, { style: await this.style(), ...this.wrapOption }));
      return list;
    } finally {
      session.close();
    }
  }
}
