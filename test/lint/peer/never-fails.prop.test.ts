/** Whatever two files hold, the rules about pairs and tunnels end, and show no secret. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rules } from '../../../src/lint/registry.js';
import type { RuleExample } from '../../../src/lint/rule.js';
import { lintTexts } from '../../support/lint.js';

const mine = rules.filter(({ code }) => /^(PEER|TUN|PRI004|SEL00[345])/.test(code));
const texts = mine.flatMap(({ bad, good, code }) =>
  // Its example is made to be slow.
  code === 'PEER022'
    ? []
    : [...bad, ...good].flatMap((example) => {
        const { text, peer }: RuleExample = typeof example === 'string' ? { text: example } : example;
        return peer === undefined ? [text] : [text, peer];
      }),
);
const key = 'Wren-Quarry-Opal_77';

/** A text with some of its words taken out, doubled, exchanged or replaced. */
const mutated = fc
  .tuple(
    fc.constantFrom(...texts),
    fc.array(fc.tuple(fc.nat(400), fc.constantFrom('drop', 'twice', 'swap', 'zero', 'any', 'v6', 'key')), {
      maxLength: 6,
    }),
  )
  .map(([text, changes]) => {
    const words = text.replaceAll('file:keys/a-b.psk', key).split(/(?<=\s)/);
    for (const [position, change] of changes) {
      const at = position % words.length;
      const word = words[at]!;
      if (change === 'drop') words.splice(at, 1, '');
      else if (change === 'twice') words.splice(at, 0, word);
      else if (change === 'swap') [words[at], words[(at + 1) % words.length]] = [words[(at + 1) % words.length]!, word];
      else if (change === 'zero') words[at] = '0.0.0.0/0 ';
      else if (change === 'any') words[at] = 'ALL ';
      else if (change === 'v6') words[at] = '2001:db8::1 ';
      else words[at] = `${key} `;
    }
    return words.join('');
  });

describe('rules about pairs and tunnels', () => {
  it('end on any two or three files, and show no key', () => {
    fc.assert(
      fc.property(fc.array(mutated, { minLength: 2, maxLength: 3 }), (files) => {
        for (const { message, notes, help, related, fixes } of lintTexts(files, { rules: mine })) {
          const shown = [
            message,
            ...notes,
            help ?? '',
            ...related.map(({ text }) => text),
            ...fixes.map(({ title }) => title),
          ];
          // A key that lands where a name belongs is a name.
          for (const text of shown) expect(text.replace(/'[^']*'/g, '')).not.toContain(key);
        }
      }),
      { numRuns: 150 },
    );
  });
});
