/** Which rules run, and how severe their findings are. */
import { closest } from '../model/did-you-mean.js';
import type { Severity } from '../model/finding.js';
import type { Rule } from './rule.js';

export interface Selection {
  /** Codes, beginnings of codes, slugs or ALL; absent: every rule that is on by default. */
  readonly select?: readonly string[];
  readonly extendSelect?: readonly string[];
  readonly ignore?: readonly string[];
}

/** Does a selector mean a rule? Codes and their beginnings in any case, slugs, or ALL. */
export function selects(selector: string, rule: { readonly code: string; readonly slug: string }): boolean {
  const upper = selector.toUpperCase();
  if (upper === 'ALL') return true;
  return rule.slug === selector.toLowerCase() || (/^[A-Z][A-Z0-9]+$/.test(upper) && rule.code.startsWith(upper));
}

/** The rules that a selection leaves. `ignore` wins over `select`, as the more careful word. */
export function selectRules(rules: readonly Rule[], { select, extendSelect = [], ignore = [] }: Selection): Rule[] {
  return rules.filter((rule) => {
    if (ignore.some((selector) => selects(selector, rule))) return false;
    if (extendSelect.some((selector) => selects(selector, rule))) return true;
    return select && select.length > 0 ? select.some((selector) => selects(selector, rule)) : !rule.optional;
  });
}

/** The first selector that means no rule, with the nearest one that does. */
export function unknownSelector(
  rules: readonly Rule[],
  selectors: readonly string[],
): { selector: string; guess?: string } | undefined {
  const selector = selectors.find((candidate) => !rules.some((rule) => selects(candidate, rule)));
  if (selector === undefined) return undefined;
  const guess = closest(
    selector,
    rules.flatMap((rule) => [rule.code, rule.slug]),
  );
  return guess ? { selector, guess } : { selector };
}

/** Severity of a rule by configuration; `off` removes its findings. The most exact selector wins. */
export function configuredSeverity(
  rule: Rule,
  severities: Readonly<Record<string, Severity | 'off'>>,
): Severity | 'off' | undefined {
  let found: { severity: Severity | 'off'; length: number } | undefined;
  for (const [selector, severity] of Object.entries(severities)) {
    if (selects(selector, rule) && (!found || selector.length > found.length))
      found = { severity, length: selector.length };
  }
  return found?.severity;
}
