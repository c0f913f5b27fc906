/** Slow, plain versions of what the report code does cleverly, and generators that the property tests share. */
import fc from 'fast-check';
import { SourceText, type Span } from '../../../src/model/span.js';

/** A letter that only secrets are made of, so that one of it in an output is a leak. */
export const secretLetter = 'Ѫ';

/** Controls (C0 but LF, DEL, C1), separators, bidirectional controls, lone surrogates: nothing of it may reach a terminal. */
export const unsafeOutput =
  /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029\u061c\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|\p{Cs}/u;

const pieces = fc.oneof(
  { weight: 6, arbitrary: fc.string({ maxLength: 12 }) },
  { weight: 3, arbitrary: fc.string({ unit: 'binary', maxLength: 8 }) },
  {
    weight: 4,
    arbitrary: fc.constantFrom(
      '\n',
      '\r\n',
      '\t',
      '支店',
      '👩‍👩‍👧',
      '\u001b[31m',
      '\u009b2J',
      '\u202e',
      'e\u0301\u0301',
      '\ud83d',
      '\udc00',
      ']]>',
      '`',
      '|',
      '::',
      '%',
      '"',
      "'",
      '\u0000',
    ),
  },
);

/** A text of any kind with secrets at any place, overlapping and out of order. */
export const sourceTexts: fc.Arbitrary<SourceText> = fc
  .tuple(
    fc.array(
      fc.oneof(
        { weight: 4, arbitrary: pieces.map((text) => ({ text: text.replaceAll(secretLetter, ''), secret: false })) },
        {
          weight: 1,
          arbitrary: fc
            .integer({ min: 1, max: 40 })
            .map((length) => ({ text: secretLetter.repeat(length), secret: true })),
        },
      ),
      { maxLength: 30 },
    ),
    fc.string({ minLength: 1, maxLength: 20 }),
    fc.infiniteStream(fc.nat({ max: 1 << 30 })),
  )
  .map(([parts, path, numbers]) => {
    const text = parts.map((part) => part.text).join('');
    const source = new SourceText(path.replaceAll(secretLetter, ''), text);
    const ranges: [number, number][] = [];
    let at = 0;
    for (const part of parts) {
      if (part.secret) {
        ranges.push([at, at + part.text.length]);
        const half = at + Math.floor(part.text.length / 2);
        ranges.push([half, at + part.text.length]);
      }
      at += part.text.length;
    }
    const order = ranges.map((range) => ({ range, key: numbers.next().value ?? 0 })).sort((a, b) => a.key - b.key);
    for (const { range } of order) source.markSecret(range[0], range[1]);
    return source;
  });

/** A span of a text that may be empty, reversed or outside of it. */
export function spansIn(source: SourceText): fc.Arbitrary<Span> {
  const offsets = fc.integer({ min: -3, max: source.text.length + 3 });
  return fc.tuple(offsets, offsets).map(([start, end]) => ({ source, start, end }));
}

/** Length of a longest common subsequence, by the table of all prefixes. */
export function longestCommonLength(a: ArrayLike<unknown>, b: ArrayLike<unknown>): number {
  let row = new Array<number>(b.length + 1).fill(0);
  for (let left = 0; left < a.length; left += 1) {
    const next = [0];
    for (let right = 0; right < b.length; right += 1) {
      next.push(a[left] === b[right] ? row[right]! + 1 : Math.max(row[right + 1]!, next[right]!));
    }
    row = next;
  }
  return row[b.length]!;
}
