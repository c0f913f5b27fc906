/**
 * `sarif`: Static Analysis Results Interchange Format 2.1.0 (OASIS), for code scanning services and editors. Paths are
 * URI references below `%SRCROOT%`; columns count UTF-16 code units, which is what the model counts.
 */
import type { Finding, Fix, Severity } from '../../model/finding.js';
import type { Span } from '../../model/span.js';
import { jsonItems, jsonMembers } from '../json-text.js';
import { folderUri, pathUri } from '../uri.js';
import { visible } from '../visible.js';
import { createFixGuard, editsBySource, type FixGuard } from './edits.js';
import { createFingerprinter, type Fingerprinter } from './fingerprint.js';
import { regionOf } from './region.js';
import type { FindingsReport, RenderOptions, RuleInfo, SuppressedFinding } from './report.js';

const schemaUri = 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json';
const rootId = '%SRCROOT%';
const levels: Readonly<Record<Severity, string>> = { error: 'error', warning: 'warning', info: 'note' };
/** What GitHub code scanning reads instead of the level. */
const problemSeverities: Readonly<Record<Severity, string>> = {
  error: 'error',
  warning: 'warning',
  info: 'recommendation',
};

interface Context {
  readonly ruleIndex: ReadonlyMap<string, number>;
  readonly fingerprint: Fingerprinter;
  readonly mayShow: FixGuard;
  readonly root: string | undefined;
}

export function* renderSarif(report: FindingsReport, options: RenderOptions): Generator<string> {
  const context: Context = {
    ruleIndex: new Map(report.rules.map((rule, index) => [rule.code, index])),
    fingerprint: createFingerprinter(),
    mayShow: createFixGuard(report),
    root: options.root,
  };
  const root = options.root === undefined ? {} : { uri: folderUri(options.root) };
  yield `{${jsonMembers({ $schema: schemaUri, version: '2.1.0' })},"runs":[{"tool":{"driver":{`;
  yield `${jsonMembers({ name: report.tool.name, version: report.tool.version })},"rules":[`;
  yield* jsonItems(report.rules.map(ruleSarif));
  yield ']}},';
  yield jsonMembers({
    columnKind: 'utf16CodeUnits',
    originalUriBaseIds: { [rootId]: { ...root, description: { text: 'The folder that the tool ran in.' } } },
    invocations: [{ executionSuccessful: true }],
    properties: { failed: report.failed, summary: report.summary },
  });
  yield ',"results":[';
  yield* jsonItems(results(report, context));
  yield ']}]}\n';
}

function* results(report: FindingsReport, context: Context): Generator<object> {
  const any = (report.suppressedFindings ?? []).length > 0;
  // Once one result of a run has suppressions, all must say theirs (SARIF §3.27.23).
  for (const finding of report.findings) {
    yield any ? { ...resultSarif(finding, context), suppressions: [] } : resultSarif(finding, context);
  }
  for (const suppressed of report.suppressedFindings ?? []) {
    yield { ...resultSarif(suppressed.finding, context), suppressions: [suppressionSarif(suppressed)] };
  }
}

function resultSarif(finding: Finding, context: Context): object {
  const ruleIndex = context.ruleIndex.get(finding.code);
  const fixes = finding.fixes.filter((fix) => fix.edits.length > 0 && context.mayShow(fix));
  const { record, system, peer } = finding;
  return {
    ruleId: finding.code,
    ...(ruleIndex !== undefined && { ruleIndex }),
    level: levels[finding.severity],
    message: { text: messageOf(finding) },
    locations: [
      {
        physicalLocation: physicalLocation(finding.at, context),
        ...(record && {
          logicalLocations: [
            { name: record.name, fullyQualifiedName: `${record.kind} ${record.name}`, kind: 'member' },
          ],
        }),
      },
    ],
    ...(finding.related.length > 0 && {
      relatedLocations: finding.related.map((related, index) => ({
        id: index + 1,
        physicalLocation: physicalLocation(related.at, context),
        message: { text: plainMessage(related.text) },
      })),
    }),
    partialFingerprints: { 'ipsecFinding/v1': context.fingerprint(finding) },
    ...(fixes.length > 0 && { fixes: fixes.map((fix) => fixSarif(fix, context)) }),
    ...((system !== undefined || peer !== undefined) && {
      properties: { ...(system !== undefined && { system }), ...(peer !== undefined && { peer }) },
    }),
  };
}

function suppressionSarif({ kind, reason }: SuppressedFinding): object {
  return { kind, status: 'accepted', ...(reason !== undefined && { justification: visible(reason) }) };
}

function fixSarif(fix: Fix, context: Context): object {
  return {
    description: { text: plainMessage(fix.title) },
    artifactChanges: [...editsBySource(fix)].map(([source, edits]) => ({
      artifactLocation: artifactLocation(source.path, context),
      replacements: edits.map(({ at, newText }) => ({
        deletedRegion: regionOf(at),
        ...(newText !== '' && { insertedContent: { text: newText } }),
      })),
    })),
    properties: { safety: fix.safety },
  };
}

function ruleSarif(rule: RuleInfo): object {
  const references = rule.references.length > 0 ? `\n\nReferences: ${rule.references.join('; ')}.` : '';
  return {
    id: rule.code,
    name: rule.slug,
    shortDescription: { text: rule.summary },
    fullDescription: { text: rule.rationale },
    help: { text: `${rule.summary}\n\n${rule.rationale}${references}` },
    ...(rule.helpUri !== undefined && { helpUri: rule.helpUri }),
    defaultConfiguration: { level: levels[rule.severity] },
    properties: { tags: ['ipsec', 'security'], 'problem.severity': problemSeverities[rule.severity] },
  };
}

function physicalLocation(at: Span, context: Context): object {
  return { artifactLocation: artifactLocation(at.source.path, context), region: regionOf(at) };
}

function artifactLocation(path: string, { root }: Context): object {
  const { uri, relative } = pathUri(path, root);
  return relative ? { uri, uriBaseId: rootId } : { uri };
}

function messageOf(finding: Finding): string {
  const paragraphs = [finding.message, ...finding.notes];
  if (finding.help !== undefined) paragraphs.push(`Help: ${finding.help}`);
  return paragraphs.map(plainMessage).join('.\n');
}

/**
 * A plain text message in which nothing reads as a placeholder `{0}` (§3.11.5) or an embedded link `[text](1)`
 * (§3.11.6). Braces and brackets elsewhere stay, because many viewers do not undo escapes.
 */
function plainMessage(text: string): string {
  return visible(text)
    .replace(/\{(\d+)\}/g, '{{$1}}')
    .replace(/\[(?=[^[\]]*\]\()/g, '\\[');
}
