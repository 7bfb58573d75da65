import type { Clock, Millis } from '@therapytrain/alerts-core';

/** Does the work a span from now, and a span after each time it was done, until it is stopped. */
export const every = (span: Millis, clock: Clock, work: () => void): { stop(): void } => {
  const over = new AbortController();
  const go = async (): Promise<void> => {
    for (;;) {
      await clock.sleep(span, over.signal);
      work();
    }
  };
  // Only `stop` makes the sleep reject.
  go().catch((reason: unknown) => {
    if (!over.signal.aborted) throw reason;
  });
  return { stop: () => over.abort() };
};
