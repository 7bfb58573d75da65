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

const limit: Millis = 10_000;
const sweep: Millis = 500;

interface Call {
  readonly until: Millis;
  readonly late: (error: AlertError) => void;
}

/** Every call may take 10 s, whatever deadline its caller set or did not set; grpc-js sees to shorter ones. */
export const createDeadlines = (clock: Clock): Deadlines => {
  // All have the same span, so they run out in the order they began. One that has ended is let go at once: it holds on
  // to its whole stream, and thousands end in a second.
  const calls = new Set<Call>();
  const sweeping = every(sweep, clock, () => {
    const now = clock.monotonic();
    for (const call of calls) {
      if (call.until > now) break;
      calls.delete(call);
      call.late(new AlertError('DEADLINE_EXCEEDED', 'there was no answer in time; it may have been kept'));
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
