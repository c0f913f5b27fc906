/** Findings in order, cut into runs of one file. */
import type { Finding } from '../../model/finding.js';

/** The findings of one path. */
export interface FileFindings {
  readonly path: string;
  readonly findings: readonly Finding[];
}

/** Groups findings that are in the order of their paths. */
export function* byFile(findings: readonly Finding[]): Generator<FileFindings> {
  let start = 0;
  for (let index = 1; index <= findings.length; index += 1) {
    const path = findings[start]!.at.source.path;
    if (index < findings.length && findings[index]!.at.source.path === path) continue;
    yield { path, findings: findings.slice(start, index) };
    start = index;
  }
}
