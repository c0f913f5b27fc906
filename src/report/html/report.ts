/** The report of a repository, and a single dry run, each as one page. */
import type { FindingsReport } from '../findings/report.js';
import { examinedText } from '../findings/words.js';
import type { NestingPicture, SpdPicture, TopologyPicture } from '../graph/picture.js';
import type { MatrixDocument, MatrixPair, NegotiationDocument } from '../negotiation/document.js';
import { findingsContent } from './findings.js';
import { type Content, element } from './markup.js';
import { matrixContent } from './matrix.js';
import { negotiationContent } from './negotiation.js';
import { type Part, renderPage } from './page.js';
import { nestingContent, spdContent, topologyContent } from './pictures.js';

export interface HtmlReport {
  /** What it is about: a folder. */
  readonly name: string;
  /** The day for which everything was judged: YYYY-MM-DD. */
  readonly asOf: string;
  readonly findings: FindingsReport;
  readonly topology: TopologyPicture;
  readonly nesting: NestingPicture;
  readonly spd: SpdPicture;
  /** Absent where there is one system only, or dry runs were not wanted. */
  readonly matrix?: MatrixDocument;
  /** Pairs whose messages are shown, those that fail first. */
  readonly negotiations: readonly NegotiationDocument[];
  /** What was left out, and why. */
  readonly notes: readonly string[];
}

const runsPerPair = 2;
const runsOfTimeline = 24;

/** The page of a repository. */
export function renderReport(report: HtmlReport): string {
  const { name, asOf, findings, topology, nesting, spd, matrix, negotiations, notes } = report;
  const { tool, summary } = findings;
  const failing = matrix?.pairs.filter(({ good }) => !good).length ?? 0;
  const ids = new Map(
    negotiations.map(({ systems }, index) => [pairKey(systems.map((each) => each.name)), `exchange-${index + 1}`]),
  );
  const linkOf = ({ a, b }: MatrixPair) => ids.get(pairKey([a, b]));
  const parts: Part[] = [
    { id: 'summary', title: 'Summary', content: [tiles(report), noteList(notes)] },
    { id: 'findings', title: 'Findings', count: findings.findings.length, content: findingsContent(findings) },
    ...(matrix
      ? [
          {
            id: 'pairs',
            title: 'Pairs',
            count: failing > 0 ? `${failing} fail` : matrix.pairs.length,
            content: matrixContent(matrix, linkOf),
          },
        ]
      : []),
    { id: 'topology', title: 'Topology', content: topologyContent(topology) },
    { id: 'nesting', title: 'Tunnels and nesting', content: nestingContent(nesting) },
    { id: 'order', title: 'Order of policies', content: spdContent(spd) },
    ...(negotiations.length > 0
      ? [{ id: 'exchanges', title: 'Exchanges', count: negotiations.length, content: exchanges(negotiations) }]
      : []),
  ];
  return renderPage({
    title: `IPsec report: ${name}`,
    subtitle: `${examinedText(summary)}, judged as of ${asOf}`,
    parts,
    footer: footer(tool),
  });
}

/** The page of a dry run. */
export function renderTimeline(
  document: NegotiationDocument,
  { tool, all = false }: { readonly tool: FindingsReport['tool']; readonly all?: boolean },
): string {
  const names = document.systems.map(({ name }) => name).join(' and ');
  const bad = document.runs.filter(({ verdict }) => !verdict.good).length;
  const outcome =
    document.runs.length === 0
      ? 'nothing to negotiate'
      : bad === 0
        ? 'all good'
        : `${bad} of ${document.runs.length} fail`;
  const systems = element(
    'dl',
    { class: 'facts' },
    document.systems.map(({ name, addresses, profile, files }) => [
      element('dt', {}, element('b', {}, name)),
      element(
        'dd',
        {},
        `${addresses.join(', ')}${addresses.length > 0 ? '; ' : ''}behaves as ${profile}`,
        element('div', { class: 'small muted mono' }, files.join(', ')),
      ),
    ]),
  );
  return renderPage({
    title: `IPsec negotiation: ${names}`,
    subtitle: `A dry run on a simulated network, begun at ${document.beginsAt}, seed ${document.seed}: ${outcome}`,
    parts: [
      { id: 'systems', title: 'Systems', content: systems },
      {
        id: 'exchanges',
        title: 'Exchanges',
        count: document.runs.length,
        content: negotiationContent(document, { id: 'run', all, runsMax: runsOfTimeline }),
      },
    ],
    footer: footer(tool),
  });
}

function footer({ name, version }: FindingsReport['tool']): string {
  return `Made by ${name} ${version}. Keys are not in this file; names and addresses are.`;
}

function pairKey(names: readonly string[]): string {
  return [...names].sort().join('\n');
}

function exchanges(negotiations: readonly NegotiationDocument[]): Content {
  return negotiations.map((document, index) => {
    const names = document.systems.map(({ name }) => name).join(' and ');
    return element(
      'details',
      { class: 'fold', id: `exchange-${index + 1}`, open: index === 0 },
      element(
        'summary',
        {},
        names,
        ' ',
        document.good
          ? element('span', { class: 'tag k-good' }, '✓ works')
          : element('span', { class: 'tag k-bad' }, '✗ fails'),
      ),
      negotiationContent(document, { id: `run-${index + 1}`, runsMax: runsPerPair, brief: true }),
    );
  });
}

function tiles({ findings: { summary }, matrix, nesting, spd, topology }: HtmlReport): Content {
  const failing = matrix?.pairs.filter(({ good }) => !good).length;
  const never = spd.lists.flatMap(({ rows }) => rows).filter(({ reach }) => reach === 'shadowed').length;
  const clear = nesting.flows.filter((flow) => flow.clear.length > 0).length;
  const disagreeing = topology.edges.filter(({ state }) => state === 'disagree').length;
  const all: readonly (readonly [number, string, 't-bad' | 't-warn'])[] = [
    [summary.errors, summary.errors === 1 ? 'error' : 'errors', 't-bad'],
    [summary.warnings, summary.warnings === 1 ? 'warning' : 'warnings', 't-warn'],
    ...(failing === undefined
      ? ([[disagreeing, 'links whose records do not agree', 't-bad']] as const)
      : ([[failing, failing === 1 ? 'pair fails' : 'pairs fail', 't-bad']] as const)),
    [never, never === 1 ? 'policy never matches' : 'policies never match', 't-warn'],
    [clear, clear === 1 ? 'path partly in the clear' : 'paths partly in the clear', 't-warn'],
  ];
  return element(
    'ul',
    { class: 'tiles' },
    all.map(([number, text, kind]) =>
      element('li', { class: `tile ${number > 0 ? kind : 't-good'}` }, element('b', {}, number), text),
    ),
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
