/** Every fix of the rules about order, actions and selectors gives a text that still reads, and mends what it was for. */
import { describe, expect, it } from 'vitest';
import { applyFixes } from '../../../src/lint/edits.js';
import { rules } from '../../../src/lint/registry.js';
import type { RuleExample } from '../../../src/lint/rule.js';
import { compareSystems } from '../../../src/model/compare.js';
import type { Finding, Fix } from '../../../src/model/finding.js';
import { SourceText } from '../../../src/model/span.js';
import { loadSystem } from '../../../src/services/load-system.js';
import { lintExample, lintTexts } from '../../support/lint.js';

const families = /^(?:PRI00[1-3]|SHD|ACT|SEL00[126-9]|SEL01)/;
const own = rules.filter((rule) => families.test(rule.code));
const load = (text: string) => loadSystem({ name: 'a', sources: [new SourceText('a.conf', text)] });
const problemsOf = (text: string) => load(text).problems.map(({ code, message }) => `${code} ${message}`);
const apply = (finding: Finding, fix: Fix) => [...applyFixes([{ finding, fix }]).values()][0]!;
const errorsOf = (text: string) =>
  lintTexts([text], { rules: own })
    .filter(({ severity }) => severity === 'error')
    .map(({ code, message }) => `${code} ${message}`);

for (const rule of own) {
  for (const [index, given] of rule.bad.entries()) {
    const example: RuleExample = typeof given === 'string' ? { text: given } : given;
    const before = lintExample(rule, example);
    const fixes = before.flatMap((finding) => finding.fixes.map((fix) => [fix.title, finding, fix] as const));
    if (fixes.length === 0) continue;
    describe(`${rule.code} ${rule.slug}, bad example ${index + 1}`, () => {
      it.each(fixes)('%s', (_title, finding, fix) => {
        const text = apply(finding, fix);
        expect(problemsOf(text)).toEqual(problemsOf(example.text));
        expect(lintExample(rule, { ...example, text }).length).toBeLessThan(before.length);
        expect(errorsOf(text).length).toBeLessThanOrEqual(errorsOf(example.text).length);
        if (fix.safety !== 'safe') return;
        const comparison = compareSystems(load(example.text), load(text));
        expect([comparison.treatment, comparison.peers, comparison.truncated]).toEqual([[], [], false]);
      });
    });
  }
}

/** The text after the fix of the only finding of a rule. */
function fixed(code: string, text: string): string {
  const rule = own.find((each) => each.code === code)!;
  const [finding, ...others] = lintExample(rule, text);
  expect(others).toEqual([]);
  return apply(finding!, finding!.fixes[0]!);
}

describe('texts of fixes', () => {
  it('moves a shadowed policy into the gap before what covers it', () => {
    const text = fixed(
      'SHD001',
      `add host first -destination 10.9.0.0/16 -priority 10 -action PASS
add host all -priority 30 -action PASS
add host lab -destination 10.1.0.0/16 -priority 40 -action DISCARD
`,
    );
    expect(text).toContain('add host lab -destination 10.1.0.0/16 -priority 20 -action DISCARD');
  });

  it('gives two moved policies different numbers, and none where there is no gap', () => {
    const rule = own.find(({ code }) => code === 'SHD001')!;
    const text = (priority: number) => `add host first -destination 10.9.0.0/16 -priority 10 -action PASS
add host all -priority ${priority} -action PASS
add host lab -destination 10.1.0.0/16 -priority 40 -action DISCARD
add host guest -destination 10.2.0.0/16 -priority 50 -action DISCARD
`;
    const numbers = (findings: readonly Finding[]) =>
      findings.map(({ fixes }) => fixes.flatMap((fix) => fix.edits.map((edit) => edit.newText)));
    expect(numbers(lintExample(rule, text(30)))).toEqual([['20'], ['21']]);
    expect(numbers(lintExample(rule, text(12)))).toEqual([['11'], []]);
  });

  it('writes an automatic priority behind the name, whatever lines the statement has', () => {
    expect(
      fixed(
        'PRI002',
        'add host web \\\n    -source 10.1.1.1/32/HTTP-TCP -destination 0.0.0.0/0 \\\n    -action PASS\n',
      ),
    ).toBe(
      'add host web -priority 10 \\\n    -source 10.1.1.1/32/HTTP-TCP -destination 0.0.0.0/0 \\\n    -action PASS\n',
    );
  });

  it('leaves a priority that cannot be read to whoever wrote it', () => {
    const rule = own.find(({ code }) => code === 'PRI002')!;
    expect(lintExample(rule, 'add host web -destination 10.1.0.0/16 -pri none -action PASS\n')).toEqual([]);
  });

  it('removes a statement with its line', () => {
    expect(
      fixed(
        'SHD003',
        `# before
add host site -source 10.1.1.1 -destination 10.2.0.0/16 -priority 10 -action PASS
add host db \\
    -source 10.1.1.1 -destination 10.2.3.4 -priority 20 -action PASS
# after
`,
      ),
    ).toBe(`# before
add host site -source 10.1.1.1 -destination 10.2.0.0/16 -priority 10 -action PASS
# after
`);
  });

  it('splits a policy with lists into one for each pair', () => {
    expect(
      fixed(
        'SEL002',
        `add host two -source 10.1.1.1 -source 10.1.2.1 -destination 10.2.0.0/16 -destination 10.3.0.0/16 -priority 10 -action ESP_AES128_HMAC_SHA1
add host next -source 10.1.1.1 -destination 10.4.0.0/16 -priority 20 -action DISCARD
add auth all -remote 10.0.0.0/8 -priority 10 -kmp IKEV1 -preshared Larch-7-Quill-two
`,
      ),
    ).toBe(`add host two -source 10.1.1.1 -destination 10.2.0.0/16 -priority 10 -action ESP_AES128_HMAC_SHA1
add host two-2 -source 10.1.1.1 -destination 10.3.0.0/16 -priority 15 -action ESP_AES128_HMAC_SHA1
add host two-3 -source 10.1.2.1 -destination 10.2.0.0/16 -priority 16 -action ESP_AES128_HMAC_SHA1
add host two-4 -source 10.1.2.1 -destination 10.3.0.0/16 -priority 14 -action ESP_AES128_HMAC_SHA1
add host next -source 10.1.1.1 -destination 10.4.0.0/16 -priority 20 -action DISCARD
add auth all -remote 10.0.0.0/8 -priority 10 -kmp IKEV1 -preshared Larch-7-Quill-two
`);
  });

  it('never repeats a key in the text of a fix', () => {
    const key = '0x3b9f0c6ad1e2457798a1b2c3d4e5f60718293a4b/0x6c1fe2d3a4b5968778695a4b3c2d1e0f';
    const text = `add host two -source 10.1.1.1 -destination 10.2.0.0/16 -destination 10.3.0.0/16 -priority 10 -action ESP_AES128_HMAC_SHA1 -in ESP/100/${key} -out ESP/101/${key}
add auth all -remote 10.0.0.0/8 -priority 10 -kmp IKEV1 -preshared Larch-7-Quill-two
`;
    const written = JSON.stringify(
      lintTexts([text], { rules: own }).map(({ message, notes, help, related, fixes }) => [
        message,
        notes,
        help,
        related.map((each) => each.text),
        fixes.map((fix) => [fix.title, fix.edits.map((edit) => edit.newText)]),
      ]),
    );
    expect(written).not.toMatch(/3b9f0c6a|6c1fe2d3|Larch-7/);
  });
});
