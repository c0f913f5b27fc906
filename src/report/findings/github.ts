/**
 * `github`: workflow commands that GitHub turns into annotations of a pull request. Everything that ends a value or a
 * command is percent-escaped, so that no file can start a command of its own.
 */
import type { Finding, Severity } from '../../model/finding.js';
import { relativePath } from '../uri.js';
import { replaceHidden, visible } from '../visible.js';
import { shownRegionOf } from './region.js';
import type { FindingsReport, RenderOptions } from './report.js';
import { detailLines, ruleText } from './words.js';

const commands: Readonly<Record<Severity, string>> = { error: 'error', warning: 'warning', info: 'notice' };

export function* renderGithub(report: FindingsReport, options: RenderOptions): Generator<string> {
  for (const finding of report.findings) {
    const properties = propertiesOf(finding, options.root).map(
      ([name, value]) => `${name}=${escapeProperty(String(value))}`,
    );
    const message = [visible(finding.message), ...detailLines(finding)].join('\n');
    yield `::${commands[finding.severity]} ${properties.join(',')}::${escapeData(message)}\n`;
  }
}

function propertiesOf(finding: Finding, root: string | undefined): [string, string | number][] {
  const region = shownRegionOf(finding.at);
  // Columns are taken only where an annotation stays on one line.
  const columns: [string, number][] =
    region.startLine === region.endLine
      ? [
          ['col', region.startColumn],
          ['endColumn', region.endColumn],
        ]
      : [];
  return [
    ['file', relativePath(finding.at.source.path, root)],
    ['line', region.startLine],
    ['endLine', region.endLine],
    ...columns,
    ['title', ruleText(finding)],
  ];
}

/** Escapes of the runner: `%`, CR and LF in data; `:` and `,` too in a property. Other hidden characters get a placeholder. */
function escapeData(text: string): string {
  const escaped = text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
  return replaceHidden(escaped, visible);
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
