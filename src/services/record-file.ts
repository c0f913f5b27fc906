/**
 * Adds a record to a file or takes one out, as `ipsec_config add` and `delete` do with the product's database: the statement is
 * checked together with everything that is there, and nothing is written when it does not fit (hpux-ipsec reference 1.1).
 */
import { existsSync, readFileSync } from 'node:fs';
import { recordsFormat } from '../dialects/registry.js';
import type { Dialect } from '../model/language/dialect.js';
import { isError, type Problem } from '../model/problem.js';
import type { PolicySet } from '../model/resolve.js';
import { SourceText } from '../model/span.js';
import { UsageError } from '../model/tool-error.js';
import { parseText } from '../parser/parse.js';
import type { StatementSyntax, SyntaxFile } from '../parser/syntax.js';
import { loadSystem } from './load-system.js';
import { replaceFile } from './write-file.js';

export interface RecordChange {
  readonly file: string;
  /** The words of the statement as a shell has split them: `add`, `host`, `web`, `-source`, … */
  readonly words: readonly string[];
  readonly dialect?: Dialect;
  /** Check only. */
  readonly dryRun?: boolean;
}

export type RecordOutcome =
  | { readonly kind: 'done'; readonly verb: 'add' | 'delete'; readonly record: string }
  /** What would be wrong afterwards and is not now; nothing was written. */
  | { readonly kind: 'refused'; readonly problems: readonly Problem[] };

/** Makes the change. Throws UsageError where the words are no such statement. */
export function changeRecords({ file, words, dialect, dryRun = false }: RecordChange): RecordOutcome {
  const statement = words.map(quoted).join(' ');
  const parsed = parseText(new SourceText('statement', statement));
  const [only, ...more] = parsed.items;
  const verb = only?.kind === 'statement' ? only.verb?.text.toLowerCase() : undefined;
  if (only?.kind !== 'statement' || more.length > 0 || (verb !== 'add' && verb !== 'delete')) {
    throw new UsageError('that is not one statement that adds or deletes a record', {
      hints: ['As in: add host web -source 10.1.1.1/32/HTTP-TCP -action PASS'],
    });
  }
  const before = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const shown = new SourceText(file, before);
  const after = verb === 'add' ? appended(before, statement) : without(parseText(shown), only);
  const record = `${only.object?.text.toLowerCase() ?? ''} ${only.subject?.text ?? ''}`.trim();
  if (after === undefined) {
    throw new UsageError(`there is no record ${record} in ${file}`, {
      code: 'NO_SUCH_RECORD',
      hints: ['ipsec policy show lists those there are.'],
    });
  }
  const problems = newErrors(shown, new SourceText(file, after), dialect);
  if (problems.length > 0) return { kind: 'refused', problems };
  // Records may hold preshared keys.
  if (!dryRun) replaceFile(file, after, 0o600);
  return { kind: 'done', verb, record };
}

/** A shell has taken quotes away; only identities and subjects may hold blanks (hpux-ipsec reference 1.3). */
function quoted(word: string): string {
  return /[\s]/.test(word) ? `"${word}"` : word;
}

function appended(text: string, statement: string): string {
  return `${text}${text === '' || text.endsWith('\n') ? '' : '\n'}${statement}\n`;
}

/** The text without the statement that adds the record; comments stay. */
function without(file: SyntaxFile, { object, subject }: StatementSyntax): string | undefined {
  const same = (a: string | undefined, b: string | undefined) => a?.toLowerCase() === b?.toLowerCase();
  const found = file.items.find(
    (item) =>
      item.kind === 'statement' &&
      item.verb?.text.toLowerCase() === 'add' &&
      same(item.object?.text, object?.text) &&
      item.subject?.text === subject?.text,
  );
  if (!found) return undefined;
  const { text } = file.source;
  const lineEnd = text.indexOf('\n', found.end);
  return text.slice(0, found.start) + text.slice(lineEnd < 0 ? text.length : lineEnd + 1);
}

function newErrors(before: SourceText, after: SourceText, dialect: Dialect | undefined): Problem[] {
  const errorsOf = (source: SourceText): Problem[] => {
    const { problems, policies } = loadSystem({
      name: 'host',
      sources: [source],
      format: recordsFormat,
      ...(dialect ? { dialect } : {}),
    });
    return [...problems.filter(isError), ...lostTunnels(policies)];
  };
  const known = new Map<string, number>();
  const keyOf = ({ code, message }: Problem): string => `${code} ${message}`;
  for (const problem of errorsOf(before)) known.set(keyOf(problem), (known.get(keyOf(problem)) ?? 0) + 1);
  return errorsOf(after).filter((problem) => {
    const count = known.get(keyOf(problem)) ?? 0;
    known.set(keyOf(problem), count - 1);
    return count <= 0;
  });
}

/** A policy must not be left, or come, without the tunnel that it names (hpux-ipsec reference 12, question 28). */
function lostTunnels(policies: PolicySet): Problem[] {
  return [...policies.hosts, ...policies.gateways].flatMap((record): Problem[] => {
    const { tunnel } = record;
    if (!tunnel || policies.tunnelByName.has(tunnel.value)) return [];
    return [
      {
        code: 'REF001',
        message: `${record.kind} '${record.name}' names tunnel '${tunnel.value}', which does not exist`,
        at: record.nameAt,
        help: `add tunnel ${tunnel.value} first, or delete ${record.kind} ${record.name} first`,
      },
    ];
  });
}
