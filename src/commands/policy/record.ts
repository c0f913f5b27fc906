import { Flags } from '@oclif/core';
import { BaseCommand } from '../../base-command.js';
import { exitCode } from '../../exit-code.js';
import { UsageError } from '../../model/tool-error.js';
import { visible } from '../../report/visible.js';
import { changeRecords } from '../../services/record-file.js';

export default class PolicyRecord extends BaseCommand {
  static override summary = 'Add a record to a file, or delete one, if everything still fits together.';
  static override description =
    `The statement follows two hyphens and is written as ipsec_config takes it. It is checked with all that is in the
file; when it does not fit, nothing is written and the exit code is 1. Deleting keeps the comments.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> --file server.conf -- add host www -source 10.1.1.1/32/HTTP-TCP -action PASS',
    '<%= config.bin %> <%= command.id %> --file server.conf -- delete host web',
  ];
  static override usage = '<%= command.id %> --file FILE [FLAGS] -- add|delete STATEMENT';
  static override strict = false;
  static override flags = {
    file: Flags.string({ required: true, helpValue: 'FILE', summary: 'The file; it is made when it is not there.' }),
    check: Flags.boolean({ summary: 'Check only, and write nothing.' }),
  };

  async run(): Promise<object> {
    const { argv, flags } = await this.parse(PolicyRecord);
    const words = argv as string[];
    if (words.length === 0)
      throw new UsageError('a statement is missing', { hints: ['It follows two hyphens: -- add host …'] });
    const outcome = changeRecords({ file: flags.file, words, dryRun: flags.check });
    if (outcome.kind === 'done') {
      this.writeResult(
        `${outcome.verb === 'add' ? 'added' : 'deleted'} ${visible(outcome.record)}${flags.check ? ' (checked only)' : ''}\n`,
      );
      return { ...outcome, written: !flags.check };
    }
    const problems = outcome.problems.map(({ code, message, help }) => ({ code, message, ...(help ? { help } : {}) }));
    for (const { code, message } of problems) this.writeResult(`error ${code}: ${visible(message)}\n`);
    process.exitCode = exitCode.bad;
    return { kind: 'refused', problems };
  }
}
