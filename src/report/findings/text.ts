/**
 * `text`: for people at a terminal. Findings are grouped by file, each with the source lines it is about, what belongs to
 * it and what to do; the last line counts them.
 */
import type { Finding, Related, Severity } from '../../model/finding.js';
import { formatPlace, type SourceText, type Span } from '../../model/span.js';
import { defaultWidth, numberWidthOf, renderFrame } from '../frame.js';
import { type Paint, plainStyle, type Style } from '../style.js';
import { visible } from '../visible.js';
import { wrapLine } from '../wrap.js';
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
  const painted = report.failed ? style.red(style.bold(line)) : style.bold(line);
  for (const part of wrapLine(painted, textWidth(options))) yield `${part}\n`;
}

/** Findings in order, under the names of their files, with their source; an empty line behind each. Lines without breaks. */
export function* renderFindingFrames(
  findings: readonly Finding[],
  options: Pick<RenderOptions, 'style' | 'width' | 'wrap'>,
): Generator<string> {
  const { style = plainStyle } = options;
  let path: string | undefined;
  for (const finding of findings) {
    const current = finding.at.source.path;
    if (current !== path) {
      yield style.bold(visible(current));
      path = current;
    }
    yield* findingLines(finding, style, options);
    yield '';
  }
}

/** What texts are broken to; source lines are cut to `width` in any case. */
function textWidth({ width = defaultWidth, wrap }: Pick<RenderOptions, 'width' | 'wrap'>): number | undefined {
  return wrap ? width : undefined;
}

function* findingLines(
  finding: Finding,
  style: Style,
  options: Pick<RenderOptions, 'width' | 'wrap'>,
): Generator<string> {
  const width = textWidth(options);
  const { line, column } = finding.at.source.position(finding.at.start);
  const systems = systemsText(finding);
  const severity = severityPaint(finding.severity, style)(finding.severity.padEnd(severityWidth));
  const head = `  ${line}:${column}  ${severity}  ${style.bold(ruleText(finding))}: ${visible(finding.message)}${
    systems === '' ? '' : style.dim(` (${systems})`)
  }`;
  yield* wrapLine(head, width, { under: frameIndent });

  const framed = finding.related.slice(0, relatedFramesMax);
  const numberWidth = Math.max(...[finding.at, ...framed.map((related) => related.at)].map(numberWidthOf));
  const frame = { ...options, indent: frameIndent, numberWidth, style };
  if (!isDark(finding.at)) yield* renderFrame(finding.at, frame);
  for (const related of framed) yield* relatedFrame(finding.at.source, related, frame);

  const margin = `${' '.repeat(frameIndent + numberWidth)} ${style.dim('=')} `;
  const listed = finding.related.slice(relatedFramesMax, relatedLinesMax);
  const unlisted = finding.related.length - framed.length - listed.length;
  const texts = [
    ...listed.map(relatedLine),
    ...(unlisted > 0 ? [`and ${unlisted} more related places`] : []),
    ...detailLines(finding),
  ];
  const under = { under: frameIndent + numberWidth + 3 };
  for (const text of texts) yield* wrapLine(`${margin}${text}`, width, under);
}

/** Is nothing of the line to be seen: a file that could not be read, or one of another kind, whose content is not shown? */
function isDark({ source, start }: Span): boolean {
  if (source.text === '') return true;
  const { start: from, end } = source.lineRange(source.position(start).line);
  const [hidden] = source.secretsWithin(from, end);
  return hidden?.[0] === from && hidden[1] === end;
}

interface FrameSetting {
  readonly width?: number;
  readonly wrap?: boolean;
  readonly indent: number;
  readonly numberWidth: number;
  readonly style: Style;
}

/** A frame in another file says which; one in the same file needs only its line numbers. */
function* relatedFrame(source: SourceText, related: Related, frame: FrameSetting): Generator<string> {
  if (related.at.source !== source) {
    const arrow = frame.style.dim('-->');
    const line = `${' '.repeat(frame.indent + frame.numberWidth - 1)}${arrow} ${place(related.at)}`;
    yield* wrapLine(line, textWidth(frame), { under: frame.indent + frame.numberWidth + 3 });
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
