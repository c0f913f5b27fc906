/** Every fix of these rules gives a text that still reads, and mends what it was for. */
import { describe, expect, it } from 'vitest';
import { applyFixes } from '../../../src/lint/edits.js';
import type { RuleExample } from '../../../src/lint/rule.js';
import { SourceText } from '../../../src/model/span.js';
import { loadSystem } from '../../../src/services/load-system.js';
import { lintExample } from '../../support/lint.js';
import { strengthRules } from '../../support/strength.js';

const errorsOf = (text: string) =>
  loadSystem({ name: 'a', sources: [new SourceText('a.conf', text)] }).problems.filter(
    ({ severity, code }) => severity !== 'info' && severity !== 'warning' && code !== 'SYN010' && code !== 'SYN014',
  );

for (const rule of strengthRules) {
  for (const [index, given] of rule.bad.entries()) {
    const example: RuleExample = typeof given === 'string' ? { text: given } : given;
    const before = lintExample(rule, example);
    const fixes = before.flatMap((finding) => finding.fixes.map((fix) => ({ finding, fix })));
    if (fixes.length === 0) continue;
    describe(`${rule.code} ${rule.slug}, bad example ${index + 1}`, () => {
      it.each(fixes.map(({ finding, fix }) => [fix.title, finding, fix] as const))('%s', (_title, finding, fix) => {
        const texts = [...applyFixes([{ finding, fix }]).values()];
        expect(texts).toHaveLength(1);
        const text = texts[0]!;
        expect(errorsOf(text).map(({ message }) => message)).toEqual(
          errorsOf(example.text).map(({ message }) => message),
        );
        const after = lintExample(rule, { ...example, text });
        expect(after.length).toBeLessThan(before.length);
      });
    });
  }
}

describe('fixes', () => {
  it('exist for these rules at all', () => {
    const withFixes = strengthRules.filter((rule) =>
      rule.bad.some((example) => lintExample(rule, example).some(({ fixes }) => fixes.length > 0)),
    );
    expect(withFixes.map(({ code }) => code)).toEqual(
      expect.arrayContaining([
        'CRY001',
        'CRY002',
        'CRY004',
        'CRY005',
        'CRY007',
        'CRY009',
        'CRY010',
        'CRY011',
        'CRY013',
        'CRY014',
        'CRY017',
        'CRY018',
        'CRY019',
        'CRY022',
        'IK1001',
        'IK1003',
        'LIF001',
        'LIF002',
        'LIF003',
        'LIF006',
        'LIF007',
        'LIF008',
        'OPS001',
        'OPS005',
        'PQC002',
        'PQC003',
        'PQC004',
        'RPL001',
        'RPL002',
        'RPL003',
        'RPL004',
      ]),
    );
  });

  it('that change a negotiation are never called safe', () => {
    const safe = strengthRules.flatMap((rule) =>
      rule.bad.flatMap((example) =>
        lintExample(rule, example).flatMap(({ fixes }) =>
          fixes.filter(({ safety }) => safety === 'safe').map(() => rule.code),
        ),
      ),
    );
    expect([...new Set(safe)].sort()).toEqual(['CRY018', 'OPS005', 'RPL002', 'RPL003']);
  });
});
