/** A dry run as text: the ladder, what was chosen, and on failure the reason and what would mend it. */
import { count } from '../../model/count.js';
import { condensed, formatDuration, renderLadder } from '../ladder.js';
import { plainStyle, type Style } from '../style.js';
import { renderTable } from '../table.js';
import { visible } from '../visible.js';
import { wrapToWidth } from '../wrap.js';
import type {
  DifferenceDocument,
  FailureDocument,
  LogDocument,
  NegotiationDocument,
  RecordPlace,
  RunDocument,
  VerdictDocument,
} from './document.js';

export interface NegotiationTextOptions {
  readonly width?: number;
  readonly style?: Style;
  /** 0: ladders of failing runs and of the first; 1: of all; 2: also both sides' view of runs that work. */
  readonly verbosity?: 0 | 1 | 2;
  /** Every packet, not only those that set up and replace SAs. */
  readonly allMessages?: boolean;
  /** With the fields and octets of messages that have them. */
  readonly fields?: boolean;
}

interface Context extends Required<Pick<NegotiationTextOptions, 'style' | 'verbosity' | 'allMessages' | 'fields'>> {
  readonly width?: number;
}

/** Lines, without line breaks. */
export function* renderNegotiation(
  document: NegotiationDocument,
  options: NegotiationTextOptions = {},
): Generator<string> {
  const context: Context = {
    style: options.style ?? plainStyle,
    verbosity: options.verbosity ?? 0,
    allMessages: options.allMessages ?? false,
    fields: options.fields ?? false,
    ...(options.width === undefined ? {} : { width: options.width }),
  };
  const { style } = context;
  for (const [index, run] of document.runs.entries()) {
    if (index > 0) yield '';
    yield* renderRun(run, index === 0 || !run.verdict.good || context.verbosity > 0, document, context);
  }
  if (document.runs.length > 0) yield '';
  for (const assumption of document.assumptions) yield* wrapped(`assumed: ${assumption}`, context, '  ');
  for (const note of document.notes) yield* wrapped(note, context, '  ');
  yield summaryLine(document, style);
}

function summaryLine({ runs, good, systems, problems }: NegotiationDocument, style: Style): string {
  const names = systems.map(({ name }) => visible(name)).join(' and ');
  if (problems.length > 0)
    return style.red(`${names}: not decided, with ${count(problems.length, 'error')} in the records`);
  if (runs.length === 0)
    return style.yellow(`${names} protect nothing towards each other: there is nothing to negotiate`);
  const bad = runs.filter(({ verdict }) => !verdict.good).length;
  const open = runs.filter(({ verdict }) => verdict.word === 'undecided').length;
  const all = count(runs.length, 'negotiation');
  const outcome =
    open === 0
      ? `${bad} of ${all} failed`
      : `${open} of ${all} not decided${bad > open ? `, ${bad - open} failed` : ''}`;
  return good ? style.green(`${names}: ${all}, all good`) : style.red(`${names}: ${outcome}`);
}

function* renderRun(
  run: RunDocument,
  isFull: boolean,
  { systems, problems }: NegotiationDocument,
  context: Context,
): Generator<string> {
  const { style } = context;
  for (const line of wrapped(`${visible(run.initiator)} starts: ${visible(run.packet)}`, context, ''))
    yield style.bold(line);
  if (isFull) {
    yield '';
    yield* ladder(run, systems, context);
    yield '';
  }
  yield* verdictLines(run.verdict, problems.length > 0, context);
  yield* chosenLines(run, context);
  if (run.failure) yield* failureLines(run.failure, context);
  if (run.failure || !run.verdict.good || context.verbosity > 1) yield* sidesLines(run, context);
  for (const warning of run.warnings)
    for (const line of wrapped(`warning: ${visible(warning)}`, context, '')) yield style.yellow(line);
  yield* suggestionLines(run, context);
  if (isFull && run.verdict.good) yield* trafficLines(run, context);
}

function* ladder(
  { messages, initiator, responder }: RunDocument,
  systems: NegotiationDocument['systems'],
  context: Context,
): Generator<string> {
  const { width, style, allMessages, fields } = context;
  const shown = allMessages ? messages : condensed(messages);
  yield* renderLadder(shown, {
    left: initiator,
    right: responder,
    systems: systems.map(({ name }) => name),
    style,
    brief: !allMessages,
    fields,
    ...(width ? { width } : {}),
  });
  const left = messages.length - shown.length;
  if (left > 0) yield style.dim(`${' '.repeat(5)}  … ${left} more packets: see --trace messages`);
}

const verdictWords: Readonly<Record<VerdictDocument['word'], string>> = {
  works: 'works',
  agreed: 'the peer agrees',
  'until-rekey': 'works until the first rekey, then fails',
  fails: 'fails',
  waits: 'waits for the peer to start',
  'no-traffic': 'SAs come about, and packets do not pass',
  clear: 'passes in the clear',
  fallback: 'fails, and passes in the clear',
  discarded: 'discarded',
  undecided: 'undecided',
};

/** `works`, in words. */
export function verdictWord(word: VerdictDocument['word']): string {
  return verdictWords[word];
}

function* verdictLines(verdict: VerdictDocument, isUnsure: boolean, context: Context): Generator<string> {
  const { style } = context;
  const isSuccess = !isUnsure && (verdict.word === 'works' || verdict.word === 'agreed');
  const paint = verdict.good ? (isSuccess ? style.green : style.yellow) : style.red;
  const step = verdict.step ? ` at: ${visible(verdict.step)}` : '';
  const unsure = isUnsure ? ', as far as the records can be read' : '';
  yield paint(`${verdictWords[verdict.word]}${step}${unsure}`);
  yield* wrapped(verdict.text, context, '  ');
}

function* chosenLines({ chosen }: RunDocument, context: Context): Generator<string> {
  const { ike, children } = chosen;
  const entries: ChosenEntry[] = [];
  if (ike) {
    const exchange = ike.exchange ? ` ${ike.exchange === 'main' ? 'Main' : 'Aggressive'} Mode` : '';
    const ids = ike.initiatorId && ike.responderId ? `; ${ike.initiatorId} and ${ike.responderId}` : '';
    entries.push({
      label: `IKEv${ike.version}${exchange}`,
      what: `${ike.transforms}${ids}`,
      records: ike.records,
    });
  }
  for (const child of children) {
    entries.push({
      label: `${child.protocol} ${child.mode}${child.udpEncapsulation ? ' in UDP' : ''}`,
      what: `${child.transforms}, ${child.lifetime}; ${child.selectors.join('; ')}`,
      records: child.records,
    });
  }
  const labelWidth = Math.max(labelWidthMin, ...entries.map(({ label }) => label.length));
  for (const each of entries) yield* entry(each, labelWidth, context);
}

interface ChosenEntry {
  readonly label: string;
  readonly what: string;
  readonly records: readonly RecordPlace[];
}

const labelWidthMin = 13;
/** With fewer columns than these beside the labels, texts stand below them. */
const entryWidthMin = 30;

/** A label, what was chosen, and below it the records that it comes from. */
function* entry({ label, what, records }: ChosenEntry, labelWidth: number, context: Context): Generator<string> {
  const { style, width } = context;
  const isNarrow = width !== undefined && width - labelWidth - 3 < entryWidthMin;
  const indent = ' '.repeat(isNarrow ? 4 : labelWidth + 3);
  const [first = '', ...more] = [...wrapped(visible(what), context, indent, 0)];
  if (isNarrow) {
    yield `  ${style.bold(label)}`;
    yield first;
  } else yield `  ${style.bold(label.padEnd(labelWidth))} ${first.slice(indent.length)}`;
  yield* more;
  for (const system of new Set(records.map((record) => record.system))) {
    const own = withoutRepetition(records.filter((record) => record.system === system));
    const text = `${system}: ${own.map((record, index) => place(record, own[index - 1]?.path)).join(', ')}`;
    for (const line of wrapped(visible(text), context, indent)) yield style.dim(line);
  }
}

/** In other products' files the authentication and the IKE policy of a peer are one and the same connection. */
function withoutRepetition(records: readonly RecordPlace[]): RecordPlace[] {
  const seen = new Set<string>();
  return records.filter((record) => {
    const key = JSON.stringify([record.kind, record.name, record.path, record.line]);
    return !seen.has(key) && seen.add(key);
  });
}

function* failureLines(failure: FailureDocument, context: Context): Generator<string> {
  const { style } = context;
  if (failure.difference) {
    const { attribute, offered, accepted } = failure.difference;
    yield* wrapped(
      `first difference: ${attribute}: ${names(offered)} is offered, ${names(accepted)} accepted`,
      context,
      '  ',
    );
  }
  const isApart = failure.comparison.length > 0 && failure.comparison.every(({ common }) => common.length > 0);
  if (isApart) {
    yield* wrapped('each algorithm is on both sides, but in no proposal of both together', context, '  ');
  }
  if (failure.comparison.length > 0) {
    const rows = failure.comparison.map(({ attribute, offered, accepted, common }) => [
      attribute,
      names(offered),
      names(accepted),
      common.length === 0 ? { text: 'nothing in common', paint: style.red } : names(common),
    ]);
    const header = [{ header: '' }, { header: 'offered' }, { header: 'accepted' }, { header: 'in common' }];
    yield* indented(renderTable(header, rows, { style, ...(context.width ? { width: context.width - 2 } : {}) }));
  }
  const wire = failure.notify ? `${failure.notify} on the wire` : 'nothing is said on the wire';
  yield* wrapped(`${wire}${failure.rfc ? ` (${failure.rfc})` : ''}`, context, '  ');
  const logs = context.verbosity > 0 ? failure.logs : failure.logs.filter((log) => isFirst(log, failure));
  if (logs.length === 0) return;
  yield style.bold('in the logs');
  for (const { product, system, own, lines: logLines } of logs) {
    const who = own ? `${system} (${product})` : `${system}, if it were ${product}`;
    for (const line of logLines) yield* wrapped(`${visible(who)}: ${visible(line)}`, context, '  ');
  }
}

/** Without further wish only one product is shown for each system: its own where that is known. */
function isFirst(log: LogDocument, { logs }: FailureDocument): boolean {
  return log === logs.find(({ system }) => system === log.system);
}

function names(list: readonly string[]): string {
  return list.length === 0 ? 'nothing' : list.join(', ');
}

function* sidesLines({ sides }: RunDocument, context: Context): Generator<string> {
  for (const { system, role, view } of sides) {
    if (view.length === 0) continue;
    yield context.style.bold(`${visible(system)} (${role})`);
    for (const line of view) yield* wrapped(line, context, '  ');
  }
}

function* suggestionLines({ suggestions }: RunDocument, context: Context): Generator<string> {
  const { style } = context;
  if (suggestions.length === 0) return;
  yield style.bold(suggestions.length === 1 ? 'what mends it' : 'what mends it, either of');
  for (const { changes } of suggestions) {
    for (const [index, { system, title, diff, at }] of changes.entries()) {
      const where = at ? ` (${at.path}:${at.line})` : '';
      yield* wrapped(
        `${index === 0 ? '- in' : '  and in'} ${visible(system)}: ${visible(title + where)}`,
        context,
        '  ',
        2 * hanging,
      );
      for (const line of diff) {
        const text = `      ${visible(line)}`;
        yield line.startsWith('+') ? style.green(text) : line.startsWith('-') ? style.red(text) : style.dim(text);
      }
    }
  }
}

function* trafficLines({ traffic, duration }: RunDocument, context: Context): Generator<string> {
  const { sent, arrived, childRekeys, ikeRekeys, inTheClear } = traffic;
  // Manual SAs are never replaced.
  const rekeys =
    childRekeys + ikeRekeys === 0
      ? 'no rekeys'
      : `${childRekeys} rekey${childRekeys === 1 ? '' : 's'} of Child SAs, ${ikeRekeys} of IKE SAs`;
  const clear = inTheClear > 0 ? `, ${inTheClear} of them in the clear` : '';
  const packets = sent === 0 ? 'no packet was sent' : `${arrived} of ${sent} test packets arrived${clear}`;
  yield* wrapped(`${packets}; ${rekeys} in ${formatDuration(duration)}`, context, '  ');
}

/** `ikev2 'b_ike' (alpha.conf:7)`; the line alone where the record before is in the same file. */
function place({ kind, name, path, line }: RecordPlace, before: string | undefined): string {
  if (path === undefined) return `${kind} '${name}'`;
  const where = line === undefined ? path : path === before ? `line ${line}` : `${path}:${line}`;
  return `${kind} '${name}' (${where})`;
}

/** Further lines of a text hang below its first one, so that lists keep their shape on narrow terminals. */
const hanging = 2;

/** The lines of a text: the first one behind `indent`, the others further in by `hang` columns. */
function* wrapped(text: string, { width }: Context, indent: string, hang = hanging): Generator<string> {
  const list = width === undefined ? [text] : wrapToWidth(text, Math.max(20, width - indent.length), hang);
  for (const [index, line] of list.entries()) yield `${indent}${index === 0 ? '' : ' '.repeat(hang)}${line}`;
}

function* indented(list: Iterable<string>): Generator<string> {
  for (const line of list) yield `  ${line}`.trimEnd();
}

export type { DifferenceDocument };
