import { fileURLToPath } from 'node:url';
import { cpuSeconds } from './host.ts';
import { type Child, createProcesses, type Processes } from './processes.ts';
import { createScratch, type Scratch, shippedFlags, sourceFlags } from './workspace.ts';

/** How long and how much is measured. */
export interface Extent {
  /** Seconds that one contender is measured in one round. */
  readonly seconds: number;
  /** Seconds of load before that, so that compiled code is what is measured. */
  readonly warmUp: number;
  /** How many subscribers the fan-out has, cell by cell. */
  readonly subscribers: readonly number[];
  readonly idleSubscribers: readonly number[];
  /** Requests a second of the open loop. */
  readonly arrivals: readonly number[];
  /** Alerts that are kept before growth is measured. */
  readonly kept: readonly number[];
  /** Alerts after which memory is compared. */
  readonly keptForMemory: number;
  /** Alerts that are kept before planning begins. */
  readonly planned: number;
  /** Reports a second whose notices are timed. */
  readonly reportsToArrive: readonly number[];
  /** Notices that are to be sent as fast as may be. */
  readonly told: number;
  /** Decisions that are in force. */
  readonly decisions: readonly number[];
}

/** What a cell works with. */
export interface Bench {
  readonly extent: Extent;
  readonly processes: Processes;
  readonly scratch: Scratch;
  /** Where the gateway puts its CPU profiles, if it is to make them. */
  readonly profiles: string | undefined;
}

/** Makes the bench. */
export const createBench = (extent: Extent, profiles: string | undefined): Bench => ({
  extent,
  profiles,
  processes: createProcesses(),
  scratch: createScratch(),
});

/**
 * How long a contender's load runs before it counts, call by call: longer the first time, when nothing of the contender
 * is compiled yet.
 */
export const createWarmUp = ({ extent: { warmUp, seconds } }: Bench): (() => number) => {
  let warm = false;
  return () => {
    const first = !warm;
    warm = true;
    return first ? warmUp + seconds : warmUp;
  };
};

const scriptPath = (name: string): string => fileURLToPath(new URL(`./scripts/${name}.ts`, import.meta.url));

/** Starts one of our own scripts with its settings as a process of its own. */
export const startScript = (
  { processes }: Bench,
  name: string,
  settings: object,
  flags: readonly string[] = [],
): Child =>
  processes.start(process.execPath, [
    ...new Set([...shippedFlags(), ...sourceFlags, ...flags]),
    scriptPath(name),
    JSON.stringify(settings),
  ]);

/** What a load counted between its begin and its end, and what that cost the process it was directed at. */
export interface Measured<T> {
  readonly result: T;
  /** CPU seconds of the process it was directed at. */
  readonly cpu: number;
  /** CPU seconds of the load itself: where they come near to the time it took, the load is what was measured. */
  readonly loadCpu: number;
  /** What the load counted in all, before and after too. */
  readonly total: number;
  /** What the contender refused, in all. */
  readonly refused: number;
}

/** Runs a load script to its end. The CPU is that of `subject`, or of the script itself. */
export const runLoad = async <T>(
  bench: Bench,
  name: string,
  settings: object,
  subject?: number,
): Promise<Measured<T>> => {
  const load = startScript(bench, name, settings);
  const spent = () => ({ cpu: cpuSeconds(subject ?? load.pid), loadCpu: cpuSeconds(load.pid) });
  await load.message('begin');
  const before = spent();
  const { result } = await load.message<{ readonly result: T }>('end');
  const after = spent();
  const { total, refused } = await load.message<{ readonly total: number; readonly refused: number }>('done');
  await load.output();
  return { result, cpu: after.cpu - before.cpu, loadCpu: after.loadCpu - before.loadCpu, total, refused };
};

/** Runs a load script until it has counted so many, and measures nothing. */
export const runUntil = async (bench: Bench, name: string, settings: object, until: number): Promise<void> => {
  const load = startScript(bench, name, { ...settings, until });
  await load.message('done');
  await load.output();
};
