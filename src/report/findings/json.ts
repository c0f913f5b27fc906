/**
 * `json`: the whole report, as schemas/findings-v1.schema.json describes it.
 *
 * Texts for people (messages, notes, help, titles) hold placeholders for hidden characters; paths, names and new texts
 * are exact. Within schema version 1 members may be added, never removed or changed in meaning.
 */
import { compareFindings, type Finding, type Fix, type RecordRef, type Severity } from '../../model/finding.js';
import type { Span } from '../../model/span.js';
import { jsonItems, jsonMembers } from '../json-text.js';
import { visible } from '../visible.js';
import { createFixGuard, type FixGuard } from './edits.js';
import { createFingerprinter, type Fingerprinter } from './fingerprint.js';
import type { FindingsReport, FindingsSummary, RuleInfo, SuppressedFinding } from './report.js';

export const findingsSchemaVersion = 1;

export interface JsonPosition {
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 code units. */
  readonly column: number;
  /** From 0, in UTF-16 code units from the start of the text. */
  readonly offset: number;
}

export interface JsonLocation {
  readonly path: string;
  readonly start: JsonPosition;
  /** One past the last character. */
  readonly end: JsonPosition;
}

export interface JsonFix {
  readonly safety: 'safe' | 'unsafe';
  readonly title: string;
  /** True where the new text would show a secret; `edits` is empty then. */
  readonly withheld: boolean;
  readonly edits: readonly { readonly location: JsonLocation; readonly newText: string }[];
}

export interface JsonFinding {
  readonly code: string;
  readonly slug: string;
  readonly severity: Severity;
  readonly message: string;
  /** Stays the same when lines move; see fingerprint.ts. */
  readonly fingerprint: string;
  readonly location: JsonLocation;
  readonly record?: RecordRef;
  readonly system?: string;
  readonly peer?: string;
  readonly related: readonly { readonly message: string; readonly location: JsonLocation }[];
  readonly notes: readonly string[];
  readonly help?: string;
  readonly fixes: readonly JsonFix[];
}

export interface JsonSuppressed {
  readonly kind: 'inSource' | 'external';
  readonly reason?: string;
  readonly finding: JsonFinding;
}

export interface FindingsDocument {
  readonly schemaVersion: 1;
  readonly tool: { readonly name: string; readonly version: string };
  readonly failed: boolean;
  readonly summary: FindingsSummary;
  readonly rules: readonly RuleInfo[];
  readonly findings: readonly JsonFinding[];
  readonly suppressed: readonly JsonSuppressed[];
}

/** The document as a value, for a command's `--json`: the same as `renderFindings` gives as text. */
export function findingsDocument(report: FindingsReport): FindingsDocument {
  const context = jsonContext(report);
  return {
    ...head(report),
    rules: report.rules.map(ruleJson),
    findings: report.findings.toSorted(compareFindings).map((finding) => findingJson(finding, context)),
    suppressed: (report.suppressedFindings ?? []).map((suppressed) => suppressedJson(suppressed, context)),
  };
}

export function* renderJson(report: FindingsReport): Generator<string> {
  const context = jsonContext(report);
  yield `{${jsonMembers(head(report))},"rules":[`;
  yield* jsonItems(report.rules.map(ruleJson));
  yield '],"findings":[';
  yield* jsonItems(mapped(report.findings, (finding) => findingJson(finding, context)));
  yield '],"suppressed":[';
  yield* jsonItems(mapped(report.suppressedFindings ?? [], (suppressed) => suppressedJson(suppressed, context)));
  yield ']}\n';
}

/** What rendering a finding needs to know of the report around it. */
export interface JsonContext {
  readonly fingerprint: Fingerprinter;
  readonly mayShow: FixGuard;
}

export function jsonContext(report: FindingsReport): JsonContext {
  return { fingerprint: createFingerprinter(), mayShow: createFixGuard(report) };
}

export function findingJson(finding: Finding, context: JsonContext): JsonFinding {
  return {
    code: finding.code,
    slug: finding.slug,
    severity: finding.severity,
    message: visible(finding.message),
    fingerprint: context.fingerprint(finding),
    location: locationJson(finding.at),
    ...(finding.record && { record: { kind: finding.record.kind, name: finding.record.name } }),
    ...(finding.system !== undefined && { system: finding.system }),
    ...(finding.peer !== undefined && { peer: finding.peer }),
    related: finding.related.map(({ at, text }) => ({ message: visible(text), location: locationJson(at) })),
    notes: finding.notes.map((note) => visible(note)),
    ...(finding.help !== undefined && { help: visible(finding.help) }),
    fixes: finding.fixes.map((fix) => fixJson(fix, context.mayShow)),
  };
}

export function suppressedJson(suppressed: SuppressedFinding, context: JsonContext): JsonSuppressed {
  return {
    kind: suppressed.kind,
    ...(suppressed.reason !== undefined && { reason: visible(suppressed.reason) }),
    finding: findingJson(suppressed.finding, context),
  };
}

export function ruleJson(rule: RuleInfo): RuleInfo {
  return {
    code: rule.code,
    slug: rule.slug,
    severity: rule.severity,
    summary: rule.summary,
    rationale: rule.rationale,
    ...(rule.helpUri !== undefined && { helpUri: rule.helpUri }),
    references: [...rule.references],
  };
}

function head({
  tool,
  failed,
  summary,
}: FindingsReport): Pick<FindingsDocument, 'schemaVersion' | 'tool' | 'failed' | 'summary'> {
  return {
    schemaVersion: findingsSchemaVersion,
    tool: { name: tool.name, version: tool.version },
    failed,
    summary: {
      files: summary.files,
      systems: summary.systems,
      records: summary.records,
      errors: summary.errors,
      warnings: summary.warnings,
      infos: summary.infos,
      suppressed: summary.suppressed,
      baselined: summary.baselined,
      fixed: summary.fixed,
    },
  };
}

function locationJson(span: Span): JsonLocation {
  return {
    path: span.source.path,
    start: positionJson(span, span.start),
    end: positionJson(span, Math.max(span.start, span.end)),
  };
}

function positionJson({ source }: Span, offset: number): JsonPosition {
  const at = Math.max(0, Math.min(offset, source.text.length));
  const { line, column } = source.position(at);
  return { line, column, offset: at };
}

function fixJson(fix: Fix, mayShow: FixGuard): JsonFix {
  const shown = mayShow(fix);
  return {
    safety: fix.safety,
    title: visible(fix.title),
    withheld: !shown,
    edits: shown ? fix.edits.map(({ at, newText }) => ({ location: locationJson(at), newText })) : [],
  };
}

function* mapped<T, U>(items: Iterable<T>, map: (item: T) => U): Generator<U> {
  for (const item of items) yield map(item);
}
