import { BaseCommand } from '../base-command.js';
import { hostFlags, lockFlags, sessionOptions } from '../cli/host-flags.js';
import { confirm } from '../services/confirmation.js';
import { openSession } from '../services/host-session.js';

interface ConfirmDocument {
  readonly serial: number;
}

export default class Confirm extends BaseCommand {
  static override summary = 'Keep a change that "apply --confirm-timeout" made.';
  static override description =
    'Until this is said the change is taken back when its time is over, so a change that cuts one off does not last.';
  static override examples = ['<%= config.bin %> <%= command.id %>'];
  static override flags = { ...hostFlags, ...lockFlags };

  async run(): Promise<ConfirmDocument> {
    const { flags } = await this.parse(Confirm);
    const session = await openSession(sessionOptions(flags));
    try {
      const { serial } = confirm(session);
      this.writeResult(`state ${serial} stays\n`);
      return { serial };
    } finally {
      session.close();
    }
  }
}
