/** Severities of rules under the profiles that are on. */
import { atLeast, type Severity } from '../../model/finding.js';
import type { Rule } from '../rule.js';
import type { ActiveProfiles } from './active.js';

/** How severe a rule's findings are: what the profiles rule, the strictest of them, else the rule's own; `off` drops them. */
export function severityOf(rule: Pick<Rule, 'code' | 'severity'>, { severities }: ActiveProfiles): Severity | 'off' {
  const rulings = severities.get(rule.code) ?? [];
  let strictest: Severity | 'off' | undefined;
  for (const { severity } of rulings) strictest = strictest === undefined ? severity : stricter(strictest, severity);
  return strictest ?? rule.severity;
}

function stricter(a: Severity | 'off', b: Severity | 'off'): Severity | 'off' {
  if (a === 'off') return b;
  if (b === 'off') return a;
  return atLeast(a, b) ? a : b;
}

/** The most severe of a list; undefined for none. */
export function worst(severities: readonly Severity[]): Severity | undefined {
  let found: Severity | undefined;
  for (const severity of severities) if (!found || atLeast(severity, found)) found = severity;
  return found;
}
