import type { Bench } from './bench.ts';
import { cpuSeconds, hostCpuSeconds, ownCpuSeconds } from './host.ts';
import { within } from './processes.ts';
import { rotated } from './statistics.ts';
import type { Cell, Figure, Trial } from './trial.ts';

/** What a contender did, round by round; undefined where a round failed. */
export interface ContenderResult {
  readonly name: string;
  readonly trials: readonly (Trial | undefined)[];
}

/** What a cell came to. */
export interface CellResult {
  readonly title: string;
  readonly contenders: readonly ContenderResult[];
  readonly figures: readonly FigureResult[];
  readonly skipped: readonly string[];
  readonly failures: readonly string[];
  /** Cores that others kept busy, round by round. */
  readonly otherLoad: readonly number[];
}

/** A figure with its ratio, round by round; undefined where one of the two was not measured. */
export interface FigureResult extends Figure {
  readonly ratios: readonly (number | undefined)[];
}

/** Told of each step while the bench runs. */
export type Progress = (text: string) => void;

/** The ratios of a figure, or what its only contender did, round by round. */
export const ratiosOf = (
  { of, to, quantity }: Figure,
  contenders: readonly ContenderResult[],
): readonly (number | undefined)[] => {
  const trialsOf = (name: string) => contenders.find((each) => each.name === name)?.trials ?? [];
  const below = to === undefined ? undefined : trialsOf(to);
  return trialsOf(of).map((trial, round) => {
    const [upper, lower] = [trial?.[quantity], below ? below[round]?.[quantity] : 1];
    return upper === undefined || lower === undefined ? undefined : upper / lower;
  });
};

// CPU seconds that the machine spent on anything but this bench, since the call. Children that have ended are counted
// by the system once they are waited for, so that only those that still run are asked.
const watchOthers = ({ processes }: Bench): (() => number) => {
  const mine = () => ownCpuSeconds() + processes.pids().reduce((sum, pid) => sum + cpuSeconds(pid), 0);
  const from = { at: performance.now(), host: hostCpuSeconds(), mine: mine() };
  return () => {
    const span = (performance.now() - from.at) / 1000;
    return Math.max(0, (hostCpuSeconds() - from.host - (mine() - from.mine)) / span);
  };
};

// What takes longer than this, in seconds, is not going to end.
const longest = 600;

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Runs the contenders of a cell in turn, round after round, and stops everything that the cell started. */
export const runCell = async (bench: Bench, cell: Cell, rounds: number, progress: Progress): Promise<CellResult> => {
  const failures: string[] = [];
  const otherLoad: number[] = [];
  try {
    const { contenders, skipped = [] } = await within(longest, 'to start', cell.open());
    const trials = new Map<string, (Trial | undefined)[]>(contenders.map(({ name }) => [name, []]));
    for (let round = 0; round < rounds; round++) {
      const others = watchOthers(bench);
      for (const { name, trial } of rotated(contenders, round)) {
        progress(`${cell.title.slice(0, 2)} round ${round + 1} of ${rounds}: ${name}`);
        const result = await within(longest, 'the trial', trial()).catch((error: unknown) => {
          failures.push(`${name}, round ${round + 1}: ${messageOf(error)}`);
          return undefined;
        });
        trials.get(name)?.push(result);
      }
      otherLoad.push(others());
    }
    const results = contenders.map(({ name }) => ({ name, trials: trials.get(name) ?? [] }));
    const figures = cell.figures.map((figure) => ({ ...figure, ratios: ratiosOf(figure, results) }));
    return { title: cell.title, contenders: results, figures, skipped, failures, otherLoad };
  } catch (error) {
    const figures = cell.figures.map((figure) => ({ ...figure, ratios: [] }));
    return { title: cell.title, contenders: [], figures, skipped: [], failures: [messageOf(error)], otherLoad };
  } finally {
    await bench.processes.stopAll();
  }
};
