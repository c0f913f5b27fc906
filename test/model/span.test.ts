import { describe, expect, it } from 'vitest';
import { formatPlace, SourceText } from '../../src/model/span.js';

describe('a byte order mark', () => {
  const text = new SourceText('a.conf', '\ufeffadd host\nend');

  it('is no column of the first line', () => {
    const places = [0, 1, 2, 9, 10].map((start) => formatPlace({ source: text, start, end: start }));
    expect(places).toEqual(['a.conf:1:1', 'a.conf:1:1', 'a.conf:1:2', 'a.conf:1:9', 'a.conf:2:1']);
  });

  it('is not shown as a part of it', () => {
    const { start, end } = text.lineRange(1);
    expect(text.text.slice(start, end)).toBe('add host');
    expect(new SourceText('b.conf', '\ufeff').lineRange(1)).toEqual({ start: 1, end: 1 });
    expect(new SourceText('b.conf', '\ufeff').lineCount).toBe(1);
  });

  it('counts elsewhere', () => {
    const inside = new SourceText('c.conf', 'a\ufeffb');
    expect(inside.position(2)).toEqual({ line: 1, column: 3 });
  });
});
