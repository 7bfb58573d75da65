import { AlertError, type Clock, type Millis } from '@therapytrain/alerts-core';
import { every } from './every.ts';

/** Bounds how long calls may take, at the cost of one timer for all of them. */
export interface Deadlines {
  /**
   * Begins a call. The returned function ends it and tells whether it was in time: false if `late` was called before.
   */
  begin(late: (error: AlertError) => void): () => boolean;
  close(): void;
}

const sweep: Millis = 500;

interface Call {
  readonly until: Millis;
  readonly late: (error: AlertError) => void;
}

/** How long something may take, and what is said of one that took longer. */
export interface DeadlineOptions {
  readonly limit: Millis;
  readonly message: string;
}

/** Every call may take 10 s, whatever deadline its caller set or did not set; grpc-js sees to shorter ones. */
export const callDeadline: DeadlineOptions = {
  limit: 10_000,
  message: 'there was no answer in time; it may have been kept',
};

/** A request must be there in full 5 s after its headers. */
export const requestDeadline: DeadlineOptions = { limit: 5_000, message: 'the request did not end within 5 s' };

/** Makes the deadlines of calls that may all take equally long. */
export const createDeadlines = (clock: Clock, { limit, message }: DeadlineOptions): Deadlines => {
  // All have the same span, so they run out in the order they began. One that has ended is let go at once: it holds on
  // to its whole stream, and thousands end in a second.
  const calls = new Set<Call>();
  const sweeping = every(sweep, clock, () => {
    const now = clock.monotonic();
    for (const call of calls) {
      if (call.until > now) break;
      calls.delete(call);
      call.late(new AlertError('DEADLINE_EXCEEDED', message));
    }
  });
  return {
    begin: (late) => {
      const call: Call = { until: clock.monotonic() + limit, late };
      calls.add(call);
      return () => calls.delete(call);
    },
    close: sweeping.stop,
  };
};
