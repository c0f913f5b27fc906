/** What reading a text found wrong, before any rule looks at it. The lint rule of the same code gives it its severity. */
import type { Fix, RecordRef, Related, Severity } from './finding.js';
import type { Span } from './span.js';

export interface Problem {
  /** Code of the lint rule, as `SYN002`. */
  readonly code: string;
  readonly message: string;
  readonly at: Span;
  readonly notes?: readonly string[];
  readonly help?: string;
  readonly related?: readonly Related[];
  readonly fixes?: readonly Fix[];
  readonly record?: RecordRef;
  /** Where it differs from the rule's own severity. */
  readonly severity?: Severity;
}

/**
 * What the rules make of problems of these codes unless told otherwise (a test compares them): nothing was lost, and all that
 * was written is understood.
 */
const mildCodes: ReadonlySet<string> = new Set([
  'HYG001',
  'HYG002',
  'IMP003',
  'IMP006',
  'IMP007',
  'SYN010',
  'SYN014',
  'SYN027',
  'SYN028',
]);

/** Does it keep the text from being understood as it was meant? Answers that rest on the text may be wrong then. */
export function isError({ code, severity }: Pick<Problem, 'code' | 'severity'>): boolean {
  return severity === undefined ? !mildCodes.has(code) : severity === 'error';
}
