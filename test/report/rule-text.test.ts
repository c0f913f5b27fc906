import { describe, expect, it } from 'vitest';
import { rules } from '../../src/lint/registry.js';
import { SourceText } from '../../src/model/span.js';
import { parseText } from '../../src/parser/parse.js';
import { renderRule } from '../../src/report/rule-text.js';
import { plainStyle } from '../../src/report/style.js';
import { displayWidth } from '../../src/report/width.js';

const example =
  'add host db -source 10.1.1.1 -destination 10.7.7.7 -priority 10 -action ESP_AES128_HMAC_SHA1 -start NONE';
const rule = {
  code: 'ACT012',
  slug: 'outage-on-sa-loss',
  severity: 'warning',
  summary: 'While no SA is up, packets pass in the clear.',
  rationale: 'That is a leak.',
  references: ['RFC 4301 §5.1'],
  optional: false,
  bad: [{ text: example }],
  good: [{ text: 'conn long-name-of-a-connection-of-another-product\n  left=192.0.2.1' }],
};
const shown = (width: number | undefined) => [
  ...renderRule(rule, { style: plainStyle, width: 40, exampleWidth: width }),
];

/** What stands under a title, without its indentation. */
function under(title: string, lines: readonly string[]): string {
  const from = lines.indexOf(title) + 1;
  return lines
    .slice(from, lines.indexOf('', from))
    .map((line) => line.slice(4))
    .join('\n');
}

describe('examples of rules', () => {
  it('can be copied where they are broken', () => {
    const text = under('Reported:', shown(40));
    expect(text.split('\n').length).toBeGreaterThan(2);
    expect(shown(40).every((line) => displayWidth(line) <= 60)).toBe(true);
    const words = (of: string) =>
      parseText(new SourceText('a.conf', of)).items.map((item) =>
        JSON.stringify(item, (key, value) =>
          key === 'start' || key === 'end' || key === 'source' ? undefined : value,
        ),
      );
    expect(text.replace(/ \\\n\s*/g, ' ')).toBe(example);
    expect(words(text).length).toBe(1);
  });

  it('are whole where there is no width, and so are lines of other products', () => {
    expect(under('Reported:', shown(undefined))).toBe(example);
    expect(under('Not reported:', shown(40))).toBe(rule.good[0]?.text);
  });

  it('of no rule has a broken line without a mark', () => {
    for (const { bad, good, ...each } of rules) {
      const texts = [...bad, ...good].map((one) => (typeof one === 'string' ? { text: one } : one));
      for (const one of texts) {
        const lines = [
          ...renderRule(
            { ...each, optional: false, bad: [one], good: [] },
            { style: plainStyle, width: 80, exampleWidth: 60 },
          ),
        ];
        for (const [at, line] of lines.entries()) {
          if (!/^ {8}\S/.test(line) || one.text.includes('\n ')) continue;
          expect(lines[at - 1], `${each.code}: ${line}`).toMatch(/ \\$/);
        }
      }
    }
  });
});
