import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../base-command.js';
import type { Style } from '../../report/style.js';
import { renderTable, wrapToWidth } from '../../report/table.js';
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
      this.writeResult(`${shown.map((rule) => [...describeRule(rule, style, width)].join('\n')).join('\n\n')}\n`);
    } else {
      const rows = shown.map((rule) => [rule.code, rule.slug, rule.severity, rule.summary]);
      const columns = [
        { header: 'code', whole: true },
        { header: 'slug', whole: true },
        { header: 'severity', whole: true },
        { header: 'what it finds' },
      ];
      this.writeResult(`${[...renderTable(columns, rows, { width, style })].join('\n')}\n${shown.length} rules\n`);
    }
    return { rules: shown };
  }
}

function* describeRule(rule: RuleDocument, style: Style, width: number): Generator<string> {
  yield `${style.bold(rule.code)} ${rule.slug} (${rule.severity}${rule.optional ? ', off unless selected' : ''})`;
  yield '';
  yield* wrapToWidth(rule.summary, width);
  yield '';
  yield* wrapToWidth(rule.rationale, width);
  yield* examples('Reported:', rule.bad);
  yield* examples('Not reported:', rule.good);
  yield '';
  yield* wrapToWidth(`References: ${rule.references.join('; ')}`, width);
  yield `Suppress:   # ipsec-disable-next-line ${rule.code} -- reason`;
}

function* examples(title: string, list: RuleDocument['bad']): Generator<string> {
  const [first] = list;
  if (!first) return;
  yield '';
  yield title;
  for (const line of first.text.trim().split('\n')) yield `    ${line}`;
  if (first.peer === undefined) return;
  yield '  with the peer';
  for (const line of first.peer.trim().split('\n')) yield `    ${line}`;
}
