/** What is shown for a word: what the language says of it, its effective value and where that comes from, and rules. */
import type { Hover } from 'vscode-languageserver/node';
import type { Finding } from '../model/finding.js';
import type { ArgumentRow } from '../model/language/arguments.js';
import { describeLifespan } from '../model/language/dialect.js';
import { ranges } from '../model/language/limits.js';
import { protocolRows, transformRows, type ValueRow } from '../model/language/values.js';
import { describeOrigin } from '../model/origin.js';
import { type DescribedField, describeRecord } from '../model/record/describe.js';
import type { PolicyRecord } from '../model/record/record.js';
import { allRecords, type PolicySet } from '../model/resolve.js';
import type { SourceText } from '../model/span.js';
import { escapeMarkdown } from '../report/markdown/escape.js';
import { type RuleDocument, ruleDocuments } from '../services/rules.js';
import { itemAt, type OpenDocument, type Outline, outlineOf, type Target, targetAt } from './document.js';
import { rangeOf } from './text.js';
import type { DocumentSystem } from './workspace.js';

const ruleCode = /\b[A-Z]{2,4}\d?\d{3}\b/g;

/** The hover at an offset of a document. */
export function hoverAt(
  document: OpenDocument,
  offset: number,
  system: DocumentSystem | undefined,
  findings: readonly Finding[],
): Hover | undefined {
  const outline = outlineOf(document);
  const inComment = outline && commentHover(outline, offset);
  if (inComment) return inComment;
  const target = outline && targetAt(outline, offset, system?.system.dialect ?? outline.dialect);
  const about = target ? targetText(target, system, document.source) : [];
  const here = findings.filter(({ at }) => isIn(at, document.source, offset));
  const rules = here.map(({ code }) => ruleText(code)).filter((text) => text !== undefined);
  const parts = [...about, ...new Set(rules)];
  if (parts.length === 0) return undefined;
  const span = target ? { source: document.source, start: target.word.start, end: target.word.end } : here[0]?.at;
  return {
    contents: { kind: 'markdown', value: parts.join('\n\n---\n\n') },
    ...(span ? { range: rangeOf(span) } : {}),
  };
}

function isIn({ source, start, end }: Finding['at'], document: SourceText, offset: number): boolean {
  return source.text === document.text && start <= offset && offset <= end;
}

/** Codes of rules in comments that speak to this tool. */
function commentHover(outline: Outline, offset: number): Hover | undefined {
  const { source } = outline;
  const comment = itemAt(outline, offset);
  if (comment?.kind !== 'comment') return undefined;
  for (const match of source.text.slice(comment.start, comment.end).matchAll(ruleCode)) {
    const start = comment.start + match.index;
    if (offset < start || offset > start + match[0].length) continue;
    const value = ruleText(match[0]);
    if (value)
      return { contents: { kind: 'markdown', value }, range: rangeOf({ source, start, end: start + match[0].length }) };
  }
  return undefined;
}

const rules = new Map<string, RuleDocument | undefined>();

function ruleText(code: string): string | undefined {
  if (!rules.has(code)) for (const rule of ruleDocuments()) rules.set(rule.code, rule);
  const rule = rules.get(code);
  if (!rule) return undefined;
  return [
    `**${rule.code} ${rule.slug}** (${rule.severity})`,
    escapeMarkdown(rule.summary),
    escapeMarkdown(rule.rationale),
    `*${escapeMarkdown(rule.references.join('; '))}*`,
  ].join('\n\n');
}

function targetText(target: Target, system: DocumentSystem | undefined, text: SourceText): string[] {
  const fields = system ? effectiveFields(target, system, text) : [];
  switch (target.on) {
    case 'object':
    case 'subject': {
      const head = `**${target.row.name}**: ${escapeMarkdown(target.row.summary)}`;
      return fields.length > 0 ? [head, table(fields)] : [head];
    }
    case 'argument':
      return [argumentText(target.argument), ...effective(target.argument, fields)];
    case 'value': {
      const word = wordText(target.argument, target.word.text);
      const tunnel =
        target.argument.kind === 'record-name' && system ? tunnelText(target.word.text, system) : undefined;
      return [word ?? tunnel ?? argumentText(target.argument), ...effective(target.argument, fields)];
    }
  }
}

/** What counts for the record of the statement that a word is in. */
function effectiveFields(target: Target, { system, source, isCurrent }: DocumentSystem, text: SourceText) {
  const { statement } = target;
  if (isCurrent) {
    const record = allRecords(system.policies).find(
      ({ at }) => at.source === source && at.start === statement.start && at.end === statement.end,
    );
    return record ? describeRecord(record) : [];
  }
  // Of an earlier text a statement counts that is still the same, wherever it stands now; not what follows from its place.
  const written = text.text.slice(statement.start, statement.end);
  const record = namedRecord(target, system.policies, ({ at }) => at.source.text.slice(at.start, at.end) === written);
  return record ? describeRecord(record).filter(({ origin }) => origin.kind !== 'automatic') : [];
}

function namedRecord(
  { row, statement }: Target,
  policies: PolicySet,
  fits: (record: PolicyRecord) => boolean,
): PolicyRecord | undefined {
  const name = statement.subject?.text;
  return allRecords(policies).find(
    (record) => record.name === name && record.kind.replace('default-', '') === row.name && fits(record),
  );
}

function argumentText(argument: ArgumentRow): string {
  const range = argument.range ? ranges[argument.range] : undefined;
  const facts = [
    `known to: ${describeLifespan(argument)}`,
    ...(range ? [`from ${range.min} to ${range.max}`] : []),
    ...(argument.required ? ['required'] : []),
    ...(argument.repeat ? [`may be repeated (from ${argument.repeat.since} on)`] : []),
    ...(argument.obsolete ? [`obsolete since ${argument.obsolete.since}: ${argument.obsolete.instead}`] : []),
  ];
  return `**-${argument.name}**: ${escapeMarkdown(argument.summary)}\n\n${escapeMarkdown(facts.join('; '))}`;
}

function effective({ name }: ArgumentRow, fields: readonly DescribedField[]): string[] {
  const own = fields.filter((field) => field.name === name);
  return own.length > 0 ? [table(own)] : [];
}

function table(fields: readonly DescribedField[]): string {
  const rows = fields.map(
    ({ name, value, origin }) =>
      `| -${escapeMarkdown(name)} | ${escapeMarkdown(value)} | ${escapeMarkdown(describeOrigin(origin))} |`,
  );
  return ['| effective | value | from |', '| --- | --- | --- |', ...rows].join('\n');
}

/** What the word of a value means; of a list, each word. */
function wordText({ kind, values = [] }: ArgumentRow, text: string): string | undefined {
  const rows: readonly ValueRow[] =
    kind === 'action' ? [...values, ...transformRows] : kind === 'protocol' ? protocolRows : values;
  const found = text
    .toUpperCase()
    .split(/[,+]/)
    .flatMap((word) => rows.find((row) => row.word.toUpperCase() === word.replace(/\/.*$/, '')) ?? []);
  if (found.length === 0) return undefined;
  return found
    .map((row) => `**${escapeMarkdown(row.word)}**: ${escapeMarkdown(row.summary)} (${describeLifespan(row)})`)
    .join('\n\n');
}

function tunnelText(name: string, { system }: DocumentSystem): string | undefined {
  const tunnel = allRecords(system.policies).find((record) => record.kind === 'tunnel' && record.name === name);
  return tunnel && `**tunnel ${escapeMarkdown(name)}**\n\n${table(describeRecord(tunnel))}`;
}
