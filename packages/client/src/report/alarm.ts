import type { Clock, Millis } from '@therapytrain/alerts-core';

/** One timer for many things, each of which is due a fixed span after it began. */
export interface Alarm {
  /** Something has begun just now. */
  set(): void;
}

/**
 * Makes the alarm. `look` ends what is due and tells when the next thing is, in monotonic time; undefined if there is
 * nothing. A timer that runs is never too late for what begins after it was set, so that `set` costs nothing then: a
 * timer for each of a hundred thousand reports a second would cost more than the reports.
 */
export const createAlarm = (
  clock: Clock,
  span: Millis,
  look: (now: Millis) => Millis | undefined,
  signal: AbortSignal,
): Alarm => {
  let running = false;
  const run = (wait: Millis): void => {
    running = true;
    clock.sleep(wait, signal).then(ring, () => {});
  };
  const ring = (): void => {
    running = false;
    const now = clock.monotonic();
    const next = look(now);
    if (next !== undefined) run(Math.min(span, Math.max(1, next - now)));
  };
  return {
    set: () => {
      if (!running) run(span);
    },
  };
};
