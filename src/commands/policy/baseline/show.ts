import { Flags } from '@oclif/core';
import { BaseCommand } from '../../../base-command.js';
import { loadFlags, loadOptions, pathsArgs } from '../../../cli/load-flags.js';
import { renderTable } from '../../../report/table.js';
import { terminalWidth } from '../../../report/terminal.js';
import { type BaselineEntry, showBaseline } from '../../../services/baseline.js';

export default class BaselineShow extends BaseCommand {
  static override summary = 'Show what the baseline holds.';
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

  async run(): Promise<{ file: string; entries: readonly BaselineEntry[] }> {
    const { argv, flags } = await this.parse(BaselineShow);
    const { file, baseline } = await showBaseline(loadOptions(flags, argv as string[]), flags.baseline);
    const columns = [{ header: 'rule' }, { header: 'subject' }, { header: 'count', align: 'right' as const }];
    const rows = baseline.entries.map((entry) => [entry.rule, entry.subject, String(entry.count)]);
    this.writeLines(renderTable(columns, rows, { width: terminalWidth(), style: await this.style() }));
    return { file, entries: baseline.entries };
  }
}
