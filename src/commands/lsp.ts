import { Flags } from '@oclif/core';
import { BaseCommand } from '../base-command.js';

export default class Lsp extends BaseCommand {
  static override summary = 'Serve an editor: what is wrong as you type, documentation, completion, renaming, fixes.';
  static override description =
    `Speaks the Language Server Protocol over the standard input and output until the editor ends it. Record files are judged
as policy lint judges them, in their repository where they belong to one; files of other products are judged too.
editors/vscode has an extension that starts it; others are told to run this command for *.conf and *.ipsec files.`;
  static override examples = ['<%= config.bin %> <%= command.id %>', '<%= config.bin %> <%= command.id %> --stdio'];
  static override flags = {
    stdio: Flags.boolean({ summary: 'Over the standard input and output, which is the only way; editors say so.' }),
  };

  async run(): Promise<object> {
    await this.parse(Lsp);
    const { serveStdio } = await import('../lsp/stdio.js');
    serveStdio(this.config.version);
    // The editor ends the process.
    return new Promise<never>(() => {});
  }
}
