import { Argument, Command } from 'commander';
import { type Act } from '../act.ts';
import { bashCompletion } from '../completion/bash.ts';
import { completionModel, type CompletionModel } from '../completion/model.ts';
import { zshCompletion } from '../completion/zsh.ts';
import { ExitCode } from '../exit-code.ts';
import { type Session } from '../session.ts';

const printers: Readonly<Record<string, (model: CompletionModel) => string>> = {
  bash: bashCompletion,
  zsh: zshCompletion,
};

/** `alertctl completion`: what a shell needs to complete a command line. */
export const completionCommand = (act: Act): Command => {
  const command = new Command('completion');
  const print = async (session: Session, shell: string): Promise<ExitCode> => {
    const script = command.parent && printers[shell]?.(completionModel(command.parent));
    await session.stdout.write(script ?? '');
    return ExitCode.OK;
  };
  return command
    .summary('print the completion script of a shell')
    .description('Prints the completion script of a shell.')
    .addArgument(new Argument('<shell>', 'which').choices(Object.keys(printers)))
    .addHelpText(
      'after',
      `
Examples:
  alertctl completion bash > ~/.local/share/bash-completion/completions/alertctl
  alertctl completion zsh > "\${fpath[1]}/_alertctl"
  source <(alertctl completion bash)                  # in this shell only`,
    )
    .action(act(print));
};
