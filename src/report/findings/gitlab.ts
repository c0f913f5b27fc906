/** `gitlab`: the code quality report of GitLab, a JSON array whose fingerprints tell old findings from new ones. */
import type { Finding, Severity } from '../../model/finding.js';
import { jsonItems } from '../json-text.js';
import { relativePath } from '../uri.js';
import { visible } from '../visible.js';
import { createFingerprinter } from './fingerprint.js';
import { shownRegionOf } from './region.js';
import type { FindingsReport, RenderOptions } from './report.js';

const severities: Readonly<Record<Severity, string>> = { error: 'major', warning: 'minor', info: 'info' };

export function* renderGitlab(report: FindingsReport, options: RenderOptions): Generator<string> {
  yield '[';
  yield* jsonItems(issues(report.findings, options.root));
  yield ']\n';
}

function* issues(findings: readonly Finding[], root: string | undefined): Generator<object> {
  const fingerprint = createFingerprinter();
  for (const finding of findings) {
    const { startLine, startColumn, endLine, endColumn } = shownRegionOf(finding.at);
    yield {
      description: visible(finding.message),
      check_name: `${finding.code} ${finding.slug}`,
      fingerprint: fingerprint(finding),
      severity: severities[finding.severity],
      location: {
        path: relativePath(finding.at.source.path, root),
        positions: { begin: { line: startLine, column: startColumn }, end: { line: endLine, column: endColumn } },
        lines: { begin: startLine, end: endLine },
      },
    };
  }
}
