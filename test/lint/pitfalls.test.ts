/**
 * Files with `# expect: CODE` comments: each statement must give what the comment above it says. In our own files nothing
 * else may be an error; in the reference's file, where every record is faulty, more may be found.
 */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { rules } from '../../src/lint/registry.js';
import type { Finding } from '../../src/model/finding.js';
import { formatPlace, SourceText } from '../../src/model/span.js';
import { type Expectation, readDirectives } from '../../src/parser/directives.js';
import { parseText } from '../../src/parser/parse.js';
import { lintTexts } from '../support/lint.js';
import { sharedMissing, sharedPath } from '../support/shared.js';

const known = new Set(rules.map((rule) => rule.code));
const own = readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' }).filter((file) =>
  file.endsWith('.conf'),
);
const reference = sharedPath('reference', 'hpux-examples', '90-lint-pitfalls.conf');

function lintFile(file: string): { findings: readonly Finding[]; expectations: readonly Expectation[] } {
  const text = readFileSync(file, 'utf8');
  const { expectations } = readDirectives(parseText(new SourceText('a.conf', text)));
  return { findings: lintTexts([text]), expectations };
}

const isAt = (finding: Finding, { statement }: Expectation): boolean =>
  statement !== undefined && finding.at.start >= statement.start && finding.at.start < statement.end;

function unmet({ findings, expectations }: ReturnType<typeof lintFile>): string[] {
  return expectations.flatMap((expectation) =>
    expectation.codes
      .filter((code) => known.has(code))
      .filter((code) => !findings.some((finding) => finding.code === code && isAt(finding, expectation)))
      .map((code) => `${formatPlace(expectation.at)} ${code}`),
  );
}

describe('files with expectations', () => {
  it.skipIf(!reference)(`the reference's pitfalls are found (${reference ? 'present' : sharedMissing})`, () => {
    const linted = lintFile(reference!);
    expect(linted.expectations.length).toBeGreaterThan(10);
    expect(unmet(linted)).toEqual([]);
  });

  it('are there', () => {
    expect(own.length).toBeGreaterThan(0);
  });

  for (const file of own) {
    it(`${file} gives what it says, and no other error`, () => {
      const linted = lintFile(path.join(import.meta.dirname, file));
      const surprises = linted.findings.filter(
        (finding) =>
          finding.severity === 'error' &&
          !linted.expectations.some((each) => each.codes.includes(finding.code) && isAt(finding, each)),
      );
      expect(linted.expectations.length).toBeGreaterThan(0);
      expect(unmet(linted)).toEqual([]);
      expect(surprises.map(({ code, at, message }) => `${formatPlace(at)} ${code} ${message}`)).toEqual([]);
    });
  }
});
