/**
 * Names of findings that stay the same when lines move, so that a tool can tell an old finding from a new one.
 *
 * A finding is known by its rule, file, systems, record and the text it points at; never by line number or wording.
 * Findings that are alike in all of that are numbered in order.
 */
import { createHash } from 'node:crypto';
import type { Finding } from '../../model/finding.js';

/** Code units of the text pointed at that count; long records differ near their beginning. */
const excerptMax = 400;
const digits = 32;

/** Gives each finding of one report its fingerprint; to be asked once for each, in the report's order. */
export type Fingerprinter = (finding: Finding) => string;

/** A fingerprinter for one report. Its fingerprints are 32 hexadecimal digits and differ within the report. */
export function createFingerprinter(): Fingerprinter {
  const seen = new Map<string, number>();
  return (finding) => {
    const identity = identityOf(finding);
    const alike = seen.get(identity) ?? 0;
    seen.set(identity, alike + 1);
    return alike === 0 ? identity : digest([identity, alike]);
  };
}

function identityOf(finding: Finding): string {
  const { at, record } = finding;
  const excerpt = at.source.masked(at.start, Math.max(at.start, Math.min(at.end, at.start + excerptMax)));
  return digest([
    finding.code,
    at.source.path,
    finding.system ?? '',
    finding.peer ?? '',
    record?.kind ?? '',
    record?.name ?? '',
    excerpt.replace(/\s+/g, ' ').trim(),
  ]);
}

function digest(parts: readonly (string | number)[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, digits);
}
