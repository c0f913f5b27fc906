import { describe, expect, it } from 'vitest';
import { summarize } from '../../scripts/summarize-tests.mjs';

const file = (status: string, ...tests: readonly string[]) => ({
  name: `test/${tests.join('-')}.test.ts`,
  status,
  message: status === 'failed' ? 'Cannot find module\nstack' : '',
  assertionResults: tests.map((each, index) => ({ fullName: `case ${index}`, status: each })),
});
const report = (...testResults: ReturnType<typeof file>[]) => ({
  success: testResults.every(({ status }) => status === 'passed'),
  testResults,
});

describe('summarize', () => {
  it('adds the runs up', () => {
    const runs = [
      { label: 'a', report: report(file('passed', 'passed', 'passed')), maySkip: false },
      { label: 'b', report: report(file('passed', 'passed'), file('passed', 'skipped', 'todo')), maySkip: true },
    ];
    const { lines, good } = summarize(runs);
    expect(lines.at(-1)).toBe('3 passed, 0 failed, 2 skipped');
    expect(lines).toContain('b: skipped: test/skipped-todo.test.ts: case 1');
    expect(good).toBe(true);
  });

  it.each([
    ['a test failed', report(file('failed', 'passed', 'failed')), '1 passed, 1 failed, 0 skipped'],
    ['a file could not be loaded', report(file('failed'), file('passed', 'passed')), '1 passed, 1 failed, 0 skipped'],
    ['a test was skipped', report(file('passed', 'passed', 'skipped')), '1 passed, 0 failed, 1 skipped'],
    ['nothing ran', report(), '0 passed, 0 failed, 0 skipped'],
    ['no report was left', undefined, '0 passed, 0 failed, 0 skipped'],
    [
      'the run failed otherwise',
      { ...report(file('passed', 'passed')), success: false },
      '1 passed, 0 failed, 0 skipped',
    ],
  ])('is not good when %s', (_name, each, last) => {
    const { lines, good } = summarize([{ label: 'a', report: each, maySkip: false }]);
    expect(lines.at(-1)).toBe(last);
    expect(good).toBe(false);
  });
});
