/** What the tests of the rules about strength share. */
import { systemContext } from '../../src/lint/context.js';
import { rules } from '../../src/lint/registry.js';
import type { Rule } from '../../src/lint/rule.js';
import { runRules } from '../../src/lint/run.js';
import type { Finding } from '../../src/model/finding.js';
import { SourceText } from '../../src/model/span.js';
import { loadSystem } from '../../src/services/load-system.js';
import { testSettings } from './lint.js';

const families = /^(?:IK1|AUT|CRY|LIF|RPL|PQC|OPS|PRO)/;

/** The rules about strength, keys, lifetimes and guidance. */
export const strengthRules: readonly Rule[] = rules.filter((rule) => families.test(rule.code));

/** The characters that a finding points at. */
export function pointedAt({ at }: Finding): string {
  return at.source.text.slice(at.start, at.end);
}

/** `CRY002 3DES`: code and characters, sorted, for comparing whole sets. */
export function summary(findings: readonly Finding[]): string[] {
  return findings.map((finding) => `${finding.code} ${pointedAt(finding)}`).sort();
}

/** Every text of a finding that a person or a machine may get to see. */
export function allTexts(finding: Finding): string[] {
  return [
    finding.message,
    finding.help ?? '',
    ...finding.notes,
    ...finding.related.map(({ text }) => text),
    ...finding.fixes.flatMap(({ title, edits }) => [title, ...edits.map(({ newText }) => newText)]),
  ];
}

/** Lints a text with a profile file of defaults beside it. */
export function lintWithDefaults(text: string, defaults: string): Finding[] {
  const system = loadSystem({
    name: 'a',
    sources: [new SourceText('a.conf', text)],
    profile: new SourceText('site.profile', defaults),
  });
  const context = systemContext({
    name: 'a',
    policies: system.policies,
    config: system.config,
    settings: testSettings,
  });
  return runRules({
    rules: strengthRules,
    repository: { systems: [context], hosts: [], unownedFiles: [], settings: testSettings },
    problems: [],
    pairs: [],
  });
}
