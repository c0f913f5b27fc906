/**
 * `markdown`: a comment for a pull request: a table of findings, and each finding's source lines behind a fold. Texts
 * from files cannot form markup, mention people or refer to issues.
 */

import { count } from '../../model/count.js';
import type { Finding } from '../../model/finding.js';
import { formatPlace } from '../../model/span.js';
import { renderFrame } from '../frame.js';
import { escapeHtml, escapeMarkdown, fenced } from '../markdown/escape.js';
import type { FindingsReport, RenderOptions } from './report.js';
import { detailLines, ruleText, summaryText } from './words.js';

/** GitHub refuses comments above 65,536 characters. */
const defaultLengthMax = 60_000;
const lengthMin = 2_000;
/** Room kept for the lines that say what was left out, and the closing of the document. */
const reserved = 400;
const rowsMax = 300;
const frameWidth = 100;
const relatedMax = 10;

export function* renderMarkdown(report: FindingsReport, options: RenderOptions): Generator<string> {
  const lengthMax = Math.max(lengthMin, options.lengthMax ?? defaultLengthMax);
  let room = lengthMax - reserved;
  const { findings } = report;
  const opening = `### ${escapeMarkdown(report.tool.name)}: ${escapeMarkdown(summaryText(report))}\n`;
  yield opening;
  if (findings.length === 0) return;

  const header = '\n| Severity | Place | Rule | Message |\n| --- | --- | --- | --- |\n';
  yield header;
  room -= opening.length + header.length;
  let rows = 0;
  for (const finding of findings) {
    const row = tableRow(finding);
    // A third of the room at least is for the details, which say more about fewer findings.
    if (rows === rowsMax || row.length > room - lengthMax / 3) break;
    room -= row.length;
    rows += 1;
    yield row;
  }
  if (rows < findings.length) yield `\n${count(findings.length - rows, 'further finding')} not listed here.\n`;

  let details = 0;
  for (const finding of findings.slice(0, rows)) {
    const block = detailBlock(finding);
    if (block.length > room) break;
    room -= block.length;
    details += 1;
    yield block;
  }
  if (details < rows) yield `\nDetails of ${count(rows - details, 'further finding')} are left out.\n`;
}

function tableRow(finding: Finding): string {
  const cells = [
    finding.severity,
    escapeMarkdown(formatPlace(finding.at)),
    escapeMarkdown(ruleText(finding)),
    escapeMarkdown(finding.message),
  ];
  return `| ${cells.join(' | ')} |\n`;
}

function detailBlock(finding: Finding): string {
  const related = finding.related.slice(0, relatedMax).map(({ at, text }) => `${formatPlace(at)}: ${text}`);
  const unlisted = finding.related.length - related.length;
  const items = [
    ...related,
    ...(unlisted > 0 ? [`and ${unlisted} more related places`] : []),
    ...detailLines(finding),
  ].map((item) => `- ${escapeMarkdown(item)}\n`);
  const summary = `${formatPlace(finding.at)}: ${ruleText(finding)}`;
  return [
    `\n<details><summary>${escapeHtml(summary)}</summary>\n`,
    `\n${finding.severity}: ${escapeMarkdown(finding.message)}\n`,
    `\n${fenced(renderFrame(finding.at, { width: frameWidth }))}`,
    items.length > 0 ? `\n${items.join('')}` : '',
    '\n</details>\n',
  ].join('');
}
