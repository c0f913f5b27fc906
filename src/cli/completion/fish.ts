/** The completion for fish, with what commands, flags and rules are for. */
import { nextWords } from './bash.js';
import type { CompletedFlag, CompletionModel, Values } from './model.js';

/** The script. */
export function fishScript(model: CompletionModel): string {
  const [first = 'ipsec'] = model.programs;
  const f = `__${first}`;
  const commands = [...model.commands, ...model.topics].map(({ words }) => quote(words));
  const lines: string[] = [];
  const complete = (line: string): void => {
    for (const program of model.programs) lines.push(`complete -c ${program} ${line}`);
  };
  complete('-f');
  for (const [before, next] of nextWords(model)) {
    for (const word of next) {
      const words = before === '' ? word : `${before} ${word}`;
      const found = [...model.commands, ...model.topics].find((each) => each.words === words);
      complete(`-n ${quote(`${f}_at ${doubleQuote(before)} 1`)} -a ${word} -d ${quote(found?.summary ?? '')}`);
    }
  }
  const global = new Set(model.globalFlags.map(({ name }) => name));
  for (const flag of model.globalFlags) complete(flagLine(flag, undefined, f));
  for (const { words, flags, args, rest } of model.commands) {
    for (const flag of flags) if (!global.has(flag.name)) complete(flagLine(flag, `${f}_in ${doubleQuote(words)}`, f));
    for (const [index, values] of args.entries()) place(words, String(index + 1), values);
    if (rest) place(words, `more ${args.length}`, rest);
  }
  return `# fish completion for ${model.programs.join(' and ')}, made by "${first} completion fish".
# Put it into ~/.config/fish/completions/${first}.fish, or:  ${first} completion fish | source

# The command that the line has so far, and how many words stand behind it.
function ${f}_state
  set -l tokens (commandline -opc)
  set -e tokens[1]
  set -l cmd ''
  set -l places 0
  set -l skip 0
  for token in $tokens
    if test $skip = 1
      set skip 0
      continue
    end
    switch $token
      case -C --directory --config --color ${valueFlags(model).join(' ')}
        set skip 1
      case '-*'
      case '*'
        set -l longer (string trim -- "$cmd $token")
        if test $places = 0; and contains -- $longer ${commands.join(' ')}
          set cmd $longer
        else
          set places (math $places + 1)
        end
    end
  end
  echo $cmd
  echo $places
end

# Is the command COMMAND, and the word that comes now in place N (or, with more, behind it)?
function ${f}_at
  set -l state (${f}_state)
  test "$state[1]" = "$argv[1]"; or return 1
  if test "$argv[2]" = more
    test $state[2] -ge $argv[3]
  else
    test $state[2] = (math $argv[2] - 1)
  end
end

function ${f}_in
  set -l state (${f}_state)
  test "$state[1]" = "$argv[1]"
end

# Names in the repository that the command line is about.
function ${f}_names
  set -l tokens (commandline -opc)
  set -l where
  for at in (seq 2 (count $tokens))
    switch $tokens[$at]
      case -C --directory
        set -a where -C $tokens[(math $at + 1)]
      case --config
        set -a where --config $tokens[(math $at + 1)]
    end
  end
  command $tokens[1] $where completion names $argv[1] 2>/dev/null
end

${Object.entries(model.sets)
  .map(
    ([name, words]) =>
      `function ${f}_${name.replaceAll('-', '_')}\n  printf '%s\\t%s\\n' ${words.map(({ word, summary = '' }) => `${quote(word)} ${quote(summary)}`).join(' \\\n    ')}\nend`,
  )
  .join('\n\n')}

# Words of a list that goes on behind the last comma.
function ${f}_list
  set -l before (string replace -r '[^,]*$' '' -- (commandline -ct | string replace -r '^--[^=]*=' ''))
  for line in ($argv[1])
    echo $before$line
  end
end

${lines.join('\n')}
`;

  function place(words: string, at: string, values: Values): void {
    const condition = quote(`${f}_at ${doubleQuote(words)} ${at}`);
    complete(`-n ${condition} ${offered(values, f)}`);
  }
}

/** Flags with a value, so that the value is not taken for a word. */
function valueFlags({ commands }: CompletionModel): string[] {
  const names = new Set<string>();
  for (const { flags } of commands)
    for (const { name, char, values } of flags) {
      if (!values) continue;
      names.add(`--${name}`);
      if (char) names.add(`-${char}`);
    }
  return [...names];
}

function flagLine({ name, char, summary, values }: CompletedFlag, condition: string | undefined, f: string): string {
  const parts = [
    ...(condition === undefined ? [] : [`-n ${quote(condition)}`]),
    `-l ${name}`,
    ...(char ? [`-s ${char}`] : []),
    `-d ${quote(summary)}`,
    ...(values ? [`-r ${offered(values, f)}`] : []),
  ];
  return parts.join(' ');
}

function offered(values: Values, f: string): string {
  switch (values.kind) {
    case 'words':
      return `${values.orFiles ? '-F' : '-f'} -a ${quote(values.words.join(' '))}`;
    case 'set': {
      const name = `${f}_${values.set.replaceAll('-', '_')}`;
      return `-f -a ${quote(values.list ? `(${f}_list ${name})` : `(${name})`)}`;
    }
    case 'names':
      return `${values.orFiles ? '-F' : '-f'} -a ${quote(`(${f}_names ${values.of})`)}`;
    case 'files':
      return '-F';
    case 'folders':
      return `-f -a '(__fish_complete_directories)'`;
    case 'free':
      return '-f';
  }
}

function quote(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}

/** Within single quotes. */
function doubleQuote(text: string): string {
  return `"${text}"`;
}
