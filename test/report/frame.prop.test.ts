import { fc, test } from '@fast-check/vitest';
import { expect } from 'vitest';
import { SourceText } from '../../src/model/span.js';
import { renderFrame } from '../../src/report/frame.js';
import { displayWidth } from '../../src/report/width.js';
import { secretLetter, sourceTexts, spansIn, unsafeOutput } from './support/reference.js';

const cases = sourceTexts.chain((source) =>
  fc.record({ span: spansIn(source), width: fc.integer({ min: 0, max: 120 }), indent: fc.integer({ min: 0, max: 6 }) }),
);

test.prop([cases], { numRuns: 2000 })(
  'a frame is safe to print and fits, whatever the text',
  ({ span, width, indent }) => {
    const lines = renderFrame(span, { width, indent });
    const text = lines.join('\n');
    expect(text).not.toContain(secretLetter);
    expect(text).not.toMatch(unsafeOutput);
    expect(lines.some((line) => line.includes('^'))).toBe(true);
    for (const line of lines) {
      expect(line).not.toContain('\n');
      expect(displayWidth(line)).toBeLessThanOrEqual(Math.max(width, 20 + indent + 10));
    }
  },
);

test.prop([fc.stringMatching(/^[ -~]{1,60}$/), fc.nat(), fc.nat()])(
  'carets stand below exactly the characters of the span',
  (text, from, length) => {
    const start = from % text.length;
    const end = start + 1 + (length % (text.length - start));
    const [line, carets] = renderFrame({ source: new SourceText('a', text), start, end });
    expect(line).toBe(`1 | ${text}`);
    expect(carets).toBe(`  | ${' '.repeat(start)}${'^'.repeat(end - start)}`);
  },
);

test.prop([
  fc.array(fc.constantFrom('a', '支', '\t', 'e\u0301', '👍', '\u001b', ' '), { minLength: 1, maxLength: 40 }),
  fc.nat(),
])('what stands before the carets is as wide as what stands before the span', (letters, pick) => {
  const index = pick % letters.length;
  const start = letters.slice(0, index).join('').length;
  const source = new SourceText('a', letters.join(''));
  const [line, carets] = renderFrame({ source, start, end: start + letters[index]!.length }, { width: 500 });
  const shown = (piece: readonly string[]) => piece.join('').replaceAll('\t', '    ').replaceAll('\u001b', '␛');
  expect(line).toBe(`1 | ${shown(letters)}`);
  const before = displayWidth(shown(letters.slice(0, index)));
  expect(carets).toBe(`  | ${' '.repeat(before)}${'^'.repeat(displayWidth(shown([letters[index]!])))}`);
});
