/** The formats in which findings can be reported, and the one way to get them. */
import { compareFindings } from '../../model/finding.js';
import { renderCheckstyle } from './checkstyle.js';
import { renderConcise } from './concise.js';
import { renderGithub } from './github.js';
import { renderGitlab } from './gitlab.js';
import { renderJson } from './json.js';
import { renderJsonLines } from './jsonl.js';
import { renderJunit } from './junit.js';
import { renderMarkdown } from './markdown.js';
import type { FindingsRenderer, FindingsReport, RenderOptions } from './report.js';
import { renderSarif } from './sarif.js';
import { renderText } from './text.js';

export const findingFormats = [
  'text',
  'concise',
  'json',
  'jsonl',
  'sarif',
  'junit',
  'github',
  'gitlab',
  'checkstyle',
  'markdown',
] as const;
export type FindingFormat = (typeof findingFormats)[number];

const renderers: Readonly<Record<FindingFormat, FindingsRenderer>> = {
  text: renderText,
  concise: renderConcise,
  json: renderJson,
  jsonl: renderJsonLines,
  sarif: renderSarif,
  junit: renderJunit,
  github: renderGithub,
  gitlab: renderGitlab,
  checkstyle: renderCheckstyle,
  markdown: renderMarkdown,
};

/** A chunk is given out once it is as long as this, in UTF-16 code units. */
const chunkLength = 65_536;

/**
 * The report in `format`, as chunks to be written one after the other: a report of 100,000 findings never is one string.
 * Findings come in the order of their path, place and code, whatever order they are given in.
 */
export function* renderFindings(
  report: FindingsReport,
  format: FindingFormat,
  options: RenderOptions = {},
): Generator<string, void, undefined> {
  const ordered = { ...report, findings: report.findings.toSorted(compareFindings) };
  let held = '';
  for (const piece of renderers[format](ordered, options)) {
    held += piece;
    if (held.length < chunkLength) continue;
    yield held;
    held = '';
  }
  if (held !== '') yield held;
}
