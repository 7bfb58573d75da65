import type { Clock, Millis } from '@therapytrain/alerts-core';
import type { Outcome } from '@therapytrain/alerts-core/channel';
import { circuitBreaker, CircuitState, ConsecutiveBreaker, handleWhenResult, type IBackoff } from 'cockatiel';

/** Where a breaker may be, in the order of their numbers in metrics, from 0. */
export const breakerStates = ['closed', 'half-open', 'open'] as const;

/** One of {@link breakerStates}: attempts are made, one is to show whether the peer is well again, none is made. */
export type BreakerState = (typeof breakerStates)[number];

/** Keeps attempts away from a peer that is ill. */
export interface Breaker {
  state(): BreakerState;
  /** Makes the attempt and learns from its outcome; undefined, and no attempt, while none is to be made. */
  run(attempt: () => Promise<Outcome>): Promise<Outcome | undefined>;
  /** What has become of it since this was asked last; undefined where it is as it was. */
  news(): 'opened' | 'closed' | undefined;
}

/** So many attempts in a row that say that the peer is ill open it. */
export const failuresThatOpen = 5;

/** How long it stays open before the next attempt: longer each time that that one fails too. */
export const openFor: readonly Millis[] = [5_000, 10_000, 20_000, 40_000, 60_000];

/**
 * True for an outcome that says that the peer is ill. One that rejects, or that somebody has to configure otherwise, is
 * well; so is one that took some of it, and one that we did not wait for.
 */
export const isIll = (outcome: Outcome): boolean =>
  outcome.kind === 'ambiguous' ||
  (outcome.kind === 'retry' && outcome.reason !== 'partial' && outcome.reason !== 'cancelled');

// The library asks the system for the time. Here time comes from the clock, and may be days away from that of the
// system; so as far as the library is concerned the wait is always over, and what is below says when it is.
const noWaitOfItsOwn: IBackoff<unknown> = { duration: Number.NEGATIVE_INFINITY, next: () => noWaitOfItsOwn };

/** Makes a breaker that is closed: the state machine of cockatiel, in the time of the clock. */
export const createBreaker = (clock: Pick<Clock, 'monotonic'>): Breaker => {
  const policy = circuitBreaker(
    handleWhenResult((outcome) => isIll(outcome as Outcome)),
    { breaker: new ConsecutiveBreaker(failuresThatOpen), halfOpenAfter: noWaitOfItsOwn },
  );
  let opened = 0;
  let until: Millis = 0;
  let news: 'opened' | 'closed' | undefined;
  policy.onBreak(() => {
    if (opened === 0) news = 'opened';
    until = clock.monotonic() + (openFor[Math.min(opened, openFor.length - 1)] ?? 0);
    opened += 1;
  });
  policy.onReset(() => {
    news = 'closed';
    opened = 0;
  });
  const state = (): BreakerState => {
    if (policy.state === CircuitState.Closed) return 'closed';
    return policy.state === CircuitState.Open && clock.monotonic() < until ? 'open' : 'half-open';
  };
  return {
    state,
    run: async (attempt) => {
      // Half open, as the library has it, is the one attempt that is to show how the peer is.
      if (state() === 'open' || policy.state === CircuitState.HalfOpen) return undefined;
      return policy.execute(attempt);
    },
    news: () => {
      const told = news;
      news = undefined;
      return told;
    },
  };
};
