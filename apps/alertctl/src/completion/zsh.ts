import { type CompletedCommand, type CompletedOption, type CompletionModel, type Place } from './model.ts';

/** A word in single quotes. */
const quoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;

/** Text within a specification of \`_arguments\`, where brackets and colons mean something. */
const plain = (text: string): string => text.replace(/[[\]:\\]/g, (each) => `\\${each}`);

const action = ({ file, words }: Place): string => {
  if (file) return '_files';
  return words.length > 0 ? `(${words.join(' ')})` : ' ';
};

const optionSpecs = ({ flags, description, value }: CompletedOption): readonly string[] =>
  flags.map((flag) => {
    // With *: it may be given again, as --metadata is.
    const tail = value ? `:${plain(value.name)}:${action(value)}` : '';
    return quoted(`*${flag}[${plain(description)}]${tail}`);
  });

const placeSpecs = (places: readonly Place[]): readonly string[] =>
  places.map((each, index) => quoted(`${index + 1}:${plain(each.name)}:${action(each)}`));

const indented = (specs: readonly string[], indent: string): string =>
  specs.map((spec) => `${indent}${spec}`).join(' \\\n');

const commandCase = ({ name, options, places }: CompletedCommand): string =>
  `    ${name})
      _arguments \\
${indented([...options.flatMap(optionSpecs), ...placeSpecs(places)], '        ')}
      ;;`;

/** Prints the completion of zsh. */
export const zshCompletion = ({ program, options, commands }: CompletionModel): string => `#compdef ${program}
# zsh completion of ${program}, made by: ${program} completion zsh
_${program}() {
  local context state state_descr line
  typeset -A opt_args
  _arguments -C \\
${indented([...options.flatMap(optionSpecs), "'1:command:->command'", "'*::argument:->argument'"], '    ')}
  case $state in
  command)
    local -a commands=(
${commands.map(({ name, summary }) => `      ${quoted(`${name}:${summary.replaceAll(':', '\\:')}`)}`).join('\n')}
    )
    _describe command commands
    ;;
  argument)
    case $line[1] in
${commands.map(commandCase).join('\n')}
    esac
    ;;
  esac
}
if [ "$funcstack[1]" = _${program} ]; then
  _${program} "$@"
else
  compdef _${program} ${program}
fi
`;
