/**
 * Sums runs of the tests: node scripts/summarize-tests.mjs [--may-skip LIST] LABEL=REPORT.json…
 *
 * Each report is what vitest's JSON reporter wrote. Prints what failed and what was skipped, and as the last line
 * `N passed, N failed, N skipped`. The exit code is 1 when a test or a file failed, a report is missing or empty, or, with
 * `--may-skip`, a test was skipped that the list does not name: one `LABEL: FILE: TEST` a line, as it is printed here, or a
 * beginning of it; `#` starts a comment.
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
 * @param {readonly { label: string, report: Report | undefined }[]} runs a report is undefined when its run left none
 * @param {readonly string[]} [maySkip] beginnings of the names of tests that may be skipped; undefined: all may
 * @returns {{ lines: readonly string[], good: boolean }} the lines to print, the sum last
 */
export function summarize(runs, maySkip = ['']) {
  const lines = [];
  const sum = { passed: 0, failed: 0, skipped: 0 };
  let good = true;
  for (const { label, report } of runs) {
    const files = report?.testResults ?? [];
    const tests = files.flatMap((file) => file.assertionResults.map((test) => ({ file, ...test })));
    if (tests.length === 0 || report === undefined) {
      lines.push(`${label}: no tests ran`);
      good = false;
      continue;
    }
    const name = (/** @type {{ file: File, fullName: string }} */ { file, fullName }) => {
      return `${label}: ${path.relative('.', file.name)}: ${fullName}`;
    };
    const skipped = tests.filter(({ status }) => status !== 'passed' && status !== 'failed').map(name);
    const failed = tests.filter(({ status }) => status === 'failed').map(name);
    // A file that cannot even be loaded has no tests to fail; it counts as one.
    const broken = files
      .filter(
        ({ status, assertionResults: own }) => status === 'failed' && !own.some((test) => test.status === 'failed'),
      )
      .map((file) => name({ file, fullName: file.message.split('\n', 1)[0] ?? '' }));
    const missed = skipped.filter((each) => !maySkip.some((start) => each.startsWith(start)));
    sum.passed += tests.length - skipped.length - failed.length;
    sum.failed += failed.length + broken.length;
    sum.skipped += skipped.length;
    lines.push(...failed.map((each) => `failed: ${each}`), ...broken.map((each) => `failed: ${each}`));
    lines.push(
      ...skipped.map((each) => `${missed.includes(each) ? 'skipped, but should have run' : 'skipped'}: ${each}`),
    );
    if (!report.success || failed.length + broken.length + missed.length > 0) good = false;
  }
  lines.push(`${sum.passed} passed, ${sum.failed} failed, ${sum.skipped} skipped`);
  return { lines, good };
}

/** @param {string} text */
function namesIn(text) {
  return text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
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
  const [list] = args.filter((_, index) => args[index - 1] === '--may-skip');
  const maySkip = list === undefined ? undefined : namesIn(readFileSync(list, 'utf8'));
  const runs = args
    .filter((arg) => arg.includes('='))
    .map((arg) => {
      const [label = '', file = ''] = arg.split('=', 2);
      return { label, report: read(file) };
    });
  const { lines, good } = summarize(runs, maySkip);
  for (const line of lines) console.log(line);
  process.exitCode = good ? 0 : 1;
}
