/** Fixes of rules about pairs and tunnels: they parse, they mend what they are for, and nothing else breaks by them. */
import { describe, expect, it } from 'vitest';
import { rules } from '../../../src/lint/registry.js';
import type { RuleExample } from '../../../src/lint/rule.js';
import type { Finding, Fix } from '../../../src/model/finding.js';
import { lintExample, lintTexts } from '../../support/lint.js';

const mine = rules.filter(({ code }) => /^(PEER|TUN|PRI004|SEL00[345])/.test(code));

function apply(example: RuleExample, fix: Fix): RuleExample {
  const texts: Record<string, string> = { 'a.conf': example.text, 'b.conf': example.peer ?? '' };
  const edits = [...fix.edits].sort((a, b) => b.at.start - a.at.start);
  for (const { at, newText } of edits) {
    const { path } = at.source;
    texts[path] = texts[path]!.slice(0, at.start) + newText + texts[path]!.slice(at.end);
  }
  return { ...example, text: texts['a.conf']!, ...(example.peer === undefined ? {} : { peer: texts['b.conf']! }) };
}

const reading = ({ text, peer }: RuleExample): string[] =>
  lintTexts(peer === undefined ? [text] : [text, peer])
    .filter(({ code, severity }) => code.startsWith('SYN') && severity === 'error')
    .map(({ code, message }) => `${code} ${message}`);

const pairErrors = ({ text, peer }: RuleExample): string[] =>
  lintTexts(peer === undefined ? [text] : [text, peer])
    .filter(({ code, severity }) => severity === 'error' && /^(PEER|SEL00[345]|TUN|SHD|PRI001)/.test(code))
    .map(({ code }) => code);

/** What the examples show once their first fault is mended. */
const next: Readonly<Record<string, readonly string[]>> = { PEER004: ['PEER001'], PEER009: ['PEER004'] };

const fixed: Record<string, number> = {};

describe('fixes', () => {
  for (const rule of mine) {
    for (const [index, given] of rule.bad.entries()) {
      const example: RuleExample = typeof given === 'string' ? { text: given } : given;
      const findings = lintExample(rule, example);
      for (const finding of findings) {
        for (const fix of finding.fixes) {
          fixed[rule.code] = (fixed[rule.code] ?? 0) + 1;
          it(`${rule.code} bad example ${index + 1}: ${fix.title}`, () => {
            const mended = apply(example, fix);
            expect(mended).not.toEqual(example);
            expect(reading(mended)).toEqual(reading(example));
            const left = lintExample(rule, mended).filter(({ message }) => message === finding.message);
            expect(left).toEqual([]);
            // Only the first step that fails is reported: mending it may show the next one.
            const known = new Set([...pairErrors(example), ...(next[rule.code] ?? [])]);
            expect(pairErrors(mended).filter((code) => !known.has(code))).toEqual([]);
          });
        }
      }
    }
  }

  it('are there where the catalogue wants them', () => {
    const wanted = [
      'PEER001',
      'PEER002',
      'PEER003',
      'PEER004',
      'PEER005',
      'PEER007',
      'PEER009',
      'PEER010',
      'PEER011',
      'PEER013',
      'PEER015',
      'PEER018',
      'SEL003',
      'TUN001',
    ];
    expect(wanted.filter((code) => !fixed[code])).toEqual([]);
  });
});

describe('texts', () => {
  for (const rule of mine) {
    it(`of ${rule.code} are one sentence, name both sides and never a secret`, () => {
      for (const given of rule.bad) {
        const example: RuleExample = typeof given === 'string' ? { text: given } : given;
        for (const finding of lintExample(rule, example)) expectSound(finding, rule.scope === 'pair');
      }
    });
  }
});

function expectSound({ message, notes, help, at, related, fixes }: Finding, isPair: boolean): void {
  expect(message).not.toMatch(/\.$|undefined|\n/);
  const shown = [message, ...notes, help ?? '', ...related.map(({ text }) => text), ...fixes.map(({ title }) => title)];
  for (const text of shown) {
    expect(text).not.toMatch(/Plover|0x[0-9a-f]{6}|undefined|\bNaN\b/);
    expect(text).not.toContain('[object');
  }
  expect(at.end).toBeGreaterThan(at.start);
  if (isPair) expect(message).toMatch(/\ba\b[\s\S]*\bb\b|\bb\b[\s\S]*\ba\b/);
}
