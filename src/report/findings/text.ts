/**
 * `text`: for people at a terminal. Findings are grouped by file, each with the source lines it is about, what belongs to
 * it and what to do; the last line counts them.
 */
import type { Finding, Related, Severity } from '../../model/finding.js';
import { formatPlace, type SourceText, type Span } from '../../model/span.js';
import { numberWidthOf, renderFrame } from '../frame.js';
import { type Paint, plainStyle, type Style } from '../style.js';
import { visible } from '../visible.js';
import type { FindingsReport, RenderOptions } from './report.js';
import { detailLines, ruleText, summaryText, systemsText } from './words.js';

/** Related places with a frame of their own; after them come lines, then a number. */
const relatedFramesMax = 3;
const relatedLinesMax = 10;
const frameIndent = 4;
const severityWidth = 'warning'.length;

export function* renderText(report: FindingsReport, options: RenderOptions): Generator<string> {
  const style = options.style ?? plainStyle;
  for (const line of renderFindingFrames(report.findings, options)) yield `${line}\n`;
  const line = summaryText(report);
  yield `${report.failed ? style.red(style.bold(line)) : style.bold(line)}\n`;
}

/** Findings in order, under the names of their files, with their source; an empty line behind each. Lines without breaks. */
export function* renderFindingFrames(
  findings: readonly Finding[],
  { style = plainStyle, width }: Pick<RenderOptions, 'style' | 'width'>,
): Generator<string> {
  let path: string | undefined;
  for (const finding of findings) {
    const current = finding.at.source.path;
    if (current !== path) {
      yield style.bold(visible(current));
      path = current;
    }
    yield* findingLines(finding, style, width);
    yield '';
  }
}

function* findingLines(finding: Finding, style: Style, width: number | undefined): Generator<string> {
  const { line, column } = finding.at.source.position(finding.at.start);
  const systems = systemsText(finding);
  const severity = severityPaint(finding.severity, style)(finding.severity.padEnd(severityWidth));
  yield `  ${line}:${column}  ${severity}  ${style.bold(ruleText(finding))}: ${visible(finding.message)}${
    systems === '' ? '' : style.dim(` (${systems})`)
  }`;

  const framed = finding.related.slice(0, relatedFramesMax);
  const numberWidth = Math.max(...[finding.at, ...framed.map((related) => related.at)].map(numberWidthOf));
  const frame = { width, indent: frameIndent, numberWidth, style };
  yield* renderFrame(finding.at, frame);
  for (const related of framed) yield* relatedFrame(finding.at.source, related, frame);

  const margin = `${' '.repeat(frameIndent + numberWidth)} ${style.dim('=')} `;
  const listed = finding.related.slice(relatedFramesMax, relatedLinesMax);
  for (const related of listed) yield `${margin}${relatedLine(related)}`;
  const unlisted = finding.related.length - framed.length - listed.length;
  if (unlisted > 0) yield `${margin}and ${unlisted} more related places`;
  for (const detail of detailLines(finding)) yield `${margin}${detail}`;
}

interface FrameSetting {
  readonly width: number | undefined;
  readonly indent: number;
  readonly numberWidth: number;
  readonly style: Style;
}

/** A frame in another file says which; one in the same file needs only its line numbers. */
function* relatedFrame(source: SourceText, related: Related, frame: FrameSetting): Generator<string> {
  if (related.at.source !== source) {
    const arrow = frame.style.dim('-->');
    yield `${' '.repeat(frame.indent + frame.numberWidth - 1)}${arrow} ${place(related.at)}`;
  }
  yield* renderFrame(related.at, { ...frame, role: 'secondary', label: related.text });
}

function relatedLine(related: Related): string {
  return `${place(related.at)}: ${visible(related.text)}`;
}

function place(span: Span): string {
  return visible(formatPlace(span));
}

function severityPaint(severity: Severity, style: Style): Paint {
  switch (severity) {
    case 'error':
      return style.red;
    case 'warning':
      return style.yellow;
    case 'info':
      return style.blue;
  }
}
