import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { SourceText } from '../../src/model/span.js';
import { diffLines, editsMax } from '../../src/report/line-diff.js';
import { colourStyle } from '../../src/report/style.js';
import { unifiedDiff } from '../../src/report/text-diff.js';
import { textWithSecrets } from './support/findings.js';
import { longestCommonLength, secretLetter, sourceTexts, unsafeOutput } from './support/reference.js';

function diff(before: string, after: string, options = {}): string {
  return [...unifiedDiff(new SourceText('a.conf', before), new SourceText('b.conf', after), options)].join('');
}

/** Applies a unified diff as `patch` would, and fails where it does not fit. */
function patched(before: string, patch: string): string {
  const lines = before.match(/[^\n]*\n|[^\n]+$/g) ?? [];
  const result: string[] = [];
  let next = 0;
  const rows = patch.split('\n').slice(2, -1);
  for (const [index, row] of rows.entries()) {
    const range = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@$/.exec(row);
    if (range) {
      const first = Number(range[1]) - (range[2] === '0' ? 0 : 1);
      while (next < first) result.push(lines[next++]!);
      expect(Number(range[3]) - (range[4] === '0' ? 0 : 1)).toBe(result.length);
      continue;
    }
    if (row.startsWith('\\')) continue;
    const line = `${row.slice(1)}${rows[index + 1]?.startsWith('\\') ? '' : '\n'}`;
    if (row[0] !== '+') expect(lines[next++]).toBe(line);
    if (row[0] !== '-') result.push(line);
  }
  return [...result, ...lines.slice(next)].join('');
}

const numbered = (count: number) => Array.from({ length: count }, (_, index) => `line ${index + 1}\n`);

describe('unifiedDiff', () => {
  it('says nothing of equal texts', () => {
    expect(diff('a\nb\n', 'a\nb\n')).toBe('');
    expect(diff('', '')).toBe('');
  });

  it('shows a change with three lines around it', () => {
    const before = numbered(9);
    const after = before.with(4, 'new\n');
    expect(diff(before.join(''), after.join(''))).toBe(`--- a.conf
+++ b.conf
@@ -2,7 +2,7 @@
 line 2
 line 3
 line 4
-line 5
+new
 line 6
 line 7
 line 8
`);
  });

  it('joins changes whose context touches and parts those whose does not', () => {
    const before = numbered(30);
    const hunks = (second: number) => {
      const text = diff(before.join(''), before.with(4, 'x\n').with(second, 'y\n').join(''));
      return text.match(/^@@.*$/gm);
    };
    expect(hunks(11)).toEqual(['@@ -2,14 +2,14 @@']);
    expect(hunks(12)).toEqual(['@@ -2,7 +2,7 @@', '@@ -10,7 +10,7 @@']);
  });

  it.each([
    ['an insertion at the start', 'b\n', 'a\nb\n', '@@ -1 +1,2 @@\n+a\n b\n'],
    ['an insertion at the end', 'a\n', 'a\nb\n', '@@ -1 +1,2 @@\n a\n+b\n'],
    ['a removal', 'a\nb\n', 'b\n', '@@ -1,2 +1 @@\n-a\n b\n'],
    ['everything new', '', 'a\n', '@@ -0,0 +1 @@\n+a\n'],
    ['everything gone', 'a\n', '', '@@ -1 +0,0 @@\n-a\n'],
    ['a line break at the end', 'a', 'a\n', '@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+a\n'],
    ['other line breaks', 'a\r\nb\n', 'a\nb\n', '@@ -1,2 +1,2 @@\n-a␍\n+a\n b\n'],
    ['a tab, and a control character', '\ta\n', '\ta\u001b\n', '@@ -1 +1 @@\n-\ta\n+\ta␛\n'],
  ])('shows %s', (_, before, after, hunks) => {
    expect(diff(before, after)).toBe(`--- a.conf\n+++ b.conf\n${hunks}`);
  });

  it('takes labels, context and colours', async () => {
    const text = diff('a\nb\n', 'a\nc\n', {
      beforeLabel: 'was\u001b',
      afterLabel: 'is',
      context: 0,
      style: await colourStyle(),
    });
    expect(text.split('\n')).toEqual([
      '\u001b[1m--- was␛\u001b[22m',
      '\u001b[1m+++ is\u001b[22m',
      '\u001b[36m@@ -2 +2 @@\u001b[39m',
      '\u001b[31m-b\u001b[39m',
      '\u001b[32m+c\u001b[39m',
      '',
    ]);
  });

  it('shows that a secret changed, never what it is', () => {
    const before = textWithSecrets('a', 'key hunter2hunter2 5\nrest\n', 'hunter2hunter2');
    const after = textWithSecrets('a', 'key swordfish123 5\nrest\n', 'swordfish123');
    expect([...unifiedDiff(before, after)].join('')).toBe(
      '--- a\n+++ a\n@@ -1,2 +1,2 @@\n-key [secret] 5\n+key [secret] 5\n rest\n',
    );
  });

  it('stays quick for few changes in 100,000 lines', () => {
    const before = Array.from({ length: 100_000 }, (_, index) => `add host h${index} -priority ${index % 977}\n`);
    const after = before.with(10, 'x\n').with(50_000, 'y\n').toSpliced(99_990, 1);
    const started = performance.now();
    const text = diff(before.join(''), after.join(''));
    expect(performance.now() - started).toBeLessThan(5_000);
    expect(text.match(/^[-+][^-+]/gm)).toHaveLength(5);
  });

  it('stays quick where every line changed or moved', () => {
    const before = Array.from({ length: 60_000 }, (_, index) => `h${index}\n`);
    const started = performance.now();
    expect(diff(before.join(''), before.map((line) => ` ${line}`).join('')).match(/^-h/gm)).toHaveLength(60_000);
    const reversed = diff(before.join(''), before.toReversed().join(''));
    expect(reversed.match(/^-h/gm)).toHaveLength(59_999);
    expect(performance.now() - started).toBeLessThan(10_000);
  });
});

const smallTexts = fc.array(fc.constantFrom('a\n', 'b\n', 'c\n', '\n', 'a b\n'), { maxLength: 40 });
const endings = fc.constantFrom('', 'a', 'end');

test.prop([smallTexts, smallTexts, endings, endings, fc.integer({ min: 0, max: 4 })], { numRuns: 1000 })(
  'applying the diff gives the second text, and no smaller one does',
  (linesA, linesB, endA, endB, context) => {
    const before = linesA.join('') + endA;
    const after = linesB.join('') + endB;
    const text = diff(before, after, { context });
    if (before === after) {
      expect(text).toBe('');
      return;
    }
    expect(patched(before, text)).toBe(after);
    const split = (whole: string) => whole.match(/[^\n]*\n|[^\n]+$/g) ?? [];
    const common = longestCommonLength(split(before), split(after));
    const changes = text
      .split('\n')
      .slice(2)
      .filter((line) => /^[-+]/.test(line)).length;
    expect(changes).toBe(split(before).length + split(after).length - 2 * common);
  },
);

test.prop([fc.array(fc.nat({ max: 3 }), { maxLength: 60 }), fc.array(fc.nat({ max: 3 }), { maxLength: 60 })], {
  numRuns: 1000,
})('diffLines keeps equal lines in order, as many as possible', (a, b) => {
  const { removed, added } = diffLines(Int32Array.from(a), Int32Array.from(b));
  const kept = a.filter((_, index) => removed[index] === 0);
  expect(b.filter((_, index) => added[index] === 0)).toEqual(kept);
  expect(kept.length).toBe(longestCommonLength(a, b));
});

test.prop([fc.infiniteStream(fc.nat({ max: 1 << 20 }))], { numRuns: 5 })(
  'too many changes for a smallest diff still give a right one',
  (numbers) => {
    const count = 2 * editsMax;
    const lines = (range: number) => Int32Array.from({ length: count }, () => (numbers.next().value ?? 0) % range);
    // Few different lines that repeat: no fixed points. Many: fixed points with parts between them.
    for (const range of [20, 5 * count]) {
      const [a, b] = [lines(range), lines(range)];
      const { removed, added } = diffLines(a, b);
      const kept = a.filter((_, index) => removed[index] === 0);
      expect(b.filter((_, index) => added[index] === 0)).toEqual(kept);
      if (range > count) expect(kept.length).toBeGreaterThan(0);
    }
  },
);

test.prop([sourceTexts, sourceTexts], { numRuns: 300 })('a diff of any texts is safe to print', (before, after) => {
  const text = [...unifiedDiff(before, after)].join('').replaceAll('\t', '');
  expect(text).not.toContain(secretLetter);
  expect(text).not.toMatch(unsafeOutput);
});
