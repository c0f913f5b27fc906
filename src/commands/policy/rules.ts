import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../base-command.js';
import { renderRule } from '../../report/rule-text.js';
import { renderTable } from '../../report/table.js';
import { terminalWidth } from '../../report/terminal.js';
import { type RuleDocument, ruleDocuments } from '../../services/rules.js';

export interface RulesReport {
  readonly rules: readonly RuleDocument[];
}

export default class Rules extends BaseCommand {
  static override summary = 'Explain a lint rule, or list them all.';
  static override description =
    'A rule is named by its code, its slug, or the beginning of codes (SHD for the whole family).';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> SHD001',
    '<%= config.bin %> <%= command.id %> weak-dh',
    '<%= config.bin %> <%= command.id %> --all',
  ];
  static override args = { rule: Args.string({ description: 'Code, slug or beginning of codes.' }) };
  static override flags = { all: Flags.boolean({ summary: 'Print the whole documentation of every rule.' }) };

  async run(): Promise<RulesReport> {
    const { args, flags } = await this.parse(Rules);
    const shown = ruleDocuments(args.rule);
    const style = await this.style();
    const width = terminalWidth();
    if (flags.all || (args.rule !== undefined && shown.length === 1)) {
      const options = { style, width, exampleWidth: this.wrapWidth };
      this.writeLines(shown.flatMap((rule, index) => [...(index > 0 ? [''] : []), ...renderRule(rule, options)]));
    } else {
      const rows = shown.map((rule) => [rule.code, rule.slug, rule.severity, rule.summary]);
      const columns = [
        { header: 'code', whole: true },
        { header: 'slug', whole: true },
        { header: 'severity', whole: true },
        { header: 'what it finds' },
      ];
      this.writeLines([...renderTable(columns, rows, { width, style }), `${shown.length} rules`]);
    }
    return { rules: shown };
  }
}
