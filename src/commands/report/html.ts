import { Flags } from '@oclif/core';
import { BaseCommand } from '../../base-command.js';
import { asOfFlag, jobsFlag, profileFlag, seedFlag } from '../../cli/flags.js';
import { loadFlags, loadOptions, pathsArgs } from '../../cli/load-flags.js';
import { exitCode } from '../../exit-code.js';
import type { Progress } from '../../report/progress.js';

export interface HtmlReportSummary {
  /** Where the page is; absent where it went to the standard output. */
  readonly file?: string;
  readonly octets: number;
  readonly systems: number;
  readonly errors: number;
  readonly warnings: number;
  readonly infos: number;
  /** Pairs that were negotiated, and those that failed; absent where nothing was. */
  readonly pairs?: number;
  readonly failingPairs?: number;
  /** Is anything wrong, so that the exit code is 1? */
  readonly failed: boolean;
}

export default class ReportHtml extends BaseCommand {
  static override summary = 'Write what is known of a repository as one HTML file that needs no network.';
  static override description =
    `The page has the findings with their source (keys masked), every pair of systems with the reason where it fails, the topology,
the nesting of tunnels, the order of policies, and the messages of the pairs that fail, each of which opens into its
payloads and the records that decided. It is for light and dark, for phones and for paper, and loads nothing.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> examples/site -o site.html',
    '<%= config.bin %> <%= command.id %> -o report.html --as-of 2027-01-01 --profile bsi-tr-02102-3',
  ];
  static override outputHoldsResult = false;
  static override strict = false;
  static override args = pathsArgs;
  static override flags = {
    ...loadFlags,
    output: Flags.string({
      char: 'o',
      helpValue: 'FILE',
      summary: 'Write the page to FILE instead of the standard output.',
    }),
    profile: profileFlag,
    'no-negotiate': Flags.boolean({ summary: 'Leave dry runs out, which take the most time.' }),
    jobs: jobsFlag,
    seed: seedFlag,
    'as-of': asOfFlag({}),
  };

  async run(): Promise<HtmlReportSummary> {
    const { argv, flags } = await this.parse(ReportHtml);
    const { htmlReport } = await import('../../services/html-report.js');
    const { renderReport } = await import('../../report/html/report.js');
    let bar: Progress | undefined;
    let shown = 0;
    const report = await htmlReport({
      ...loadOptions(flags, argv as string[]),
      tool: { name: 'ipsec', version: this.config.version },
      asOf: flags['as-of'] ?? new Date(),
      seed: String(flags.seed ?? 1),
      negotiate: !flags['no-negotiate'],
      ...(flags.profile ? { profiles: flags.profile } : {}),
      ...(flags.jobs === undefined ? {} : { jobs: flags.jobs }),
      onProgress: (done, total) => {
        bar ??= this.startProgress('negotiating', total);
        bar.advance(done - shown);
        shown = done;
      },
    });
    bar?.done();
    const page = renderReport(report);
    const { output } = flags;
    if (output === undefined || output === '-') this.writeResult(page);
    else {
      this.writeFile(output, page);
      this.note(`the report is in ${output}`);
    }
    const { summary, failed } = report.findings;
    const failing = report.matrix?.pairs.filter(({ good }) => !good).length;
    if (failed || failing) process.exitCode = exitCode.bad;
    return {
      ...(output === undefined || output === '-' ? {} : { file: output }),
      octets: Buffer.byteLength(page),
      systems: summary.systems,
      errors: summary.errors,
      warnings: summary.warnings,
      infos: summary.infos,
      ...(report.matrix ? { pairs: report.matrix.pairs.length, failingPairs: failing ?? 0 } : {}),
      failed: failed || (failing ?? 0) > 0,
    };
  }
}
