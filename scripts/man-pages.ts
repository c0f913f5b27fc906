/** The manual pages that are made from the product's own tables, so that they cannot drift from it. */
import { rules } from '../src/lint/registry.js';
import type { Rule, RuleExample } from '../src/lint/rule.js';
import { errnoEntry } from '../src/model/error-catalogue.js';
import { type ArgumentRow, argumentsOf } from '../src/model/language/arguments.js';
import { describeLifespan } from '../src/model/language/dialect.js';
import { ranges } from '../src/model/language/limits.js';
import { objectRows } from '../src/model/language/objects.js';
import { shippedProfile } from '../src/model/language/shipped-profile.js';
import { protocolRows, serviceRows, transformRows, type ValueRow } from '../src/model/language/values.js';
import { errorDocuments } from '../src/services/explain-code.js';
import { commandPages, type ManifestCommand, programPage } from './man-commands.js';
import { escapeMan, section, tagged, titleLine, verbatim } from './man-text.js';

/** File name and text of each page; `commands` are those of the build's manifest. */
export function manPages(commands: Readonly<Record<string, ManifestCommand>>): ReadonlyMap<string, string> {
  return new Map([
    ['ipsec.1', programPage(commands)],
    ...commandPages(commands),
    ['ipsec-policy.5', policyPage()],
    ['ipsec-rules.7', rulesPage()],
    ['ipsec-errors.7', errorsPage()],
  ]);
}

const families: readonly (readonly [string, string])[] = [
  ['SYN', 'Language and statements'],
  ['REF', 'References between records'],
  ['PRI', 'Priorities'],
  ['SHD', 'Anomalies of order'],
  ['ACT', 'Actions'],
  ['SEL', 'Selectors'],
  ['TUN', 'Tunnels'],
  ['IK1', 'IKE version 1'],
  ['AUT', 'Authentication'],
  ['CRY', 'Algorithms'],
  ['LIF', 'Lifetimes'],
  ['RPL', 'Anti-replay'],
  ['PRO', 'Guidance profiles'],
  ['PQC', 'Post-quantum readiness'],
  ['PEER', 'Agreement between peers'],
  ['OPS', 'Operation'],
  ['HYG', 'Hygiene'],
  ['IMP', 'Configurations of other products'],
];

function rulesPage(): string {
  const groups = families
    .map(([prefix, title]) => ({ title, members: rules.filter((rule) => rule.code.replace(/\d{3}$/, '') === prefix) }))
    .filter(({ members }) => members.length > 0);
  return `${[
    titleLine('ipsec-rules', 7, 'rules of ipsec policy lint'),
    section('Description', `${rules.length} rules are checked by`),
    '.BR ipsec\\-policy\\-lint (1).\nA rule is selected or ignored by its code, by the beginning of codes, or by its slug; a comment',
    verbatim('# ipsec-disable-next-line SHD004 until=2027-01-01 -- reason'),
    'hides its findings on the next statement.',
    ...groups.flatMap(({ title, members }) => [`.SH ${title.toUpperCase()}`, ...members.map(ruleText)]),
    '.SH SEE ALSO\n.BR ipsec (1),\n.BR ipsec\\-policy\\-lint (1),\n.BR ipsec\\-policy (5),\n.BR ipsec\\-errors (7)',
  ].join('\n')}\n`;
}

function errorsPage(): string {
  return `${[
    titleLine('ipsec-errors', 7, 'codes of errors of ipsec'),
    section(
      'Description',
      escapeMan(
        'An error that ends a command is told on the standard error, with what can be done about it and the command line that explains its code; with --json it is an object "error" with "code", "message", "exitCode", "hints", "explanation" and, for errors of usage, "help". The codes are stable. What is wrong with a policy is no error of a command but a finding, with the code of a rule: see ipsec-rules(7).',
      ),
    ),
    '.SH CODES',
    ...errorDocuments().map(({ code, exit, meaning, remedy }) =>
      tagged(`${code} (exit code ${exit})`, escapeMan(`${meaning} ${remedy}`)),
    ),
    tagged('EACCES, ENOENT, …', escapeMan(`${errnoEntry.meaning} ${errnoEntry.remedy}`)),
    '.SH SEE ALSO\n.BR ipsec (1),\n.BR ipsec\\-rules (7)',
  ].join('\n')}\n`;
}

function ruleText(rule: Rule): string {
  const optional = rule.optional ? ', off unless selected' : '';
  return [
    `.SS ${escapeMan(`${rule.code} ${rule.slug}`)} (${rule.severity}${optional})`,
    escapeMan(rule.summary),
    escapeMan(rule.rationale),
    ...example('Reported:', rule.bad[0]),
    ...example('Not reported:', rule.good[0]),
    `.PP\nReferences: ${escapeMan(rule.references.join('; '))}.`,
  ].join('\n');
}

function example(title: string, first: string | RuleExample | undefined): string[] {
  if (first === undefined) return [];
  const { text, peer } = typeof first === 'string' ? { text: first, peer: undefined } : first;
  return [`.PP\n${title}`, verbatim(text), ...(peer === undefined ? [] : ['.PP\nwith the peer', verbatim(peer)])];
}

function policyPage(): string {
  return `${[
    titleLine('ipsec-policy', 5, 'records of IPsec policy'),
    section(
      'Description',
      escapeMan(
        'A record file holds add and delete operations, one a line; a backslash before the line break continues a line. A line that begins with # is a comment. Arguments are separated by blanks, lists are written with commas and without blanks, flags are joined by plus signs. Words of the language may be written in any case, and an argument by any unambiguous beginning of at least three letters; names of records are case-sensitive.',
      ),
      escapeMan(
        'A file is atomic: it is taken as a whole or not at all. Lines as a shell history has them (ipsec_config add ...) are read by the rules of a shell.',
      ),
    ),
    '.SH DIRECTIVES',
    tagged('# ipsec-dialect: A.03.02', escapeMan('the dialect of the file: A.02, A.03.00, A.03.02 or extended')),
    tagged('# ipsec-disable-next-line CODES until=DATE -- reason', escapeMan('hides findings of the next statement')),
    tagged('# ipsec-disable CODES until=DATE -- reason', escapeMan('hides findings of the whole file')),
    '.SH RECORDS',
    ...objectRows.flatMap((object) => [
      `.SS ${object.name}`,
      `${escapeMan(`${object.summary.charAt(0).toUpperCase()}${object.summary.slice(1)} (${describeLifespan(object)}).`)}`,
      ...argumentsOf(object.name)
        .filter((row) => !row.commandLineOnly)
        .map(argumentText),
    ]),
    '.SH TRANSFORMS',
    escapeMan(
      `A transform may be followed by its lifetime: NAME/seconds/kilobytes, ${describe('lifetimeSeconds')} and ${describe('lifetimeKilobytes')}.`,
    ),
    ...transformRows.map((row) => tagged(row.word, valueText(row))),
    '.SH PROTOCOLS',
    ...protocolRows.map((row) => tagged(row.word, valueText(row))),
    '.SH SERVICES',
    ...serviceRows.map((row) => tagged(row.word, valueText(row))),
    '.SH CONFIGURED VALUES',
    escapeMan(
      'ipsec.config may add words to the lists of group, hash, encryption and prf of ike, ikev1 and ikev2 records, or say that other dialects have a word. Each stands for an algorithm of this tool; the schema is printed by ipsec schema config.',
    ),
    verbatim(
      'values:\n  ikev1:\n    hash:\n      SHA256: { algorithm: HMAC-SHA2-256, since: A.03.00, note: site patch }',
    ),
    '.SH PROFILE',
    escapeMan(
      'Values that a record leaves out come from a profile file: sections BEGIN NAME to END NAME with a parameter and its value on each line. The parameter priority is the step of automatic priorities. Shipped values:',
    ),
    verbatim(shippedProfile.map((row) => `${row.section} ${row.parameter} ${row.value}`).join('\n')),
    '.SH SEE ALSO\n.BR ipsec (1),\n.BR ipsec\\-rules (7)',
  ].join('\n')}\n`;
}

function argumentText(row: ArgumentRow): string {
  const facts = [
    ...(row.required ? ['required'] : []),
    ...(row.repeat ? [`up to ${row.repeat.max} times (${describeLifespan({ since: row.repeat.since })})`] : []),
    ...(row.range ? [describe(row.range)] : []),
    ...(row.values && row.values.length <= 20 ? [row.values.map((value) => value.word).join(', ')] : []),
    ...(row.since || row.until ? [describeLifespan(row)] : []),
    ...(row.aliases ? [`also ${row.aliases.map((alias) => `-${alias}`).join(', ')}`] : []),
  ];
  return tagged(`-${row.name}`, escapeMan(`${row.summary}${facts.length > 0 ? `; ${facts.join('; ')}` : ''}`));
}

function describe(name: keyof typeof ranges): string {
  const range: { min: number; max: number; unit?: string; zero?: string } = ranges[name];
  return `${range.min} to ${range.max}${range.unit ? ` ${range.unit}` : ''}${range.zero ? ` or 0 (${range.zero})` : ''}`;
}

function valueText(row: ValueRow): string {
  const when = row.since || row.until ? `; ${describeLifespan(row)}` : '';
  return escapeMan(`${row.summary}${when}`);
}
