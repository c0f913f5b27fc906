/** Findings on a page: each with its source, what belongs to it, and what to do. */

import { count } from '../../model/count.js';
import type { Finding, Severity } from '../../model/finding.js';
import { formatPlace, type Span } from '../../model/span.js';
import type { FindingsReport } from '../findings/report.js';
import { fixText, ruleText, summaryText, systemsText } from '../findings/words.js';
import { renderFrame } from '../frame.js';
import { type Content, element, type Markup } from './markup.js';

/** Findings that are on a page; more are counted. */
const findingsMax = 1_000;
/** Findings that are open to see; more come in folds of so many. */
const groupSize = 50;
const relatedMax = 5;
const frameWidth = 110;

const severities: readonly Severity[] = ['error', 'warning', 'info'];
const severityRank: Readonly<Record<Severity, number>> = { error: 0, warning: 1, info: 2 };
const tags: Readonly<Record<Severity, string>> = { error: 'k-bad', warning: 'k-warn', info: 'k-acc' };

/** The findings of a report, the gravest first. */
export function findingsContent(report: FindingsReport): Content {
  const sorted = report.findings
    .map((finding, index) => ({ finding, index }))
    .sort((a, b) => severityRank[a.finding.severity] - severityRank[b.finding.severity] || a.index - b.index)
    .map(({ finding }) => finding);
  const shown = sorted.slice(0, findingsMax);
  const known = new Set(report.rules.map(({ code }) => code));
  const card = (finding: Finding) => findingCard(finding, known.has(finding.code));
  const groups: Markup[] = [];
  for (let start = groupSize; start < shown.length; start += groupSize) {
    const group = shown.slice(start, start + groupSize);
    groups.push(
      element(
        'details',
        { class: 'fold' },
        element('summary', {}, `Findings ${start + 1} to ${start + group.length}`),
        group.map(card),
      ),
    );
  }
  const left = sorted.length - shown.length;
  return [
    element('p', {}, summaryText(report)),
    filters(report.findings),
    shown.slice(0, groupSize).map(card),
    groups,
    ruleList(report),
    left > 0 &&
      element('p', { class: 'muted' }, `${count(left, 'further finding')} not on this page: see ipsec policy lint.`),
  ];
}

function filters(findings: readonly Finding[]): Content {
  const buttons = severities.flatMap((severity) => {
    const number = findings.filter((finding) => finding.severity === severity).length;
    if (number === 0) return [];
    return element(
      'button',
      { type: 'button', 'data-do': 'severity', 'data-for': 'findings', 'data-value': severity, 'aria-pressed': 'true' },
      count(number, severity),
    );
  });
  return buttons.length < 2
    ? undefined
    : element('div', { class: 'bar needs-js', role: 'group', 'aria-label': 'Which findings to show' }, buttons);
}

function findingCard(finding: Finding, isExplained: boolean): Markup {
  const { code, severity, at, message, related } = finding;
  const systems = systemsText(finding);
  const unlisted = related.length - relatedMax;
  return element(
    'article',
    { class: `card s-${severity}`, 'data-severity': severity },
    element(
      'p',
      {},
      element('span', { class: `tag ${tags[severity]}` }, severity),
      ' ',
      element('b', {}, isExplained ? element('a', { href: `#rule-${code}` }, ruleText(finding)) : ruleText(finding)),
      ' ',
      element('span', { class: 'mono muted' }, formatPlace(at)),
      systems !== '' && element('span', { class: 'muted' }, ` (${systems})`),
    ),
    element('p', {}, message),
    sourceFrame(at),
    related
      .slice(0, relatedMax)
      .map((each) => [
        element('p', { class: 'small muted' }, `${formatPlace(each.at)}: ${each.text}`),
        sourceFrame(each.at, 'secondary'),
      ]),
    unlisted > 0 && element('p', { class: 'small muted' }, `and ${unlisted} more related places`),
    remarks(finding),
  );
}

/** Notes, help and fixes; a table among the notes keeps its columns. */
function remarks({ notes, help, fixes }: Finding): Content {
  const table = notes.filter(isTableRow);
  const items = [
    ...notes.filter((note) => !isTableRow(note)),
    ...(help === undefined ? [] : [`Help: ${help}`]),
    ...fixes.map((fix) => capitalised(fixText(fix))),
  ];
  return [
    table.length > 0 && element('pre', { tabindex: '0' }, table.join('\n')),
    items.length > 0 &&
      element(
        'ul',
        { class: 'small' },
        items.map((line) => element('li', {}, line)),
      ),
  ];
}

/** Columns are at least two blanks apart, which words of sentences never are. */
function isTableRow(note: string): boolean {
  return note.includes('  ');
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Why each rule is one that found something. */
function ruleList({ findings, rules }: FindingsReport): Content {
  const codes = new Set(findings.map(({ code }) => code));
  const told = rules.filter(({ code }) => codes.has(code));
  if (told.length === 0) return undefined;
  return element(
    'details',
    { class: 'fold', id: 'rules' },
    element('summary', {}, 'Why: the rules that found something'),
    element(
      'dl',
      { class: 'facts' },
      told.map(({ code, slug, summary, rationale, references }) => [
        element('dt', { id: `rule-${code}` }, `${code} ${slug}`),
        element(
          'dd',
          {},
          element('div', {}, summary),
          element('div', {}, rationale),
          element('div', { class: 'small muted' }, references.join('; ')),
        ),
      ]),
    ),
  );
}

function sourceFrame(at: Span, role: 'primary' | 'secondary' = 'primary'): Content {
  // A finding about a system as a whole has no line of its own.
  if (at.source.text === '') return undefined;
  const lines = renderFrame(at, { width: frameWidth, role });
  const marked = role === 'primary' ? 'mark' : 'second';
  const content = lines.map((line, index) => [
    index > 0 && '\n',
    /^ *\| *[\^-]+/.test(line) ? element('span', { class: marked }, line) : line,
  ]);
  return element('pre', { tabindex: '0' }, content);
}
