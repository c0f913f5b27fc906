/** What every renderer of findings gets. */
import type { Finding, Severity } from '../../model/finding.js';
import type { Style } from '../style.js';

/** What a report says about a rule. */
export interface RuleInfo {
  readonly code: string;
  readonly slug: string;
  /** The severity that it has unless configured otherwise. */
  readonly severity: Severity;
  readonly summary: string;
  readonly rationale: string;
  readonly helpUri?: string;
  readonly references: readonly string[];
}

/** Counts of a run; `suppressed`, `baselined` and `fixed` findings are not among the errors, warnings and infos. */
export interface FindingsSummary {
  readonly files: number;
  readonly systems: number;
  readonly records: number;
  readonly errors: number;
  readonly warnings: number;
  readonly infos: number;
  readonly suppressed: number;
  readonly baselined: number;
  readonly fixed: number;
}

/** A finding that does not count, and why: a comment in the file (`inSource`) or the configuration or baseline (`external`). */
export interface SuppressedFinding {
  readonly finding: Finding;
  readonly kind: 'inSource' | 'external';
  readonly reason?: string;
}

export interface FindingsReport {
  readonly tool: { readonly name: string; readonly version: string };
  readonly findings: readonly Finding[];
  readonly summary: FindingsSummary;
  /** Does the run fail, so that the exit code is 1? */
  readonly failed: boolean;
  /** The rules that ran, or at least those of the findings. */
  readonly rules: readonly RuleInfo[];
  /** Shown by the formats that know of suppressions (json, jsonl, sarif). */
  readonly suppressedFindings?: readonly SuppressedFinding[];
}

export interface RenderOptions {
  /** For `text`; plain unless told. */
  readonly style?: Style;
  /** Columns of the terminal, for `text`; 100 unless told. */
  readonly width?: number;
  /** Break texts to `width` too, not only source lines: for terminals. */
  readonly wrap?: boolean;
  /** Findings at or above it are failed test cases in `junit`; `error` unless told. */
  readonly failLevel?: Severity;
  /** Absolute folder of the repository, which paths in `sarif`, `github` and `gitlab` are relative to. */
  readonly root?: string;
  /** Longest document in UTF-16 code units, for `markdown`, at least 2,000; 60,000 unless told, for hosts refuse long comments. */
  readonly lengthMax?: number;
}

/** A renderer of one format; the findings of the report it gets are in order. */
export type FindingsRenderer = (report: FindingsReport, options: RenderOptions) => Iterable<string>;
