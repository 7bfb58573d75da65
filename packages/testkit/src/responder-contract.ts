import type { TestRunner } from './contract.ts';
import { actChecks } from './responder-checks/acts.ts';
import { responderAnswerChecks } from './responder-checks/answers.ts';
import { responderKeepChecks } from './responder-checks/keeps.ts';
import type { OpenResponderSubject, ResponderCheck } from './responder-checks/subject.ts';

/**
 * What every responder promises, promise by promise. The checks need no test runner, so that a wrapped or a broken
 * responder can be tried too. One that needs what the responder or its world does not have does not apply: see
 * `appliesTo`.
 */
export const responderChecks: readonly ResponderCheck[] = [
  ...actChecks,
  ...responderAnswerChecks,
  ...responderKeepChecks,
];

/** How a contract is run. */
export interface ResponderContractOptions {
  /** Default: the globals of Jest. */
  readonly runner?: TestRunner;
}

const timeout = 60_000;

/** True where the check applies to the responder that this opens. */
export const appliesTo = async ({ needs }: ResponderCheck, open: OpenResponderSubject): Promise<boolean> => {
  if (needs.length === 0) return true;
  const { kind, responder, world } = await open({});
  await responder.close();
  await world.stop();
  return needs.every((each) => (each === 'revert' ? kind.reversible : world.has.has(each)));
};

/** Defines one test for each promise of a responder, each on a responder and a world of its own. */
export const responderContract = (
  name: string,
  open: OpenResponderSubject,
  { runner = globalThis as unknown as TestRunner }: ResponderContractOptions = {},
): void =>
  runner.describe(`${name} meets the contract of a responder`, () => {
    for (const each of responderChecks) {
      runner.test(
        each.name,
        async () => {
          if (await appliesTo(each, open)) await each.check(open);
        },
        timeout,
      );
    }
  });
