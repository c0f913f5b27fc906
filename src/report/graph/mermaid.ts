/**
 * Pictures as Mermaid (https://mermaid.js.org): flowcharts, and a sequence diagram for messages. Every text stands in quotes, or where
 * Mermaid has none, without what ends it.
 */
import { verdictWord } from '../negotiation/text.js';
import { visible } from '../visible.js';
import {
  actionText,
  drawn,
  edgeLines,
  listTitle,
  type NestingPicture,
  type NodeKind,
  neverMatches,
  type Picture,
  rowLines,
  type SequencePicture,
  type SpdList,
  type SpdPicture,
  type TopologyEdge,
  type TopologyPicture,
  timeText,
  verdictLine,
  wrappingLines,
  wrappings,
} from './picture.js';

/** Longest text of one label, in code units. */
const textMax = 160;

const classes = [
  'classDef gateway stroke-width:3px',
  'classDef peer stroke-dasharray:5 3',
  'classDef network fill:none',
  'classDef never stroke-dasharray:4 4,opacity:0.6',
];

/** The lines of a picture, without line breaks. */
export function* renderMermaid(picture: Picture): Generator<string> {
  yield* drawn(picture, { topology, nesting, spd, sequence });
  if (picture.kind !== 'sequence') for (const note of picture.notes) yield `  %% ${comment(note)}`;
}

function* topology({ nodes, edges }: TopologyPicture): Generator<string> {
  yield 'flowchart LR';
  for (const { id, kind, name, details } of nodes) yield `  ${shape(id, kind, [name, ...details])}`;
  const wrong: number[] = [];
  for (const [index, edge] of edges.entries()) {
    if (edge.state === 'disagree') wrong.push(index);
    yield `  ${edge.from} ${link(edge)} ${edge.to}`;
  }
  for (const line of classes.slice(0, 3)) yield `  ${line}`;
  if (wrong.length > 0) yield `  linkStyle ${wrong.join(',')} stroke:#c1121f,color:#c1121f`;
}

function link(edge: TopologyEdge): string {
  const { kind, state } = edge;
  if (kind === 'behind') return '---';
  const text = quoted(edgeLines(edge));
  if (state === 'one-sided') return `-.->|${text}|`;
  return kind === 'tunnel' ? `<==>|${text}|` : `<-->|${text}|`;
}

function shape(id: string, kind: NodeKind, lines: readonly string[]): string {
  const text = quoted(lines);
  switch (kind) {
    case 'host':
      return `${id}[${text}]`;
    case 'gateway':
      return `${id}{{${text}}}:::gateway`;
    case 'peer':
      return `${id}[${text}]:::peer`;
    case 'network':
      return `${id}([${text}]):::network`;
  }
}

function* nesting({ flows }: NestingPicture): Generator<string> {
  yield 'flowchart LR';
  for (const [index, flow] of flows.entries()) {
    const id = (stop: number) => `f${index + 1}s${stop}`;
    yield `  subgraph f${index + 1}[${quoted([`${flow.policy} of ${flow.system}`, flow.traffic])}]`;
    yield '    direction LR';
    for (const [stop, { kind, name, details }] of flow.stops.entries())
      yield `    ${shape(id(stop), kind, [name, ...details])}`;
    for (let stop = 0; stop + 1 < flow.stops.length; stop += 1) {
      const around = wrappings(flow, stop);
      const arrow = around.length === 0 ? '-.->' : '==>';
      yield `    ${id(stop)} ${arrow}|${quoted(wrappingLines(around))}| ${id(stop + 1)}`;
    }
    yield '  end';
  }
  for (const line of classes.slice(0, 3)) yield `  ${line}`;
}

function* spd({ lists }: SpdPicture): Generator<string> {
  yield 'flowchart TD';
  for (const [index, list] of lists.entries()) yield* spdList(list, `l${index + 1}`);
  yield `  ${classes[3]}`;
}

function* spdList(list: SpdList, prefix: string): Generator<string> {
  yield `  subgraph ${prefix}[${quoted([listTitle(list)])}]`;
  yield `    ${prefix}p([${quoted(['packet'])}])`;
  const shown = new Set(list.rows.map(({ number }) => number));
  let before = `${prefix}p -->`;
  for (const row of list.rows) {
    const id = `${prefix}r${row.number}`;
    const never = neverMatches(row);
    yield `    ${id}[${quoted(rowLines(row))}]${never ? ':::never' : ''}`;
    yield `    ${before} ${id}`;
    yield `    ${id} -->|match| ${id}a([${quoted([actionText(row)])}])${never ? ':::never' : ''}`;
    for (const other of row.by) if (shown.has(other)) yield `    ${id} -.- ${prefix}r${other}`;
    before = `${id} -->|else|`;
  }
  yield '  end';
}

function* sequence(picture: SequencePicture): Generator<string> {
  const { lifelines, messages, verdict, packet, notes } = picture;
  yield 'sequenceDiagram';
  for (const [index, name] of lifelines.entries()) yield `  participant p${index} as ${plain(name)}`;
  yield `  Note over p0,p${lifelines.length - 1}: ${plain(packet)}`;
  for (const { at, from, to, title, text, kind, lost } of messages) {
    const ends = [from, to].map((each) => (each < 0 ? 0 : each));
    const arrow = lost !== undefined ? '-x' : kind === 'ike' ? '->>' : kind === 'protected' ? '-->>' : '-)';
    yield `  p${ends[0]}${arrow}p${ends[1]}: ${plain(`${timeText(at)}  ${title}`)}<br/>${plain(text)}`;
  }
  yield `  Note over p0,p${lifelines.length - 1}: ${plain(verdictLine(picture, verdictWord(verdict.word)))}`;
  for (const note of notes) yield `  %% ${comment(note)}`;
}

/** Texts of lines in quotes; what Mermaid or HTML would read as its own becomes Mermaid's entities. */
function quoted(lines: readonly string[]): string {
  return `"${lines.map(escapeMermaid).join('<br/>')}"`;
}

/** A text that ends with its line. */
function plain(text: string): string {
  return escapeMermaid(text);
}

const special = /[#&<>"`;\\%]/g;

function escapeMermaid(text: string): string {
  return visible(text, textMax).replace(special, (character) => `#${character.charCodeAt(0)};`);
}

/** In a comment nothing but a directive means anything. */
function comment(text: string): string {
  return visible(text).replaceAll('{', '(').replaceAll('}', ')');
}
