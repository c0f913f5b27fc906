/** A dry run as text: the ladder, what was chosen, and on failure the reason and what would mend it. */
import { condensed, formatDuration, renderLadder } from '../ladder.js';
import { plainStyle, type Style } from '../style.js';
import { renderTable, wrapToWidth } from '../table.js';
import { visible } from '../visible.js';
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

function summaryLine({ runs, good, systems }: NegotiationDocument, style: Style): string {
  const names = systems.map(({ name }) => visible(name)).join(' and ');
  if (runs.length === 0)
    return style.yellow(`${names} protect nothing towards each other: there is nothing to negotiate`);
  const bad = runs.filter(({ verdict }) => !verdict.good).length;
  const count = `${runs.length} negotiation${runs.length === 1 ? '' : 's'}`;
  return good ? style.green(`${names}: ${count}, all good`) : style.red(`${names}: ${bad} of ${count} failed`);
}

function* renderRun(
  run: RunDocument,
  isFull: boolean,
  { systems }: NegotiationDocument,
  context: Context,
): Generator<string> {
  const { style } = context;
  yield style.bold(`${visible(run.initiator)} starts: ${visible(run.packet)}`);
  if (isFull) {
    yield '';
    yield* ladder(run, context);
    yield '';
  }
  yield* verdictLines(run.verdict, context);
  yield* chosenLines(run, context);
  if (run.failure) yield* failureLines(run.failure, context);
  if (run.failure || !run.verdict.good || context.verbosity > 1) yield* sidesLines(run, context);
  for (const warning of run.warnings)
    for (const line of wrapped(`warning: ${visible(warning)}`, context, '')) yield style.yellow(line);
  yield* suggestionLines(run, context);
  if (isFull && run.verdict.good) yield* trafficLines(run, systems.length, context);
}

function* ladder({ messages, initiator, responder }: RunDocument, context: Context): Generator<string> {
  const { width, style, allMessages, fields } = context;
  const shown = allMessages ? messages : condensed(messages);
  yield* renderLadder(shown, {
    left: initiator,
    right: responder,
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

function* verdictLines(verdict: VerdictDocument, context: Context): Generator<string> {
  const { style } = context;
  const paint = verdict.good
    ? verdict.word === 'works' || verdict.word === 'agreed'
      ? style.green
      : style.yellow
    : style.red;
  const step = verdict.step ? ` at: ${visible(verdict.step)}` : '';
  yield paint(`${verdictWords[verdict.word]}${step}`);
  yield* wrapped(verdict.text, context, '  ');
}

function* chosenLines({ chosen }: RunDocument, context: Context): Generator<string> {
  const { ike, children } = chosen;
  if (ike) {
    const exchange = ike.exchange ? ` ${ike.exchange === 'main' ? 'Main' : 'Aggressive'} Mode` : '';
    const ids = ike.initiatorId && ike.responderId ? `; ${ike.initiatorId} and ${ike.responderId}` : '';
    yield* entry(`IKEv${ike.version}${exchange}`, `${ike.transforms}${ids}`, ike.records, context);
  }
  for (const child of children) {
    const udp = child.udpEncapsulation ? ' in UDP' : '';
    const what = `${child.transforms}, ${child.lifetime}; ${child.selectors.join('; ')}`;
    yield* entry(`${child.protocol} ${child.mode}${udp}`, what, child.records, context);
  }
}

const labelWidth = 14;

/** A label, what was chosen, and below it the records that it comes from. */
function* entry(label: string, what: string, records: readonly RecordPlace[], context: Context): Generator<string> {
  const indent = ' '.repeat(labelWidth + 2);
  const [first = '', ...more] = [...wrapped(visible(what), context, indent)];
  const shown = label.padEnd(labelWidth);
  yield `  ${context.style.bold(shown)}${shown.length > labelWidth ? ' ' : ''}${first.slice(indent.length)}`;
  yield* more;
  for (const system of new Set(records.map((record) => record.system))) {
    const own = records.filter((record) => record.system === system);
    const text = `${system}: ${own.map((record, index) => place(record, own[index - 1]?.path)).join(', ')}`;
    for (const line of wrapped(visible(text), context, indent)) yield context.style.dim(line);
  }
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
      );
      for (const line of diff) {
        const text = `      ${visible(line)}`;
        yield line.startsWith('+') ? style.green(text) : line.startsWith('-') ? style.red(text) : style.dim(text);
      }
    }
  }
}

function* trafficLines({ traffic, duration }: RunDocument, _systems: number, context: Context): Generator<string> {
  const { sent, arrived, childRekeys, ikeRekeys, inTheClear } = traffic;
  const rekeys = `${childRekeys} rekey${childRekeys === 1 ? '' : 's'} of Child SAs, ${ikeRekeys} of IKE SAs`;
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

function* wrapped(text: string, { width }: Context, indent: string): Generator<string> {
  const list = width === undefined ? [text] : wrapToWidth(text, Math.max(20, width - indent.length));
  for (const line of list) yield `${indent}${line}`;
}

function* indented(list: Iterable<string>): Generator<string> {
  for (const line of list) yield `  ${line}`.trimEnd();
}

export type { DifferenceDocument };
