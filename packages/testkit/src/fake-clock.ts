import { setImmediate as turn } from 'node:timers/promises';
import type { Clock, Instant, Millis } from '@therapytrain/alerts-core';

/** 2026-01-01T00:00:00Z: where a fake clock begins unless it is told otherwise. */
export const epoch: Instant = Date.UTC(2026, 0, 1);

/** A clock that moves only when it is told to. */
export interface FakeClock extends Clock {
  /**
   * Moves wall and monotonic time on by the span. On the way each sleeper wakes at its own time, in the order of the
   * times and then of the calls, and what follows from it settles before the next one wakes. Promises settle; what
   * waits for real I/O does not: use `waitFor` for that.
   */
  advance(span: Millis): Promise<void>;
  /** Makes the wall clock jump. Monotonic time and sleepers do not notice. */
  set(wall: Instant): void;
  /** How many sleepers wait. */
  sleepers(): number;
}

interface Sleeper {
  readonly due: Millis;
  readonly wake: () => void;
}

/** Makes a fake clock. It begins at the given wall time; monotonic time begins at 0. */
export const createFakeClock = (start: Instant = epoch): FakeClock => {
  let wall = start;
  let elapsed = 0;
  const sleeping = new Set<Sleeper>();
  const pass = (to: Millis): void => {
    wall += to - elapsed;
    elapsed = to;
  };
  const nextDue = (by: Millis): Sleeper | undefined => {
    let next: Sleeper | undefined;
    for (const each of sleeping) if (each.due <= by && (!next || each.due < next.due)) next = each;
    return next;
  };
  return {
    now: () => wall,
    monotonic: () => elapsed,
    set: (to) => void (wall = to),
    sleepers: () => sleeping.size,
    sleep: (span, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        const abort = (): void => {
          sleeping.delete(sleeper);
          reject(signal?.reason);
        };
        const wake = (): void => {
          sleeping.delete(sleeper);
          signal?.removeEventListener('abort', abort);
          resolve();
        };
        const sleeper = { due: elapsed + Math.max(0, span), wake };
        sleeping.add(sleeper);
        signal?.addEventListener('abort', abort, { once: true });
      }),
    advance: async (span) => {
      if (!(span >= 0)) throw new RangeError('a clock does not go back; set() makes the wall clock jump');
      const until = elapsed + span;
      await turn();
      for (let next = nextDue(until); next; next = nextDue(until)) {
        pass(next.due);
        next.wake();
        await turn();
      }
      pass(until);
      await turn();
    },
  };
};
