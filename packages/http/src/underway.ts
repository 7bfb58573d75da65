import type { Clock } from '@therapytrain/alerts-core';
import { type Deadline, withDeadline } from '@therapytrain/alerts-core/channel';
import { failureOf, type HttpAnswer } from './answer.ts';

/** When a request must have ended. */
export interface Patience {
  readonly timeout: number;
  readonly signal: AbortSignal;
}

/** Requests under way. */
export interface Underway {
  /** Runs the work under a deadline of its own. What begins too late ends `cancelled`. */
  run(patience: Patience, work: (deadline: Deadline) => Promise<HttpAnswer>): Promise<HttpAnswer>;
  /** Ends them all, lets no more begin, and resolves when the last one has ended. */
  close(): Promise<void>;
}

/** Keeps account of the requests under way, so that all can be ended. */
export const createUnderway = (clock: Clock): Underway => {
  const giveUps = new Set<() => void>();
  const pending = new Set<Promise<HttpAnswer>>();
  let open = true;
  const begin: Underway['run'] = async ({ timeout, signal }, work) => {
    if (!open || signal.aborted) return failureOf('cancelled', 'before sending', 'given up');
    const own = new AbortController();
    const giveUp = (): void => own.abort();
    signal.addEventListener('abort', giveUp, { once: true });
    giveUps.add(giveUp);
    try {
      return await withDeadline(clock, timeout, own.signal, work);
    } finally {
      signal.removeEventListener('abort', giveUp);
      giveUps.delete(giveUp);
    }
  };
  return {
    run: (patience, work) => {
      const answer = begin(patience, work).finally(() => pending.delete(answer));
      pending.add(answer);
      return answer;
    },
    close: async () => {
      open = false;
      for (const giveUp of giveUps) giveUp();
      await Promise.allSettled(pending);
    },
  };
};
