/**
 * The ladder of an exchange as text: one row a packet, time, direction, exchange, payloads in the notation of the RFCs. On
 * narrow terminals letters stand for long names, and the payloads below their message.
 */
import type { MessageDocument } from './negotiation/document.js';
import { plainStyle, type Style } from './style.js';
import { visible } from './visible.js';
import { displayWidth } from './width.js';
import { wrapToWidth } from './wrap.js';

export interface LadderOptions {
  /** Columns of the terminal; without it nothing wraps. */
  readonly width?: number;
  readonly style?: Style;
  /** Leaves notifications out that merely announce what an engine can do. */
  readonly brief?: boolean;
  /** Shows the fields and octets of messages that have them. */
  readonly fields?: boolean;
  /** The system that stands on the left. */
  readonly left: string;
  readonly right: string;
  /** The systems in the order of their letters, for where names take too much room. */
  readonly systems?: readonly string[];
}

const columnGap = 2;
const lettersMax = 26;

/** Below this many columns for payloads they stand on lines of their own. */
const payloadWidthMin = 30;
/** Where they do, they get this many, however narrow the terminal is. */
const narrowWidthMin = 20;
const narrowIndent = 6;
const fieldIndent = 11;
const octetsPerLine = 16;
/** Main Mode has six. */
const messagesOfExchange = 6;
/** Rows of a ladder that are shown unless all are wanted. */
const rowsMax = 40;

/** The rows, without line breaks; above them what letters mean, where they stand for names that take too much room. */
export function* renderLadder(messages: readonly MessageDocument[], options: LadderOptions): Generator<string> {
  const { width, style = plainStyle } = options;
  const { names, rows, columns, lead, isNarrow } = layOut(messages, options);
  if (names.size > 0) {
    const legend = [...names].map(([name, letter]) => `${letter} is ${visible(name)}`).join(', ');
    for (const line of width === undefined ? [legend] : wrapToWidth(legend, width, 2)) yield style.dim(line);
    yield '';
  }
  for (const { message, time, arrow, title } of rows) {
    const head = `${time.padStart(columns[0])}  ${pad(arrow, columns[1])}  `;
    const indent = isNarrow ? columns[0] + columnGap : lead;
    const [first = '', ...more] = lines(message, width, indent, options.brief === true);
    const paint = message.lost
      ? style.red
      : message.title.startsWith('ESP') || message.title.startsWith('AH')
        ? style.green
        : style.cyan;
    if (isNarrow) {
      yield `${style.dim(head)}${paint(title)}`.trimEnd();
      yield `${' '.repeat(indent)}${first}`;
    } else yield `${style.dim(head)}${paint(pad(title, columns[2]))}  ${first}`.trimEnd();
    for (const line of more) yield `${' '.repeat(indent)}${line}`;
    if (options.fields) yield* details(message, { style, ...(width === undefined ? {} : { width }) });
  }
}

interface Layout {
  /** What stands for each name; empty where names stand for themselves. */
  readonly names: ReadonlyMap<string, string>;
  readonly rows: readonly {
    readonly message: MessageDocument;
    readonly time: string;
    readonly arrow: string;
    readonly title: string;
  }[];
  /** Of time, arrow and title. */
  readonly columns: readonly [number, number, number];
  /** Columns before the payloads where they stand in the same row. */
  readonly lead: number;
  /** The payloads stand on lines of their own. */
  readonly isNarrow: boolean;
}

/** The first layout that fits: names and payloads in a row, letters for names, payloads below, both. */
function layOut(messages: readonly MessageDocument[], options: LadderOptions): Layout {
  const width = options.width ?? Number.POSITIVE_INFINITY;
  const layout = (names: Layout['names']): Layout => {
    const rows = messages.map((message) => ({
      message,
      time: formatMillis(message.at),
      arrow: arrowOf(message, options, names),
      title: visible(message.title),
    }));
    const columns = [
      Math.max(5, ...rows.map(({ time }) => time.length)),
      Math.max(0, ...rows.map(({ arrow }) => displayWidth(arrow))),
      Math.max(0, ...rows.map(({ title }) => displayWidth(title))),
    ] as const;
    const lead = columns[0] + columns[1] + columns[2] + 3 * columnGap;
    return { names, rows, columns, lead, isNarrow: width - lead < payloadWidthMin };
  };
  const named = layout(new Map());
  if (!named.isNarrow) return named;
  const lettered = layout(lettersOf(messages, options));
  return lettered.isNarrow && named.lead - columnGap <= width ? named : lettered;
}

/** A and B as `--initiator` has them, then C for the next one that comes along. */
function lettersOf(messages: readonly MessageDocument[], { systems, left, right }: LadderOptions): Layout['names'] {
  const all = [...(systems ?? []), left, right, ...messages.flatMap(({ from, to }) => [from, to])];
  const letter = (index: number) => String.fromCharCode('A'.charCodeAt(0) + index);
  return new Map([...new Set(all)].slice(0, lettersMax).map((name, index) => [name, letter(index)]));
}

function pad(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - displayWidth(text)));
}

/** `alpha > beta`, with both names in the same places all the time. */
function arrowOf({ from, to, lost }: MessageDocument, { left, right }: LadderOptions, names: Layout['names']): string {
  const shown = (name: string) => names.get(name) ?? visible(name);
  const isBack = from === right && to === left;
  const [a, b] = isBack ? [to, from] : [from, to];
  return `${shown(a)} ${isBack ? (lost ? 'x<' : '<') : lost ? '>x' : '>'} ${shown(b)}`;
}

function lines(message: MessageDocument, width: number | undefined, indent: number, brief: boolean): string[] {
  const remarks = remarksOf(message);
  const payloads = brief ? briefly(message.text) : message.text;
  const text = visible(`${payloads}${remarks.length > 0 ? `  (${remarks.join('; ')})` : ''}`);
  return width === undefined ? [text] : wrapToWidth(text, Math.max(narrowWidthMin, width - indent));
}

/** What is to be said of a message beside what is in it. */
export function remarksOf({ purpose, repetition, lost }: MessageDocument): string[] {
  return [
    ...(purpose ? [purpose] : []),
    ...(repetition ? [`again, ${ordinal(repetition)} time`] : []),
    ...(lost ? [`lost: ${lost}`] : []),
  ];
}

/** Announcements that come with every handshake, and vendor IDs. */
const announcement =
  /^(?:N\((?:NAT_DETECTION_\w+|IKEV2_FRAGMENTATION_SUPPORTED|SIGNATURE_HASH_ALGORITHMS|INITIAL_CONTACT|REDIRECT_SUPPORTED|CHILDLESS_IKEV2_SUPPORTED|SUPPORTED_AUTH_METHODS|MULTIPLE_AUTH_SUPPORTED|EAP_ONLY_AUTHENTICATION)\)|V|VID|NAT-D)$/;

/** The payloads without announcements, of which an ellipsis is left. */
export function briefly(text: string): string {
  const found = /^([^{]*\{)?([^{}]*)(\})?$/.exec(text);
  if (!found) return text;
  const [, open = '', list = '', close = ''] = found;
  const payloads = list.split(', ');
  const kept = payloads.filter((payload) => !announcement.test(payload));
  return kept.length === payloads.length ? text : `${open}${[...kept, '…'].join(', ')}${close}`;
}

function ordinal(repetition: number): string {
  return ['first', 'second', 'third', 'fourth', 'fifth', 'sixth'][repetition - 1] ?? `${repetition}th`;
}

function* details(
  { fields = [], octets }: MessageDocument,
  { style, width }: { readonly style: Style; readonly width?: number },
): Generator<string> {
  // On a narrow terminal octets in rows of eight still fit, and fields begin further left.
  const isNarrow = width !== undefined && width < fieldIndent + octetsWidth(octetsPerLine);
  const indent = isNarrow ? narrowIndent : fieldIndent;
  for (const { depth, text } of fields) {
    const lead = indent + 2 * depth;
    const parts =
      width === undefined ? [visible(text)] : wrapToWidth(visible(text), Math.max(narrowWidthMin, width - lead), 2);
    for (const [index, part] of parts.entries()) yield style.dim(`${' '.repeat(lead + (index === 0 ? 0 : 2))}${part}`);
  }
  if (octets === undefined) return;
  const perLine = isNarrow ? octetsPerLine / 2 : octetsPerLine;
  for (let at = 0; at < octets.length; at += perLine * 2) {
    const line = octets.slice(at, at + perLine * 2);
    const offset = (at / 2).toString(16).padStart(4, '0');
    yield style.dim(`${' '.repeat(indent)}${offset}  ${line.replace(/(..)(?=.)/g, '$1 ')}`);
  }
}

/** Columns of a row of octets behind its offset. */
function octetsWidth(count: number): number {
  return 'ffff  '.length + 3 * count - 1;
}

/** What sets SAs up, the first packets through them, and the first time that each kind of SA is replaced. */
export function condensed(messages: readonly MessageDocument[]): readonly MessageDocument[] {
  const exchanges = firstRekeys(messages);
  const senders = new Set<string>();
  const counts = new Map<string, number>();
  const isShown = ({ phase, title, from }: MessageDocument): boolean => {
    switch (phase) {
      case 'setup':
        return true;
      case 'traffic': {
        const isFirst = !senders.has(from);
        senders.add(from);
        return isFirst;
      }
      case 'rekey': {
        const exchange = exchangeOf(title);
        counts.set(exchange, (counts.get(exchange) ?? 0) + 1);
        return exchanges.has(exchange) && (counts.get(exchange) ?? 0) <= messagesOfExchange;
      }
      case 'other':
        return false;
    }
  };
  return messages.filter(isShown).slice(0, rowsMax);
}

/** The exchanges that replace each kind of SA for the first time. */
function firstRekeys(messages: readonly MessageDocument[]): ReadonlySet<string> {
  const byPurpose = new Map<string, string>();
  for (const { phase, purpose = '', title } of messages)
    if (phase === 'rekey' && !byPurpose.has(purpose)) byPurpose.set(purpose, exchangeOf(title));
  return new Set(byPurpose.values());
}

/** A request and its response are one exchange. */
function exchangeOf(title: string): string {
  return title.replace(/ R$/, '');
}

/** Milliseconds up to 100 seconds, then hours, minutes and seconds, with days in front where there are any. */
export function formatMillis(millis: number): string {
  const rounded = Math.round(millis);
  if (rounded < 100_000) return String(rounded);
  const seconds = Math.floor(rounded / 1000);
  const two = (value: number) => String(value).padStart(2, '0');
  const clock = `${two(Math.floor(seconds / 3600) % 24)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  const days = Math.floor(seconds / 86_400);
  return days > 0 ? `${days}d ${clock}` : clock;
}

/** `8 hours`, `2 days 3 hours`: the two largest units. */
export function formatDuration(millis: number): string {
  let rest = Math.round(millis / 1000);
  const parts: string[] = [];
  for (const [unit, size] of [
    ['day', 86_400],
    ['hour', 3_600],
    ['minute', 60],
    ['second', 1],
  ] as const) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) parts.push(`${count} ${unit}${count === 1 ? '' : 's'}`);
  }
  return parts.slice(0, 2).join(' ') || 'no time';
}
