import { type Command, type Option } from 'commander';
import { AlertType } from '@therapytrain/alerts-core';

/** What may stand in a place of a command line: one of some words, a file, or anything. */
export interface Place {
  readonly name: string;
  readonly words: readonly string[];
  readonly file: boolean;
}

/** An option that can be completed. */
export interface CompletedOption {
  /** `--format`; and the short form, if there is one. */
  readonly flags: readonly string[];
  readonly description: string;
  /** Undefined for an option without a value. */
  readonly value: Place | undefined;
}

/** A command that can be completed. */
export interface CompletedCommand {
  readonly name: string;
  readonly summary: string;
  /** Its own, and those that every command takes. */
  readonly options: readonly CompletedOption[];
  readonly places: readonly Place[];
}

/** All that can be completed, as commander knows it: what is not in the command line cannot be in here, nor be missing. */
export interface CompletionModel {
  readonly program: string;
  readonly options: readonly CompletedOption[];
  readonly commands: readonly CompletedCommand[];
}

// Open lists, which commander must not hold to: suggestions only.
const suggestions: Readonly<Record<string, readonly string[]>> = { type: Object.keys(AlertType) };

const place = (name: string, choices: readonly string[] | undefined): Place => ({
  name,
  words: choices ?? suggestions[name] ?? [],
  file: name === 'file',
});

const valueName = /[<[]([^>\]]+)[>\]]/;

const completedOption = (option: Option): CompletedOption => {
  const name = valueName.exec(option.flags)?.[1];
  return {
    flags: [option.long, option.short].filter((flag) => flag !== undefined && flag !== null),
    description: option.description,
    value: name === undefined ? undefined : place(name, option.argChoices),
  };
};

const distinct = (options: readonly CompletedOption[]): readonly CompletedOption[] => [
  ...new Map(options.map((option) => [option.flags.join(), option])).values(),
];

/** Reads the model off a program. */
export const completionModel = (program: Command): CompletionModel => {
  const help = program.createHelp();
  help.showGlobalOptions = true;
  const global = help.visibleOptions(program).map(completedOption);
  const visible = help.visibleCommands(program);
  const names = visible.map((command) => command.name());
  const placesOf = (command: Command): readonly Place[] => {
    if (command.commands.length > 0)
      return [
        place(
          'command',
          command.commands.map((each) => each.name()),
        ),
      ];
    return command.registeredArguments.map((argument) =>
      // That of `help`.
      place(argument.name(), argument.name() === 'command' ? names : argument.argChoices),
    );
  };
  const commands = visible.map((command) => ({
    name: command.name(),
    summary: command.summary() || command.description(),
    options: distinct(
      [
        // Those of commands within a command stand together: which of them it is, is not looked at.
        ...command.commands.flatMap((each) => help.visibleOptions(each)),
        ...help.visibleOptions(command),
        ...help.visibleGlobalOptions(command),
      ].map(completedOption),
    ),
    places: placesOf(command),
  }));
  return { program: program.name(), options: global, commands };
};
