/**
 * Comments that speak to this tool. Each begins with `ipsec-` right after the `#`:
 *
 *   # ipsec-dialect: A.03.02                                        the dialect of the file
 *   # ipsec-disable-next-line SHD004 until=2027-01-01 -- reason     hides findings of the next statement
 *   # ipsec-disable SHD004, PRI003 -- reason                        hides findings of the whole file
 *   # expect: SHD001 shadowed, PRI001                               the next statement must have these findings (test files)
 */
import { type Dialect, dialects, parseDialect } from '../model/language/dialect.js';
import type { Problem } from '../model/problem.js';
import type { SourceText, Span } from '../model/span.js';
import type { Suppression } from '../model/suppression.js';
import type { SyntaxItem } from './syntax.js';

/** An `expect:` comment: findings that the next statement must have. */
export interface Expectation {
  readonly at: Span;
  readonly codes: readonly string[];
  /** [start, end) of the statement that follows; absent at the end of the file. */
  readonly statement?: { readonly start: number; readonly end: number };
}

export interface Directives {
  readonly dialect?: { readonly value: Dialect; readonly at: Span };
  readonly suppressions: readonly Suppression[];
  readonly expectations: readonly Expectation[];
  readonly problems: readonly Problem[];
}

const disable = /^#\s*ipsec-disable(-next-line)?(?=\s|$)([\s\S]*)$/i;
const dialectLine = /^#\s*ipsec-dialect\s*:?\s*(\S*)\s*$/i;
const expectLine = /^#\s*expect:\s*(.*)$/i;
const unknown = /^#\s*ipsec-([a-z-]+)/i;

/** Reads the directives of a file, of which it needs to know where statements and comments stand. */
export function readDirectives(file: {
  readonly source: SourceText;
  readonly items: Iterable<Pick<SyntaxItem, 'kind' | 'start' | 'end'>>;
}): Directives {
  const { source, items } = file;
  const suppressions: Suppression[] = [];
  const expectations: Expectation[] = [];
  const problems: Problem[] = [];
  let dialect: Directives['dialect'];
  const open: { at: Span; codes: string[] }[] = [];
  const waiting: Omit<Suppression, 'scope'>[] = [];
  for (const item of items) {
    if (item.kind === 'statement') {
      const statement = { start: item.start, end: item.end };
      for (const suppression of waiting.splice(0))
        suppressions.push({ ...suppression, scope: { kind: 'statement', ...statement } });
      for (const expectation of open.splice(0)) expectations.push({ ...expectation, statement });
      continue;
    }
    const at = { source, start: item.start, end: item.end };
    const text = source.text.slice(item.start, Math.min(item.end, item.start + 4096));
    const expected = expectLine.exec(text);
    if (expected) {
      open.push({ at, codes: expected[1]!.match(/\b[A-Z]{2,3}\d?\d{3}\b/g) ?? [] });
      continue;
    }
    if (!unknown.test(text)) continue;
    const stated = dialectLine.exec(text);
    const disabled = disable.exec(text);
    if (stated) {
      const value = parseDialect(stated[1] ?? '');
      if (!value)
        problems.push({
          code: 'SYN029',
          message: `'${stated[1] ?? ''}' is not a dialect`,
          at,
          help: `dialects: ${dialects.join(', ')}`,
        });
      else if (dialect && dialect.value !== value) {
        problems.push({
          code: 'SYN029',
          message: 'the dialect is stated twice',
          at,
          related: [{ at: dialect.at, text: 'first stated here' }],
        });
      } else dialect = { value, at };
    } else if (disabled) {
      const suppression = readSuppression(at, disabled[2] ?? '', problems);
      if (disabled[1]) waiting.push(suppression);
      else suppressions.push({ ...suppression, scope: { kind: 'file' } });
    } else {
      problems.push({
        code: 'SYN029',
        message: `'ipsec-${unknown.exec(text)?.[1]}' is not a directive`,
        at,
        severity: 'warning',
        help: 'directives: ipsec-dialect, ipsec-disable, ipsec-disable-next-line',
      });
    }
  }
  for (const suppression of waiting)
    suppressions.push({
      ...suppression,
      scope: { kind: 'statement', start: suppression.at.end, end: suppression.at.end },
    });
  for (const expectation of open) expectations.push(expectation);
  return { ...(dialect ? { dialect } : {}), suppressions, expectations, problems };
}

function readSuppression(at: Span, rest: string, problems: Problem[]): Omit<Suppression, 'scope'> {
  const [head, ...tail] = rest.split(/\s--(?:\s|$)/);
  const reason = tail.join(' -- ').trim();
  const rules: string[] = [];
  let until: string | undefined;
  for (const word of (head ?? '').split(/[\s,]+/).filter(Boolean)) {
    const date = /^until=(.*)$/i.exec(word)?.[1];
    if (date === undefined) rules.push(word);
    else if (/^\d{4}-\d{2}-\d{2}$/.test(date) && !Number.isNaN(Date.parse(date))) until = date;
    else problems.push({ code: 'SYN029', message: `'${date}' is not a date`, at, help: 'write until=YYYY-MM-DD' });
  }
  return { at, rules, ...(until ? { until } : {}), ...(reason ? { reason } : {}) };
}
