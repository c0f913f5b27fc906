/**
 * Which fixes a report may spell out.
 *
 * A fix that moves or requotes a record carries the record's key in its new text. A report must not: such a fix is named by
 * its title only, and `--fix` still makes it.
 */
import type { Finding, Fix, TextEdit } from '../../model/finding.js';
import type { SourceText } from '../../model/span.js';
import type { FindingsReport } from './report.js';

/** Secrets shorter than this count only where they stand as a word or as they do in the file: `75` is in many a number. */
const prefixLength = 8;
const wordCharacter = /[\p{L}\p{N}_]/u;

/** May the edits of this fix be shown? */
export type FixGuard = (fix: Fix) => boolean;

/** A guard that knows the secrets of every text that the report's findings, related places and fixes point into. */
export function createFixGuard(report: FindingsReport): FixGuard {
  let secrets: SecretIndex | undefined; // built when the first fix is asked for
  return (fix) => {
    secrets ??= indexSecrets(report);
    const known = secrets;
    return fix.edits.every((edit) => !replacesSecret(edit) && !holdsSecret(known, edit.newText));
  };
}

/** The edits by the text that they change, in the order in which each text comes first. */
export function editsBySource(fix: Fix): ReadonlyMap<SourceText, readonly TextEdit[]> {
  const groups = new Map<SourceText, TextEdit[]>();
  for (const edit of fix.edits) {
    const group = groups.get(edit.at.source);
    if (group) group.push(edit);
    else groups.set(edit.at.source, [edit]);
  }
  return groups;
}

interface SecretIndex {
  /** Shorter secrets, each with the code units that stand before and behind it somewhere. */
  readonly short: ReadonlyMap<string, Neighbours>;
  readonly shortLengths: ReadonlySet<number>;
  /** Longer secrets by their first `prefixLength` code units. */
  readonly long: ReadonlyMap<string, ReadonlySet<string>>;
}

interface Neighbours {
  readonly before: Set<string>;
  readonly behind: Set<string>;
}

/** Does the edit change a secret's own octets? What takes their place is likely to be the secret in another spelling. */
function replacesSecret({ at }: TextEdit): boolean {
  if (at.start < at.end) return at.source.secretsWithin(at.start, at.end).length > 0;
  // An insertion touches a secret when there is secret text on both sides of it.
  return at.source.secretsWithin(at.start - 1, at.start + 1).some(([start, end]) => start < at.start && at.start < end);
}

function holdsSecret(secrets: SecretIndex, text: string): boolean {
  if (secrets.short.size === 0 && secrets.long.size === 0) return false;
  for (let at = 0; at < text.length; at += 1) {
    for (const length of secrets.shortLengths) {
      const neighbours = secrets.short.get(text.slice(at, at + length));
      if (!neighbours) continue;
      if (standsAlone(text[at - 1], neighbours.before) && standsAlone(text[at + length], neighbours.behind))
        return true;
    }
    for (const secret of secrets.long.get(text.slice(at, at + prefixLength)) ?? []) {
      if (text.startsWith(secret, at)) return true;
    }
  }
  return false;
}

/** Does this code unit end a word, or stand beside the secret in the file too? */
function standsAlone(neighbour: string | undefined, known: ReadonlySet<string>): boolean {
  return neighbour === undefined || known.has(neighbour) || !wordCharacter.test(neighbour);
}

function indexSecrets(report: FindingsReport): SecretIndex {
  const short = new Map<string, Neighbours>();
  const shortLengths = new Set<number>();
  const long = new Map<string, Set<string>>();
  for (const source of sourcesOf(report)) {
    const { text } = source;
    for (const [start, end] of source.secretsWithin(0, text.length)) {
      const secret = text.slice(start, end);
      if (secret.length >= prefixLength) {
        const prefix = secret.slice(0, prefixLength);
        const alike = long.get(prefix);
        if (alike) alike.add(secret);
        else long.set(prefix, new Set([secret]));
        continue;
      }
      const neighbours = short.get(secret) ?? { before: new Set(), behind: new Set() };
      neighbours.before.add(text[start - 1] ?? '');
      neighbours.behind.add(text[end] ?? '');
      short.set(secret, neighbours);
      shortLengths.add(secret.length);
    }
  }
  return { short, shortLengths, long };
}

function sourcesOf(report: FindingsReport): ReadonlySet<SourceText> {
  const sources = new Set<SourceText>();
  const add = (finding: Finding) => {
    sources.add(finding.at.source);
    for (const related of finding.related) sources.add(related.at.source);
    for (const fix of finding.fixes) for (const edit of fix.edits) sources.add(edit.at.source);
  };
  for (const finding of report.findings) add(finding);
  for (const { finding } of report.suppressedFindings ?? []) add(finding);
  return sources;
}
