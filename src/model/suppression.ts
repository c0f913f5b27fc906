/** A wish not to see findings, as a comment of a file states it. */
import type { Span } from './span.js';

/** An `ipsec-disable` comment. */
export interface Suppression {
  readonly at: Span;
  /** Codes or slugs as written; empty: every rule. */
  readonly rules: readonly string[];
  /** The statement that follows, or the whole file. */
  readonly scope:
    | { readonly kind: 'file' }
    | { readonly kind: 'statement'; readonly start: number; readonly end: number };
  /** Last day on which it counts, as YYYY-MM-DD. */
  readonly until?: string;
  readonly reason?: string;
}
