/**
 * `junit`: one suite for each file with findings, one test case for each finding. A finding below the fail level is a case
 * that passes and says so on its output, so that a red report and a bad exit code always come together.
 */
import { atLeast, type Finding, type Severity } from '../../model/finding.js';
import { formatPlace } from '../../model/span.js';
import { visible } from '../visible.js';
import { xmlAttributes, xmlDeclaration, xmlText } from '../xml.js';
import { byFile } from './groups.js';
import type { FindingsReport, RenderOptions } from './report.js';
import { detailLines, ruleText, summaryText } from './words.js';

export function* renderJunit(report: FindingsReport, options: RenderOptions): Generator<string> {
  const level = options.failLevel ?? 'error';
  const failures = countFailures(report.findings, level);
  // A run may fail without any finding at the fail level, by a limit on warnings: then the run's own case fails.
  const runFails = report.failed && failures === 0;
  const totals = { tests: report.findings.length + 1, failures: failures + (runFails ? 1 : 0), errors: 0 };
  yield `${xmlDeclaration}<testsuites${xmlAttributes({ name: report.tool.name, ...totals, time: 0 })}>\n`;
  for (const { path, findings } of byFile(report.findings)) {
    const counts = { tests: findings.length, failures: countFailures(findings, level), errors: 0, skipped: 0, time: 0 };
    yield `  <testsuite${xmlAttributes({ name: path, ...counts })}>\n`;
    for (const finding of findings) yield testCase(finding, level);
    yield '  </testsuite>\n';
  }
  yield runSuite(report, runFails);
  yield '</testsuites>\n';
}

function testCase(finding: Finding, level: Severity): string {
  const { line, column } = finding.at.source.position(finding.at.start);
  const attributes = xmlAttributes({
    name: `${ruleText(finding)} (${line}:${column})`,
    classname: finding.at.source.path,
    file: finding.at.source.path,
    line,
    time: 0,
  });
  const message = visible(finding.message);
  const body = [
    `${visible(formatPlace(finding.at))}: ${finding.severity} ${ruleText(finding)}: ${message}`,
    ...finding.related.map(({ at, text }) => `${visible(formatPlace(at))}: ${visible(text)}`),
    ...detailLines(finding),
  ].join('\n');
  const content = atLeast(finding.severity, level)
    ? `<failure${xmlAttributes({ type: finding.severity, message })}>${xmlLines(body)}</failure>`
    : `<system-out>${xmlLines(body)}</system-out>`;
  return `    <testcase${attributes}>\n      ${content}\n    </testcase>\n`;
}

/** A case for the run as a whole: readers take a report without any case for a broken one. */
function runSuite(report: FindingsReport, fails: boolean): string {
  const { name } = report.tool;
  const text = summaryText(report);
  const suite = xmlAttributes({ name, tests: 1, failures: fails ? 1 : 0, errors: 0, skipped: 0, time: 0 });
  const content = fails
    ? `<failure${xmlAttributes({ type: 'limit', message: text })}/>`
    : `<system-out>${xmlText(text)}</system-out>`;
  const attributes = xmlAttributes({ name: 'summary', classname: name, time: 0 });
  return `  <testsuite${suite}>\n    <testcase${attributes}>\n      ${content}\n    </testcase>\n  </testsuite>\n`;
}

function xmlLines(text: string): string {
  return text.split('\n').map(xmlText).join('\n');
}

function countFailures(findings: readonly Finding[], level: Severity): number {
  let failures = 0;
  for (const finding of findings) if (atLeast(finding.severity, level)) failures += 1;
  return failures;
}
