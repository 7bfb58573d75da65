import { shellWord } from '../output/shell.ts';
import { type CompletedOption, type CompletionModel, type Place } from './model.ts';

const words = (all: readonly string[]): string => shellWord(all.join(' '));

const flagsOf = (options: readonly CompletedOption[]): readonly string[] => options.flatMap(({ flags }) => flags);

/** What completes one place; nothing for free text. */
const complete = ({ file, words: known }: Place): string =>
  file
    ? 'mapfile -t COMPREPLY < <(compgen -f -- "$cur"); compopt -o filenames 2>/dev/null'
    : `mapfile -t COMPREPLY < <(compgen -W ${words(known)} -- "$cur")`;

const valueCases = (command: string, options: readonly CompletedOption[]): readonly string[] =>
  options.flatMap(({ flags, value }) =>
    value
      ? [`    ${flags.map((flag) => shellWord(`${command} ${flag}`)).join(' | ')}) ${complete(value)}; return ;;`]
      : [],
  );

const placeCases = (command: string, places: readonly Place[]): readonly string[] =>
  places.map((each, index) => `    ${shellWord(`${command} ${index}`)}) ${complete(each)} ;;`);

/** Prints the completion of bash 4 and newer. */
export const bashCompletion = ({ program, options, commands }: CompletionModel): string => {
  const taking = new Set(
    [{ options }, ...commands].flatMap((each) => flagsOf(each.options.filter(({ value }) => value))),
  );
  const names = commands.map(({ name }) => name);
  return `# bash completion of ${program}, made by: ${program} completion bash
_${program}() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD - 1]}" command='' place=0 i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "\${COMP_WORDS[i]}" in
    ${[...taking].join(' | ')}) ((i++)) ;;
    -*) ;;
    *) if [[ -z $command ]]; then command="\${COMP_WORDS[i]}"; else ((place++)); fi ;;
    esac
  done
  # The value of an option.
  case "$command $prev" in
${[...valueCases('', options), ...commands.flatMap((each) => valueCases(each.name, each.options))].join('\n')}
  esac
  # An option.
  if [[ $cur == -* ]]; then
    case "$command" in
    '') mapfile -t COMPREPLY < <(compgen -W ${words(flagsOf(options))} -- "$cur") ;;
${commands.map((each) => `    ${each.name}) mapfile -t COMPREPLY < <(compgen -W ${words(flagsOf(each.options))} -- "$cur") ;;`).join('\n')}
    esac
    return
  fi
  # A command, or one of its arguments.
  case "$command $place" in
    ' 0') mapfile -t COMPREPLY < <(compgen -W ${words(names)} -- "$cur") ;;
${commands.flatMap((each) => placeCases(each.name, each.places)).join('\n')}
  esac
}
complete -F _${program} ${program}
`;
};
