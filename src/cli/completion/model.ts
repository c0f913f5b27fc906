/** What shells complete, made from the commands themselves: words of commands, flags, and what may stand behind each. */
import type { Command } from '@oclif/core';
import { peerProfileNames } from '../../model/peer-profile/peer-profile.js';
import type { nameKinds } from '../../services/completion-names.js';
import { readableFormats } from '../../services/formats.js';
import { shownKinds } from '../../services/show.js';

/** What may stand in a place. */
export type Values =
  /** These words. */
  | { readonly kind: 'words'; readonly words: readonly string[]; readonly orFiles: boolean }
  /** Words of which there are many, and which are in the script once; in a list they are joined by commas. */
  | { readonly kind: 'set'; readonly set: SetName; readonly list: boolean }
  | { readonly kind: 'files' }
  | { readonly kind: 'folders' }
  /** Asked of the program when they are needed: names that stand in the repository. */
  | { readonly kind: 'names'; readonly of: NameKind; readonly orFiles: boolean }
  /** Anything: a number, a date, a packet. */
  | { readonly kind: 'free' };

export interface Word {
  readonly word: string;
  readonly summary?: string;
}

export type SetName = 'rules' | 'profiles' | 'peer-profiles' | 'schemas';
export type NameKind = (typeof nameKinds)[number];

export interface CompletedFlag {
  readonly name: string;
  readonly char?: string;
  readonly summary: string;
  /** Absent for flags without a value. */
  readonly values?: Values;
}

export interface CompletedCommand {
  /** `policy lint`. */
  readonly words: string;
  readonly summary: string;
  readonly flags: readonly CompletedFlag[];
  /** What stands in each place behind the command. */
  readonly args: readonly Values[];
  /** What stands in all places behind these; absent where nothing may. */
  readonly rest?: Values;
}

export interface CompletionModel {
  /** Names under which the program is called. */
  readonly programs: readonly string[];
  readonly commands: readonly CompletedCommand[];
  /** Beginnings of commands of several words. */
  readonly topics: readonly { readonly words: string; readonly summary: string }[];
  /** Flags that may precede a command. */
  readonly globalFlags: readonly CompletedFlag[];
  readonly sets: Readonly<Record<SetName, readonly Word[]>>;
}

/** The parts of a command of the manifest that matter here. */
export type ManifestCommand = Pick<Command.Loadable, 'id' | 'args' | 'flags' | 'summary' | 'hidden' | 'strict'>;

export interface ModelInput {
  readonly programs: readonly string[];
  readonly commands: readonly ManifestCommand[];
  readonly topics: readonly { readonly name: string; readonly description?: string }[];
  readonly globalFlags: readonly string[];
  readonly rules: readonly Word[];
  readonly profiles: readonly Word[];
  readonly schemas: readonly string[];
}

const files = { kind: 'files' } as const;
const folders = { kind: 'folders' } as const;
const free = { kind: 'free' } as const;
const systems = { kind: 'names', of: 'systems', orFiles: false } as const;
const systemsOrFiles = { kind: 'names', of: 'systems', orFiles: true } as const;
const records = { kind: 'names', of: 'records', orFiles: false } as const;
const set = (name: SetName, list = false) => ({ kind: 'set', set: name, list }) as const;

/** Flags whose values are not told by their options or by what the help calls them. */
const valuesOfFlags: Readonly<Record<string, Values>> = {
  select: set('rules', true),
  'extend-select': set('rules', true),
  ignore: set('rules', true),
  profile: set('profiles', true),
  'peer-profile': set('peer-profiles'),
  'format-in': wordsOf(readableFormats),
  'stdin-filename': files,
  host: systems,
};

/** Arguments, by command and name, or by name alone. */
const valuesOfArgs: Readonly<Record<string, Values>> = {
  'policy rules rule': set('rules'),
  'schema name': set('schemas'),
  'initiate record': records,
  'negotiate a': systemsOrFiles,
  'negotiate b': systemsOrFiles,
  'policy graph paths': systemsOrFiles,
  paths: files,
  before: files,
  after: files,
  input: files,
  folder: folders,
};

/** Makes the model. Hidden commands and flags are not in it. */
export function completionModel(input: ModelInput): CompletionModel {
  const commands = input.commands
    .filter(({ hidden }) => !hidden)
    .map(commandOf)
    .sort((a, b) => (a.words < b.words ? -1 : 1));
  const topics = input.topics
    .map(({ name, description = '' }) => ({ words: name.replaceAll(':', ' '), summary: description }))
    .filter(({ words }) => commands.some((command) => command.words.startsWith(`${words} `)));
  const global = new Set(input.globalFlags);
  return {
    programs: input.programs,
    commands,
    topics,
    globalFlags: commands[0]?.flags.filter(({ name }) => global.has(name)) ?? [],
    sets: {
      rules: input.rules,
      profiles: input.profiles,
      'peer-profiles': peerProfileNames.map((word) => ({ word })),
      schemas: input.schemas.map((word) => ({ word })),
    },
  };
}

function commandOf({ id, summary = '', flags, args, strict }: ManifestCommand): CompletedCommand {
  const words = id.replaceAll(':', ' ');
  const own = Object.values(args).map((arg) => {
    if (arg.options) return wordsOf(arg.options);
    return valuesOfArgs[`${words} ${arg.name}`] ?? valuesOfArgs[arg.name] ?? free;
  });
  // `show` takes a kind and a name before its paths, which its argument does not tell.
  const places = words === 'policy show' ? [{ ...wordsOf(shownKinds), orFiles: true }, records, files] : own;
  return {
    words,
    summary,
    flags: Object.values(flags)
      .filter(({ hidden }) => !hidden)
      .map(flagOf),
    args: places,
    ...(strict === false && places.length > 0 ? { rest: places.at(-1)! } : {}),
  };
}

function flagOf(flag: ManifestCommand['flags'][string]): CompletedFlag {
  return {
    name: flag.name,
    ...(flag.char ? { char: flag.char } : {}),
    summary: summaryOf(flag),
    ...(flag.type === 'option' ? { values: valuesOf(flag) } : {}),
  };
}

/** Without the full stop, and without the list of values that a shell offers anyway. */
function summaryOf({ summary = '', ...flag }: ManifestCommand['flags'][string]): string {
  const options = (flag.type === 'option' && flag.options) || [];
  const list = `: ${options.join(', ')}.`;
  return (summary.endsWith(list) ? summary.slice(0, -list.length) : summary).replace(/\.$/, '');
}

function valuesOf(flag: ManifestCommand['flags'][string] & { readonly type: 'option' }): Values {
  if (flag.options) return wordsOf(flag.options);
  const known = valuesOfFlags[flag.name];
  if (known) return known;
  const help = String(flag.helpValue ?? '');
  if (/\b(?:FILE|PATH)\b/.test(help)) return files;
  return /\bDIR\b/.test(help) ? folders : free;
}

function wordsOf(words: readonly string[]) {
  return { kind: 'words', words, orFiles: false } as const;
}
