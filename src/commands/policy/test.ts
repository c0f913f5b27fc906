import { Flags } from '@oclif/core';
import { BaseCommand } from '../../base-command.js';
import { formatFlag, outputFlag } from '../../cli/flags.js';
import { loadFlags, loadOptions, pathsArgs } from '../../cli/load-flags.js';
import { exitCode } from '../../exit-code.js';
import { assertionFindings, assertionsDocument, renderAssertions, renderTap } from '../../report/assertions.js';
import { renderFindings } from '../../report/findings/render.js';
import { terminalWidth } from '../../report/terminal.js';
import { runAssertions } from '../../services/run-assertions.js';

const formats = ['text', 'tap', 'json', 'junit', 'sarif', 'github', 'gitlab', 'checkstyle', 'markdown'] as const;

export default class Test extends BaseCommand {
  static override summary = 'Check assertions about what a policy must do with packets.';
  static override description =
    `Assertion files (*.ipsectest) hold one sentence a line, each judged exactly for every packet that it speaks of:

  define LAB = 10.9.0.0/16
  on alpha: tcp from 10.1.1.1 to 10.7.7.0/24 port 5432 must be protected with at least AES-128
  on alpha: telnet from LAB to 10.1.1.1 inbound must be discarded

What is protected may be asked to be so with at least a strength, in a mode, by a certain tunnel, or end to end.
A sentence that fails shows packets that are treated otherwise, and the policy that takes them. Names of hosts stand
for their addresses.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> tests/server.ipsectest server.conf',
    '<%= config.bin %> <%= command.id %> --filter telnet --format tap',
  ];
  static override strict = false;
  static override args = pathsArgs;
  static override flags = {
    ...loadFlags,
    format: formatFlag(formats),
    output: outputFlag,
    filter: Flags.string({ helpValue: 'TEXT', summary: 'Only assertions that hold this text.' }),
  };

  async run(): Promise<ReturnType<typeof assertionsDocument>> {
    const { argv, flags } = await this.parse(Test);
    const run = await runAssertions({
      ...loadOptions(flags, argv as string[]),
      ...(flags.filter === undefined ? {} : { filter: flags.filter }),
    });
    const judged = run.judged.map(({ assertion: { text, at }, ...rest }) => ({ text, at, ...rest }));
    const { format } = flags;
    if (format === 'text') this.writeLines(renderAssertions(judged, run.problems, await this.style()), { under: 7 });
    else if (format === 'tap') this.writeResult(`${[...renderTap(judged, run.problems)].join('\n')}\n`);
    else if (format !== 'json') {
      const findings = assertionFindings(judged, run.problems);
      const none = { records: 0, warnings: 0, infos: 0, suppressed: 0, baselined: 0, fixed: 0 };
      const report = {
        tool: { name: 'ipsec', version: this.config.version },
        findings,
        summary: {
          ...none,
          files: run.files,
          systems: new Set(judged.map(({ system }) => system)).size,
          errors: findings.length,
        },
        failed: run.failed,
        rules: [
          {
            code: 'TST001',
            slug: 'assertion-failed',
            severity: 'error' as const,
            summary: 'An assertion about the policy does not hold.',
            rationale: 'The policy treats packets otherwise than its owners say it must.',
            references: ['ipsec-policy-test(1)'],
          },
        ],
      };
      for (const chunk of renderFindings(report, format, {
        width: terminalWidth(),
        wrap: this.wrapWidth !== undefined,
        root: process.cwd(),
      }))
        this.writeResult(chunk);
    }
    if (run.failed) process.exitCode = exitCode.bad;
    return assertionsDocument(judged, run.problems, run.failed);
  }
}
