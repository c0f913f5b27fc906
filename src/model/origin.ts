/** Where a value comes from, so that every answer can say why. */
import type { Span } from './span.js';

export type Origin =
  /** Somebody wrote it here. */
  | {
      readonly kind: 'explicit';
      /** The value. */
      readonly at: Span;
      /** Where its argument begins, hyphen included, for values of an argument. */
      readonly argumentStart?: number;
    }
  /** A parameter of a profile file, or of the shipped profile (`path` absent). */
  | { readonly kind: 'profile'; readonly path?: string; readonly section: string; readonly parameter: string }
  /** Worked out by a rule of the language, as an automatic priority. */
  | { readonly kind: 'automatic'; readonly rule: string }
  /** Part of the product or protocol itself, as the preloaded default policies. */
  | { readonly kind: 'builtin'; readonly what: string };

export interface Sourced<T> {
  readonly value: T;
  readonly origin: Origin;
}

/** Words for an origin, as `policy show --origin` prints them. */
export function describeOrigin(origin: Origin): string {
  switch (origin.kind) {
    case 'explicit': {
      const { line } = origin.at.source.position(origin.at.start);
      return `written at ${origin.at.source.path}:${line}`;
    }
    case 'profile':
      return `${origin.path ?? 'shipped profile'}, ${origin.section} ${origin.parameter}`;
    case 'automatic':
      return `automatic: ${origin.rule}`;
    case 'builtin':
      return `built in: ${origin.what}`;
  }
}
