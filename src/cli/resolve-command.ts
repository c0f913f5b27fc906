/**
 * Finds the command in a command line: `ipsec [global flags] <words of the command> [flags and arguments]`.
 *
 * oclif looks for the command at the very start only; we also take global flags before it, as git and others do, and
 * `help WORDS` for `WORDS --help`.
 */
import { closest } from '../model/did-you-mean.js';

/** What is known of the commands and global flags. Ids are oclif's: words joined by colons. */
export interface Known {
  readonly ids: readonly string[];
  /** Long and short spellings (`--config`, `-C`) of the global flags: do they take a value? */
  readonly globalFlags: ReadonlyMap<string, { readonly takesValue: boolean }>;
}

export type Resolution =
  | { readonly kind: 'version' }
  /** `words` name a command, a topic or, when empty, the whole program. */
  | { readonly kind: 'help'; readonly words: readonly string[] }
  | { readonly kind: 'command'; readonly id: string; readonly argv: readonly string[] }
  | { readonly kind: 'unknown-command'; readonly words: string; readonly suggestion?: string }
  | { readonly kind: 'unknown-flag'; readonly flag: string; readonly suggestion?: string }
  | { readonly kind: 'no-command' };

const helpFlags: readonly string[] = ['--help', '-h'];
const versionFlags: readonly string[] = ['--version', '-V'];

/** Says what is to be run. `argv` is what follows the program's name. */
export function resolveCommand(argv: readonly string[], known: Known): Resolution {
  const { flags, rest } = takeLeadingFlags(argv, known);
  const asksHelp = (upToDashes(argv) ?? argv).some((arg) => helpFlags.includes(arg));
  const unknown = flags.find((flag) => isFlag(flag) && !isKnownFlag(flag, known));
  if (unknown !== undefined) {
    const flag = nameOf(unknown);
    const spellings = [...known.globalFlags.keys(), ...helpFlags, ...versionFlags].filter((each) =>
      each.startsWith('--'),
    );
    return { kind: 'unknown-flag', flag, suggestion: closest(flag, spellings) };
  }
  if (flags.some((flag) => versionFlags.includes(flag))) return { kind: 'version' };

  const end = rest.findIndex((arg) => isFlag(arg));
  const words = end === -1 ? rest : rest.slice(0, end);
  const [first, ...others] = words;
  if (first === undefined) return argv.length === 0 || asksHelp ? { kind: 'help', words: [] } : { kind: 'no-command' };

  const isHelpCommand = first === 'help' && !known.ids.includes('help');
  const named = isHelpCommand ? others : words;
  const found = longestCommand(named, known.ids);
  if (found !== undefined) {
    if (isHelpCommand || asksHelp) return { kind: 'help', words: named.slice(0, found.length) };
    return { kind: 'command', id: found.id, argv: [...flags, ...rest.slice(found.length)] };
  }
  const topic = named.join(':');
  if (topic === '' || known.ids.some((id) => id.startsWith(`${topic}:`))) return { kind: 'help', words: named };
  return { kind: 'unknown-command', ...suggestCommand(named, known.ids) };
}

/** The flags before the first word, each with its value, and what follows. */
function takeLeadingFlags(
  argv: readonly string[],
  known: Known,
): { flags: readonly string[]; rest: readonly string[] } {
  let index = 0;
  while (index < argv.length && isFlag(argv[index]!) && argv[index] !== '--') {
    const flag = argv[index]!;
    const separate = known.globalFlags.get(flag)?.takesValue === true;
    index += separate ? 2 : 1;
  }
  return { flags: argv.slice(0, index), rest: argv.slice(index) };
}

function isFlag(arg: string): boolean {
  return arg.startsWith('-') && arg !== '-';
}

function isKnownFlag(arg: string, known: Known): boolean {
  if (helpFlags.includes(arg) || versionFlags.includes(arg) || known.globalFlags.has(nameOf(arg))) return true;
  // Short ones may be run together (-qv) or carry their value (-C/etc).
  return !arg.startsWith('--') && known.globalFlags.has(arg.slice(0, 2));
}

/** The flag without the value that may be attached to it: that is nobody's business in a message. */
function nameOf(arg: string): string {
  return arg.split('=', 1)[0]!;
}

function upToDashes(argv: readonly string[]): readonly string[] | undefined {
  const dashes = argv.indexOf('--');
  return dashes === -1 ? undefined : argv.slice(0, dashes);
}

function longestCommand(words: readonly string[], ids: readonly string[]): { id: string; length: number } | undefined {
  const longestId = Math.max(0, ...ids.map((id) => id.split(':').length));
  for (let length = Math.min(words.length, longestId); length > 0; length -= 1) {
    const id = words.slice(0, length).join(':');
    if (ids.includes(id)) return { id, length };
  }
  return undefined;
}

/**
 * The command that was probably meant: one of which every word is near the one typed in its place; failing that, one whose
 * last word was typed alone (`lint` for `policy lint`).
 */
function suggestCommand(words: readonly string[], ids: readonly string[]): { words: string; suggestion?: string } {
  const names = ids.map((id) => id.split(':'));
  const near = names.filter((name) => name.every((word, index) => closest(words[index] ?? '', [word]) !== undefined));
  const longest = Math.max(0, ...near.map((name) => name.length));
  if (longest > 0) {
    const typed = words.slice(0, longest).join(' ');
    const candidates = near.filter((name) => name.length === longest).map((name) => name.join(' '));
    return { words: typed, suggestion: closest(typed, candidates) ?? candidates[0] };
  }
  const typed = words.slice(0, ids.some((id) => id.startsWith(`${words[0]}:`)) ? 2 : 1);
  const lastWords = new Map(names.map((name) => [name.at(-1)!, name.join(' ')]));
  const last = closest(typed.at(-1) ?? '', lastWords.keys());
  return { words: typed.join(' '), suggestion: last === undefined ? undefined : lastWords.get(last) };
}
