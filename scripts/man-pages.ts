/** The manual pages that are made from the product's own tables, so that they cannot drift from it. */
import { rules } from '../src/lint/registry.js';
import type { Rule, RuleExample } from '../src/lint/rule.js';
import { type ArgumentRow, argumentsOf } from '../src/model/language/arguments.js';
import { describeLifespan } from '../src/model/language/dialect.js';
import { ranges } from '../src/model/language/limits.js';
import { objectRows } from '../src/model/language/objects.js';
import { shippedProfile } from '../src/model/language/shipped-profile.js';
import { protocolRows, serviceRows, transformRows, type ValueRow } from '../src/model/language/values.js';
import { escapeMan, section, tagged, titleLine, verbatim } from './man-text.js';

/** File name and text of each page; `commands` are those of the build's manifest. */
export function manPages(commands: Readonly<Record<string, ManifestCommand>>): ReadonlyMap<string, string> {
  return new Map([
    ['ipsec.1', commandsPage(commands)],
    ['ipsec-policy.5', policyPage()],
    ['ipsec-rules.7', rulesPage()],
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
    '.B ipsec policy lint\n(see\n.BR ipsec (1)).\nA rule is selected or ignored by its code, by the beginning of codes, or by its slug; a comment',
    verbatim('# ipsec-disable-next-line SHD004 until=2027-01-01 -- reason'),
    'hides its findings on the next statement.',
    ...groups.flatMap(({ title, members }) => [`.SH ${title.toUpperCase()}`, ...members.map(ruleText)]),
    '.SH SEE ALSO\n.BR ipsec (1),\n.BR ipsec\\-policy (5)',
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

/** What the build's manifest says of a command, as far as the page needs it. */
export interface ManifestCommand {
  readonly summary?: string;
  readonly description?: string;
  readonly usage?: string | readonly string[];
  readonly examples?: readonly string[];
  readonly hidden?: boolean;
  readonly args: Readonly<
    Record<string, { readonly name: string; readonly description?: string; readonly required?: boolean }>
  >;
  readonly flags: Readonly<
    Record<
      string,
      {
        readonly name: string;
        readonly char?: string;
        readonly summary?: string;
        readonly helpValue?: string | readonly string[];
        readonly helpGroup?: string;
        readonly hidden?: boolean;
        readonly type: string;
      }
    >
  >;
}

/** ipsec(1), from the commands themselves. */
export function commandsPage(commands: Readonly<Record<string, ManifestCommand>>): string {
  const shown = Object.entries(commands).filter(([, command]) => !command.hidden);
  const globals = Object.values(shown[0]?.[1].flags ?? {}).filter((flag) => flag.helpGroup === 'GLOBAL');
  return `${[
    titleLine('ipsec', 1, 'manage IPsec policy: lint, explain, compare, test'),
    section('Synopsis', '.B ipsec\n.I command\n.RI [ flags ]\n.RI [ arguments ]'),
    section(
      'Description',
      escapeMan(
        'Reads IPsec policy in HP-UX-style records (see ipsec-policy(5)) and answers questions about it before a host does. Results go to standard output, remarks to standard error. Every command takes --json.',
      ),
    ),
    '.SH COMMANDS',
    ...shown.map(([id, command]) => commandText(id.replaceAll(':', ' '), command)),
    '.SH GLOBAL FLAGS',
    ...globals.map(flagText),
    '.SH EXIT STATUS',
    ...exitStatus.map(([code, meaning]) => tagged(code, escapeMan(meaning))),
    '.SH ENVIRONMENT',
    tagged('NO_COLOR, FORCE_COLOR', escapeMan('turn colour off or on (see --color)')),
    tagged('DEBUG', escapeMan('shows the stack of internal errors')),
    '.SH FILES',
    tagged(
      'ipsec.config.yaml, ipsec.config.json',
      escapeMan('configuration, found from the given path upward; its schema is printed by ipsec schema config'),
    ),
    tagged('inventory.yaml', escapeMan('the systems of a repository; its schema is printed by ipsec schema inventory')),
    '.SH SEE ALSO\n.BR ipsec\\-policy (5),\n.BR ipsec\\-rules (7)',
  ].join('\n')}\n`;
}

const exitStatus: readonly (readonly [string, string])[] = [
  ['0', 'done, and the answer is good'],
  [
    '1',
    'done, and the answer is bad: findings at or above the fail level, an assertion failed, files are not formatted',
  ],
  ['2', 'the command line or the configuration is wrong; nothing was done'],
  ['3', 'a fault of the program'],
  ['4', 'a privilege, kernel feature or tool is missing, or the host refused'],
  ['5', 'applying failed and was rolled back'],
  ['6', 'applying failed and could not be rolled back'],
  ['130', 'interrupted'],
];

function commandText(name: string, command: ManifestCommand): string {
  const own = Object.values(command.flags).filter((flag) => !flag.hidden && flag.helpGroup !== 'GLOBAL');
  const args = Object.values(command.args).map((arg) =>
    arg.required ? arg.name.toUpperCase() : `[${arg.name.toUpperCase()}]`,
  );
  const examples = (command.examples ?? []).map((example) =>
    example.replaceAll('<%= config.bin %>', 'ipsec').replaceAll('<%= command.id %>', name),
  );
  return [
    `.SS ${escapeMan(['ipsec', name, ...args].join(' '))}`,
    escapeMan(command.summary ?? ''),
    ...prose(command.description ?? ''),
    ...own.map(flagText),
    ...(examples.length > 0 ? ['.PP\nExamples:', verbatim(examples.join('\n'))] : []),
  ].join('\n');
}

/** Paragraphs fill; those that are indented stay as they are. */
function prose(text: string): string[] {
  const paragraphs = text.split(/\n{2,}/).filter((paragraph) => paragraph.trim() !== '');
  return paragraphs.map((paragraph) =>
    /^\s/.test(paragraph) ? verbatim(paragraph.replace(/^ {2}/gm, '')) : `.PP\n${escapeMan(paragraph)}`,
  );
}

function flagText(flag: ManifestCommand['flags'][string]): string {
  const value = flag.type === 'option' ? ` ${flag.helpValue ?? 'VALUE'}` : '';
  return tagged(`${flag.char ? `-${flag.char}, ` : ''}--${flag.name}${value}`, escapeMan(flag.summary ?? ''));
}
