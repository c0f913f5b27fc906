/** A decoded capture as text: a row for each packet with what it says and what came of it, then the SAs, then what is amiss. */
import { formatMillis } from '../ladder.js';
import { plainStyle, type Style } from '../style.js';
import { renderTable, type TableCell } from '../table.js';
import { visible } from '../visible.js';
import { displayWidth } from '../width.js';
import { wrapToWidth } from '../wrap.js';
import type { DecodeDocument, DecodedPacket, IkeSaDocument, SaDocument } from './document.js';

export interface DecodeTextOptions {
  /** Columns of the terminal; without it nothing wraps. */
  readonly width?: number;
  readonly style?: Style;
  /** 0: long lists of proposals are cut; 1: nothing is. */
  readonly verbosity?: number;
}

interface Context {
  readonly style: Style;
  readonly width: number | undefined;
  readonly all: boolean;
}

/** Below this many columns for the payloads they stand on a line of their own. */
const payloadWidthMin = 36;
/** Texts of their own lines are not made narrower than this. */
const textWidthMin = 20;
const detailIndent = 6;
const octetsPerLine = 16;
/** Lines of one message that say what its payloads hold, unless all are wanted. */
const detailsMax = 12;

/** Lines, without line breaks. */
export function* renderDecode(document: DecodeDocument, options: DecodeTextOptions = {}): Generator<string> {
  const context: Context = {
    style: options.style ?? plainStyle,
    width: options.width,
    all: (options.verbosity ?? 0) > 0,
  };
  const { packets, ikeSas, sas } = document;
  yield* headLines(document, context);
  if (packets.length > 0) yield '';
  yield* packetLines(document, context);
  if (ikeSas.length > 0) {
    yield '';
    yield context.style.bold('IKE SAs');
    for (const sa of ikeSas) yield* ikeSaLines(sa, context);
  }
  if (sas.length > 0) {
    yield '';
    yield context.style.bold('ESP and AH');
    yield* saLines(sas, context);
  }
  const end = [...endLines(document, context)];
  if (end.length > 0) yield '';
  yield* end;
}

function* headLines({ input, beginsAt }: DecodeDocument, context: Context): Generator<string> {
  if (input.format === 'message') {
    yield `${visible(input.name)}: one message of ${input.octets} octets`;
    return;
  }
  const from = beginsAt === undefined ? '' : `, from ${beginsAt.replace('T', ' ').replace(/\.\d+Z$/, ' UTC')}`;
  yield* wrapped(
    `${visible(input.name)}: ${input.format}, ${input.frames} frame${input.frames === 1 ? '' : 's'}${from}`,
    context,
    0,
  );
}

function* packetLines({ packets, input }: DecodeDocument, context: Context): Generator<string> {
  const { style, width } = context;
  const rows = packets.map((packet) => ({
    packet,
    frame: packet.lastFrame === undefined ? String(packet.frame) : `${packet.frame}-${packet.lastFrame}`,
    time: packet.at === undefined ? '' : formatMillis(packet.at),
    ends: endsText(packet),
    title: visible(packet.title),
  }));
  const widest = (texts: readonly string[]): number => Math.max(0, ...texts.map(displayWidth));
  const columns = {
    frame: widest(rows.map(({ frame }) => frame)),
    time: widest(rows.map(({ time }) => time)),
    ends: widest(rows.map(({ ends }) => ends)),
    title: widest(rows.map(({ title }) => title)),
  };
  const isMessage = input.format === 'message';
  let spis = '';
  const lead = isMessage ? columns.title + 2 : columns.frame + columns.time + columns.ends + columns.title + 8;
  const isNarrow = width !== undefined && width - lead < payloadWidthMin;
  for (const { packet, frame, time, ends, title } of rows) {
    const head = isMessage
      ? ''
      : `${frame.padStart(columns.frame)}  ${time.padStart(columns.time)}  ${isNarrow ? ends : pad(ends, columns.ends)}  `;
    const paint = packet.fault ? style.red : packet.kind === 'IKE' ? style.cyan : style.green;
    const [first = '', ...more] = textLines(packet, isNarrow ? detailIndent : lead, context);
    if (isNarrow) {
      yield `${style.dim(head)}${paint(title)}`.trimEnd();
      for (const line of [first, ...more]) if (line !== '') yield `${' '.repeat(detailIndent)}${line}`;
    } else {
      yield `${style.dim(head)}${paint(pad(title, columns.title))}  ${first}`.trimEnd();
      for (const line of more) yield `${' '.repeat(lead)}${line}`;
    }
    const pair = packet.ike ? `${packet.ike.initiatorSpi} and ${packet.ike.responderSpi}` : '';
    yield* detailLines(packet, pair === spis ? undefined : pair, context);
    if (pair !== '') spis = pair;
  }
}

function textLines(packet: DecodedPacket, indent: number, { width }: Context): string[] {
  const notes = [
    ...(packet.repeats === undefined ? [] : [`again: the same as frame ${packet.repeats}`]),
    ...(packet.answers === undefined ? [] : [`answers frame ${packet.answers}`]),
    ...(packet.kind === 'IKE' ? protectionNotes(packet) : singleIcv(packet)),
  ];
  const text = visible(`${packet.text}${notes.length > 0 ? `  (${notes.join('; ')})` : ''}`);
  return width === undefined ? [text] : wrapToWidth(text, Math.max(textWidthMin, width - indent));
}

function protectionNotes({ protection, icv }: DecodedPacket): string[] {
  switch (protection) {
    case 'opened':
      return [icv === undefined ? 'decrypted' : `decrypted, ICV ${icv}`];
    case 'sealed':
      return ['encrypted, no key'];
    case 'failed':
    case 'clear':
      return [];
  }
}

function singleIcv({ count, icv, protection, kind }: DecodedPacket): string[] {
  if (count > 1 || kind === 'keepalive') return [];
  if (protection === 'sealed') return ['no key'];
  return icv === undefined || kind === 'AH' ? [] : [`ICV ${icv}`];
}

function* detailLines(packet: DecodedPacket, spis: string | undefined, context: Context): Generator<string> {
  const { style } = context;
  const details = [
    ...(packet.ike && packet.repeats === undefined ? [headerText(packet.ike, spis)] : []),
    ...packet.details,
  ];
  const shown = context.all || details.length <= detailsMax + 1 ? details : details.slice(0, detailsMax);
  for (const detail of shown) for (const line of wrapped(visible(detail), context, detailIndent)) yield style.dim(line);
  if (shown.length < details.length)
    yield style.dim(`${' '.repeat(detailIndent)}… ${details.length - shown.length} more lines: see -v`);
  for (const remark of packet.remarks) yield* arrow(remark, context, style.yellow);
  if (packet.fault !== undefined) yield* arrow(packet.fault, context, style.red);
  for (const { depth, text } of packet.fields ?? [])
    yield style.dim(`${' '.repeat(detailIndent + 2 + 2 * depth)}${visible(text)}`);
  const { octets = '' } = packet;
  for (let at = 0; at < octets.length; at += octetsPerLine * 2) {
    const line = octets.slice(at, at + octetsPerLine * 2).replace(/(..)(?=.)/g, '$1 ');
    yield style.dim(`${' '.repeat(detailIndent)}${(at / 2).toString(16).padStart(4, '0')}  ${line}`);
  }
}

/** SPIs only where they are others than in the message before. */
function headerText({ version, flags }: NonNullable<DecodedPacket['ike']>, spis: string | undefined): string {
  return `${spis === undefined ? '' : `IKE ${version}, SPIs ${spis}, `}flags: ${flags.join(', ') || 'none'}`;
}

function* arrow(text: string, context: Context, paint: (line: string) => string): Generator<string> {
  const lines = [...wrapped(visible(text), context, detailIndent + 2)];
  for (const [index, line] of lines.entries())
    yield paint(index === 0 ? `${' '.repeat(detailIndent)}→ ${line.slice(detailIndent + 2)}` : line);
}

/** Addresses, with ports where they are not those of plain IKE. */
function endsText({ source, destination, sourcePort, destinationPort, kind }: DecodedPacket): string {
  if (source === '') return '';
  const end = (address: string, port: number | undefined): string => {
    if (port === undefined || (kind === 'IKE' && port === 500)) return address;
    return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
  };
  return `${end(source, sourcePort)} > ${end(destination, destinationPort)}`;
}

function* ikeSaLines(sa: IkeSaDocument, context: Context): Generator<string> {
  const { initiator, responder, version, messages, initiatorSpi, responderSpi, chosen, initiatorId, responderId } = sa;
  yield* wrapped(
    `${initiatorSpi} and ${responderSpi}: IKEv${version}, ${initiator} with ${responder}, ${messages} message${messages === 1 ? '' : 's'}`,
    context,
    2,
  );
  const ids = initiatorId || responderId ? `${initiatorId ?? 'unknown'} and ${responderId ?? 'unknown'}` : undefined;
  for (const line of [chosen, ids]) if (line) yield* wrapped(visible(line), context, 4);
  for (const text of sa.unanswered) yield* arrowAt(text, context);
}

function* arrowAt(text: string, context: Context): Generator<string> {
  for (const line of arrow(text, context, context.style.yellow)) yield line;
}

function* saLines(sas: readonly SaDocument[], context: Context): Generator<string> {
  const { style, width } = context;
  const rows = sas.map((sa): TableCell[] => [
    { text: `${sa.protocol} ${sa.spi}`, paint: style.green },
    `${sa.source} > ${sa.destination}${sa.udpEncapsulation ? ' in UDP' : ''}`,
    String(sa.packets),
    icvCell(sa, style),
    [sa.mode, sa.algorithms, sa.negotiatedIn === undefined ? undefined : `SPI of frame ${sa.negotiatedIn}`]
      .filter((part) => part !== undefined)
      .join(', '),
  ]);
  const columns = [
    { header: 'SA', whole: true },
    { header: 'from and to' },
    { header: 'packets', align: 'right' as const },
    { header: 'ICVs' },
    { header: '' },
  ];
  for (const line of renderTable(columns, rows, { style, ...(width === undefined ? {} : { width: width - 2 }) }))
    yield `  ${line}`.trimEnd();
  for (const sa of sas)
    for (const remark of sa.remarks) yield* arrow(`${sa.protocol} ${sa.spi}: ${remark}`, context, style.yellow);
}

function icvCell({ icv: { good, bad, notJudged } }: SaDocument, style: Style): TableCell {
  const parts = [
    ...(good > 0 ? [`${good} good`] : []),
    ...(bad > 0 ? [`${bad} wrong`] : []),
    ...(notJudged > 0 ? [`${notJudged} not judged`] : []),
  ];
  const text = parts.join(', ');
  return bad > 0 ? { text, paint: style.red } : text;
}

function* endLines({ keys, faults, notes, packets }: DecodeDocument, context: Context): Generator<string> {
  const { style } = context;
  for (const { frame, offset, why } of faults) {
    const where = frame === undefined ? (offset === undefined ? 'the file' : `octet ${offset}`) : `frame ${frame}`;
    for (const line of wrapped(`${where}: ${why}`, context, 2)) yield style.red(line);
  }
  if (keys) {
    const used = Object.entries(keys).flatMap(([kind, { given, used: count }]) =>
      given === 0 ? [] : [`${count} of ${given} for ${keyWords[kind as keyof typeof keys]}`],
    );
    yield* wrapped(`keys that opened something: ${used.join(', ') || 'none was given'}`, context, 2);
  }
  for (const note of notes) yield* wrapped(note, context, 2);
  const wrong = packets.filter(({ fault, icv }) => fault !== undefined || icv === 'bad').length;
  if (wrong > 0) yield style.red(`  ${wrong} packet${wrong === 1 ? '' : 's'} could not be decoded or opened`);
}

const keyWords = { ikev1: 'ISAKMP SAs', ikev2: 'IKE SAs', esp: 'ESP SAs' } as const;

function pad(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - displayWidth(text)));
}

function* wrapped(text: string, { width }: Context, indent: number): Generator<string> {
  const list = width === undefined ? [text] : wrapToWidth(text, Math.max(textWidthMin, width - indent));
  for (const line of list) yield `${' '.repeat(indent)}${line}`;
}
