import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../base-command.js';
import { exitCode } from '../../exit-code.js';
import { rules } from '../../lint/registry.js';
import type { Rule, RuleExample } from '../../lint/rule.js';
import { selects, unknownSelector } from '../../lint/select.js';
import { UsageError } from '../../model/tool-error.js';
import type { Style } from '../../report/style.js';
import { renderTable, wrapToWidth } from '../../report/table.js';
import { terminalWidth } from '../../report/terminal.js';

interface RuleDocument {
  readonly code: string;
  readonly slug: string;
  readonly severity: string;
  readonly summary: string;
  readonly rationale: string;
  readonly references: readonly string[];
  readonly scope: string;
  readonly optional: boolean;
  readonly bad: readonly RuleExample[];
  readonly good: readonly RuleExample[];
}

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
    const wanted = args.rule;
    const unknown = wanted === undefined ? undefined : unknownSelector(rules, [wanted]);
    if (unknown) {
      throw new UsageError(`no rule is called '${unknown.selector}'`, {
        hints: unknown.guess ? [`Did you mean ${unknown.guess}?`] : [],
      });
    }
    const shown = wanted === undefined ? rules : rules.filter((rule) => selects(wanted, rule));
    const style = await this.style();
    const width = terminalWidth();
    if (flags.all || (wanted !== undefined && shown.length === 1)) {
      this.writeResult(`${shown.map((rule) => [...describeRule(rule, style, width)].join('\n')).join('\n\n')}\n`);
    } else {
      const rows = shown.map((rule) => [rule.code, rule.slug, rule.severity, rule.summary]);
      const columns = [{ header: 'code' }, { header: 'slug' }, { header: 'severity' }, { header: 'what it finds' }];
      this.writeResult(`${[...renderTable(columns, rows, { width, style })].join('\n')}\n${shown.length} rules\n`);
    }
    process.exitCode = exitCode.good;
    return { rules: shown.map(documentOf) };
  }
}

function documentOf(rule: Rule): RuleDocument {
  const { code, slug, severity, summary, rationale, references, scope } = rule;
  const full = (example: string | RuleExample) => (typeof example === 'string' ? { text: example } : example);
  return {
    code,
    slug,
    severity,
    summary,
    rationale,
    references,
    scope,
    optional: rule.optional ?? false,
    bad: rule.bad.map(full),
    good: rule.good.map(full),
  };
}

function* describeRule(rule: Rule, style: Style, width: number): Generator<string> {
  yield `${style.bold(rule.code)} ${rule.slug} (${rule.severity}${rule.optional ? ', off unless selected' : ''})`;
  yield '';
  yield* wrapToWidth(rule.summary, width);
  yield '';
  yield* wrapToWidth(rule.rationale, width);
  yield* examples('Reported:', rule.bad);
  yield* examples('Not reported:', rule.good);
  yield '';
  yield `References: ${rule.references.join('; ')}`;
  yield `Suppress:   # ipsec-disable-next-line ${rule.code} -- reason`;
}

function* examples(title: string, list: readonly (string | RuleExample)[]): Generator<string> {
  const [first] = list;
  if (first === undefined) return;
  const { text, peer } = typeof first === 'string' ? { text: first, peer: undefined } : first;
  yield '';
  yield title;
  for (const line of text.trim().split('\n')) yield `    ${line}`;
  if (peer === undefined) return;
  yield '  with the peer';
  for (const line of peer.trim().split('\n')) yield `    ${line}`;
}
