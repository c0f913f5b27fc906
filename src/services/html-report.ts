/** The use case behind `report html`: everything that is known of a repository, gathered for one page. */
import path from 'node:path';
import { loadNodeProvider } from '../engine/crypto/node/load.js';
import { seededRandom } from '../engine/crypto/random.js';
import { peersOf } from '../model/peer/peers.js';
import type { HtmlReport } from '../report/html/report.js';
import type { MatrixPair, NegotiationDocument } from '../report/negotiation/document.js';
import { nestingOf } from './graph/nesting.js';
import { spdPicture } from './graph/spd.js';
import { topologyOf } from './graph/topology.js';
import { type LintOptions, lintRepository } from './lint.js';
import { ikeVersions } from './negotiate/ike-versions.js';
import { negotiateMatrix } from './negotiate/matrix.js';
import { negotiatePair, type RunSettings } from './negotiate/negotiate.js';
import { type NegotiatingSystem, systemsOf } from './negotiate/systems.js';
import { noWishes } from './negotiate/wishes.js';
import { type LoadOptions, loadRepository, type Repository } from './repository/load-repository.js';

export interface HtmlReportOptions extends LoadOptions, Pick<LintOptions, 'profiles'> {
  readonly tool: HtmlReport['findings']['tool'];
  readonly asOf: Date;
  readonly seed: string;
  /** Are pairs negotiated? */
  readonly negotiate: boolean;
  /** Worker threads for the pairs. */
  readonly jobs?: number;
  onProgress?(done: number, total: number): void;
}

/** Pairs that are negotiated: more would take very long and make a page that nobody reads. */
const pairsMax = 5_000;
/** Pairs whose messages are on the page, and those of them for which mending changes are looked for. */
const exchangesMax = 12;
const mendedMax = 8;
/** Pairs that work are shown for comparison only. */
const goodExchangesMax = 4;
const flowsMax = 200;
const rowsMax = 120;

/** Gathers a report. Throws UsageError where the paths cannot be used. */
export async function htmlReport(options: HtmlReportOptions): Promise<HtmlReport> {
  const { tool, asOf, profiles, ...load } = options;
  const day = asOf.toISOString().slice(0, 10);
  const repository = await loadRepository(load);
  const { report: findings } = await lintRepository(repository, {
    ...load,
    ...(profiles ? { profiles } : {}),
    asOf: day,
    together: true,
  });
  const systems = systemsOf(repository, noWishes);
  const { dry, notes } = await dryRuns(repository, systems, options);
  return {
    name: nameOf(options.paths, repository.root),
    asOf: day,
    findings: { tool, ...findings },
    topology: topologyOf(systems),
    nesting: nestingOf(systems, { flowsMax }),
    spd: spdPicture(systems, { rowsMax }),
    ...dry,
    notes,
  };
}

function nameOf(paths: readonly string[], root: string | undefined): string {
  if (paths.length === 1 && paths[0] !== '-') return path.basename(path.resolve(paths[0]!));
  return path.basename(root ?? process.cwd());
}

type DryRuns = Pick<HtmlReport, 'matrix' | 'negotiations'>;

async function dryRuns(
  repository: Repository,
  systems: readonly NegotiatingSystem[],
  options: HtmlReportOptions,
): Promise<{ readonly dry: DryRuns; readonly notes: readonly string[] }> {
  const none = { negotiations: [] };
  if (systems.length < 2) return { dry: none, notes: [] };
  if (!options.negotiate) return { dry: none, notes: ['Nothing was negotiated: --no-negotiate.'] };
  const pairs = peersOf(systems.map(({ config }) => config)).length;
  if (pairs > pairsMax)
    return {
      dry: none,
      notes: [`${pairs} pairs are too many to negotiate for one page: name a folder with fewer systems.`],
    };
  const { tool, asOf, profiles: _, negotiate: __, ...load } = options;
  const { document: matrix } = await negotiateMatrix({ ...load, beginsAt: asOf, profiles: [] });
  const chosen = chosenPairs(matrix.pairs);
  const settings: RunSettings = {
    provider: await loadNodeProvider(seededRandom(options.seed)),
    versions: await ikeVersions(),
    seed: options.seed,
    beginsAt: asOf,
  };
  const negotiations: NegotiationDocument[] = [];
  for (const [index, pair] of chosen.entries()) {
    const found = [pair.a, pair.b].map((name) => systems.find((system) => system.name === name));
    const [a, b] = found;
    if (!a || !b) continue;
    const { document } = await negotiatePair(
      { a, b, others: [], repositories: [repository] },
      {
        settings,
        initiators: ['a', 'b'],
        detail: 'payloads',
        ...(index < mendedMax ? { reload: (overlay) => reload(options, overlay, a.name, b.name) } : {}),
      },
    );
    negotiations.push(document);
  }
  const failing = matrix.pairs.filter(({ good }) => !good).length;
  const left = failing - chosen.filter(({ good }) => !good).length;
  return {
    dry: { matrix, negotiations },
    notes: left > 0 ? [`The messages of ${left} more pairs that fail are not on this page.`] : [],
  };
}

/** Those that fail, and some that work. */
function chosenPairs(pairs: readonly MatrixPair[]): MatrixPair[] {
  const bad = pairs.filter(({ good }) => !good).slice(0, exchangesMax);
  const good = pairs.filter((pair) => pair.good && pair.word !== 'nothing-to-negotiate');
  return [...bad, ...good.slice(0, Math.min(goodExchangesMax, exchangesMax - bad.length))];
}

/** Two systems of the repository with other texts. */
async function reload(options: LoadOptions, overlay: ReadonlyMap<string, string>, first: string, second: string) {
  const repository = await loadRepository({ ...options, overlay });
  const systems = systemsOf(repository, noWishes);
  const find = (name: string) => systems.find((system) => system.name === name)!;
  return { a: find(first), b: find(second), others: [], repositories: [repository] };
}
