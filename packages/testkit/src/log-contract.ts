import { appendChecks } from './log-checks/append.ts';
import { closeChecks } from './log-checks/close.ts';
import { durableChecks } from './log-checks/durable.ts';
import { followChecks } from './log-checks/follow.ts';
import { modelChecks } from './log-checks/model.ts';
import { readChecks } from './log-checks/read.ts';
import { repeatChecks } from './log-checks/repeat.ts';
import { retainChecks } from './log-checks/retain.ts';
import type { LogCheck, OpenLog } from './log-checks/subject.ts';

/**
 * What every `AlertLog` promises, promise by promise. The checks need no test runner, so that a wrapped or a broken log
 * can be tried too.
 */
export const logChecks: readonly LogCheck[] = [
  ...appendChecks,
  ...repeatChecks,
  ...readChecks,
  ...followChecks,
  ...retainChecks,
  ...closeChecks,
  ...durableChecks,
  ...modelChecks,
];

/** The part of a test runner that a contract needs. Jest has it, and it is found among its globals. */
export interface TestRunner {
  describe(name: string, define: () => void): void;
  test(name: string, run: () => Promise<void>, timeout?: number): void;
}

/** How a contract is run. */
export interface LogContractOptions {
  /**
   * True for a log that outlives its process: its subjects have `reopen` and `crash`, and are held to what must survive
   * them. Default: true.
   */
  readonly durable?: boolean;
  /** Default: the globals of Jest. */
  readonly runner?: TestRunner;
}

// A check opens some logs and pages through them; a loaded machine may be slow at that.
const timeout = 60_000;

/** Defines one test for each promise of an `AlertLog`, each on a log of its own. */
export const logContract = (
  name: string,
  open: OpenLog,
  { durable = true, runner = globalThis as unknown as TestRunner }: LogContractOptions = {},
): void =>
  runner.describe(`${name} meets the contract of an AlertLog`, () => {
    for (const { name: promise, needs, check } of logChecks) {
      if (durable || needs === undefined) runner.test(promise, () => check(open), timeout);
    }
  });
