import { type ContractOptions, defineContract } from './contract.ts';
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

/** How the contract of a log is run. */
export type LogContractOptions = ContractOptions;

/** Defines one test for each promise of an `AlertLog`, each on a log of its own. */
export const logContract = (name: string, open: OpenLog, options?: LogContractOptions): void =>
  defineContract(`${name} meets the contract of an AlertLog`, logChecks, open, options);
