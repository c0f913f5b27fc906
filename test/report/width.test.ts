import { describe, expect, it } from 'vitest';
import { placeholder, visible } from '../../src/report/visible.js';
import { cropToWidth, displayWidth } from '../../src/report/width.js';

describe('visible', () => {
  it('leaves printable text alone, whatever its script', () => {
    const text = 'añ 支店 한글 עברית 👍 ½ \u0915\u093f';
    expect(visible(text)).toBe(text);
  });

  it.each([
    ['\u001b[31m', '␛[31m'],
    ['\n\r\t\0', '␊␍␉␀'],
    ['\u007f', '␡'],
    ['\u0085\u009b', '<U+0085><U+009B>'],
    ['\u202e\u2066', '<U+202E><U+2066>'],
    ['a\u200bb\u00ad', 'a<U+200B>b<U+00AD>'],
    ['\ud800x\udc00', '<U+D800>x<U+DC00>'],
    ['\u{e0041}', '<U+E0041>'],
    ['\ufffe\uffff', '<U+FFFE><U+FFFF>'],
  ])('shows %j as %s', (text, shown) => {
    expect(visible(text)).toBe(shown);
  });

  it('shows each hidden character as something that is not hidden', () => {
    for (const codePoint of [0, 9, 0x1f, 0x7f, 0x80, 0x202e, 0xfeff, 0xe0001, 0x10ffff]) {
      const shown = placeholder(String.fromCodePoint(codePoint));
      expect(visible(shown)).toBe(shown);
    }
  });

  it('cuts long text between characters', () => {
    expect(visible('abcdef', 3)).toBe('abc…');
    expect(visible('ab👍', 3)).toBe('ab…');
    expect(visible('ab👍', 4)).toBe('ab👍');
  });
});

describe('displayWidth', () => {
  it.each([
    ['abc', 3],
    ['', 0],
    ['支店', 4],
    ['한글', 4],
    ['\u1100\u1161\u11a8', 2],
    ['カタカナ', 8],
    ['ｶﾅ', 2],
    ['ＡＢ', 4],
    ['e\u0301', 1],
    ['\u3099', 0],
    ['👍', 2],
    ['🇨🇭', 2],
    ['½—…“”', 5],
    ['\u{20000}', 2],
    ['☺', 1],
    ['␛', 1],
  ])('%s takes %d columns', (text, width) => {
    expect(displayWidth(text)).toBe(width);
  });
});

describe('cropToWidth', () => {
  it.each([
    ['abcdef', 6, 'abcdef'],
    ['abcdef', 5, 'abcd…'],
    ['支店東京', 8, '支店東京'],
    ['支店東京', 7, '支店東…'],
    ['支店東京', 6, '支店…'],
    ['支', 1, '…'],
    ['abc', 1, '…'],
    ['abc', 0, ''],
    ['', 3, ''],
  ])('crops %s to %d columns', (text, columns, cropped) => {
    expect(cropToWidth(text, columns)).toBe(cropped);
    expect(displayWidth(cropToWidth(text, columns))).toBeLessThanOrEqual(columns);
  });
});
