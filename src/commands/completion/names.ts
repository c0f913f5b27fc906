import { Args } from '@oclif/core';
import { BaseCommand } from '../../base-command.js';
import { nameKinds, recordNames, systemNames } from '../../services/completion-names.js';

export default class CompletionNames extends BaseCommand {
  static override summary = 'Print names that stand in the repository, one on a line, for the completion of shells.';
  static override hidden = true;
  static override args = {
    of: Args.string({ required: true, options: [...nameKinds], description: 'Names of what.' }),
    kind: Args.string({ description: 'Of records: their kind.' }),
  };

  async run(): Promise<{ readonly names: readonly string[] }> {
    const { args, flags } = await this.parse(CompletionNames);
    const options = flags.config === undefined ? {} : { configFile: flags.config };
    const all = args.of === 'systems' ? await systemNames(options) : await recordNames(options, args.kind);
    // A name with blanks or worse is nothing that a shell can offer.
    const names = all.filter((name) => /^[\w.@%+:/#-]+$/.test(name));
    this.writeResult(names.map((name) => `${name}\n`).join(''));
    return { names };
  }
}
