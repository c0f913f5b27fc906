/** Reads a text of records in a test and gives what is asked about it. */
import type { Finding } from '../../src/model/finding.js';
import type { Dialect } from '../../src/model/language/dialect.js';
import type { Problem } from '../../src/model/problem.js';
import type { PolicyRecord } from '../../src/model/record/record.js';
import { allRecords, type PolicySet } from '../../src/model/resolve.js';
import { formatPlace, SourceText } from '../../src/model/span.js';
import type { SystemConfig } from '../../src/model/system-config.js';
import { parseText } from '../../src/parser/parse.js';
import type { StatementSyntax } from '../../src/parser/syntax.js';
import { loadSystem } from '../../src/services/load-system.js';

export interface ReadOptions {
  readonly dialect?: Dialect;
  readonly strict?: boolean;
  /** Text of a profile file. */
  readonly profile?: string;
}

export interface ReadText {
  readonly source: SourceText;
  readonly policies: PolicySet;
  readonly config: SystemConfig;
  readonly problems: readonly Problem[];
  /** Codes of the problems, in order. */
  readonly codes: readonly string[];
  /** `line:column CODE message` of each problem, by place. */
  readonly said: readonly string[];
}

/** Reads one file named `t.conf`. */
export function read(text: string, { dialect, strict, profile }: ReadOptions = {}): ReadText {
  const source = new SourceText('t.conf', text);
  const { policies, config, problems } = loadSystem({
    name: 't',
    sources: [source],
    // Whatever it looks like, it is read as records.
    format: 'records',
    ...(dialect ? { dialect } : {}),
    ...(strict ? { strict } : {}),
    ...(profile === undefined ? {} : { profile: new SourceText('profile', profile) }),
  });
  const sorted = [...problems].sort((a, b) => a.at.start - b.at.start);
  return {
    source,
    policies,
    config,
    problems: sorted,
    codes: sorted.map((problem) => problem.code),
    said: sorted.map(sayProblem),
  };
}

/** `line:column CODE message`. */
export function sayProblem({ at, code, message }: Problem | Finding): string {
  return `${formatPlace(at).replace(/^.*?:(?=\d+:\d+$)/, '')} ${code} ${message}`;
}

/** The record type of a kind, also where one type stands for several kinds. */
type RecordOf<K, R = PolicyRecord> = R extends { kind: infer Kinds } ? (K extends Kinds ? R : never) : never;

/** The only record of a text that must be without fault. */
export function readRecord<K extends PolicyRecord['kind']>(
  kind: K,
  text: string,
  options: ReadOptions = {},
): RecordOf<K> {
  const { policies, said } = read(text, options);
  if (said.length > 0) throw new Error(said.join('\n'));
  const found = allRecords(policies).filter((record) => record.kind === kind);
  if (found.length !== 1) throw new Error(`${found.length} ${kind} records`);
  return found[0] as unknown as RecordOf<K>;
}

/** The statements of a text. */
export function statementsOf(text: string): readonly StatementSyntax[] {
  return parseText(new SourceText('t.conf', text)).items.filter((item) => item.kind === 'statement');
}

/** A statement as its words: verb, object, subject, arguments with their values, strays in brackets. */
export function wordsOf({ verb, object, subject, arguments: list, strays }: StatementSyntax): readonly string[] {
  return [
    ...[verb, object, subject].flatMap((word) => (word ? [word.text] : [])),
    ...list.flatMap(({ name, value }) => (value ? [name.text, value.text] : [name.text])),
    ...strays.map(({ text }) => `[${text}]`),
  ];
}
