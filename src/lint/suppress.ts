/** Takes away findings that a comment in the file suppresses, and judges the comments themselves (HYG001 to HYG003). */
import type { Finding } from '../model/finding.js';
import type { Problem } from '../model/problem.js';
import type { SourceText } from '../model/span.js';
import type { Suppression } from '../model/suppression.js';
import type { Rule } from './rule.js';
import { selects } from './select.js';

export interface SuppressInput {
  readonly findings: readonly Finding[];
  readonly suppressions: readonly Suppression[];
  /** Rules that ran: a comment about another one is not unused. */
  readonly rules: readonly Rule[];
  /** Every rule there is, to tell misspelt names. */
  readonly known: readonly Rule[];
  /** YYYY-MM-DD */
  readonly asOf: string;
}

export interface Suppressed {
  readonly kept: readonly Finding[];
  readonly suppressed: readonly { readonly finding: Finding; readonly reason?: string }[];
  /** Problems with codes HYG001, HYG002 and HYG003, for the rules of these codes. */
  readonly problems: readonly Problem[];
}

/** Applies suppression comments. An expired one no longer hides anything. */
export function applySuppressions({ findings, suppressions, rules, known, asOf }: SuppressInput): Suppressed {
  const used = new Set<Suppression>();
  const bySource = new Map<SourceText, Suppression[]>();
  for (const suppression of suppressions) {
    if (suppression.until && suppression.until < asOf) continue;
    const list = bySource.get(suppression.at.source);
    if (list) list.push(suppression);
    else bySource.set(suppression.at.source, [suppression]);
  }
  const kept: Finding[] = [];
  const suppressed: { finding: Finding; reason?: string }[] = [];
  for (const finding of findings) {
    const by = bySource.get(finding.at.source)?.find((suppression) => covers(suppression, finding));
    if (!by) kept.push(finding);
    else {
      used.add(by);
      suppressed.push(by.reason ? { finding, reason: by.reason } : { finding });
    }
  }
  return {
    kept,
    suppressed,
    problems: suppressions.flatMap((suppression) => judge(suppression, used.has(suppression), rules, known, asOf)),
  };
}

function covers({ scope, rules }: Suppression, finding: Finding): boolean {
  if (rules.length > 0 && !rules.some((selector) => selects(selector, finding))) return false;
  return scope.kind === 'file' || (finding.at.start >= scope.start && finding.at.start <= scope.end);
}

function judge(
  suppression: Suppression,
  used: boolean,
  rules: readonly Rule[],
  known: readonly Rule[],
  asOf: string,
): Problem[] {
  const { at } = suppression;
  const problems: Problem[] = [];
  if (!suppression.reason) {
    problems.push({
      code: 'HYG001',
      message: 'a suppression gives no reason',
      at,
      help: 'write -- and the reason at the end of the comment',
    });
  }
  if (suppression.until && suppression.until < asOf) {
    problems.push({
      code: 'HYG003',
      message: `a suppression expired on ${suppression.until}`,
      at,
      help: 'mend what it hid, or set a later date with a reason',
    });
    return problems;
  }
  const misspelt = suppression.rules.find((selector) => !known.some((rule) => selects(selector, rule)));
  if (misspelt !== undefined) {
    problems.push({
      code: 'HYG002',
      message: `no rule is called '${misspelt}'`,
      at,
      help: 'rules are listed by `ipsec policy rules`',
    });
  } else if (
    !used &&
    (suppression.rules.length === 0 ||
      suppression.rules.every((selector) => rules.some((rule) => selects(selector, rule))))
  ) {
    problems.push({
      code: 'HYG002',
      message: 'a suppression hides nothing',
      at,
      help: 'remove the comment',
      fixes: [{ safety: 'safe', title: 'remove the comment', edits: [{ at: wholeLine(at), newText: '' }] }],
    });
  }
  return problems;
}

/** The comment with its line, when nothing else stands on it. */
function wholeLine(at: Suppression['at']): Suppression['at'] {
  const { line } = at.source.position(at.start);
  const { start } = at.source.lineRange(line);
  const next = at.source.text.indexOf('\n', at.end);
  return at.source.text.slice(start, at.start).trim() === ''
    ? { ...at, start, end: next === -1 ? at.source.text.length : next + 1 }
    : at;
}
