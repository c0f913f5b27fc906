/** The completion for bash: one function that needs nothing but bash itself, from 3.2 on. */

import { assignment } from './assignment.js';
import { flagKinds, spellings } from './flag-kinds.js';
import type { CompletedFlag, CompletionModel } from './model.js';

/** The script. */
export function bashScript(model: CompletionModel): string {
  const [first = 'ipsec'] = model.programs;
  const f = `_${first}`;
  return `# bash completion for ${model.programs.join(' and ')}, made by "${first} completion bash".
# Have it read by your shell:  source <(${first} completion bash)
# or put it into ~/.local/share/bash-completion/completions/${first}.

${f}_is_command() {
  case $1 in
${caseLines([...model.commands, ...model.topics].map(({ words }) => words))}
  esac
}

# Words that may follow the words of a command.
${f}_next() {
  case $1 in
${nextWords(model)
  .map(([words, next]) => `    ${quote(words)}) printf '%s ' ${next.join(' ')} ;;`)
  .join('\n')}
  esac
}

${f}_flags() {
  printf '%s ' ${model.globalFlags.flatMap(spellings).join(' ')} --help
  case $1 in
${model.commands
  .map(({ words, flags }) => `    ${quote(words)}) printf '%s ' ${ownFlags(flags, model)} ;;`)
  .filter((line) => !line.includes("'%s '  ;;"))
  .join('\n')}
  esac
}

# What stands behind a flag of a command: sets kind and list; fails for flags without a value.
${f}_behind() {
  case "$1 $2" in
${flagKinds(model)
  .map(
    ({ patterns, values }) =>
      `    ${patterns.map((pattern) => pattern.replaceAll(' ', '\\ ')).join('|')}) ${assignment(values, quote)} ;;`,
  )
  .join('\n')}
    *) return 1 ;;
  esac
}

# What stands in place $2 (from 1) behind a command.
${f}_place() {
  kind=
  case "$1 $2" in
${placeLines(model).join('\n')}
  esac
}

${f}_set() {
  case $1 in
${Object.entries(model.sets)
  .map(([name, words]) => `    ${name}) printf '%s ' ${words.map(({ word }) => quote(word)).join(' ')} ;;`)
  .join('\n')}
  esac
}

# Names in the repository that the command line is about.
${f}_names() {
  local where=() at
  for ((at = 1; at < COMP_CWORD; at++)); do
    case \${COMP_WORDS[at]} in
      -C | --directory) where+=(-C "\${COMP_WORDS[at + 1]}") ;;
      --config) where+=(--config "\${COMP_WORDS[at + 1]}") ;;
    esac
  done
  command "\${COMP_WORDS[0]}" "\${where[@]}" completion names "$1" 2>/dev/null
}

${f}_offer() {
  local IFS=$' \\t\\n' before=
  case $kind in
    words) COMPREPLY=($(compgen -W "$list" -- "$cur")) ;;
    set)
      [ "$list" = list ] && [ "\${cur%,*}" != "$cur" ] && before=\${cur%,*},
      COMPREPLY=($(compgen -P "$before" -W "$(${f}_set "$of")" -- "\${cur#"$before"}"))
      ;;
    names) IFS=$'\\n' && COMPREPLY=($(compgen -W "$(${f}_names "$of")" -- "$cur")) ;;
  esac
  case $kind$orfiles in
    files* | *yes)
      compopt -o filenames 2>/dev/null
      IFS=$'\\n' && COMPREPLY+=($(compgen -f -- "$cur"))
      ;;
    folders*)
      compopt -o filenames 2>/dev/null
      IFS=$'\\n' && COMPREPLY=($(compgen -d -- "$cur"))
      ;;
  esac
}

${f}() {
  local cur=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD - 1]} cmd= word places=0 only= at
  local kind= list= of= orfiles=
  COMPREPLY=()
  # bash cuts --flag=value into three words.
  if [ "$cur" = = ]; then
    cur=
  elif [ "$before" = = ] && ((COMP_CWORD > 1)); then
    before=\${COMP_WORDS[COMP_CWORD - 2]}
  fi
  for ((at = 1; at < COMP_CWORD; at++)); do
    word=\${COMP_WORDS[at]}
    if [ -n "$only" ]; then
      ((places++))
      continue
    fi
    case $word in
      --) only=yes ;;
      -?*)
        if ${f}_behind "$cmd" "$word"; then
          ((at++))
          [ "\${COMP_WORDS[at]}" = = ] && ((at++))
        fi
        ;;
      *)
        if ((places == 0)) && ${f}_is_command "$cmd\${cmd:+ }$word"; then
          cmd="$cmd\${cmd:+ }$word"
        else
          ((places++))
        fi
        ;;
    esac
  done
  kind= list= of= orfiles=
  if [ -z "$only" ] && [ "\${before:0:1}" = - ] && ${f}_behind "$cmd" "$before"; then
    ${f}_offer
    return
  fi
  if [ -z "$only" ] && [ "\${cur:0:1}" = - ]; then
    COMPREPLY=($(compgen -W "$(${f}_flags "$cmd")" -- "$cur"))
    return
  fi
  ${f}_place "$cmd" $((places + 1))
  ${f}_offer
  ((places == 0)) && COMPREPLY+=($(compgen -W "$(${f}_next "$cmd")" -- "$cur"))
  return 0
}

complete -F ${f} ${model.programs.join(' ')}
`;
}

function caseLines(words: readonly string[]): string {
  return `    ${words.map(quote).join(' | ')}) return 0 ;;\n    *) return 1 ;;`;
}

/** For each beginning of commands the words that go on from there. */
export function nextWords({ commands, topics }: CompletionModel): (readonly [string, readonly string[]])[] {
  const next = new Map<string, Set<string>>();
  for (const { words } of [...commands, ...topics]) {
    const list = words.split(' ');
    const last = list.pop()!;
    const before = list.join(' ');
    next.set(before, (next.get(before) ?? new Set()).add(last));
  }
  return [...next].map(([before, words]) => [before, [...words].sort()] as const);
}

function ownFlags(flags: readonly CompletedFlag[], { globalFlags }: CompletionModel): string {
  const global = new Set(globalFlags.map(({ name }) => name));
  return flags
    .filter(({ name }) => !global.has(name))
    .flatMap(spellings)
    .join(' ');
}

function placeLines({ commands }: CompletionModel): string[] {
  return commands.flatMap(({ words, args, rest }) => {
    const pattern = words.replaceAll(' ', '\\ ');
    return [
      ...args.map((values, index) => `    ${pattern}\\ ${index + 1}) ${assignment(values, quote)} ;;`),
      ...(rest ? [`    ${pattern}\\ *) ${assignment(rest, quote)} ;;`] : []),
    ];
  });
}

/** A word for the shell as it is. */
function quote(text: string): string {
  return /^[\w./@%+,:-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
