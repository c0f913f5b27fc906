/** `checkstyle`: the XML of the Checkstyle tool, which many review tools read. */
import { visible } from '../visible.js';
import { xmlAttributes, xmlDeclaration } from '../xml.js';
import { byFile } from './groups.js';
import { regionOf } from './region.js';
import type { FindingsReport } from './report.js';

/** Version of the format, not of this product: what the readers look for. */
const formatVersion = '4.3';

export function* renderCheckstyle(report: FindingsReport): Generator<string> {
  yield `${xmlDeclaration}<checkstyle version="${formatVersion}">\n`;
  for (const { path, findings } of byFile(report.findings)) {
    yield `  <file${xmlAttributes({ name: path })}>\n`;
    for (const finding of findings) {
      const { startLine, startColumn } = regionOf(finding.at);
      yield `    <error${xmlAttributes({
        line: startLine,
        column: startColumn,
        severity: finding.severity,
        message: visible(finding.message),
        source: `${report.tool.name}.${finding.code}.${finding.slug}`,
      })}/>\n`;
    }
    yield '  </file>\n';
  }
  yield '</checkstyle>\n';
}
