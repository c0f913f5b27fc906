import { BaseCommand } from '../base-command.js';
import { hostFlags, sessionOptions } from '../cli/host-flags.js';
import { exitCode } from '../exit-code.js';
import { labelWidth, renderStatus, type StatusDocument } from '../report/status.js';
import { openSession } from '../services/host-session.js';
import { status } from '../services/status.js';

export default class Status extends BaseCommand {
  static override summary = 'Show what is applied to this host and whether it is in place.';
  static override description =
    'Exit code 1 when something needs care: drift, a change that was cut off, or one that waits for being confirmed.';
  static override examples = ['<%= config.bin %> <%= command.id %>'];
  static override flags = { ...hostFlags };

  async run(): Promise<StatusDocument> {
    const { flags } = await this.parse(Status);
    const session = await openSession(sessionOptions(flags));
    try {
      const document = await status(session);
      this.writeLines(renderStatus(document, await this.style()), { under: labelWidth });
      if (document.drift > 0 || document.unfinished || document.pending) process.exitCode = exitCode.bad;
      return document;
    } finally {
      session.close();
    }
  }
}
