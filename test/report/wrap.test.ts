import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { colourStyle } from '../../src/report/style.js';
import { visible } from '../../src/report/visible.js';
import { displayWidth } from '../../src/report/width.js';
import { wrapLine, wrapLines, wrapToWidth } from '../../src/report/wrap.js';
import { withoutColours } from './support/colours.js';

describe('wrapLine', () => {
  it('gives a line back where it fits, or where there is no width', () => {
    const line = `    ${'word '.repeat(50)}`;
    expect(wrapLine(line, undefined)).toEqual([line]);
    expect(wrapLine('  a b', 40)).toEqual(['  a b']);
    expect(wrapLine('支店'.repeat(10), 40)).toEqual(['支店'.repeat(10)]);
  });

  it('indents what follows by two more than the line', () => {
    expect(wrapLine('    one two three four five six seven', 26)).toEqual([
      '    one two three four',
      '      five six seven',
    ]);
  });

  it('puts what follows under a column, and not left of where the line begins', () => {
    expect(wrapLine('label    one two three four five six', 30, { under: 9 })).toEqual([
      'label    one two three four',
      '         five six',
    ]);
    expect(wrapLine('         one two three four five six', 30, { under: 4 })).toEqual([
      '         one two three four',
      '         five six',
    ]);
  });

  it('moves to the left where the column leaves too little room', () => {
    expect(wrapLine('  a-long-label-before  one two three four', 30, { under: 23 })).toEqual([
      '  a-long-label-before  one two',
      '    three four',
    ]);
  });

  it('says that a line goes on', () => {
    expect(wrapLine('  ip xfrm policy add src 10.0.0.0/8 dst 10.1.0.0/16', 30, { continuation: ' \\' })).toEqual([
      '  ip xfrm policy add src \\',
      '    10.0.0.0/8 dst \\',
      '    10.1.0.0/16',
    ]);
  });

  it('counts wide characters as two columns', () => {
    const lines = wrapLine('支店 支店 支店 支店 支店 支店 支店 支店 支店 支店', 40);
    expect(lines.map(displayWidth)).toEqual([39, 11]);
  });

  it('does not count colours, and closes on each line what it opens there', async () => {
    const { red, bold, dim } = await colourStyle();
    expect(wrapLine(`  ${red(bold('one two three four five six seven'))} ${dim('eight')}`, 30)).toEqual([
      '  \u001b[31m\u001b[1mone two three four five six\u001b[0m',
      '    \u001b[31m\u001b[1mseven\u001b[22m\u001b[39m \u001b[2meight\u001b[22m',
    ]);
  });

  it('crops nothing, however long the line is', () => {
    const words = 'word '.repeat(2000).trim();
    expect(wrapLine(words, 40).join(' ').replaceAll(/ +/g, ' ')).toBe(words);
  });
});

describe('wrapToWidth', () => {
  it('begins a word that is broken anyhow where the text is', () => {
    expect(wrapToWidth('a ESP_AES256_GCM16/28800/0', 20)).toEqual(['a ESP_AES256_GCM16/', '28800/0']);
    expect(wrapToWidth('in /srv/ipsec/hosts/alpha/policy.conf', 20)).toEqual([
      'in /srv/ipsec/hosts/',
      'alpha/policy.conf',
    ]);
  });

  it('begins no line with what is left of a run of spaces', () => {
    expect(wrapToWidth('one   two   three', 4)).toEqual(['one', 'two', 'thre', 'e']);
    expect(wrapToWidth('ab     cd', 3)).toEqual(['ab', 'cd']);
  });
});

const text = fc.string({ unit: 'grapheme', maxLength: 120 }).map((each) => visible(each));

test.prop([
  fc.array(fc.tuple(text, fc.constantFrom('red', 'bold', 'dim', 'none' as const))),
  fc.integer({ min: 40, max: 90 }),
])('a line is broken to the width and loses nothing but spaces', async (parts, width) => {
  const style = await colourStyle();
  const line = parts.map(([each, paint]) => (paint === 'none' ? each : style[paint](each))).join(' ');
  const lines = [...wrapLines([line], width)];
  for (const each of lines) expect(displayWidth(withoutColours(each))).toBeLessThanOrEqual(width);
  const letters = (each: string) => withoutColours(each).replaceAll(' ', '');
  expect(letters(lines.join(''))).toBe(letters(line));
});
