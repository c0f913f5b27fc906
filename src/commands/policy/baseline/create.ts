import { Flags } from '@oclif/core';
import { BaseCommand } from '../../../base-command.js';
import { loadFlags, loadOptions, pathsArgs } from '../../../cli/load-flags.js';
import { writeBaseline } from '../../../services/baseline.js';

export default class BaselineCreate extends BaseCommand {
  static override summary = 'Write all present findings into a baseline, so that only new ones count.';
  static override description =
    'An entry names rule and record with a fingerprint of its text, not a line: it survives edits elsewhere, and ends when the record changes. Keys never reach it.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> hosts --baseline known.json --force',
  ];
  static override strict = false;
  static override args = pathsArgs;
  static override flags = {
    ...loadFlags,
    baseline: Flags.string({
      helpValue: 'FILE',
      summary: 'The baseline file (default: the configured one, or ipsec-baseline.json).',
    }),
    force: Flags.boolean({ summary: 'Replace a baseline that exists.' }),
  };

  async run(): Promise<{ file: string; entries: number; findings: number }> {
    const { argv, flags } = await this.parse(BaselineCreate);
    const { file, baseline } = await writeBaseline(loadOptions(flags, argv as string[]), flags.baseline, flags.force);
    const findings = baseline.entries.reduce((sum, entry) => sum + entry.count, 0);
    this.writeResult(`${findings} findings in ${file}\n`);
    this.note('name the file as lint.baseline in ipsec.config.yaml, or with --baseline, to make it count');
    return { file, entries: baseline.entries.length, findings };
  }
}
