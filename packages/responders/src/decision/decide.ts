import type { Clock, Millis } from '@therapytrain/alerts-core';
import { type Outcome, outcomeOf, withDeadline } from '@therapytrain/alerts-core/channel';
import { tookOver } from '../refusals.ts';

type Answer = 'took' | 'late' | 'failed' | 'given up';

const answerOf = (asked: Promise<boolean>, signal: AbortSignal): Promise<Answer> =>
  new Promise((resolve) => {
    const giveUp = (): void => resolve('given up');
    signal.addEventListener('abort', giveUp, { once: true });
    asked
      .then(
        (took) => resolve(took ? 'took' : 'late'),
        () => resolve('failed'),
      )
      .finally(() => signal.removeEventListener('abort', giveUp));
  });

/** How long the feed is waited for, and by which clock. */
export interface Patience {
  readonly clock: Clock;
  readonly timeout: Millis;
  readonly signal: AbortSignal;
}

/**
 * Asks the feed once, and says how it ended. A feed that fails may have done it, and does it once however often it is
 * asked: so it is tried again.
 */
export const decide = async (
  ask: () => Promise<boolean>,
  { clock, timeout, signal: caller }: Patience,
  proof: string,
): Promise<Outcome> => {
  if (caller.aborted) return outcomeOf('cancelled', 'given up');
  // Within the promise, so that a feed that throws at once fails as one does that rejects.
  const answer = await withDeadline(clock, timeout, caller, ({ signal }) =>
    answerOf(Promise.resolve().then(ask), signal),
  );
  if (answer === 'given up') return outcomeOf('answer_late', 'the feed of decisions did not answer in time');
  if (answer === 'failed') return outcomeOf('peer_failed', 'the feed of decisions failed');
  return answer === 'took' ? { kind: 'done', proof } : outcomeOf('refused', tookOver);
};
