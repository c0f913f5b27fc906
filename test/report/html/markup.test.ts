import { describe, expect, it } from 'vitest';
import { element, fragment, Markup } from '../../../src/report/html/markup.js';

describe('markup', () => {
  it('escapes texts and values of attributes', () => {
    const built = element('p', { title: '" onclick="x' }, '<b>&amp;</b>', element('br'), 3, undefined, false, [
      'a',
      'b',
    ]);
    expect(built.text).toBe('<p title="&quot; onclick=&quot;x">&lt;b&gt;&amp;amp;&lt;/b&gt;<br/>3ab</p>');
  });

  it('leaves attributes out that have no value', () => {
    expect(element('details', { open: true, id: undefined, hidden: false }).text).toBe('<details open=""></details>');
  });

  it('shows what could deceive the eye, and keeps line breaks', () => {
    expect(fragment('a\u202eb\nc\u0007').text).toBe('a&lt;U+202E&gt;b\nc\u2407');
  });

  it('refuses names of attributes that are none', () => {
    expect(() => element('p', { 'x onclick=y': 1 })).toThrow(TypeError);
  });

  it('takes constants as they are', () => expect(fragment(Markup.constant('<i>')).text).toBe('<i>'));
});
