/**
 * Versions of the record language.
 *
 * `extended` is this tool's own superset: every word of the HP-UX versions, and what Linux peers use today. Sources are
 * named by the keys G0200, G0201, G0300, G0302 (Administrator's Guides A.02.00 to A.03.02.02), M0200, M0201 (manual pages),
 * MAN3 (manual pages of A.03), RN0300, RN0302 (release notes), WIN (Windows interoperability paper), SRP (containers guide),
 * each with the page; `memory` marks a spelling that no page could confirm, `RFC` and `own` the extended words.
 */

export const dialects = ['A.02', 'A.03.00', 'A.03.02', 'extended'] as const;
export type Dialect = (typeof dialects)[number];

/** The dialect of a file that names none. */
export const defaultDialect: Dialect = 'extended';

/** When a word of the language came and went; both ends included. */
export interface Lifespan {
  readonly since?: Dialect;
  readonly until?: Dialect;
}

/** Does `dialect` know a word of this lifespan? `extended` knows every word. */
export function isIn(dialect: Dialect, { since, until }: Lifespan): boolean {
  if (dialect === 'extended') return true;
  const at = dialects.indexOf(dialect);
  return at >= dialects.indexOf(since ?? 'A.02') && at <= dialects.indexOf(until ?? 'extended');
}

/** The dialect that a person named, in any case; `A.03` means its latest version. */
export function parseDialect(text: string): Dialect | undefined {
  const upper = text.toUpperCase();
  if (upper === 'A.03' || upper.startsWith('A.03.02')) return 'A.03.02';
  if (upper.startsWith('A.03.00')) return 'A.03.00';
  if (upper === 'A.02' || upper.startsWith('A.02.0')) return 'A.02';
  return upper === 'EXTENDED' ? 'extended' : undefined;
}

/** `A.02 only`, `A.03.00 and later`, `extended only`: for messages and documentation. */
export function describeLifespan({ since, until }: Lifespan): string {
  if (since === 'extended') return 'extended only';
  if (since && until) return since === until ? `${since} only` : `${since} to ${until}`;
  if (until) return until === 'A.02' ? 'A.02 only' : `up to ${until}`;
  return since && since !== 'A.02' ? `${since} and later` : 'every version';
}
