/** How judged assertions are shown: as text, as TAP, or as findings for every format of findings. */

import type { AssertionResult, Violation } from '../model/assertion.js';
import type { Finding } from '../model/finding.js';
import { formatPacket } from '../model/packet.js';
import type { Problem } from '../model/problem.js';
import { formatBox } from '../model/selector/format-box.js';
import type { Span } from '../model/span.js';
import { formatPlace } from '../model/span.js';
import { plainStyle, type Style } from './style.js';
import { visible } from './visible.js';

/** What is shown of one assertion. */
export interface ShownAssertion {
  readonly text: string;
  readonly at: Span;
  readonly system: string;
  readonly direction: string;
  readonly result: AssertionResult;
}

const boxesMax = 6;

/** Lines of text, without line breaks. */
export function* renderAssertions(
  judged: readonly ShownAssertion[],
  problems: readonly Problem[],
  style: Style = plainStyle,
): Generator<string> {
  for (const shown of judged) {
    const holds = shown.result.kind === 'holds';
    yield `${holds ? style.green('ok    ') : style.red('FAILED')} ${visible(titleOf(shown))}`;
    for (const line of explain(shown)) yield `       ${line}`;
  }
  for (const { at, message, help } of problems) {
    yield `${style.red('FAILED')} ${visible(formatPlace(at))}: ${visible(message)}`;
    if (help) yield `       ${visible(help)}`;
  }
  const failed = judged.filter(({ result }) => result.kind !== 'holds').length + problems.length;
  yield `${judged.length - failed + problems.length} hold${failed === 0 ? '' : `, ${failed} failed`}`;
}

/** Test Anything Protocol, version 14. */
export function* renderTap(judged: readonly ShownAssertion[], problems: readonly Problem[]): Generator<string> {
  yield 'TAP version 14';
  yield `1..${judged.length + problems.length}`;
  let number = 0;
  // In TAP a number sign begins a directive.
  const plain = (text: string) => visible(text).replace(/[#\\]/g, '\\$&');
  for (const shown of judged) {
    number += 1;
    yield `${shown.result.kind === 'holds' ? 'ok' : 'not ok'} ${number} - ${plain(titleOf(shown))}`;
    for (const line of explain(shown)) yield `# ${line}`;
  }
  for (const { at, message } of problems) {
    number += 1;
    yield `not ok ${number} - ${plain(`${formatPlace(at)}: ${message}`)}`;
  }
}

/** The sentence, with its system unless it names it. */
function titleOf({ system, text }: ShownAssertion): string {
  return /^on\s/i.test(text) ? text : `${system}: ${text}`;
}

function* explain({ at, result }: ShownAssertion): Generator<string> {
  if (result.kind === 'holds') return;
  yield visible(formatPlace(at));
  if (result.kind === 'undecided') yield 'not decided: the question costs more than is allowed';
  else for (const violation of result.violations) yield* explainViolation(violation);
}

function* explainViolation({ entry, because, packets, witness }: Violation): Generator<string> {
  yield `${describe(entry)} takes some of these packets, and ${because}`;
  for (const box of packets.slice(0, boxesMax)) yield `  ${formatBox(box)}`;
  if (packets.length > boxesMax) yield `  ... ${packets.length - boxesMax} more`;
  yield `  for example ${formatPacket(witness)}`;
}

function describe({ source: { record, at } }: Violation['entry']): string {
  return `${record.kind} '${visible(record.name)}'${at ? ` (${visible(formatPlace(at))})` : ''}`;
}

/** Failing assertions as findings, for the formats of findings. */
export function assertionFindings(judged: readonly ShownAssertion[], problems: readonly Problem[]): Finding[] {
  const base = { code: 'TST001', slug: 'assertion-failed', severity: 'error', related: [], fixes: [] } as const;
  return [
    ...judged
      .filter(({ result }) => result.kind !== 'holds')
      .map(
        (shown): Finding => ({
          ...base,
          message: `assertion failed: ${shown.text}`,
          at: shown.at,
          notes: [...explain(shown)].slice(1),
          system: shown.system,
        }),
      ),
    ...problems.map(
      ({ at, message, help }): Finding => ({ ...base, message, at, notes: [], ...(help ? { help } : {}) }),
    ),
  ];
}

/** The run as data for `--json`. */
export function assertionsDocument(judged: readonly ShownAssertion[], problems: readonly Problem[], failed: boolean) {
  const place = (at: Span) => ({ path: at.source.path, line: at.source.position(at.start).line });
  return {
    failed,
    assertions: judged.map((shown) => ({
      ...place(shown.at),
      text: shown.text,
      system: shown.system,
      direction: shown.direction,
      result: shown.result.kind,
      violations:
        shown.result.kind === 'violated'
          ? shown.result.violations.map(({ entry, because, packets, witness }) => ({
              record: entry.source.record,
              because,
              packets: packets.map(formatBox),
              witness: formatPacket(witness),
            }))
          : [],
    })),
    problems: problems.map(({ at, message }) => ({ ...place(at), message })),
  };
}
