/** What a check says about a place in a text: the one diagnostic model that every report renders. */
import type { Span } from './span.js';

export type Severity = 'error' | 'warning' | 'info';

/** Another place that belongs to the finding. */
export interface Related {
  readonly at: Span;
  readonly text: string;
}

/** Replaces the text of `at` by `newText`; an empty span inserts. */
export interface TextEdit {
  readonly at: Span;
  readonly newText: string;
}

/**
 * A change that mends a finding. `safe` promises that no packet's treatment and no negotiation changes (the lint runner
 * proves it again before it writes); everything else is `unsafe`.
 */
export interface Fix {
  readonly safety: 'safe' | 'unsafe';
  readonly title: string;
  readonly edits: readonly TextEdit[];
}

/** A record by its kind and name, as a person would say it. */
export interface RecordRef {
  readonly kind: string;
  readonly name: string;
}

export interface Finding {
  /** Stable code, as `SHD001`. */
  readonly code: string;
  /** Human name of the fault, as `shadowed`. */
  readonly slug: string;
  readonly severity: Severity;
  /** One sentence without a full stop, naming records and values; never a secret. */
  readonly message: string;
  readonly at: Span;
  readonly related: readonly Related[];
  /** Further facts: witness packets, what was expected, why. */
  readonly notes: readonly string[];
  /** What to do about it. */
  readonly help?: string;
  readonly fixes: readonly Fix[];
  readonly record?: RecordRef;
  /** The system (host of a repository) it was found in, and for pairs the other one. */
  readonly system?: string;
  readonly peer?: string;
}

const severityRank: Readonly<Record<Severity, number>> = { error: 2, warning: 1, info: 0 };

/** Is `severity` at or above `level`? */
export function atLeast(severity: Severity, level: Severity): boolean {
  return severityRank[severity] >= severityRank[level];
}

/** Order for reports: path, place, code. */
export function compareFindings(a: Finding, b: Finding): number {
  if (a.at.source !== b.at.source) {
    if (a.at.source.path !== b.at.source.path) return a.at.source.path < b.at.source.path ? -1 : 1;
  }
  return a.at.start - b.at.start || (a.code < b.code ? -1 : a.code > b.code ? 1 : 0);
}
