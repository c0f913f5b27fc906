import { describe, expect, it } from 'vitest';
import { indentedJson } from '../../src/report/json-text.js';

const text = (value: unknown) => [...indentedJson(value)].join('');

describe('indentedJson', () => {
  it.each([
    [
      'a document',
      {
        schemaVersion: 1,
        empty: {},
        none: [],
        rows: [{ a: [1, { b: null }], c: {} }, 'x', 3],
        last: { deep: { er: [1] } },
      },
    ],
    ['what is absent', { absent: undefined, rows: [undefined, { absent: undefined }], when: new Date(0) }],
    ['a list', [[], [1, [2, [3]]], {}]],
    ['a text', 'one'],
    ['nothing', null],
  ])('writes %s as JSON.stringify does', (_, value) => {
    expect(text(value)).toBe(`${JSON.stringify(value, null, 2)}\n`);
  });

  it('has no character that a terminal obeys, and loses none', () => {
    const value = { 'na\u001bme': ['\u202e', { deep: { 'k\u0007': 'line\nbreak \ud800' } }] };
    expect(text(value)).toMatch(/^[\x20-\x7e\n]*$/);
    expect(JSON.parse(text(value))).toEqual(value);
  });

  it('writes 64-bit numbers as decimal text', () => {
    expect(JSON.parse(text({ spi: 2n ** 64n - 1n, rows: [{ sequence: 5n }] }))).toEqual({
      spi: '18446744073709551615',
      rows: [{ sequence: '5' }],
    });
  });

  it('comes in small chunks, however long it is', () => {
    const rows = Array.from({ length: 20_000 }, (_, number) => ({ number, place: { line: number, column: 1 } }));
    const lengths = [...indentedJson({ schemaVersion: 1, rows })].map((chunk) => chunk.length);
    expect(lengths.reduce((sum, length) => sum + length, 0)).toBe(
      JSON.stringify({ schemaVersion: 1, rows }, null, 2).length + 1,
    );
    expect(Math.max(...lengths)).toBeLessThan(80_000);
  });
});
