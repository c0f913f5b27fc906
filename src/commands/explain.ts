import { Args } from '@oclif/core';
import { BaseCommand } from '../base-command.js';
import { renderRule } from '../report/rule-text.js';
import type { Style } from '../report/style.js';
import { renderTable } from '../report/table.js';
import { terminalWidth } from '../report/terminal.js';
import { wrapToWidth } from '../report/wrap.js';
import { type ErrorDocument, type Explanation, explainCode } from '../services/explain-code.js';

export default class Explain extends BaseCommand {
  static override summary = 'Tell what the code of an error or a rule means, or list the codes of errors.';
  static override description =
    `Every error of this program ends with the command line that explains its code, and with --json has it as "code". Rules of
"policy lint" are explained too, by code or slug; "policy rules" lists them.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> LOCKOUT',
    '<%= config.bin %> <%= command.id %> SHD001',
  ];
  static override args = { code: Args.string({ description: 'Code of an error; code or slug of a rule.' }) };

  async run(): Promise<Explanation> {
    const { args } = await this.parse(Explain);
    const explanation = explainCode(args.code);
    const style = await this.style();
    const width = terminalWidth();
    if (explanation.kind === 'rule')
      this.writeLines(renderRule(explanation.rule, { style, width, exampleWidth: this.wrapWidth }));
    else if (args.code !== undefined) this.writeLines(renderError(explanation.errors[0]!, style, width));
    else {
      const columns = [{ header: 'code', whole: true }, { header: 'exit', whole: true }, { header: 'what it means' }];
      const rows = explanation.errors.map(({ code, exit, meaning }) => [code, String(exit), meaning]);
      this.writeLines(renderTable(columns, rows, { width, style }));
    }
    return explanation;
  }
}

function* renderError({ code, exit, meaning, remedy }: ErrorDocument, style: Style, width: number): Generator<string> {
  yield `${style.bold(code)} (exit code ${exit})`;
  yield '';
  yield* wrapToWidth(meaning, width);
  yield '';
  yield* wrapToWidth(remedy, width);
}
