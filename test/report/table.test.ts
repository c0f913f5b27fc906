import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { colourStyle } from '../../src/report/style.js';
import { renderTable, type TableCell } from '../../src/report/table.js';
import { visible } from '../../src/report/visible.js';
import { displayWidth } from '../../src/report/width.js';
import { wrapToWidth } from '../../src/report/wrap.js';

const columns = [{ header: 'Name' }, { header: 'Priority', align: 'right' as const }, { header: 'Action' }];

function table(rows: readonly (readonly TableCell[])[], options = {}): string {
  return `\n${[...renderTable(columns, rows, options)].join('\n')}\n`;
}

describe('renderTable', () => {
  it('lines columns up and leaves no blanks at the end', () => {
    expect(
      table([
        ['lab', '10', 'DISCARD'],
        ['支店', '200', 'PASS'],
        ['x', '3'],
      ]),
    ).toBe(`
Name  Priority  Action
lab         10  DISCARD
支店       200  PASS
x            3
`);
  });

  it('shows headers of a table without rows', () => {
    expect(table([])).toBe('\nName  Priority  Action\n');
  });

  it('wraps the widest columns to the width given, at spaces', () => {
    const rows = [['lab', '10', 'drop it, for reasons that are long']];
    expect(table(rows, { width: 32 })).toBe(`
Name  Priority  Action
lab         10  drop it, for
                reasons that are
                long
`);
  });

  describe('with words that stay whole', () => {
    const columns = [{ header: 'code', whole: true }, { header: 'name', whole: true }, { header: 'text' }];
    const rows = [
      ['AB01', 'quite-long-name', 'what it is that this finds'],
      ['AB02', 'short', 'something else'],
    ];
    const lines = (width: number) => [...renderTable(columns, rows, { width })];

    it('wraps the others', () => {
      expect(lines(48)).toEqual([
        'code  name             text',
        'AB01  quite-long-name  what it is that this',
        '                       finds',
        'AB02  short            something else',
      ]);
    });

    it('puts the others under them where they leave too little room', () => {
      expect(lines(30)).toEqual([
        'AB01  quite-long-name',
        '    what it is that this finds',
        'AB02  short',
        '    something else',
      ]);
      expect(lines(22).every((line) => line.length <= 22)).toBe(true);
    });

    it('wraps the heading where not even they fit', () => {
      expect(lines(18).slice(0, 3)).toEqual(['AB01', 'quite-long-name', '    what it is']);
      expect(lines(18).every((line) => line.length <= 18)).toBe(true);
    });

    it('changes nothing where everything fits', () => {
      expect(lines(80)).toEqual([...renderTable(columns, rows)]);
    });
  });

  it('makes a list of each row where words of the columns would be broken', () => {
    const columns = [
      { header: 'id', align: 'right' as const },
      { header: 'version' },
      { header: 'peer' },
      { header: 'algorithms' },
    ];
    const rows = [
      ['7', 'IKEv2', 'hq.example.net at 2001:db8:1234::1', 'AES-GCM-16-256, PRF HMAC-SHA2-384, ECP-384'],
      ['8', '', '192.0.2.1', 'AES-CBC-128'],
    ];
    expect([...renderTable(columns, rows, { width: 44 })]).toEqual([
      'id 7',
      '    version     IKEv2',
      '    peer        hq.example.net at',
      '                2001:db8:1234::1',
      '    algorithms  AES-GCM-16-256, PRF',
      '                HMAC-SHA2-384, ECP-384',
      'id 8',
      '    peer        192.0.2.1',
      '    algorithms  AES-CBC-128',
    ]);
    expect([...renderTable(columns, rows, { width: 70 })][0]).toMatch(/^id {2}version {2}peer +algorithms$/);
  });

  it('crops where a column asks for it', () => {
    const lines = [...renderTable([{ header: 'A', overflow: 'crop' }], [['abcdefgh']], { width: 5 })];
    expect(lines).toEqual(['A', 'abcd…']);
  });

  it('paints each line of a wrapped text by itself', async () => {
    const { red, bold } = await colourStyle();
    const lines = [
      ...renderTable([{ header: 'A' }, { header: 'B' }], [[{ text: 'ab cdef', paint: red }, 'x']], {
        width: 7,
        style: { ...(await colourStyle()), bold },
      }),
    ];
    expect(lines).toEqual([
      '\u001b[1mA\u001b[22m     \u001b[1mB\u001b[22m',
      '\u001b[31mab\u001b[39m    x',
      '\u001b[31mcdef\u001b[39m',
    ]);
  });

  it('shows control characters in a text', () => {
    expect(table([['\u001b[31mred', '1', 'a\nb']])).toBe(`
Name      Priority  Action
␛[31mred         1  a␊b
`);
  });
});

describe('wrapToWidth', () => {
  it.each([
    ['abc def', 7, ['abc def']],
    ['abc def', 6, ['abc', 'def']],
    ['abcdefgh', 3, ['abc', 'def', 'gh']],
    ['支店東京', 5, ['支店', '東京']],
    ['支', 1, ['支']],
    ['', 3, ['']],
  ])('wraps %s to %d', (text, width, lines) => {
    expect(wrapToWidth(text, width)).toEqual(lines);
  });

  it('stops at a limit', () => {
    const lines = wrapToWidth('ab '.repeat(1000), 4);
    expect(lines).toHaveLength(40);
    expect(lines.at(-1)).toBe('ab…');
  });
});

const text = fc.string({ unit: 'binary', maxLength: 30 });

test.prop([
  fc.array(fc.array(text, { minLength: 3, maxLength: 3 }), { maxLength: 6 }),
  fc.integer({ min: 30, max: 90 }),
])('a table never exceeds the width that it is given, nor shows a control character', (rows, width) => {
  for (const line of renderTable(columns, rows, { width })) {
    expect(displayWidth(line)).toBeLessThanOrEqual(width);
    expect(visible(line)).toBe(line);
  }
});

test.prop([fc.string({ maxLength: 200 }), fc.integer({ min: 2, max: 40 })])(
  'wrapping loses nothing but spaces',
  (words, width) => {
    const lines = wrapToWidth(words, width);
    fc.pre(lines.length < 40);
    expect(lines.join('').replaceAll(' ', '')).toBe(words.replaceAll(' ', ''));
    for (const line of lines) expect(displayWidth(line)).toBeLessThanOrEqual(width);
  },
);

describe('wrapToWidth', () => {
  it('breaks long words behind slashes and hyphens, and anywhere only without them', () => {
    expect(wrapToWidth('AES-GCM-16-256', 12)).toEqual(['AES-GCM-16-', '256']);
    expect(wrapToWidth('(/srv/ipsec/hosts/alpha/policy.conf:11)', 24)).toEqual([
      '(/srv/ipsec/hosts/alpha/',
      'policy.conf:11)',
    ]);
    expect(wrapToWidth('abcdefghij', 4)).toEqual(['abcd', 'efgh', 'ij']);
  });

  it('leaves room for those who hang further lines', () => {
    expect(wrapToWidth('one two three four', 9, 4)).toEqual(['one two', 'three', 'four']);
  });

  it('leaves no space at the end of a line', () => {
    expect(wrapToWidth('one  two', 5)).toEqual(['one', 'two']);
  });
});
