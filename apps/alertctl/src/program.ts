import { Command, CommanderError } from 'commander';
import { createAct } from './act.ts';
import { accountingCommand } from './commands/accounting.ts';
import { auditCommand, proveCommand, subjectsCommand } from './commands/audit.ts';
import { completionCommand } from './commands/completion.ts';
import { deadLettersCommand } from './commands/dead-letters.ts';
import { decisionsCommand } from './commands/decisions.ts';
import { deliveriesCommand } from './commands/deliveries.ts';
import { explainCommand } from './commands/explain.ts';
import { getCommand } from './commands/get.ts';
import { initCommand } from './commands/init.ts';
import { importCommand } from './commands/import.ts';
import { incidentsCommand } from './commands/incidents.ts';
import { killSwitchCommand } from './commands/kill-switch.ts';
import { listCommand } from './commands/list.ts';
import { policyCommand } from './commands/policy.ts';
import { reportCommand } from './commands/report.ts';
import { responsesCommand } from './commands/responses.ts';
import { silencesCommand } from './commands/silences.ts';
import { statusCommand } from './commands/status.ts';
import { streamCommand } from './commands/stream.ts';
import { tokensCommand } from './commands/tokens.ts';
import { topCommand } from './commands/top.ts';
import { whoamiCommand } from './commands/whoami.ts';
import { ExitCode, exitCodesHelp } from './exit-code.ts';
import { addGlobalOptions } from './global-options.ts';
import { faultJson } from './output/fault.ts';
import { safeJson, safeLine, safeLines } from './output/safe-text.ts';
import { type Surroundings } from './surroundings.ts';

const widthWithoutTerminal = 100;

/** What commander says of a wrong command line: `error: ...`, perhaps with a suggestion on a second line. */
const usageFault = (text: string) => {
  const message = text
    .replace(/^error: /, '')
    .trim()
    .replace(/\s*\n\s*/g, ' ');
  return {
    code: 'USAGE',
    message: /[.?!)]$/.test(message) ? message : `${message}.`,
    violations: [],
    next: '',
    exitCode: ExitCode.USAGE,
  } as const;
};

const configure = (program: Command, { stdout, stderr }: Surroundings, json: boolean): Command =>
  program
    .exitOverride()
    .configureHelp({ showGlobalOptions: true, sortSubcommands: false })
    .configureOutput({
      writeOut: (text) => void stdout.write(text),
      writeErr: (text) => void stderr.write(safeLines(text)),
      getOutHelpWidth: () => stdout.columns ?? widthWithoutTerminal,
      getErrHelpWidth: () => stderr.columns ?? widthWithoutTerminal,
      outputError: (text, write) => {
        const fault = usageFault(text);
        write(json ? `${safeJson(faultJson(fault))}\n` : `alertctl: ${safeLine(fault.message)} See alertctl --help.\n`);
      },
    });

const commands = [
  reportCommand,
  streamCommand,
  getCommand,
  listCommand,
  importCommand,
  incidentsCommand,
  silencesCommand,
  responsesCommand,
  decisionsCommand,
  killSwitchCommand,
  deliveriesCommand,
  deadLettersCommand,
  accountingCommand,
  explainCommand,
  statusCommand,
  topCommand,
  policyCommand,
  initCommand,
  tokensCommand,
  whoamiCommand,
  auditCommand,
  proveCommand,
  subjectsCommand,
  completionCommand,
];

/** A command of commands is configured with all of them. */
const configureTree = (command: Command, surroundings: Surroundings, json: boolean): Command => {
  for (const each of command.commands) configureTree(each, surroundings, json);
  return configure(command, surroundings, json);
};

/** The command line, whole: what it parses, what its help says and what completion completes. */
export const createProgram = (
  surroundings: Surroundings,
  ended: (exitCode: ExitCode) => void = () => undefined,
  json = false,
): Command => {
  const program = configure(new Command('alertctl'), surroundings, json)
    .description('The command line of the alert gateway: report alerts, read them back, and watch them arrive.')
    .version(surroundings.version)
    .addHelpText('afterAll', exitCodesHelp);
  addGlobalOptions(program);
  const act = createAct(surroundings, ended);
  for (const make of commands) program.addCommand(configureTree(make(act), surroundings, json));
  return program;
};

/** Runs one command line, without the names of program and script, and says how the process should end. */
export const run = async (surroundings: Surroundings, words: readonly string[]): Promise<ExitCode> => {
  let exitCode: ExitCode = ExitCode.OK;
  // A command line that is wrong has to be told before it is parsed.
  const json = words.includes('--json');
  const program = createProgram(surroundings, (code) => (exitCode = code), json);
  try {
    await program.parseAsync(words, { from: 'user' });
    return exitCode;
  } catch (error) {
    // Thrown in place of an exit: 0 after help that was asked for.
    if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.OK : ExitCode.USAGE;
    throw error;
  }
};
