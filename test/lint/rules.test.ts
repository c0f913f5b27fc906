import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { registryText } from '../../scripts/generate-rule-registry.mjs';
import { rules } from '../../src/lint/registry.js';
import { lintExample } from '../support/lint.js';

describe('the registry', () => {
  it('lists every rule file', () => {
    expect(readFileSync('src/lint/registry.ts', 'utf8')).toBe(registryText());
  });

  it('has codes and slugs that are unique and well formed', () => {
    for (const key of ['code', 'slug'] as const) {
      const all = rules.map((rule) => rule[key]);
      expect(all.filter((value, index) => all.indexOf(value) !== index)).toEqual([]);
    }
    for (const rule of rules) {
      expect(rule.code).toMatch(/^[A-Z][A-Z0-9]{1,3}\d{3}$/);
      expect(rule.slug).toMatch(/^[a-z0-9]+(?:-[a-z0-9]+)*$/);
      expect(rule.summary, rule.code).toMatch(/^[A-Z].*\.$/s);
      expect(rule.rationale.length, rule.code).toBeGreaterThan(40);
      expect(rule.references.length, rule.code).toBeGreaterThan(0);
    }
  });
});

it('every code that reading a text reports has a rule, or nobody would see it', () => {
  const files = ['src/parser', 'src/model', 'src/services'].flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => `${folder}/${file}`),
  );
  const emitted = new Set(
    files.flatMap((file) =>
      [...readFileSync(file, 'utf8').matchAll(/code: '([A-Z0-9]+\d{3})'/g)].map(([, code]) => code),
    ),
  );
  const known = new Set([...rules.map((rule) => rule.code), 'TST001']);
  expect([...emitted].filter((code) => !known.has(code!))).toEqual([]);
});

for (const rule of rules) {
  describe(`${rule.code} ${rule.slug}`, () => {
    it('has examples', () => {
      expect(rule.bad.length).toBeGreaterThan(0);
      expect(rule.good.length).toBeGreaterThan(0);
    });
    for (const [index, example] of rule.bad.entries()) {
      it(`reports bad example ${index + 1}`, () => {
        expect(lintExample(rule, example).length).toBeGreaterThan(0);
      });
    }
    for (const [index, example] of rule.good.entries()) {
      it(`is silent on good example ${index + 1}`, () => {
        expect(lintExample(rule, example).map((finding) => finding.message)).toEqual([]);
      });
    }
  });
}
