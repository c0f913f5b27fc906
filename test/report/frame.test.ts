import { describe, expect, it } from 'vitest';
import { SourceText } from '../../src/model/span.js';
import { renderFrame } from '../../src/report/frame.js';
import { viewLine } from '../../src/report/frame-line.js';
import { colourStyle } from '../../src/report/style.js';
import { displayWidth } from '../../src/report/width.js';
import { spanOf, textWithSecrets } from './support/findings.js';

/** A text that counts the code units which are taken out of it. */
class CountingText extends SourceText {
  taken = 0;
  override masked(start: number, end: number): string {
    this.taken += Math.max(0, end - start);
    return super.masked(start, end);
  }
}

function frame(text: string, piece: string, options = {}): string {
  return `\n${renderFrame(spanOf(new SourceText('a.conf', text), piece), options).join('\n')}\n`;
}

describe('renderFrame', () => {
  it('puts carets under the exact columns', () => {
    expect(frame('one\nadd host lab -action PASS\nthree', 'lab')).toBe(`
2 | add host lab -action PASS
  |          ^^^
`);
  });

  it('marks a secondary place and says why', () => {
    expect(frame('add host lab', 'host', { role: 'secondary', label: 'see\nhere', indent: 2, numberWidth: 3 })).toBe(`
    1 | add host lab
      |     ---- see␊here
`);
  });

  it('expands tabs, and counts wide characters as two columns', () => {
    expect(frame('\tadd\thost 支店 lab', 'lab')).toBe(`
1 |     add    host 支店 lab
  |                      ^^^
`);
    expect(frame('x 支店 y', '店')).toBe(`
1 | x 支店 y
  |     ^^
`);
  });

  it('shows control characters instead of sending them', () => {
    expect(frame('a \u001b[2J\u202e lab', 'lab')).toBe(`
1 | a ␛[2J<U+202E> lab
  |                ^^^
`);
  });

  it('keeps a combining mark with its letter', () => {
    expect(frame('e\u0301 lab', 'lab')).toBe(`
1 | e\u0301 lab
  |   ^^^
`);
    expect(frame('ae\u0301z', '\u0301')).toBe(`
1 | ae\u0301z
  |  ^
`);
  });

  it('breaks a label only when asked to: behind its carets, or below them where there is no room', () => {
    const label = 'it selects every packet of what comes behind it';
    const line = 'add host lab -action PASS';
    expect(frame(line, 'lab', { label, width: 30 })).toContain(`^^^ ${label}`);
    expect(frame(line, 'lab', { label, width: 46, wrap: true })).toBe(`
1 | add host lab -action PASS
  |          ^^^ it selects every packet of
  |              what comes behind it
`);
    expect(frame(line, '-action', { label, width: 42, wrap: true })).toBe(`
1 | add host lab -action PASS
  |              ^^^^^^^
  |              it selects every packet
  |              of what comes behind it
`);
  });

  it('masks secrets with the carets still in place', () => {
    const source = textWithSecrets('a.conf', '-preshared hunter2hunter2 -priority 5', 'hunter2hunter2');
    expect(renderFrame(spanOf(source, '-priority'))).toEqual([
      '1 | -preshared [secret] -priority 5',
      '  |                     ^^^^^^^^^',
    ]);
    expect(renderFrame(spanOf(source, 'unter2h'))).toEqual([
      '1 | -preshared [secret] -priority 5',
      '  |            ^^^^^^^^',
    ]);
  });

  it('gives an empty span one caret, at the end of a line too', () => {
    const source = new SourceText('a.conf', 'add host\nnext\n');
    expect(renderFrame({ source, start: 8, end: 8 })).toEqual(['1 | add host', '  |         ^']);
    expect(renderFrame({ source, start: 14, end: 14 })).toEqual(['3 |', '  | ^']);
    expect(renderFrame({ source, start: 8, end: 9 })).toEqual(['1 | add host', '  |         ^']);
  });

  it('moves offsets outside the text to its ends', () => {
    const source = new SourceText('a.conf', 'add');
    expect(renderFrame({ source, start: -5, end: 99 })).toEqual(['1 | add', '  | ^^^']);
    expect(renderFrame({ source, start: 99, end: -5 })).toEqual(['1 | add', '  |    ^']);
    expect(renderFrame({ source: new SourceText('a.conf', ''), start: 0, end: 0 })).toEqual(['1 |', '  | ^']);
  });

  it('shows a span of three lines whole', () => {
    expect(frame('add tunnel t \\\n  -x 1 \\\n\t-y 2\n', 'tunnel t \\\n  -x 1 \\\n\t-y')).toBe(`
1 | add tunnel t \\
  |     ^^^^^^^^^^
2 |   -x 1 \\
  |   ^^^^^^
3 |     -y 2
  |     ^^
`);
  });

  it('elides the middle of a longer span', () => {
    const text = `${Array.from({ length: 100 }, (_, index) => `line ${index + 1}`).join('\r\n')}\r\n`;
    const source = new SourceText('a.conf', text);
    expect(`\n${renderFrame({ source, start: 5, end: text.length }).join('\n')}\n`).toBe(`
  1 | line 1
    |      ^
  … | 98 more lines
100 | line 100
    | ^^^^^^^^
`);
  });

  it('crops a long line around the caret, to the width given', () => {
    const text = `${'a '.repeat(200)}lab${' z'.repeat(200)}`;
    expect(frame(text, 'lab', { width: 40 })).toBe(`
1 | … a a a a a lab z z z z z z z z z …
  |             ^^^
`);
    expect(frame(text, text.slice(0, 3), { width: 40 })).toBe(`
1 | a a a a a a a a a a a a a a a a a…
  | ^^^
`);
  });

  it('runs carets to the ellipsis where the span goes on behind it', () => {
    const text = 'x'.repeat(100);
    const [line, carets] = renderFrame({ source: new SourceText('a', text), start: 0, end: 100 }, { width: 30 });
    expect(line).toBe(`1 | ${'x'.repeat(23)}…`);
    expect(carets).toBe(`  | ${'^'.repeat(24)}`);
  });

  it('does not let combining marks fill the screen', () => {
    const [line] = renderFrame({ source: new SourceText('a', `a${'\u0301'.repeat(100_000)}`), start: 0, end: 1 });
    expect(line!.length).toBeLessThan(250);
    expect(displayWidth(line!)).toBeLessThanOrEqual(100);
  });

  it('paints with the style it is given and nothing else', async () => {
    const style = await colourStyle();
    const [line, carets] = renderFrame(spanOf(new SourceText('a', 'add host'), 'host'), { style });
    expect(line).toBe('\u001b[2m1\u001b[22m \u001b[2m|\u001b[22m add host');
    expect(carets).toBe('  \u001b[2m|\u001b[22m     \u001b[31m^^^^\u001b[39m');
  });
});

describe('the cost of a frame', () => {
  it.each([
    ['at the start', 0],
    ['in the middle', 25_000_000],
    ['at the end', 49_999_990],
  ])('does not depend on the length of a line: %s of 50 MB', (_, start) => {
    const source = new CountingText('a.conf', 'abcde\t支'.repeat(7_142_857));
    const lines = renderFrame({ source, start, end: start + 3 }, { width: 80 });
    expect(lines).toHaveLength(2);
    expect(displayWidth(lines[0]!)).toBeLessThanOrEqual(80);
    expect(source.taken).toBeLessThan(2000);
  });

  it('does not depend on the length of the span', () => {
    const source = new CountingText('a.conf', 'add host a\n'.repeat(1_000_000));
    expect(renderFrame({ source, start: 4, end: source.text.length })).toHaveLength(5);
    expect(source.taken).toBeLessThan(100);
  });

  it('does not depend on the length of a secret', () => {
    const source = new CountingText('a.conf', `key ${'k'.repeat(10_000_000)} end`);
    source.markSecret(4, 10_000_004);
    const view = viewLine(source, { start: 0, end: source.text.length }, { start: 5_000_000, end: 5_000_001 }, 60);
    expect(view).toEqual({ text: '…[secret]…', markColumn: 1, markWidth: 8 });
    expect(source.taken).toBeLessThan(100);
  });
});
