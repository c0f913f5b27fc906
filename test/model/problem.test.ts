/** Which problems of reading are errors is told without the rules, and must be what they say. */
import { expect, it } from 'vitest';
import { rules } from '../../src/lint/registry.js';
import { isError } from '../../src/model/problem.js';

const reading = rules.filter(({ scope }) => scope === 'reading');

it('there are rules that reading reports by', () => expect(reading.length).toBeGreaterThan(20));

it.each(reading)('$code $slug is as severe as its rule', ({ code, severity }) => {
  expect(isError({ code })).toBe(severity === 'error');
});

it('a severity of its own counts before that of the rule', () => {
  expect(isError({ code: 'SYN019', severity: 'warning' })).toBe(false);
  expect(isError({ code: 'SYN010', severity: 'error' })).toBe(true);
});
