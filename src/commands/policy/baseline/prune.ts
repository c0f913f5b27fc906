import { Flags } from '@oclif/core';
import { BaseCommand } from '../../../base-command.js';
import { loadFlags, loadOptions, pathsArgs } from '../../../cli/load-flags.js';
import { pruneBaseline } from '../../../services/baseline.js';

export default class BaselinePrune extends BaseCommand {
  static override summary = 'Take entries out of the baseline that stand for nothing any more.';
  static override examples = ['<%= config.bin %> <%= command.id %>'];
  static override strict = false;
  static override args = pathsArgs;
  static override flags = {
    ...loadFlags,
    baseline: Flags.string({
      helpValue: 'FILE',
      summary: 'The baseline file (default: the configured one, or ipsec-baseline.json).',
    }),
  };

  async run(): Promise<{ file: string; kept: number; removed: number }> {
    const { argv, flags } = await this.parse(BaselinePrune);
    const result = await pruneBaseline(loadOptions(flags, argv as string[]), flags.baseline);
    this.writeResult(`${result.removed} findings removed from ${result.file}, ${result.kept} left\n`);
    return result;
  }
}
