/** The manual pages of the program and of each command, from the commands themselves. */
import { paragraphsOf } from '../src/cli/help.js';
import { escapeMan, section, tagged, titleLine, verbatim } from './man-text.js';

/** What the build's manifest says of a command, as far as its page needs it. */
export interface ManifestCommand {
  readonly summary?: string;
  readonly description?: string;
  readonly usage?: string | readonly string[];
  readonly examples?: readonly string[];
  readonly hidden?: boolean;
  readonly strict?: boolean;
  readonly args: Readonly<Record<string, ManifestArg>>;
  readonly flags: Readonly<Record<string, ManifestFlag>>;
}

interface ManifestArg {
  readonly name: string;
  readonly description?: string;
  readonly required?: boolean;
  readonly hidden?: boolean;
  readonly options?: readonly string[];
}

interface ManifestFlag {
  readonly name: string;
  readonly char?: string;
  readonly summary?: string;
  readonly helpValue?: string | readonly string[];
  readonly helpGroup?: string;
  readonly hidden?: boolean;
  readonly required?: boolean;
  readonly allowNo?: boolean;
  readonly env?: string;
  readonly options?: readonly string[];
  readonly type: string;
}

type Commands = Readonly<Record<string, ManifestCommand>>;

const globalGroup = 'GLOBAL';

/** ipsec(1): what all commands share, and where the others are. */
export function programPage(commands: Commands): string {
  const shown = shownOf(commands);
  const globals = Object.values(shown[0]?.[1].flags ?? {}).filter((flag) => flag.helpGroup === globalGroup);
  return `${[
    titleLine('ipsec', 1, 'manage IPsec policy: lint, explain, negotiate, apply, run'),
    section('Synopsis', '.B ipsec\n.I command\n.RI [ arguments ]\n.RI [ flags ]'),
    section(
      'Description',
      escapeMan(
        'Reads IPsec policy in HP-UX-style records (see ipsec-policy(5)) or as other products write it, and answers questions about it before a host does; negotiates it with a peer in memory, applies it to the kernel, and runs the IKE daemon. Results go to standard output, remarks to standard error. Every command takes --json.',
      ),
      escapeMan(
        'The program is installed as ipsecpm as well, because other products have a program named ipsec. Called as ipsec_config, ipsec_policy, ipsec_report or ipsec_admin it takes the options that these have on HP-UX.',
      ),
    ),
    '.SH COMMANDS',
    ...shown.map(([id, { summary }]) => `.TP\n.BR ${escapeMan(pageName(id))} (1)\n${escapeMan(summary ?? '')}`),
    '.SH GLOBAL FLAGS',
    ...globals.map(flagText),
    '.SH EXIT STATUS',
    ...exitStatus.map(([code, meaning]) => tagged(code, escapeMan(meaning))),
    '.SH ENVIRONMENT',
    tagged('NO_COLOR, FORCE_COLOR', escapeMan('turn colour off or on (see --color)')),
    tagged(
      'COLUMNS',
      escapeMan(
        'how wide text is laid out where the output is no terminal; without it tables and drawings take 80, and lines of text stay whole',
      ),
    ),
    tagged('IPSEC_STATE_DIR, IPSEC_RUN_DIR', escapeMan('the folders that --state-dir and --run-dir name')),
    tagged(
      'IPSEC_POLICY',
      escapeMan('the file that ipsec_config and its like work on, instead of /etc/ipsec/policy.conf'),
    ),
    tagged('DEBUG', escapeMan('shows the stack of internal errors')),
    '.SH FILES',
    tagged(
      'ipsec.config.yaml, ipsec.config.json',
      escapeMan('configuration, found from the given path upward; its schema is printed by ipsec schema config'),
    ),
    tagged('inventory.yaml', escapeMan('the systems of a repository; its schema is printed by ipsec schema inventory')),
    '.SH SEE ALSO\n.BR ipsec\\-policy (5),\n.BR ipsec\\-rules (7),\n.BR ipsec\\-errors (7)',
  ].join('\n')}\n`;
}

/** File name and text of the page of each command. */
export function commandPages(commands: Commands): (readonly [string, string])[] {
  return shownOf(commands).map(([id, command]) => [`${pageName(id)}.1`, commandPage(id, command)] as const);
}

function shownOf(commands: Commands): (readonly [string, ManifestCommand])[] {
  return Object.entries(commands).filter(([, command]) => !command.hidden);
}

function pageName(id: string): string {
  return `ipsec-${id.replaceAll(':', '-')}`;
}

const exitStatus: readonly (readonly [string, string])[] = [
  ['0', 'done, and the answer is good'],
  [
    '1',
    'done, and the answer is bad: findings at or above the fail level, a negotiation or an assertion failed, files are not formatted, the host has drifted',
  ],
  [
    '2',
    'the command line or the configuration is wrong; nothing was done. With plan --detailed-exitcode: there is something to do',
  ],
  ['3', 'a fault of the program'],
  ['4', 'a privilege, kernel feature or tool is missing, or the host refused'],
  ['5', 'applying failed and was rolled back'],
  ['6', 'applying failed and could not be rolled back'],
  ['130', 'interrupted'],
];

function commandPage(id: string, command: ManifestCommand): string {
  const name = id.replaceAll(':', ' ');
  const summary = (command.summary ?? '').replace(/\.$/, '');
  const args = Object.values(command.args).filter(({ hidden }) => !hidden);
  const own = Object.values(command.flags).filter((flag) => !flag.hidden && flag.helpGroup !== globalGroup);
  const groups = new Map<string, ManifestFlag[]>(own.some((flag) => !flag.helpGroup) ? [['', []]] : []);
  for (const flag of own) groups.set(flag.helpGroup ?? '', [...(groups.get(flag.helpGroup ?? '') ?? []), flag]);
  const examples = (command.examples ?? []).map((example) =>
    example.replaceAll('<%= config.bin %>', 'ipsec').replaceAll('<%= command.id %>', name),
  );
  return `${[
    titleLine(pageName(id), 1, `${summary.charAt(0).toLowerCase()}${summary.slice(1)}`),
    `.SH SYNOPSIS\n${synopses(name, command, args)
      .map((line) => `.B ${escapeMan(line)}`)
      .join('\n.br\n')}`,
    ...(command.description ? ['.SH DESCRIPTION', ...prose(command.description)] : []),
    ...(args.length > 0 ? ['.SH ARGUMENTS', ...args.map(argText)] : []),
    ...[...groups].flatMap(([group, flags]) => [`.SH ${group === '' ? '' : `${group} `}FLAGS`, ...flags.map(flagText)]),
    ...(examples.length > 0 ? ['.SH EXAMPLES', verbatim(examples.join('\n')).replace('.PP\n', '')] : []),
    '.SH SEE ALSO',
    'Flags that all commands have, exit status and environment are in\n.BR ipsec (1),\nrecords in\n.BR ipsec\\-policy (5).',
  ].join('\n')}\n`;
}

function synopses(name: string, command: ManifestCommand, args: readonly ManifestArg[]): readonly string[] {
  if (command.usage !== undefined) {
    const usages = typeof command.usage === 'string' ? [command.usage] : command.usage;
    return usages.map((usage) => `ipsec ${usage.replaceAll('<%= command.id %>', name)}`);
  }
  const words = args.map((arg, index) => {
    const word = `${arg.name.toUpperCase()}${command.strict === false && index === args.length - 1 ? '...' : ''}`;
    return arg.required ? word : `[${word}]`;
  });
  const needed = Object.values(command.flags).filter((flag) => flag.required && !flag.hidden);
  return [['ipsec', name, ...words, ...needed.map((flag) => `--${flag.name}${valueText(flag)}`), '[FLAGS]'].join(' ')];
}

function argText(arg: ManifestArg): string {
  const options = arg.options ? ` (${arg.options.join(', ')})` : '';
  return tagged(arg.name.toUpperCase(), escapeMan(`${(arg.description ?? '').replace(/\.$/, '')}${options}.`));
}

/** Paragraphs fill; those that are indented stay as they are. */
function prose(text: string): string[] {
  return paragraphsOf(text).map((paragraph, index) =>
    /^\s/.test(paragraph)
      ? verbatim(paragraph.replace(/^ {2}/gm, ''))
      : `${index === 0 ? '' : '.PP\n'}${escapeMan(paragraph)}`,
  );
}

function flagText(flag: ManifestFlag): string {
  const name = `${flag.char ? `-${flag.char}, ` : ''}--${flag.allowNo ? '[no-]' : ''}${flag.name}${valueText(flag)}`;
  const environment = flag.env ? ` Also taken from ${flag.env}.` : '';
  return tagged(name, escapeMan(`${flag.summary ?? ''}${environment}`));
}

function valueText(flag: ManifestFlag): string {
  return flag.type === 'option' ? ` ${flag.helpValue ?? flag.options?.join('|') ?? 'VALUE'}` : '';
}
