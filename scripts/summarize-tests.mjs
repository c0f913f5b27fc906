/**
 * Sums runs of the tests: node scripts/summarize-tests.mjs [--no-skip LABEL]… LABEL=REPORT.json…
 *
 * Each report is what vitest's JSON reporter wrote. Prints what failed and what was skipped, and as the last line
 * `N passed, N failed, N skipped`. The exit code is 1 when a test or a file failed, a report is missing or empty, or a run
 * named by `--no-skip` skipped something.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * The part of vitest's JSON report that is read.
 *
 * @typedef {{ fullName: string, status: string }} Test
 * @typedef {{ name: string, status: string, message: string, assertionResults: readonly Test[] }} File
 * @typedef {{ success: boolean, testResults: readonly File[] }} Report
 */

/**
 * @param {readonly { label: string, report: Report | undefined, maySkip: boolean }[]} runs a report is undefined when its run
 *   left none
 * @returns {{ lines: readonly string[], good: boolean }} the lines to print, the sum last
 */
export function summarize(runs) {
  const lines = [];
  const sum = { passed: 0, failed: 0, skipped: 0 };
  let good = true;
  for (const { label, report, maySkip } of runs) {
    const files = report?.testResults ?? [];
    const tests = files.flatMap((file) => file.assertionResults.map((test) => ({ file, ...test })));
    if (tests.length === 0 || report === undefined) {
      lines.push(`${label}: no tests ran`);
      good = false;
      continue;
    }
    const skipped = tests.filter(({ status }) => status !== 'passed' && status !== 'failed');
    const failed = tests.filter(({ status }) => status === 'failed');
    // A file that cannot even be loaded has no tests to fail; it counts as one.
    const broken = files.filter(({ status, assertionResults }) => {
      return status === 'failed' && !assertionResults.some((test) => test.status === 'failed');
    });
    sum.passed += tests.length - skipped.length - failed.length;
    sum.failed += failed.length + broken.length;
    sum.skipped += skipped.length;
    lines.push(
      ...failed.map(({ file, fullName }) => `${label}: failed: ${path.relative('.', file.name)}: ${fullName}`),
    );
    lines.push(
      ...broken.map(
        ({ name, message }) => `${label}: failed: ${path.relative('.', name)}: ${message.split('\n', 1)[0]}`,
      ),
    );
    const word = maySkip ? 'skipped' : 'skipped, though it should have run';
    lines.push(
      ...skipped.map(({ file, fullName }) => `${label}: ${word}: ${path.relative('.', file.name)}: ${fullName}`),
    );
    if (!report.success || failed.length + broken.length > 0 || (skipped.length > 0 && !maySkip)) good = false;
  }
  lines.push(`${sum.passed} passed, ${sum.failed} failed, ${sum.skipped} skipped`);
  return { lines, good };
}

/** @param {string} file @returns {Report | undefined} */
function read(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const args = process.argv.slice(2);
  const noSkip = args.filter((_, index) => args[index - 1] === '--no-skip');
  const runs = args
    .filter((arg) => arg.includes('='))
    .map((arg) => {
      const [label = '', file = ''] = arg.split('=', 2);
      return { label, report: read(file), maySkip: !noSkip.includes(label) };
    });
  const { lines, good } = summarize(runs);
  for (const line of lines) console.log(line);
  process.exitCode = good ? 0 : 1;
}
