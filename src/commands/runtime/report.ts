import { BaseCommand } from '../../base-command.js';
import { outputFlag } from '../../cli/flags.js';
import { runDirFlag } from '../../cli/runtime-flags.js';
import { UsageError } from '../../model/tool-error.js';
import { renderRuntimeReport } from '../../report/runtime-report.js';
import { callDaemon } from '../../services/runtime/control-client.js';
import { runtimePlaces } from '../../services/runtime/places.js';
import { type ReportKind, type RuntimeReport, reportKinds } from '../../services/runtime/report-document.js';

export default class RuntimeReportCommand extends BaseCommand {
  static override summary = 'Report what the daemon runs with, as ipsec_report does on HP-UX.';
  static override description = `Kinds: ${reportKinds.join(', ')}; all of them when none is named.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> host tunnel',
    '<%= config.bin %> <%= command.id %> sa --json',
  ];
  static override strict = false;
  static override flags = { 'run-dir': runDirFlag, output: outputFlag };

  async run(): Promise<RuntimeReport> {
    const { argv, flags } = await this.parse(RuntimeReportCommand);
    const kinds = (argv as string[]).map((word): ReportKind => {
      const kind = reportKinds.find((each) => each === word);
      if (kind) return kind;
      throw new UsageError(`there is no report '${word}'`, {
        code: 'UNKNOWN_NAME',
        hints: [`Reports: ${reportKinds.join(', ')}.`],
      });
    });
    const report = (await callDaemon(runtimePlaces(flags['run-dir']).socket, 'report', {
      kinds: kinds.length > 0 ? kinds : [...reportKinds],
    })) as RuntimeReport;
    this.writeLines(renderRuntimeReport(report, { style: await this.style(), ...this.wrapOption }));
    return report;
  }
}
