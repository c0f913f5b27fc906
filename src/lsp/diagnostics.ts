/** Findings as diagnostics, and what is shown while the rest is still being judged. */
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Diagnostic, type DiagnosticSeverity, DiagnosticTag } from 'vscode-languageserver/node';
import type { Finding, Severity } from '../model/finding.js';
import type { SourceText, Span } from '../model/span.js';
import { visible } from '../report/visible.js';
import { rangeOf } from './text.js';

const severities: Readonly<Record<Severity, DiagnosticSeverity>> = { error: 1, warning: 2, info: 3 };
/** Related places that are told. */
const relatedMax = 20;
/** Findings that say that something has no effect: shown faded. */
const needless = new Set(['shadowed', 'shadowed-by-union', 'redundant', 'duplicate-name']);

/** A finding as an editor takes it. */
export function diagnosticOf(finding: Finding): Diagnostic {
  const { at, severity, code, slug, message, notes, help, related } = finding;
  const lines = [message, ...notes, ...(help === undefined ? [] : [`help: ${help}`])].map((line) => visible(line));
  return {
    range: rangeOf(at),
    severity: severities[severity],
    code,
    source: 'ipsec',
    message: lines.join('\n'),
    ...(needless.has(slug) ? { tags: [DiagnosticTag.Unnecessary] } : {}),
    relatedInformation: related.slice(0, relatedMax).map(({ at: place, text }) => ({
      location: { uri: uriOfSource(place.source), range: rangeOf(place) },
      message: visible(text),
    })),
  };
}

/** The URI of a text: paths that are shown count from where the server was started; one that was never saved has its own. */
export function uriOfSource({ path: shown }: Pick<SourceText, 'path'>): string {
  return /^[a-z][a-z\d+.-]+:/i.test(shown) ? shown : pathToFileURL(path.resolve(shown)).href;
}

/**
 * Earlier findings about pairs, which a judgement of one system does not repeat, moved to where their lines are in the new
 * text; those whose line has changed are left out.
 */
export function carried(earlier: readonly Finding[], source: SourceText): Finding[] {
  return earlier.flatMap((finding) => {
    const at = finding.peer === undefined ? undefined : moved(finding.at, source);
    // What a fix would change has moved as well.
    const fixes = finding.at.source.text === source.text ? finding.fixes : [];
    return at ? [{ ...finding, at, fixes }] : [];
  });
}

function moved(at: Span, source: SourceText): Span | undefined {
  const { line } = at.source.position(at.start);
  const range = at.source.lineRange(line);
  const text = at.source.text.slice(range.start, range.end);
  if (at.end > range.end) return undefined;
  for (const candidate of [line, line + source.lineCount - at.source.lineCount]) {
    if (candidate < 1 || candidate > source.lineCount) continue;
    const { start, end } = source.lineRange(candidate);
    if (source.text.slice(start, end) !== text) continue;
    return { source, start: start + at.start - range.start, end: start + at.end - range.start };
  }
  return undefined;
}
