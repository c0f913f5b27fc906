/** Topologies as drawings. */
import { type Content, element, type Markup } from '../../html/markup.js';
import type { NodeKind, TopologyEdge, TopologyNode, TopologyPicture } from '../picture.js';
import { type Layout, layout, type Point, type Size } from './layout.js';
import { type Drawing, fonts, line, number, path, rect } from './svg.js';
import { textWidth } from './text-width.js';

const padding = 12;
const nodeWidthMin = 84;
const nodeWidthMax = 250;
const nameRow = 20;
const detailRow = 16;
/** A label of an edge is cropped to this. */
const labelRoom = 210;
/** With more edges than this for each node, labels would hide each other: they become tooltips. */
const edgesPerNodeMax = 2;
const captions: Readonly<Record<NodeKind, string>> = { host: '', gateway: 'gateway', peer: 'peer', network: '' };

/** Draws a topology. */
export function drawTopology({ nodes, edges, notes }: TopologyPicture): Drawing {
  const boxes = new Map(nodes.map((node) => [node.id, boxOf(node)]));
  const labelled = edges.length <= edgesPerNodeMax * nodes.length;
  const placed = layout({
    nodes: nodes.map(({ id }) => ({ id, ...boxes.get(id)!.size })),
    edges: edges.map((edge) => ({ from: edge.from, to: edge.to, room: labelled ? roomOf(edge) : 0 })),
  });
  const lines = edges.map((edge) => edgeOf(edge, edges, boxes, placed, labelled));
  const legend = legendOf(nodes, edges, placed.width);
  const width = Math.max(placed.width, legend.width, 240);
  const shift = (width - placed.width) / 2;
  const texts = notes.map((note, index) =>
    line(24, placed.height + legend.height + 14 + index * 18, note, fonts.small, { class: 'g-m' }),
  );
  return {
    width: Math.max(width, ...notes.map((note) => 48 + textWidth(note, fonts.small))),
    height: placed.height + legend.height + notes.length * 18 + 12,
    title: `Topology of ${nodes.length} nodes and ${edges.length} links`,
    content: [
      element(
        'g',
        { transform: `translate(${number(shift)} 0)` },
        lines.map(({ strokes }) => strokes),
        nodes.map(({ id }) => boxes.get(id)!.draw(placed.places.get(id)!)),
        lines.map(({ label }) => label),
      ),
      element('g', { transform: `translate(0 ${number(placed.height)})` }, legend.content),
      texts,
    ],
  };
}

interface NodeBox {
  readonly size: Size;
  readonly draw: (at: Point) => Markup;
}

function boxOf(node: TopologyNode): NodeBox {
  const caption = captions[node.kind];
  const lines = [
    {
      text: node.name,
      font: node.kind === 'network' || node.kind === 'peer' ? fonts.code : fonts.name,
      row: nameRow,
      kind: '',
    },
    ...node.details.map((text) => ({ text, font: fonts.code, row: detailRow, kind: 'g-m' })),
    ...(caption === '' ? [] : [{ text: caption, font: fonts.small, row: detailRow, kind: 'g-m' }]),
  ];
  const widest = Math.max(...lines.map(({ text, font }) => textWidth(text, font)));
  const width = Math.min(nodeWidthMax, Math.max(nodeWidthMin, widest + 2 * padding));
  const height = lines.reduce((sum, { row }) => sum + row, 0) + 12;
  const kinds: Readonly<Record<NodeKind, string>> = {
    host: 'g-box',
    gateway: 'g-box g-thick',
    peer: 'g-box g-dash',
    network: 'g-box',
  };
  return {
    size: { width, height },
    draw: ({ x, y }) => {
      let base = y - height / 2 + 6;
      const texts = lines.map(({ text, font, row, kind }) => {
        base += row;
        return line(x, base - 5, text, font, {
          anchor: 'middle',
          room: width - padding,
          ...(kind === '' ? {} : { class: kind }),
        });
      });
      const radius = node.kind === 'network' ? height / 2 : 6;
      return element('g', {}, rect(x - width / 2, y - height / 2, width, height, kinds[node.kind], radius), texts);
    },
  };
}

function labelsOf({ label, state }: TopologyEdge): { readonly text: string; readonly kind: string }[] {
  return [
    ...(label === '' ? [] : [{ text: label, kind: state === 'disagree' ? 'g-bad' : '' }]),
    ...(state === 'disagree' ? [{ text: '✗ does not agree', kind: 'g-bad' }] : []),
    ...(state === 'one-sided' ? [{ text: 'one end only', kind: 'g-warn' }] : []),
  ];
}

function roomOf(edge: TopologyEdge): number {
  const widths = labelsOf(edge).map(({ text }) => Math.min(labelRoom, textWidth(text, fonts.small)));
  return widths.length === 0 ? 0 : Math.max(...widths) + 48;
}

function edgeOf(
  edge: TopologyEdge,
  edges: readonly TopologyEdge[],
  boxes: ReadonlyMap<string, NodeBox>,
  { places, round }: Layout,
  labelled: boolean,
): { readonly strokes: Content; readonly label: Content } {
  const same = edges.filter(
    ({ from, to }) => (from === edge.from && to === edge.to) || (from === edge.to && to === edge.from),
  );
  // Several links of the same two run side by side, always in the same order whoever is named first.
  const offset = (same.indexOf(edge) - (same.length - 1) / 2) * 16;
  const [from, to] = [edge.from, edge.to].sort((a, b) => places.get(a)!.x - places.get(b)!.x) as [string, string];
  const curve = curveBetween(places.get(from)!, boxes.get(from)!.size, places.get(to)!, boxes.get(to)!.size, offset, {
    straight: round.has(from) && round.has(to),
  });
  const wrong = edge.state === 'disagree' ? ' g-sbad' : edge.state === 'one-sided' ? ' g-swarn' : '';
  const dashed = edge.state === 'one-sided' ? ' g-dash' : '';
  const why = edge.why ?? (labelled ? undefined : [edge.label, edge.state].join(', '));
  const strokes = element(
    'g',
    {},
    why === undefined ? undefined : element('title', {}, why),
    edge.kind === 'tunnel'
      ? [path(curve.d, `g-tun${wrong}${dashed}`), dashed === '' && path(curve.d, 'g-core')]
      : path(curve.d, edge.kind === 'behind' ? 'g-l' : `g-sa${wrong}${dashed}`),
  );
  return { strokes, label: labelled ? labelAt(edge, curve.middle, offset) : undefined };
}

function labelAt(edge: TopologyEdge, { x, y }: Point, offset: number): Content {
  const texts = labelsOf(edge);
  if (texts.length === 0) return undefined;
  const width = Math.max(...texts.map(({ text }) => Math.min(labelRoom, textWidth(text, fonts.small)))) + 8;
  const height = texts.length * 15 + 3;
  const middle = y + Math.sign(offset) * (height / 2 - 2);
  return element(
    'g',
    {},
    element('rect', {
      class: 'g-bg',
      x: number(x - width / 2),
      y: number(middle - height / 2),
      width: number(width),
      height,
      rx: 3,
    }),
    texts.map(({ text, kind }, index) =>
      line(x, middle - height / 2 + 13 + index * 15, text, fonts.small, {
        anchor: 'middle',
        room: labelRoom,
        ...(kind === '' ? {} : { class: kind }),
      }),
    ),
  );
}

/** A line between two nodes, from border to border, and the point where its label goes. */
function curveBetween(
  a: Point,
  sizeA: Size,
  b: Point,
  sizeB: Size,
  offset: number,
  { straight }: { readonly straight: boolean },
): { readonly d: string; readonly middle: Point } {
  const gap = b.x - sizeB.width / 2 - (a.x + sizeA.width / 2);
  if (!straight && gap > 30) {
    const start = { x: a.x + sizeA.width / 2, y: a.y + offset };
    const end = { x: b.x - sizeB.width / 2, y: b.y + offset };
    const half = (start.x + end.x) / 2;
    const d = `M${number(start.x)} ${number(start.y)}C${number(half)} ${number(start.y)} ${number(half)} ${number(end.y)} ${number(end.x)} ${number(end.y)}`;
    return { d, middle: { x: half, y: (start.y + end.y) / 2 } };
  }
  const angle = Math.atan2(b.y - a.y, b.x - a.x);
  const aside = { x: -Math.sin(angle) * offset, y: Math.cos(angle) * offset };
  const start = border(a, sizeA, angle);
  const end = border(b, sizeB, angle + Math.PI);
  const [x1, y1, x2, y2] = [start.x + aside.x, start.y + aside.y, end.x + aside.x, end.y + aside.y];
  return {
    d: `M${number(x1)} ${number(y1)}L${number(x2)} ${number(y2)}`,
    middle: { x: (x1 + x2) / 2, y: (y1 + y2) / 2 },
  };
}

/** Where a ray from the middle of a box leaves it. */
function border({ x, y }: Point, { width, height }: Size, angle: number): Point {
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const reach = Math.min(
    Math.abs(cos) < 1e-9 ? Infinity : width / 2 / Math.abs(cos),
    Math.abs(sin) < 1e-9 ? Infinity : height / 2 / Math.abs(sin),
  );
  return { x: x + cos * reach, y: y + sin * reach };
}

/** What the kinds of lines mean, those that occur. */
function legendOf(nodes: readonly TopologyNode[], edges: readonly TopologyEdge[], room: number): Drawing {
  const has = (kind: TopologyEdge['kind']) => edges.some((edge) => edge.kind === kind);
  const sample = (kind: string) => (x: number, y: number) => path(`M${x} ${y}H${x + 30}`, kind);
  const box = (kind: string, radius: number) => (x: number, y: number) => rect(x, y - 7, 30, 14, kind, radius);
  const items = [
    ...(has('tunnel')
      ? [
          {
            text: 'tunnel',
            draw: (x: number, y: number) => element('g', {}, sample('g-tun')(x, y), sample('g-core')(x, y)),
          },
        ]
      : []),
    ...(has('transport') ? [{ text: 'transport mode, end to end', draw: sample('g-sa') }] : []),
    ...(has('behind') ? [{ text: 'reached through', draw: sample('g-l') }] : []),
    ...(edges.some(({ state }) => state === 'one-sided')
      ? [{ text: 'the other end does not protect it', draw: sample('g-sa g-swarn g-dash') }]
      : []),
    ...(edges.some(({ state }) => state === 'disagree')
      ? [{ text: 'the records do not agree', draw: sample('g-sa g-sbad') }]
      : []),
    ...(nodes.some(({ kind }) => kind === 'peer')
      ? [{ text: 'its configuration is not here', draw: box('g-box g-dash', 4) }]
      : []),
    ...(nodes.some(({ kind }) => kind === 'network') ? [{ text: 'addresses', draw: box('g-box', 7) }] : []),
  ];
  const max = Math.max(room, 420);
  let [x, y, width] = [24, 18, 0];
  const content = items.map(({ text, draw }) => {
    const own = 38 + textWidth(text, fonts.small) + 26;
    if (x > 24 && x + own > max) [x, y] = [24, y + 24];
    const drawn = element('g', {}, draw(x, y), line(x + 38, y + 4, text, fonts.small, { class: 'g-m' }));
    x += own;
    width = Math.max(width, x);
    return drawn;
  });
  return { width, height: items.length > 0 ? y + 14 : 0, title: '', content };
}
