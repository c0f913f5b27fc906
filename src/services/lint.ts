/** The use case behind `policy lint`: load, run the rules, suppress, take off the baseline, count. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import {
  type HostFacts,
  type LintSettings,
  type ObservedTraffic,
  type SystemContext,
  systemContext,
} from '../lint/context.js';
import { activeProfiles } from '../lint/profiles/active.js';
import { profiles as allProfiles, defaultProfile, unknownProfile } from '../lint/profiles/catalogue.js';
import { severityOf } from '../lint/profiles/severity.js';
import { rules as allRules } from '../lint/registry.js';
import type { Rule } from '../lint/rule.js';
import { runRules } from '../lint/run.js';
import { configuredSeverity, type Selection, selectRules, selects, unknownSelector } from '../lint/select.js';
import { applySuppressions } from '../lint/suppress.js';
import type { StatedRequirement } from '../model/assertion.js';
import { namedCredentials, type SystemCredentials } from '../model/credentials.js';
import { atLeast, compareFindings, type Finding, type Severity } from '../model/finding.js';
import { peersOf } from '../model/peer/peers.js';
import type { PeerProfileName } from '../model/peer-profile/peer-profile.js';
import type { SourceText } from '../model/span.js';
import { UsageError } from '../model/tool-error.js';
import { outline } from '../parser/parse.js';
import type { FindingsReport, FindingsSummary, RuleInfo } from '../report/findings/report.js';
import type { LoadedSystem } from './load-system.js';
import { globMatcher } from './repository/glob.js';
import { type LoadOptions, loadRepository, type Repository, shownPath } from './repository/load-repository.js';
import type { LintConfig } from './repository/schema.js';

export interface LintOptions extends LoadOptions, Selection {
  /** YYYY-MM-DD; today unless told. */
  readonly asOf?: string;
  /** Guidance profiles. */
  readonly profiles?: readonly string[];
  /** How peers behave of which nothing else is known. */
  readonly peerProfile?: PeerProfileName;
  readonly failLevel?: Severity;
  readonly maxWarnings?: number;
  /** Baseline file; `false` ignores the configured one. */
  readonly baseline?: string | false;
  /** Capture files, whose packets tell which policies are used. */
  readonly captures?: readonly string[];
  /** Compare every pair of the systems, also outside of a repository with hosts. */
  readonly together?: boolean;
  onProgress?(done: number, total: number): void;
}

export interface LintOutcome {
  readonly report: Omit<FindingsReport, 'tool'>;
  readonly repository: Repository;
  readonly failLevel: Severity;
  /** Before suppression by baseline, for `policy baseline`. */
  readonly beforeBaseline: readonly Finding[];
  /** Entries of the baseline that stand for nothing any more. */
  readonly staleBaseline: number;
}

/** Units of work that one exact question may cost unless configured. */
export const defaultBudget = 200_000;

/** Loads and lints. Throws UsageError for wrong paths, selectors, profiles and configurations. */
export async function lint(options: LintOptions): Promise<LintOutcome> {
  const repository = await loadRepository(options);
  return lintRepository(repository, options);
}

/** Lints systems that are loaded already. */
export async function lintRepository(repository: Repository, options: LintOptions): Promise<LintOutcome> {
  const config = repository.config.config.lint ?? {};
  const rules = chooseRules(options, config);
  const settings = lintSettings(repository, options, config);
  const contexts = contextsOf(repository, settings, {
    credentials: await credentialsOf(repository, settings),
    traffic: await trafficOf(repository, options.captures ?? []),
  });
  const judged = judgeRules(rules, settings, config);
  const problems = repository.systems.map((system) => ({ system: system.name, problems: system.problems }));
  const pairs = repository.together || options.together ? pairContexts(contexts, settings) : [];
  const found = runRules({
    rules: judged.rules,
    repository: {
      systems: contexts,
      hosts: repository.hosts,
      unownedFiles: repository.unowned,
      settings,
      ...(await requirementsOf(repository, judged.rules)),
    },
    problems,
    pairs,
    ...(options.onProgress ? { onProgress: options.onProgress } : {}),
  }).map(judged.severity);
  const {
    kept,
    suppressed,
    problems: hygiene,
  } = applySuppressions({
    findings: found.filter(wantedFindings(repository, config)),
    suppressions: repository.systems.flatMap((system) => system.files.flatMap((file) => file.directives.suppressions)),
    rules: judged.rules,
    known: allRules,
    asOf: settings.asOf,
  });
  const hygieneFindings = runRules({
    rules: judged.rules,
    repository: { systems: [], hosts: [], unownedFiles: [], settings },
    problems: [{ problems: hygiene }],
    pairs: [],
  });
  const beforeBaseline = [...kept, ...hygieneFindings.map(judged.severity)].sort(compareFindings);
  const { findings, known, stale } = await takeOffBaseline(beforeBaseline, repository, options, config);
  const failLevel = options.failLevel ?? config.failLevel ?? 'error';
  const summary = summarise(findings, repository, suppressed.length, known.length);
  const maxWarnings = options.maxWarnings ?? config.maxWarnings;
  const failed =
    findings.some((finding) => atLeast(finding.severity, failLevel)) ||
    (maxWarnings !== undefined && summary.warnings > maxWarnings);
  return {
    report: {
      findings,
      summary,
      failed,
      rules: judged.rules.map(ruleInfo),
      suppressedFindings: [
        ...suppressed.map(({ finding, reason }) => ({
          finding,
          kind: 'inSource' as const,
          ...(reason ? { reason } : {}),
        })),
        ...known.map((finding) => ({ finding, kind: 'external' as const, reason: 'known to the baseline' })),
      ],
    },
    repository,
    failLevel,
    beforeBaseline,
    staleBaseline: stale,
  };
}

function chooseRules(options: LintOptions, config: LintConfig): Rule[] {
  const select = options.select ?? config.select;
  const extendSelect = [...(config.extendSelect ?? []), ...(options.extendSelect ?? [])];
  const ignore = [...(config.ignore ?? []), ...(options.ignore ?? [])];
  const unknown = unknownSelector(allRules, [
    ...(select ?? []),
    ...extendSelect,
    ...ignore,
    ...Object.keys(config.severity ?? {}),
  ]);
  if (unknown) {
    throw new UsageError(`no rule is called '${unknown.selector}'`, {
      code: 'UNKNOWN_NAME',
      hints: [
        ...(unknown.guess ? [`Did you mean ${unknown.guess}?`] : []),
        'Rules are listed by `ipsec policy rules`.',
      ],
    });
  }
  return selectRules(allRules, { ...(select ? { select } : {}), extendSelect, ignore });
}

function lintSettings(repository: Repository, options: LintOptions, config: LintConfig): LintSettings {
  const profiles = options.profiles ?? config.profiles ?? [defaultProfile];
  const unknown = unknownProfile(profiles);
  if (unknown) {
    const guess = unknown.guess ? [`Did you mean ${unknown.guess}?`] : [];
    const hints = [...guess, `Profiles: ${allProfiles.map(({ name }) => name).join(', ')}.`];
    throw new UsageError(`no guidance profile is called '${unknown.name}'`, { code: 'UNKNOWN_NAME', hints });
  }
  const peerProfile = options.peerProfile ?? config.peerProfile;
  return {
    asOf: options.asOf ?? new Date().toISOString().slice(0, 10),
    profiles,
    repository: repository.config.root !== undefined || isTracked(repository),
    budget: config.budget ?? defaultBudget,
    ...(repository.peers.length > 0 ? { peers: repository.peers } : {}),
    ...(peerProfile ? { peerProfile } : {}),
    ...(repository.tables ? { tables: repository.tables } : {}),
    ...(config.expiryDays === undefined ? {} : { expiryDays: config.expiryDays }),
  };
}

/** Is any file below a folder that version control keeps? */
function isTracked(repository: Repository): boolean {
  for (const file of repository.files.values()) {
    if (file === '-') continue;
    for (let folder = path.dirname(file); ; folder = path.dirname(folder)) {
      if (existsSync(path.join(folder, '.git'))) return true;
      if (path.dirname(folder) === folder) break;
    }
    return false;
  }
  return false;
}

/** Rules that ask what assertion files demand: the files are read only for them. */
const asksForRequirements = new Set(['TUN011', 'HYG005']);

async function requirementsOf(
  repository: Repository,
  rules: readonly Rule[],
): Promise<{ requirements?: readonly StatedRequirement[] }> {
  if (repository.root === undefined || !rules.some(({ code }) => asksForRequirements.has(code))) return {};
  const { statedRequirements } = await import('./run-assertions.js');
  const requirements = statedRequirements(repository, repository.root);
  return requirements.length > 0 ? { requirements } : {};
}

/** What the files hold that records name, by system; nothing is loaded where they name none. */
async function credentialsOf(
  repository: Repository,
  { asOf }: LintSettings,
): Promise<ReadonlyMap<string, SystemCredentials>> {
  const systems = repository.systems.flatMap(({ name, policies }) => {
    const named = namedCredentials(policies);
    const fileRoot = repository.fileRoots.get(name);
    return named.length === 0 ? [] : [{ system: name, named, ...(fileRoot === undefined ? {} : { fileRoot }) }];
  });
  if (systems.length === 0) return new Map();
  const [{ readCredentials }, { readOctets }, { loadNodeProvider }] = await Promise.all([
    import('./credentials/read-credentials.js'),
    import('./credentials/read-octets.js'),
    import('../engine/crypto/node/load.js'),
  ]);
  return readCredentials(await loadNodeProvider(), {
    systems,
    recordFiles: repository.files,
    ...(repository.root === undefined ? {} : { root: repository.root }),
    // To the end of the day: what ends on it will not be there on the next.
    at: Date.parse(`${asOf}T23:59:59.999Z`),
    read: readOctets,
    shown: shownPath,
  });
}

/** One context for each system, sharing what is computed for several rules. */
export function contextsOf(
  repository: Repository,
  settings: LintSettings,
  known: {
    readonly credentials: ReadonlyMap<string, SystemCredentials>;
    readonly traffic: ReadonlyMap<string, ObservedTraffic>;
  },
): SystemContext[] {
  const facts = new Map<string, HostFacts>(repository.hosts.map((host) => [host.name, host]));
  return repository.systems.map(({ name, policies, config, sources, imported }: LoadedSystem) => {
    const host = facts.get(name);
    const firstFile = sources[0];
    const named = known.credentials.get(name);
    const traffic = known.traffic.get(name);
    return systemContext({
      name,
      policies,
      config,
      settings,
      ...(host ? { host } : {}),
      ...(firstFile ? { firstFile } : {}),
      ...(imported ? { imported: true } : {}),
      ...(named ? { credentials: named } : {}),
      ...(traffic ? { traffic } : {}),
    });
  });
}

async function trafficOf(
  repository: Repository,
  captures: readonly string[],
): Promise<ReadonlyMap<string, ObservedTraffic>> {
  if (captures.length === 0) return new Map();
  const { observeTraffic } = await import('./observed-traffic.js');
  return observeTraffic(captures, repository.systems);
}

function pairContexts(contexts: readonly SystemContext[], settings: LintSettings) {
  const byConfig = new Map(contexts.map((context) => [context.config, context]));
  return peersOf(contexts.map((context) => context.config)).map(({ a, b }) => ({
    a: byConfig.get(a)!,
    b: byConfig.get(b)!,
    settings,
  }));
}

/** Severities by profile and configuration; rules that are off leave. */
function judgeRules(
  rules: readonly Rule[],
  settings: LintSettings,
  config: LintConfig,
): { rules: Rule[]; severity(finding: Finding): Finding } {
  const profiles = activeProfiles(settings.profiles, settings.asOf);
  const overrides = new Map<string, { severity: Severity; always: boolean; own: Severity }>();
  const left = rules.filter((rule) => {
    const byConfig = configuredSeverity(rule, config.severity ?? {});
    const severity = byConfig ?? severityOf(rule, profiles);
    if (severity === 'off') return false;
    if (byConfig || severity !== rule.severity)
      overrides.set(rule.code, { severity, always: byConfig !== undefined, own: rule.severity });
    return true;
  });
  return {
    rules: left,
    severity: (finding) => {
      const override = overrides.get(finding.code);
      // A rule that made one finding milder or graver knew why; only the user's own word goes over that.
      return override && (override.always || finding.severity === override.own)
        ? { ...finding, severity: override.severity }
        : finding;
    },
  };
}

/** Says whether a finding is in a file that was asked for, and not ignored for that file by configuration. */
function wantedFindings(repository: Repository, config: LintConfig): (finding: Finding) => boolean {
  const perFile = Object.entries(config.perFile ?? {}).map(([glob, selectors]) => ({
    matches: globMatcher([glob]),
    selectors,
  }));
  const ignored = new Map<string, readonly string[]>();
  const ignoredIn = (shown: string): readonly string[] => {
    let selectors = ignored.get(shown);
    if (!selectors) {
      const file = repository.files.get(shown) ?? shown;
      const relative = path
        .relative(repository.config.root ?? '.', file)
        .split(path.sep)
        .join('/');
      selectors = perFile.filter(({ matches }) => matches(relative)).flatMap((entry) => entry.selectors);
      ignored.set(shown, selectors);
    }
    return selectors;
  };
  return (finding) => {
    const shown = finding.at.source.path;
    if (repository.only && !repository.only.has(shown)) return false;
    return perFile.length === 0 || !ignoredIn(shown).some((selector) => selects(selector, finding));
  };
}

async function takeOffBaseline(
  findings: readonly Finding[],
  repository: Repository,
  options: LintOptions,
  config: LintConfig,
): Promise<{ findings: readonly Finding[]; known: readonly Finding[]; stale: number }> {
  const file = baselineFile(repository, options.baseline, config);
  if (file === undefined) return { findings, known: [], stale: 0 };
  const { applyBaseline, parseBaseline } = await import('../lint/baseline.js');
  if (!existsSync(file))
    throw new UsageError(`there is no baseline ${file}`, {
      code: 'BASELINE',
      hints: ['Make one with `ipsec policy baseline create`.'],
    });
  const baseline = parseBaseline(readFileSync(file, 'utf8'));
  if ('error' in baseline) throw new UsageError(`baseline ${file}: ${baseline.error}`, { code: 'BASELINE' });
  const { kept, known, stale } = applyBaseline(findings, baseline, statementFinder(repository.systems));
  return { findings: kept, known, stale: stale.length };
}

/** Absolute path of the baseline that counts, if any. */
export function baselineFile(
  repository: Repository,
  named: string | false | undefined,
  config: LintConfig,
): string | undefined {
  if (named === false) return undefined;
  if (named !== undefined) return path.resolve(named);
  return config.baseline === undefined ? undefined : path.resolve(repository.config.root ?? '.', config.baseline);
}

/** Finds the statement at an offset by halving. */
export function statementFinder(
  systems: readonly LoadedSystem[],
): (source: SourceText, offset: number) => { start: number; end: number } | undefined {
  const outlines = new Map<SourceText, ReturnType<typeof outline>>();
  const known = new Set(systems.flatMap(({ files }) => files.map(({ source }) => source)));
  const outlineOf = (source: SourceText) => {
    let lines = outlines.get(source);
    if (!lines) {
      lines = known.has(source) ? outline(source) : [];
      outlines.set(source, lines);
    }
    return lines;
  };
  return (source, offset) => {
    const items = outlineOf(source);
    let low = 0;
    let high = items.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (items[middle]!.end < offset) low = middle + 1;
      else high = middle;
    }
    const item = items[low];
    return item && item.start <= offset ? { start: item.start, end: item.end } : undefined;
  };
}

function summarise(
  findings: readonly Finding[],
  repository: Repository,
  suppressed: number,
  baselined: number,
): FindingsSummary {
  const count = (severity: Severity) => findings.filter((finding) => finding.severity === severity).length;
  return {
    files: repository.systems.reduce((sum, system) => sum + system.sources.length, 0),
    systems: repository.systems.length,
    records: repository.systems.reduce((sum, system) => sum + system.policies.operations, 0),
    errors: count('error'),
    warnings: count('warning'),
    infos: count('info'),
    suppressed,
    baselined,
    fixed: 0,
  };
}

function ruleInfo({ code, slug, severity, summary, rationale, references }: Rule): RuleInfo {
  return { code, slug, severity, summary, rationale, references };
}
