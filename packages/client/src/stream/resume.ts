import { type AlertError, type Backoff, type Clock, type Random, spread } from '@therapytrain/alerts-core';
import { mayRetry } from '../status.ts';
import type { StreamState } from '../types.ts';

/** What resuming needs. */
export interface ResumeParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly backoff: Backoff;
  /** Aborted when the client is closed. */
  readonly signal: AbortSignal;
}

/** Who takes the events. */
export interface ResumeOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onState?: ((state: StreamState) => void) | undefined;
}

/** How the connections are doing. */
export interface Connections {
  /** Connections in a row on which nothing came. */
  failures: number;
  /** Mends what ended a connection, where it can: then there is a next one. */
  readonly mend?: (reason: AlertError) => boolean;
}

// Too slow is no fault that lasts: what was missed is where it was.
const mayResume = (error: AlertError): boolean => mayRetry(error) || error.code === 'SUBSCRIBER_TOO_SLOW';

/**
 * The events of connections, one after the other, until the signal is aborted. `events` gives those of one connection
 * from wherever it has come, and returns why it ended. Throws a reason that waiting cannot mend.
 */
export async function* resuming<Event>(
  events: (signal: AbortSignal) => AsyncGenerator<Event, AlertError, undefined>,
  connections: Connections,
  options: ResumeOptions,
  { clock, random, backoff, signal: closing }: ResumeParts,
): AsyncGenerator<Event, void, undefined> {
  const signal = options.signal ? AbortSignal.any([closing, options.signal]) : closing;
  while (!signal.aborted) {
    options.onState?.({ kind: 'connecting', tries: connections.failures });
    const reason = yield* events(signal);
    if (signal.aborted) return;
    if (!mayResume(reason) && !connections.mend?.(reason)) throw reason;
    connections.failures++;
    const after = reason.retryAfter === undefined ? backoff(connections.failures) : spread(reason.retryAfter, random);
    options.onState?.({ kind: 'waiting', after, reason });
    await clock.sleep(after, signal).catch(() => {});
  }
}
