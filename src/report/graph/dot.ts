/** Pictures in the language of Graphviz (https://graphviz.org/doc/info/lang.html). */
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

/** Longest text of one line, in code units. */
const textMax = 160;
const red = '#c1121f';

const shapes: Readonly<Record<NodeKind, string>> = {
  host: 'shape=box',
  gateway: 'shape=hexagon, penwidth=2',
  peer: 'shape=box, style=dashed',
  network: 'shape=ellipse',
};

/** The lines of a picture, without line breaks. */
export function* renderDot(picture: Picture): Generator<string> {
  yield `digraph ${picture.kind} {`;
  yield '  graph [fontname="sans-serif"]';
  yield '  node [fontname="sans-serif"]';
  yield '  edge [fontname="sans-serif", fontsize=10]';
  yield* drawn(picture, { topology, nesting, spd, sequence });
  for (const note of picture.notes) yield `  // ${visible(note)}`;
  yield '}';
}

function* topology({ nodes, edges }: TopologyPicture): Generator<string> {
  yield '  rankdir=LR';
  for (const { id, kind, name, details } of nodes) yield `  ${id} [${label([name, ...details])}, ${shapes[kind]}]`;
  for (const edge of edges) yield `  ${edge.from} -> ${edge.to} [${edgeAttributes(edge)}]`;
}

function edgeAttributes(edge: TopologyEdge): string {
  const { kind, state, why } = edge;
  if (kind === 'behind') return 'dir=none';
  return [
    label(edgeLines(edge)),
    ...(state === 'one-sided' ? ['style=dashed'] : ['dir=both']),
    ...(kind === 'tunnel' ? ['penwidth=3'] : []),
    ...(state === 'disagree' ? [`color="${red}"`, `fontcolor="${red}"`] : []),
    ...(why === undefined ? [] : [`tooltip=${quoted([why])}`]),
  ].join(', ');
}

function* nesting({ flows }: NestingPicture): Generator<string> {
  yield '  rankdir=LR';
  for (const [index, flow] of flows.entries()) {
    const id = (stop: number) => `f${index + 1}s${stop}`;
    yield `  subgraph cluster_f${index + 1} {`;
    yield `    ${label([`${flow.policy} of ${flow.system}`, flow.traffic])}`;
    for (const [stop, { kind, name, details }] of flow.stops.entries())
      yield `    ${id(stop)} [${label([name, ...details])}, ${shapes[kind]}]`;
    for (let stop = 0; stop + 1 < flow.stops.length; stop += 1) {
      const around = wrappings(flow, stop);
      const line = around.length === 0 ? 'style=dashed' : `penwidth=${1 + around.length}`;
      yield `    ${id(stop)} -> ${id(stop + 1)} [${label(wrappingLines(around))}, ${line}]`;
    }
    yield '  }';
  }
}

function* spd({ lists }: SpdPicture): Generator<string> {
  for (const [index, list] of lists.entries()) yield* spdList(list, `l${index + 1}`);
}

function* spdList(list: SpdList, prefix: string): Generator<string> {
  yield `  subgraph cluster_${prefix} {`;
  yield `    ${label([listTitle(list)])}`;
  yield `    ${prefix}p [label="packet", shape=plaintext]`;
  const shown = new Set(list.rows.map(({ number }) => number));
  let before = `${prefix}p`;
  for (const row of list.rows) {
    const id = `${prefix}r${row.number}`;
    const never = neverMatches(row);
    const faded = never ? ', style=dashed, fontcolor=gray40' : '';
    yield `    ${id} [${label(rowLines(row))}, shape=box${faded}]`;
    yield `    ${id}a [${label([actionText(row)])}, shape=plaintext${never ? ', fontcolor=gray40' : ''}]`;
    yield `    { rank=same; ${id}; ${id}a }`;
    yield `    ${before} -> ${id}`;
    yield `    ${id} -> ${id}a [label="match"]`;
    for (const other of row.by)
      if (shown.has(other)) yield `    ${id} -> ${prefix}r${other} [style=dotted, constraint=false, dir=none]`;
    before = id;
  }
  yield '  }';
}

/** Lifelines are chains of points, and each message lies between two points of one rank. */
function* sequence(picture: SequencePicture): Generator<string> {
  const { lifelines, messages, verdict, packet } = picture;
  const point = (line: number, row: number) => `p${line}_${row}`;
  const title = [packet, verdictLine(picture, verdictWord(verdict.word))];
  yield `  ${label(title)}`;
  yield '  nodesep=3';
  for (const [line, name] of lifelines.entries()) yield `  ${point(line, 0)} [${label([name])}, shape=box]`;
  yield `  { rank=same; ${lifelines.map((_, line) => point(line, 0)).join('; ')} }`;
  if (messages.length > 0) yield '  node [shape=point, width=0.02]';
  for (const [index, message] of messages.entries()) {
    const row = index + 1;
    const points = lifelines.map((_, line) => point(line, row));
    yield `  { rank=same; ${points.join('; ')} }`;
    for (const line of lifelines.keys())
      yield `  ${point(line, row - 1)} -> ${point(line, row)} [style=dotted, dir=none, weight=100]`;
    const text = label([`${timeText(message.at)}  ${message.title}`, message.text]);
    const style = message.lost === undefined ? '' : `, color="${red}", arrowhead=box`;
    const dashed = message.kind === 'protected' ? ', style=bold' : '';
    const [from, to] = [Math.max(0, message.from), Math.max(0, message.to)];
    yield `  ${point(from, row)} -> ${point(to, row)} [${text}, constraint=false${dashed}${style}]`;
  }
}

function label(lines: readonly string[]): string {
  return `label=${quoted(lines)}`;
}

/** Lines of a quoted string; `\n` in it is a line break, and every other backslash is one. */
function quoted(lines: readonly string[]): string {
  const texts = lines.map((line) =>
    visible(line, textMax).replaceAll('&', '&amp;').replaceAll('\\', '\\\\').replaceAll('"', '\\"'),
  );
  return `"${texts.join('\\n')}"`;
}
