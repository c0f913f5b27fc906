import { expect, it } from 'vitest';
import { SourceText } from '../../src/model/span.js';
import { parseText, statementsMax } from '../../src/parser/parse.js';

it('stops at a named number of statements, and says so', () => {
  const text = 'add bypass 10.0.0.1\n'.repeat(statementsMax + 2);
  const { items, problems } = parseText(new SourceText('t.conf', text));
  expect(items).toHaveLength(statementsMax);
  expect(problems.map((problem) => [problem.code, problem.at.start])).toEqual([['SYN024', 20 * statementsMax]]);
});
