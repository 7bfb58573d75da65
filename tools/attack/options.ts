import { Command, InvalidArgumentError, Option } from 'commander';
import { listOf, minutesOption, seedOption } from '../torture/options.ts';

/** What the suite is started with. */
export interface AttackOptions {
  readonly long: boolean;
  readonly only: readonly string[];
  readonly seed: number;
  readonly controls: boolean;
  readonly minutes?: number;
  readonly json?: string;
  /** How many mutated messages `malformed` sends; as many as its form says, if left out. */
  readonly mutations?: number;
}

const notes = `
Everything happens on the loopback, to processes that the suite starts itself. The short form takes about 90 s on 2 cores
and attacks the bare server only with what a server without bounds does not stand; the long form does everything to both,
and sends ten million mutated messages, which takes the better part of an hour.

Exit codes:
  0   the gateway kept its promises, and the control showed that the attacks are some
  1   it did not, or a control showed nothing
  2   the suite itself failed
`;

const mutationsOf = (text: string): number => {
  const number = Number(text.replaceAll('_', ''));
  if (Number.isInteger(number) && number >= 1 && number <= 1e9) return number;
  throw new InvalidArgumentError('It must be a whole number from 1 to 1000000000.');
};

/** The command line of the suite. */
export const createCommand = (names: readonly string[]): Command =>
  new Command('attack')
    .description(
      'Attacks a real gateway over real sockets, while a client that behaves is measured, and a bare grpc-js server beside it.',
    )
    .addOption(new Option('--short', 'the short form; what is done without --long').conflicts('long'))
    .addOption(new Option('--long', 'the long form').default(false))
    .addOption(
      new Option('--only <attacks>', `only these, separated by commas: ${names.join(', ')}`)
        .argParser(listOf(names))
        .default(names, 'all'),
    )
    .addOption(seedOption())
    .addOption(minutesOption('an attack takes no longer than this, and says how far it came'))
    .addOption(
      new Option('--mutations <number>', 'how many mutated messages malformed sends, whatever the form').argParser(
        mutationsOf,
      ),
    )
    .addOption(new Option('--no-controls', 'leaves the bare server alone'))
    .addOption(new Option('--json <file>', 'writes the result to a file too'))
    .addHelpText('after', notes);

/** Reads the command line. Exits with a clear message where it is wrong. */
export const readOptions = (names: readonly string[], argv: readonly string[]): AttackOptions =>
  createCommand(names).parse(argv).opts<AttackOptions>();
