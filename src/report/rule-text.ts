/** The documentation of a rule as text. */
import type { Style } from './style.js';
import { visible } from './visible.js';
import { wrapToWidth } from './wrap.js';

export interface RuleText {
  readonly code: string;
  readonly slug: string;
  readonly severity: string;
  readonly summary: string;
  readonly rationale: string;
  readonly references: readonly string[];
  /** Off unless it is selected, or a profile turns it on. */
  readonly optional: boolean;
  readonly bad: readonly RuleTextExample[];
  readonly good: readonly RuleTextExample[];
}

export interface RuleTextExample {
  readonly text: string;
  readonly peer?: string;
}

/** Lines of text, without line breaks. */
export function* renderRule(rule: RuleText, style: Style, width: number): Generator<string> {
  yield `${style.bold(rule.code)} ${rule.slug} (${rule.severity}${rule.optional ? ', off unless selected' : ''})`;
  yield '';
  yield* wrapToWidth(rule.summary, width);
  yield '';
  yield* wrapToWidth(rule.rationale, width);
  yield* examples('Reported:', rule.bad);
  yield* examples('Not reported:', rule.good);
  yield '';
  yield* wrapToWidth(`References: ${rule.references.join('; ')}`, width);
  yield `Suppress:   # ipsec-disable-next-line ${rule.code} -- reason`;
}

function* examples(title: string, list: readonly RuleTextExample[]): Generator<string> {
  const [first] = list;
  if (!first) return;
  yield '';
  yield title;
  yield* indented(first.text);
  if (first.peer === undefined) return;
  yield '  with the peer';
  yield* indented(first.peer);
}

/** Rules about binary files have examples of them. */
function* indented(text: string): Generator<string> {
  for (const line of text.trim().split('\n')) yield `    ${visible(line)}`;
}
