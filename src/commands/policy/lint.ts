import { Flags } from '@oclif/core';
import { BaseCommand } from '../../base-command.js';
import { asOfFlag, formatFlag, outputFlag, profileFlag } from '../../cli/flags.js';
import { loadFlags, loadOptions, pathsArgs } from '../../cli/load-flags.js';
import { exitCode } from '../../exit-code.js';
import { peerProfileNames } from '../../model/peer-profile/peer-profile.js';
import { type FindingsDocument, findingsDocument } from '../../report/findings/json.js';
import { findingFormats, renderFindings } from '../../report/findings/render.js';
import type { FindingsReport } from '../../report/findings/report.js';
import { terminalWidth } from '../../report/terminal.js';
import { unifiedDiff } from '../../report/text-diff.js';
import { fixFindings } from '../../services/fix.js';
import { type LintOptions, type LintOutcome, lint } from '../../services/lint.js';
import { replaceFile } from '../../services/write-file.js';

const severities = ['error', 'warning', 'info'] as const;
const selection = {
  multiple: true,
  multipleNonGreedy: true,
  delimiter: ',',
  helpValue: 'CODES',
  helpGroup: 'RULES',
} as const;

export default class Lint extends BaseCommand {
  static override summary =
    'Check policy records for faults of language, order, protection and agreement between peers.';
  static override description =
    `Reads record files, folders of them, or a repository with a folder of records for each host (hosts/NAME/), and reports
what a host would refuse, what never takes effect, what is weak, and where two systems will not agree. Each rule is
explained by \`ipsec policy rules CODE\`. The run fails (exit code 1) when a finding is at or above --fail-level.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> examples/telnet-only/server.conf',
    '<%= config.bin %> <%= command.id %> --format sarif -o lint.sarif',
    '<%= config.bin %> <%= command.id %> hosts/alpha --select SHD,PRI --fail-level warning',
    '<%= config.bin %> <%= command.id %> branch.conf --fix --diff',
  ];
  static override strict = false;
  static override args = pathsArgs;
  static override flags = {
    ...loadFlags,
    format: formatFlag(findingFormats),
    output: outputFlag,
    select: Flags.string({ ...selection, summary: 'Run only these rules: codes, beginnings of codes, slugs, or ALL.' }),
    'extend-select': Flags.string({ ...selection, summary: 'Run these rules as well.' }),
    ignore: Flags.string({ ...selection, summary: 'Do not run these rules.' }),
    'report-unsupported': Flags.boolean({
      helpGroup: 'RULES',
      summary: "List also options of other products' files that have no effect here (IMP006).",
    }),
    profile: profileFlag,
    'peer-profile': Flags.option({ options: peerProfileNames })({
      helpValue: 'NAME',
      summary: `How peers behave of which the inventory says nothing: ${peerProfileNames.join(', ')}.`,
    }),
    'as-of': asOfFlag(),
    capture: Flags.string({
      multiple: true,
      helpValue: 'FILE',
      summary: 'Report policies that no packet of this capture (pcap, pcapng) hits (HYG004); may be repeated.',
    }),
    peers: Flags.boolean({ summary: 'Compare the systems with each other, also where they are single files.' }),
    'fail-level': Flags.option({ options: severities })({
      helpValue: 'LEVEL',
      summary: 'Fail when a finding is at or above this severity (default: error).',
    }),
    'max-warnings': Flags.integer({ min: 0, helpValue: 'N', summary: 'Fail when there are more warnings.' }),
    baseline: Flags.string({ helpValue: 'FILE', summary: 'Findings in this baseline do not count.' }),
    'no-baseline': Flags.boolean({ summary: 'Ignore the configured baseline.', exclusive: ['baseline'] }),
    fix: Flags.boolean({ helpGroup: 'FIXES', summary: 'Apply fixes that are proved to change no treatment.' }),
    'unsafe-fixes': Flags.boolean({
      helpGroup: 'FIXES',
      summary: 'With --fix, apply also those that change treatment.',
      dependsOn: ['fix'],
    }),
    diff: Flags.boolean({
      helpGroup: 'FIXES',
      summary: 'With --fix, show the changes instead of writing them.',
      dependsOn: ['fix'],
    }),
  };

  async run(): Promise<FindingsDocument | FindingsReport> {
    const { argv, flags } = await this.parse(Lint);
    const progress = this.startProgress('linting', 0);
    const options: LintOptions = {
      ...loadOptions(flags, argv as string[]),
      ...(flags.select ? { select: flags.select } : {}),
      extendSelect: [...(flags['extend-select'] ?? []), ...(flags['report-unsupported'] ? ['IMP006'] : [])],
      ...(flags.ignore ? { ignore: flags.ignore } : {}),
      ...(flags.profile ? { profiles: flags.profile } : {}),
      ...(flags['peer-profile'] ? { peerProfile: flags['peer-profile'] } : {}),
      ...(flags['as-of'] ? { asOf: flags['as-of'].toISOString().slice(0, 10) } : {}),
      ...(flags.peers ? { together: true } : {}),
      ...(flags.capture ? { captures: flags.capture } : {}),
      ...(flags['fail-level'] ? { failLevel: flags['fail-level'] } : {}),
      ...(flags['max-warnings'] === undefined ? {} : { maxWarnings: flags['max-warnings'] }),
      ...(flags['no-baseline']
        ? { baseline: false as const }
        : flags.baseline === undefined
          ? {}
          : { baseline: flags.baseline }),
      onProgress: () => progress.advance(),
      onSystem: () => progress.advance(),
    };
    let outcome = await lint(options);
    if (flags.fix) outcome = await this.#fix(outcome, options, flags['unsafe-fixes'], flags.diff);
    progress.done();
    const report: FindingsReport = { tool: { name: 'ipsec', version: this.config.version }, ...outcome.report };
    if (!this.jsonEnabled() && !flags.diff) {
      const style = await this.style();
      const root = outcome.repository.config.root ?? process.cwd();
      for (const chunk of renderFindings(report, flags.format, {
        style,
        width: terminalWidth(),
        wrap: this.wrapWidth !== undefined,
        failLevel: outcome.failLevel,
        root,
      }))
        this.writeResult(chunk);
    }
    if (outcome.staleBaseline > 0)
      this.note(
        `${outcome.staleBaseline} entries of the baseline stand for nothing any more: ipsec policy baseline prune`,
      );
    if (report.failed) process.exitCode = exitCode.bad;
    // The document is as long as the report: it is made only for those who read it.
    return this.jsonEnabled() ? findingsDocument(report) : report;
  }

  async #fix(first: LintOutcome, options: LintOptions, unsafe: boolean, dry: boolean): Promise<LintOutcome> {
    const { files, outcome, fixed, refused } = await fixFindings(first, options, unsafe);
    for (const { code, message } of refused)
      this.warn(`${code}: a fix was left out because it would change a treatment: ${message}`);
    if (!dry) {
      for (const { file, after } of files) replaceFile(file, after.text);
      if (fixed > 0) this.note(`${fixed} findings fixed in ${files.length === 1 ? '1 file' : `${files.length} files`}`);
      return outcome;
    }
    const style = await this.style();
    for (const { before, after, path } of files)
      this.writeResult([...unifiedDiff(before, after, { style, afterLabel: `${path} (fixed)` })].join(''));
    return first;
  }
}
