/** The documentation of a rule as text. */
import type { Style } from './style.js';
import { visible } from './visible.js';
import { wrapLine, wrapToWidth } from './wrap.js';

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

export interface RuleTextOptions {
  readonly style: Style;
  /** Columns for the texts. */
  readonly width: number;
  /** Columns that statements of examples are broken to, as a record file may break them; undefined leaves them whole. */
  readonly exampleWidth: number | undefined;
}

/** Lines of text, without line breaks. */
export function* renderRule(rule: RuleText, { style, width, exampleWidth }: RuleTextOptions): Generator<string> {
  yield `${style.bold(rule.code)} ${rule.slug} (${rule.severity}${rule.optional ? ', off unless selected' : ''})`;
  yield '';
  yield* wrapToWidth(rule.summary, width);
  yield '';
  yield* wrapToWidth(rule.rationale, width);
  yield* examples('Reported:', rule.bad, exampleWidth);
  yield* examples('Not reported:', rule.good, exampleWidth);
  yield '';
  yield* wrapToWidth(`References: ${rule.references.join('; ')}`, width);
  yield `Suppress:   # ipsec-disable-next-line ${rule.code} -- reason`;
}

function* examples(title: string, list: readonly RuleTextExample[], width: number | undefined): Generator<string> {
  const [first] = list;
  if (!first) return;
  yield '';
  yield title;
  yield* indented(first.text, width);
  if (first.peer === undefined) return;
  yield '  with the peer';
  yield* indented(first.peer, width);
}

/** A line that begins a statement of records, or goes on with one. */
const statement = /^\s*(?:(?:add|delete)\s|-\w)/;
const exampleIndent = ' '.repeat(4);

/** Rules about binary files have examples of them, and those about other products' files have lines that must not be broken so. */
function* indented(text: string, width: number | undefined): Generator<string> {
  for (const line of text.trim().split('\n')) {
    const shown = `${exampleIndent}${visible(line)}`;
    if (statement.test(line)) yield* wrapLine(shown, width, { under: 2 * exampleIndent.length, continuation: ' \\' });
    else yield shown;
  }
}
