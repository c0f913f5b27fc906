/** `concise`: one line for each finding, `path:line:col: severity CODE slug: message`, for grep and editors. */
import { formatPlace } from '../../model/span.js';
import { visible } from '../visible.js';
import type { FindingsReport } from './report.js';
import { ruleText } from './words.js';

export function* renderConcise(report: FindingsReport): Generator<string> {
  for (const finding of report.findings) {
    const place = visible(formatPlace(finding.at));
    yield `${place}: ${finding.severity} ${ruleText(finding)}: ${visible(finding.message)}\n`;
  }
}
