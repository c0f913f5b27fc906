/** Topology, paths and the order of policies on a page. */
import {
  actionText,
  listTitle,
  type NestingFlow,
  type NestingPicture,
  neverMatches,
  reachText,
  type SpdList,
  type SpdPicture,
  type SpdRow,
  type TopologyPicture,
} from '../graph/picture.js';
import { drawFlow } from '../graph/svg/nesting.js';
import { type Drawing, svgElement } from '../graph/svg/svg.js';
import { drawTopology } from '../graph/svg/topology.js';
import { type Content, element, type Markup } from './markup.js';
import { lineText } from './records.js';

/** More nodes than this, or many links between fewer, are no picture any more. */
const nodesMax = 150;
const denseNodesMax = 40;
const linksMax = 300;
const flowsMax = 60;
const flowsOpen = 8;
/** Lists of policies that are open to see, and all that are on a page. */
const listsOpen = 3;
const listsMax = 60;

/** Who protects what towards whom, as a picture and as a list. */
export function topologyContent(picture: TopologyPicture): Content {
  const { nodes, edges, notes } = picture;
  if (edges.length === 0) return element('p', { class: 'muted' }, 'Nothing is protected towards anybody.');
  const names = new Map(nodes.map(({ id, name }) => [id, name]));
  const order = { disagree: 0, 'one-sided': 1, unknown: 2, agreed: 3 } as const;
  const links = edges.filter(({ kind }) => kind !== 'behind').sort((a, b) => order[a.state] - order[b.state]);
  const states = {
    agreed: element('span', { class: 'good' }, '✓ agrees'),
    disagree: element('span', { class: 'bad' }, '✗ does not agree'),
    'one-sided': element('span', { class: 'warn' }, 'one end only'),
    unknown: element('span', { class: 'muted' }, 'other end not here'),
  };
  const table = element(
    'div',
    { class: 'scroll', tabindex: '0' },
    element(
      'table',
      {},
      element(
        'thead',
        {},
        element(
          'tr',
          {},
          ['between', 'mode', 'transforms', 'both ends'].map((name) => element('th', { scope: 'col' }, name)),
        ),
      ),
      element(
        'tbody',
        {},
        links
          .slice(0, linksMax)
          .map(({ from, to, kind, label, state, why }) =>
            element(
              'tr',
              {},
              element('td', {}, `${names.get(from) ?? from} and ${names.get(to) ?? to}`),
              element('td', {}, kind),
              element('td', { class: 'mono' }, label),
              element('td', {}, states[state], why !== undefined && element('div', { class: 'small' }, why)),
            ),
          ),
      ),
    ),
  );
  const drawn = isReadable(picture) ? picture : onlyFaults(picture);
  return [
    drawn !== picture &&
      element(
        'p',
        { class: 'muted' },
        `${nodes.length} nodes with ${edges.length} links are too many for a picture. ${
          drawn ? 'These are the links with a fault only; ' : ''
        }ipsec policy graph topology --host NAME draws one system with its neighbours.`,
      ),
    drawn && scrolling(drawTopology(drawn)),
    element(
      'details',
      { class: 'fold', open: drawn === undefined },
      element('summary', {}, links.length === 1 ? 'The link' : `All ${links.length} links`),
      table,
    ),
    links.length > linksMax &&
      element('p', { class: 'muted' }, `${links.length - linksMax} more links are not listed.`),
    noteList(drawn === picture ? [] : notes),
  ];
}

function isReadable({ nodes, edges }: TopologyPicture): boolean {
  return nodes.length <= denseNodesMax || (nodes.length <= nodesMax && edges.length <= nodes.length * 1.5);
}

/** The links whose ends do not agree, or of which one end knows nothing; undefined where that is nothing, or too much as well. */
function onlyFaults(picture: TopologyPicture): TopologyPicture | undefined {
  const edges = picture.edges.filter(({ state }) => state === 'disagree' || state === 'one-sided');
  const ends = new Set(edges.flatMap(({ from, to }) => [from, to]));
  const faults = { ...picture, edges, nodes: picture.nodes.filter(({ id }) => ends.has(id)), notes: [] };
  return edges.length > 0 && isReadable(faults) ? faults : undefined;
}

/** The path of each policy that protects something, with its SAs one within the other. */
export function nestingContent({ flows, notes }: NestingPicture): Content {
  if (flows.length === 0) return element('p', { class: 'muted' }, 'Nothing is protected here.');
  // What lies one in the other, or in the clear, is what one looks for.
  const weight = ({ sas, clear }: NestingFlow) => sas.length * 2 + clear.length;
  const sorted = [...flows].sort((a, b) => weight(b) - weight(a)).slice(0, flowsMax);
  const [shown, more] = [sorted.slice(0, flowsOpen), sorted.slice(flowsOpen)];
  const left = flows.length - sorted.length;
  return [
    shown.map((flow) => scrolling(drawFlow(flow))),
    more.length > 0 &&
      element(
        'details',
        { class: 'fold' },
        element('summary', {}, `${more.length} more paths`),
        more.map((flow) => scrolling(drawFlow(flow))),
      ),
    left > 0 && element('p', { class: 'muted' }, `${left} more are not on this page: see ipsec policy graph nesting.`),
    noteList(notes),
  ];
}

/** The order of policies, those that never match marked. */
export function spdContent({ lists, notes }: SpdPicture): Content {
  const left = lists.length - listsMax;
  return [
    element('p', { class: 'muted' }, 'A packet meets the first policy that fits, from the top.'),
    lists.slice(0, listsMax).map((list, index) => spdFold(list, index < listsOpen)),
    left > 0 && element('p', { class: 'muted' }, `${left} more systems: see ipsec policy graph spd.`),
    noteList(notes),
  ];
}

function spdFold(list: SpdList, isOpen: boolean): Markup {
  const never = list.rows.filter(neverMatches).length;
  const items = list.rows.map(spdItem);
  if (list.leftOut > 0) items.splice(-1, 0, element('li', { class: 'gap' }, `… ${list.leftOut} more`));
  return element(
    'details',
    { class: 'fold', open: isOpen },
    element(
      'summary',
      {},
      listTitle(list),
      never > 0 && element('span', { class: 'warn' }, ` — ${never} never ${never === 1 ? 'matches' : 'match'}`),
    ),
    element('ol', { class: 'spd' }, items),
  );
}

function spdItem(row: SpdRow): Markup {
  const kind = row.action === 'PROTECT' ? 'k-good' : row.action === 'DISCARD' ? 'k-bad' : 'k-warn';
  const never = neverMatches(row);
  const remark = reachText(row);
  return element(
    'li',
    { class: never ? 'never' : '' },
    element(
      'div',
      {},
      element('b', {}, `${row.number}  ${row.policy}`),
      row.priority !== undefined && element('span', { class: 'muted' }, `, priority ${row.priority}`),
      ' ',
      element('span', { class: `tag ${never ? 'k-plain' : kind}` }, row.action === 'BYPASS' ? 'PASS' : row.action),
    ),
    row.selectors.map((selector) => element('code', {}, selector)),
    row.moreSelectors > 0 && element('div', { class: 'small muted' }, `and ${row.moreSelectors} more`),
    row.action === 'PROTECT' && element('div', { class: 'small' }, actionText(row)),
    remark !== '' && element('div', { class: 'small warn' }, remark),
    row.place?.path !== undefined && element('div', { class: 'small muted mono' }, lineText(row.place)),
  );
}

/** A drawing that keeps its size and scrolls where the screen is small. */
function scrolling(drawing: Drawing): Markup {
  return element(
    'div',
    { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': drawing.title },
    svgElement(drawing),
  );
}

function noteList(notes: readonly string[]): Content {
  return (
    notes.length > 0 &&
    element(
      'ul',
      { class: 'small muted' },
      notes.map((note) => element('li', {}, note)),
    )
  );
}
