import { answerChecks } from './channel-checks/answers.ts';
import { contentChecks } from './channel-checks/content.ts';
import { keepsInChecks } from './channel-checks/keeps-in.ts';
import { repeatChecks } from './channel-checks/repeats.ts';
import type { ChannelCheck, OpenChannelSubject } from './channel-checks/subject.ts';
import { waitChecks } from './channel-checks/waits.ts';
import type { TestRunner } from './contract.ts';

/**
 * What every channel promises, promise by promise. The checks need no test runner, so that a wrapped or a broken channel
 * can be tried too. One that needs a behaviour which the peer's protocol does not have does not apply: see `applies`.
 */
export const channelChecks: readonly ChannelCheck[] = [
  ...answerChecks,
  ...waitChecks,
  ...repeatChecks,
  ...keepsInChecks,
  ...contentChecks,
];

/** How a contract is run. */
export interface ChannelContractOptions {
  /** Default: the globals of Jest. */
  readonly runner?: TestRunner;
}

// Three hundred notices over a real connection on a loaded machine.
const timeout = 120_000;

/** True where the check applies to the channel that this opens. */
export const applies = async ({ needs }: ChannelCheck, open: OpenChannelSubject): Promise<boolean> => {
  if (needs === undefined) return true;
  const { channel, peer } = await open({});
  await channel.close();
  await peer.stop();
  return peer.has.has(needs);
};

/** Defines one test for each promise of a channel, each on a channel and a peer of its own. */
export const channelContract = (
  name: string,
  open: OpenChannelSubject,
  { runner = globalThis as unknown as TestRunner }: ChannelContractOptions = {},
): void =>
  runner.describe(`${name} meets the contract of a channel`, () => {
    for (const each of channelChecks) {
      runner.test(
        each.name,
        async () => {
          if (await applies(each, open)) await each.check(open);
        },
        timeout,
      );
    }
  });
