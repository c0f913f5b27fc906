/** The completion for zsh, with what commands, flags and rules are for. It finds its way as that for bash does. */

import { assignment } from './assignment.js';
import { nextWords } from './bash.js';
import { flagKinds, spellings } from './flag-kinds.js';
import type { CompletedFlag, CompletionModel, Word } from './model.js';

/** The script. */
export function zshScript(model: CompletionModel): string {
  const [first = 'ipsec'] = model.programs;
  const f = `_${first}`;
  const global = new Set(model.globalFlags.map(({ name }) => name));
  return `#compdef ${model.programs.join(' ')}
# zsh completion, made by "${first} completion zsh".
# Have it read by your shell:  source <(${first} completion zsh)   (after compinit)
# or put it into a folder of $fpath as ${f}.

${f}_is_command() {
  case $1 in
    ${[...model.commands, ...model.topics].map(({ words }) => quote(words)).join(' | ')}) return 0 ;;
  esac
  return 1
}

# Words that may follow the words of a command, with what they are for.
${f}_next() {
  case $1 in
${nextWords(model)
  .map(
    ([before, next]) =>
      `    ${quote(before)}) found=(${next.map((word) => quote(describedCommand(model, before, word))).join(' ')}) ;;`,
  )
  .join('\n')}
    *) found=() ;;
  esac
}

${f}_flags() {
  found=(${[...model.globalFlags.flatMap(describedFlag), '--help:Show help'].map(quote).join(' ')})
  case $1 in
${model.commands
  .map(({ words, flags }) => {
    const own = flags.filter(({ name }) => !global.has(name)).flatMap(describedFlag);
    return own.length === 0 ? '' : `    ${quote(words)}) found+=(${own.map(quote).join(' ')}) ;;\n`;
  })
  .join('')}  esac
}

# What stands behind a flag of a command: sets kind and list; fails for flags without a value.
${f}_behind() {
  case "$1 $2" in
${flagKinds(model)
  .map(({ patterns, values }) => `    ${patterns.map(pattern).join(' | ')}) ${assignment(values, quote)} ;;`)
  .join('\n')}
    *) return 1 ;;
  esac
}

# What stands in place $2 (from 1) behind a command.
${f}_place() {
  kind=
  case "$1 $2" in
${model.commands
  .flatMap(({ words, args, rest }) => [
    ...args.map((values, index) => `    ${pattern(`${words} ${index + 1}`)}) ${assignment(values, quote)} ;;`),
    ...(rest ? [`    ${pattern(`${words} *`)}) ${assignment(rest, quote)} ;;`] : []),
  ])
  .join('\n')}
  esac
}

${f}_set() {
  case $1 in
${Object.entries(model.sets)
  .map(
    ([name, words]) =>
      `    ${name}) found=(\n${words.map((word) => `      ${quote(describedWord(word))}`).join('\n')}\n    ) ;;`,
  )
  .join('\n')}
  esac
}

# Names in the repository that the command line is about.
${f}_names() {
  local -a where
  local at
  for (( at = 2; at < CURRENT; at++ )); do
    case $words[at] in
      -C | --directory) where+=(-C $words[at+1]) ;;
      --config) where+=(--config $words[at+1]) ;;
    esac
  done
  found=(\${(f)"$(command $words[1] $where completion names $1 2>/dev/null)"})
}

${f}_offer() {
  local -a found
  case $kind in
    words) found=(\${=list}) && compadd -- $found ;;
    set)
      [[ $list == list ]] && compset -P '*,'
      ${f}_set $of && _describe -t words word found
      ;;
    names) ${f}_names $of && compadd -- $found ;;
    files) _files ;;
    folders) _files -/ ;;
  esac
  [[ $orfiles == yes ]] && _files
}

${f}() {
  local cur=$words[CURRENT] before=$words[CURRENT-1] cmd= word only= at
  local kind= list= of= orfiles=
  local -i places=0
  local -a found
  for (( at = 2; at < CURRENT; at++ )); do
    word=$words[at]
    if [[ -n $only ]]; then
      (( places += 1 ))
      continue
    fi
    case $word in
      --) only=yes ;;
      --*=*) ;;
      -?*) ${f}_behind "$cmd" "$word" && (( at += 1 )) ;;
      *)
        if (( places == 0 )) && ${f}_is_command "$cmd\${cmd:+ }$word"; then
          cmd="$cmd\${cmd:+ }$word"
        else
          (( places += 1 ))
        fi
        ;;
    esac
  done
  kind= list= of= orfiles=
  if [[ -z $only ]]; then
    if [[ $cur == --*=* ]] && ${f}_behind "$cmd" "\${cur%%=*}"; then
      compset -P '*='
      ${f}_offer
      return
    fi
    if [[ $before == -* ]] && ${f}_behind "$cmd" "$before"; then
      ${f}_offer
      return
    fi
    if [[ $cur == -* ]]; then
      ${f}_flags "$cmd"
      _describe -o option found
      return
    fi
  fi
  if (( places == 0 )); then
    ${f}_next "$cmd"
    (( $#found )) && _describe -t commands command found
  fi
  ${f}_place "$cmd" $(( places + 1 ))
  ${f}_offer
}

if [[ $funcstack[1] == ${f} ]]; then
  ${f} "$@"
else
  compdef ${f} ${model.programs.join(' ')}
fi
`;
}

function describedCommand({ commands, topics }: CompletionModel, before: string, word: string): string {
  const words = before === '' ? word : `${before} ${word}`;
  const found = commands.find((command) => command.words === words) ?? topics.find((topic) => topic.words === words);
  return describedWord({ word, summary: found?.summary ?? '' });
}

function describedFlag(flag: CompletedFlag): string[] {
  return spellings(flag).map((word) => describedWord({ word, summary: flag.summary }));
}

/** A colon parts the word from what it is for. */
function describedWord({ word, summary = '' }: Word): string {
  return `${word.replaceAll(':', '\\:')}${summary === '' ? '' : `:${summary}`}`;
}

/** A pattern of `case` in which only the asterisk means something. */
function pattern(text: string): string {
  return text
    .split('*')
    .map((part) => (part === '' ? '' : quote(part)))
    .join('*');
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
