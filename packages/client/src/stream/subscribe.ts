import type { StreamAlertsRequest } from '@therapytrain/alerts-api';
import {
  AlertError,
  type Clock,
  fieldError,
  type Millis,
  type Random,
  type Backoff,
  spread,
} from '@therapytrain/alerts-core';
import type { Link } from '../link.ts';
import { mayRetry, meaning } from '../status.ts';
import type { StreamedAlert, StreamOptions } from '../types.ts';
import { openConnection } from './connection.ts';

/** What subscribing needs. */
export interface SubscribeParts {
  readonly link: Link;
  readonly clock: Clock;
  readonly random: Random;
  readonly backoff: Backoff;
  /** Silence after which a connection is taken for dead; heartbeats come every 15 s. */
  readonly silence: Millis;
  /** Aborted when the client is closed. */
  readonly signal: AbortSignal;
}

type Start = StreamAlertsRequest['start'];

const startOf = ({ cursor, since, fromStart }: StreamOptions): Start => {
  const given: Start[] = [];
  if (cursor !== undefined) given.push({ $case: 'cursor', value: cursor });
  if (since !== undefined) given.push({ $case: 'since', value: since });
  if (fromStart) given.push({ $case: 'fromStart', value: true });
  if (since && Number.isNaN(since.getTime())) throw fieldError([{ field: 'since', rule: 'is not a time' }]);
  if (given.length > 1) throw fieldError([{ field: 'start', rule: 'is more than one of cursor, since and fromStart' }]);
  return given[0];
};

// Too slow is no fault that lasts: what was missed is in the log.
const mayResume = (error: AlertError): boolean => mayRetry(error) || error.code === 'SUBSCRIBER_TOO_SLOW';

/** Where a subscription is. */
interface Place {
  start: Start;
  /** Of the last alert that the consumer got. */
  sequence: number;
  /** Connections in a row on which nothing came. */
  failures: number;
}

/** Makes subscribing: connections to the gateway, one after the other, as one sequence of alerts without a gap. */
export const createSubscribe = (parts: SubscribeParts) => {
  const { clock, random, backoff } = parts;

  /** The alerts of one connection, from the place on, which moves; returns why it ended. */
  async function* alertsOf(place: Place, options: StreamOptions, signal: AbortSignal) {
    const onOpen = (): void => {
      options.onState?.({ kind: 'open' });
      // If this one breaks before it has told any cursor, the next must not begin with what is new then.
      place.start ??= { $case: 'since', value: new Date(clock.now()) };
    };
    const request = { filter: options.filter ?? '', start: place.start };
    const connection = openConnection(request, { ...parts, onOpen });
    signal.addEventListener('abort', connection.close);
    // Whoever was told of the state above may have aborted it.
    if (signal.aborted) connection.close();
    try {
      for (;;) {
        const event = await connection.next();
        if (event instanceof AlertError) return event;
        // What has arrived already is not given any more.
        if (signal.aborted) return new AlertError('CANCELLED', meaning('CANCELLED'));
        place.failures = 0;
        if (event.kind === 'unknown') continue;
        // Never the cursor in the trailers: grpc-js drops what it has received and not handed on when an error comes,
        // and that cursor is behind what was dropped.
        place.start = { $case: 'cursor', value: event.cursor };
        if (event.kind === 'draining') {
          return new AlertError('DRAINING', meaning('DRAINING'), { retryAfter: event.retryDelay });
        }
        if (event.kind === 'heartbeat' || event.alert.sequence <= place.sequence) continue;
        place.sequence = event.alert.sequence;
        yield { alert: event.alert, cursor: event.cursor };
      }
    } finally {
      signal.removeEventListener('abort', connection.close);
      connection.close();
    }
  }

  return async function* subscribe(options: StreamOptions = {}): AsyncGenerator<StreamedAlert, void, undefined> {
    const signal = options.signal ? AbortSignal.any([parts.signal, options.signal]) : parts.signal;
    const place: Place = { start: startOf(options), sequence: 0, failures: 0 };
    while (!signal.aborted) {
      options.onState?.({ kind: 'connecting', tries: place.failures });
      const reason = yield* alertsOf(place, options, signal);
      if (signal.aborted) return;
      if (!mayResume(reason)) throw reason;
      place.failures++;
      const after = reason.retryAfter === undefined ? backoff(place.failures) : spread(reason.retryAfter, random);
      options.onState?.({ kind: 'waiting', after, reason });
      await clock.sleep(after, signal).catch(() => {});
    }
  };
};
