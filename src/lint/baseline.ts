/**
 * Baselines: findings that are known and do not count. An entry names the rule, the record and a fingerprint of the record's
 * text, not a line, so that it survives edits elsewhere and ends when the record itself changes. Keys never reach it.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import type { Finding } from '../model/finding.js';
import type { SourceText } from '../model/span.js';

export const baselineVersion = 1;

export interface BaselineEntry {
  readonly rule: string;
  /** `system kind name`, or the file where there is no record. */
  readonly subject: string;
  readonly fingerprint: string;
  /** How many findings of this kind are known. */
  readonly count: number;
}

export interface Baseline {
  readonly version: typeof baselineVersion;
  readonly entries: readonly BaselineEntry[];
}

/** The statement that an offset lies in, as [start, end). */
export type StatementAt = (
  source: SourceText,
  offset: number,
) => { readonly start: number; readonly end: number } | undefined;

function subjectOf(finding: Finding): string {
  const record = finding.record ? ` ${finding.record.kind} ${finding.record.name}` : '';
  const peer = finding.peer ? ` ${finding.peer}` : '';
  return `${finding.system ?? finding.at.source.path}${peer}${record}`;
}

/** First 64 bits of SHA-256 over the statement with its secrets masked and its white space folded. */
function fingerprint(finding: Finding, statementAt: StatementAt): string {
  const { source, start } = finding.at;
  const statement = statementAt(source, start);
  const text = statement ? source.masked(statement.start, statement.end) : finding.message;
  const folded = text
    .replace(/\\\r?\n/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  return bytesToHex(sha256(new TextEncoder().encode(folded))).slice(0, 16);
}

function entriesOf(findings: readonly Finding[], statementAt: StatementAt): { key: string; entry: BaselineEntry }[] {
  return findings.map((finding) => {
    const entry = {
      rule: finding.code,
      subject: subjectOf(finding),
      fingerprint: fingerprint(finding, statementAt),
      count: 1,
    };
    return { key: JSON.stringify([entry.rule, entry.subject, entry.fingerprint]), entry };
  });
}

/** A baseline of all findings, sorted so that its file changes little. */
export function createBaseline(findings: readonly Finding[], statementAt: StatementAt): Baseline {
  const entries = new Map<string, BaselineEntry>();
  for (const { key, entry } of entriesOf(findings, statementAt)) {
    const known = entries.get(key);
    entries.set(key, known ? { ...known, count: known.count + 1 } : entry);
  }
  return {
    version: baselineVersion,
    entries: [...entries].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, entry]) => entry),
  };
}

export interface Baselined {
  /** Findings that the baseline does not know. */
  readonly kept: readonly Finding[];
  readonly known: readonly Finding[];
  /** Entries that no longer stand for anything, with what is left of their count. */
  readonly stale: readonly BaselineEntry[];
}

/** Splits findings into known and new ones. */
export function applyBaseline(findings: readonly Finding[], baseline: Baseline, statementAt: StatementAt): Baselined {
  const left = new Map<string, number>();
  const byKey = new Map<string, BaselineEntry>();
  for (const entry of baseline.entries) {
    const key = JSON.stringify([entry.rule, entry.subject, entry.fingerprint]);
    byKey.set(key, entry);
    left.set(key, (left.get(key) ?? 0) + entry.count);
  }
  const kept: Finding[] = [];
  const known: Finding[] = [];
  for (const [index, { key }] of entriesOf(findings, statementAt).entries()) {
    const count = left.get(key) ?? 0;
    if (count > 0) {
      left.set(key, count - 1);
      known.push(findings[index]!);
    } else kept.push(findings[index]!);
  }
  const stale = [...left].filter(([, count]) => count > 0).map(([key, count]) => ({ ...byKey.get(key)!, count }));
  return { kept, known, stale };
}

/** Reads the text of a baseline file; what is wrong is told in words. */
export function parseBaseline(text: string): Baseline | { readonly error: string } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { error: 'it is not JSON' };
  }
  const { version, entries } = (value ?? {}) as { version?: unknown; entries?: unknown };
  if (version !== baselineVersion) return { error: `its version is not ${baselineVersion}` };
  if (!Array.isArray(entries) || !entries.every(isEntry)) return { error: 'its entries are not of the right form' };
  return { version: baselineVersion, entries };
}

function isEntry(value: unknown): value is BaselineEntry {
  const entry = (value ?? {}) as Record<string, unknown>;
  return (
    typeof entry.rule === 'string' &&
    typeof entry.subject === 'string' &&
    typeof entry.fingerprint === 'string' &&
    Number.isSafeInteger(entry.count) &&
    (entry.count as number) > 0
  );
}
