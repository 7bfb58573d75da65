import { randomInt } from 'node:crypto';
import { Command, InvalidArgumentError, Option } from 'commander';

/** What the harness is started with. */
export interface TortureOptions {
  readonly long: boolean;
  readonly only: readonly string[];
  readonly seed: number;
  readonly cycle?: number;
  readonly minutes?: number;
  readonly json?: string;
  readonly require: boolean;
  /** Set by the harness itself when it has started itself in a mount namespace of its own. */
  readonly inNamespace: boolean;
}

/** Seeds are 32 bits: short enough to be read out. */
const largestSeed = 2 ** 32 - 1;

const wholeNumber =
  (least: number, most: number) =>
  (value: string): number => {
    const number = Number(value);
    if (/^\d+$/.test(value) && number >= least && number <= most) return number;
    throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
  };

/** A parser of names that are separated by commas, each one of these. */
export const listOf =
  (names: readonly string[]) =>
  (value: string): string[] => {
    const asked = value.split(',');
    const unknown = asked.find((name) => !names.includes(name));
    if (unknown === undefined) return asked;
    throw new InvalidArgumentError(`There is no recipe "${unknown}". There are ${names.join(', ')}.`);
  };

/** The option that repeats an earlier run. */
export const seedOption = (): Option =>
  new Option('--seed <number>', 'repeats the choices of an earlier run')
    .argParser(wholeNumber(0, largestSeed))
    .default(randomInt(largestSeed), 'a random one');

/** The option that bounds a run. */
export const minutesOption = (what: string): Option =>
  new Option('--minutes <number>', what).argParser(wholeNumber(1, 10_000));

const notes = `
The short form fits in 6 minutes on 2 cores; the long form takes hours, and --minutes bounds it: each recipe then goes as
far as its share of the time allows, and the table says how far that was.

Power cuts and full disks need root (they mount filesystems of their own, in a mount namespace that nobody else sees);
power cuts need mkfs.ext4 and xfs_io too, crashes at an fsync need strace. What cannot be run here is named and counts
as not run, never as passed.

Exit codes:
  0   nothing was found, and every control was detected
  1   something was found, or a control was not detected, or (with --require) a recipe could not be run
  2   the harness itself failed
`;

/** The command line of the harness. */
export const createCommand = (recipes: readonly string[]): Command =>
  new Command('torture')
    .description('Kills, starves and unplugs a real gateway, and looks for acknowledged alerts that it lost.')
    .addOption(new Option('--short', 'the short form; what is done without --long').conflicts('long'))
    .addOption(new Option('--long', 'the long form: 2,000 kills, 200 power cuts, 400 fsync points').default(false))
    .addOption(
      new Option('--only <recipes>', `only these, separated by commas: ${recipes.join(', ')}`)
        .argParser(listOf(recipes))
        .default(recipes, 'all'),
    )
    .addOption(seedOption())
    .addOption(
      new Option('--cycle <number>', 'with --only and --seed: only this cycle, on a log of its own').argParser(
        wholeNumber(1, 1_000_000),
      ),
    )
    .addOption(minutesOption('stops after about this time'))
    .addOption(new Option('--json <file>', 'writes the result to a file too'))
    .addOption(new Option('--require', 'fails if a recipe cannot be run on this machine').default(false))
    .addOption(new Option('--in-namespace').default(false).hideHelp())
    .addHelpText('after', notes);

/** Reads the command line. Exits with a clear message where it is wrong. */
export const readOptions = (recipes: readonly string[], argv: readonly string[]): TortureOptions =>
  createCommand(recipes).parse(argv).opts<TortureOptions>();
