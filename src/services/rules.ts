/** The use case behind `policy rules`: the documentation of rules, from the rules themselves. */
import { rules } from '../lint/registry.js';
import type { Rule, RuleExample } from '../lint/rule.js';
import { selects, unknownSelector } from '../lint/select.js';
import { UsageError } from '../model/tool-error.js';

export interface RuleDocument {
  readonly code: string;
  readonly slug: string;
  readonly severity: string;
  readonly summary: string;
  readonly rationale: string;
  readonly references: readonly string[];
  readonly scope: string;
  /** Off unless it is selected, or a profile turns it on. */
  readonly optional: boolean;
  readonly bad: readonly RuleExample[];
  readonly good: readonly RuleExample[];
}

/** All rules, or those that a code, a beginning of codes or a slug means. Throws UsageError for one that means none. */
export function ruleDocuments(selector?: string): readonly RuleDocument[] {
  const unknown = selector === undefined ? undefined : unknownSelector(rules, [selector]);
  if (unknown) {
    throw new UsageError(`no rule is called '${unknown.selector}'`, {
      code: 'UNKNOWN_NAME',
      hints: unknown.guess ? [`Did you mean ${unknown.guess}?`] : [],
    });
  }
  return rules
    .filter((rule) => selector === undefined || selects(selector, rule))
    .map(documentOf)
    .sort((a, b) => (a.code < b.code ? -1 : 1));
}

function documentOf(rule: Rule): RuleDocument {
  const { code, slug, severity, summary, rationale, references, scope } = rule;
  const full = (example: string | RuleExample): RuleExample =>
    typeof example === 'string' ? { text: example } : example;
  return {
    code,
    slug,
    severity,
    summary,
    rationale,
    references,
    scope,
    optional: rule.optional ?? false,
    bad: rule.bad.map(full),
    good: rule.good.map(full),
  };
}
