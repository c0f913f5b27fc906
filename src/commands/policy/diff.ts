import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../base-command.js';
import { formatFlag, outputFlag } from '../../cli/flags.js';
import { loadFlags, loadOptions } from '../../cli/load-flags.js';
import { exitCode } from '../../exit-code.js';
import { comparisonDocument, renderComparison } from '../../report/compare.js';
import { renderComparisonMarkdown } from '../../report/compare-markdown.js';
import { compare } from '../../services/compare.js';

export default class Diff extends BaseCommand {
  static override summary = 'Show which packets change treatment between two states of a policy.';
  static override description =
    `Compares meaning, not text: the exact sets of packets that another policy takes with another treatment, each with
an example packet, and the peers whose authentication or IKE parameters change. A state is a file, a folder, or a
git revision (REV or REV:FOLDER). With one state it is compared with the current folder.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> old.conf new.conf',
    '<%= config.bin %> <%= command.id %> HEAD~1',
    '<%= config.bin %> <%= command.id %> v1:hosts v2:hosts --exit-code',
  ];
  static override args = {
    before: Args.string({ required: true, description: 'File, folder or git revision.' }),
    after: Args.string({ description: 'The same; the current folder unless told.' }),
  };
  static override flags = {
    ...loadFlags,
    format: formatFlag(['text', 'markdown']),
    output: outputFlag,
    'exit-code': Flags.boolean({ summary: 'Exit with 1 when there is a difference.' }),
  };

  async run(): Promise<ReturnType<typeof comparisonDocument>> {
    const { args, flags } = await this.parse(Diff);
    const { paths: _none, ...load } = loadOptions(flags, []);
    const comparison = await compare({
      ...load,
      before: args.before,
      ...(args.after === undefined ? {} : { after: args.after }),
    });
    this.noteDoubt(comparison.problems);
    if (flags.format === 'markdown') this.writeResult([...renderComparisonMarkdown(comparison)].join(''));
    else this.writeLines(renderComparison(comparison, await this.style()));
    if (flags['exit-code'] && comparison.systems.length > 0) process.exitCode = exitCode.bad;
    return comparisonDocument(comparison);
  }
}
