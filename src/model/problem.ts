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
