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

const skipping = report(file('passed', 'passed', 'skipped', 'todo'));

describe('summarize', () => {
  it('adds the runs up, and takes any skip where no list is given', () => {
    const { lines, good } = summarize([
      { label: 'a', report: report(file('passed', 'passed', 'passed')) },
      { label: 'b', report: skipping },
    ]);
    expect(lines).toEqual([
      'skipped: b: test/passed-skipped-todo.test.ts: case 1',
      'skipped: b: test/passed-skipped-todo.test.ts: case 2',
      '3 passed, 0 failed, 2 skipped',
    ]);
    expect(good).toBe(true);
  });

  it('is not good when a test was skipped that the list does not name', () => {
    const named = ['b: test/passed-skipped-todo.test.ts: case 1'];
    const { lines, good } = summarize([{ label: 'b', report: skipping }], named);
    expect(lines[0]).toMatch(/^skipped: /);
    expect(lines[1]).toBe('skipped, but should have run: b: test/passed-skipped-todo.test.ts: case 2');
    expect(good).toBe(false);
    expect(summarize([{ label: 'b', report: skipping }], ['b: test/']).good).toBe(true);
    expect(summarize([{ label: 'b', report: skipping }], []).good).toBe(false);
  });

  it.each([
    ['a test failed', report(file('failed', 'passed', 'failed')), '1 passed, 1 failed, 0 skipped'],
    ['a file could not be loaded', report(file('failed'), file('passed', 'passed')), '1 passed, 1 failed, 0 skipped'],
    ['nothing ran', report(), '0 passed, 0 failed, 0 skipped'],
    ['no report was left', undefined, '0 passed, 0 failed, 0 skipped'],
    [
      'the run failed otherwise',
      { ...report(file('passed', 'passed')), success: false },
      '1 passed, 0 failed, 0 skipped',
    ],
  ])('is not good when %s', (_name, each, last) => {
    const { lines, good } = summarize([{ label: 'a', report: each }]);
    expect(lines.at(-1)).toBe(last);
    expect(good).toBe(false);
  });
});
