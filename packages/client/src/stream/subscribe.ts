import { AlertServiceService, StreamAlertsRequest } from '@therapytrain/alerts-api';
import { AlertError, fieldError, type Millis } from '@therapytrain/alerts-core';
import type { Link } from '../link.ts';
import { meaning } from '../status.ts';
import type { StreamedAlert, StreamOptions } from '../types.ts';
import { openConnection } from './connection.ts';
import { readEvent } from './events.ts';
import { type Connections, type ResumeParts, resuming } from './resume.ts';

/** What subscribing needs. */
export interface SubscribeParts extends ResumeParts {
  readonly link: Link;
  /** Silence after which a connection is taken for dead; heartbeats come every 15 s. */
  readonly silence: Millis;
}

const method = { path: AlertServiceService.streamAlerts.path, read: readEvent };

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

/** Where a subscription is. */
interface Place extends Connections {
  start: Start;
  /** Of the last alert that the consumer got. */
  sequence: number;
}

/** Makes subscribing: connections to the gateway, one after the other, as one sequence of alerts without a gap. */
export const createSubscribe = (parts: SubscribeParts) => {
  const { clock } = parts;

  /** The alerts of one connection, from the place on, which moves; returns why it ended. */
  async function* alertsOf(place: Place, options: StreamOptions, signal: AbortSignal) {
    const onOpen = (): void => {
      options.onState?.({ kind: 'open' });
      // If this one breaks before it has told any cursor, the next must not begin with what is new then.
      place.start ??= { $case: 'since', value: new Date(clock.now()) };
    };
    const request = StreamAlertsRequest.encode({ filter: options.filter ?? '', start: place.start }).finish();
    const connection = openConnection(method, request, { ...parts, onOpen });
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
    const place: Place = { start: startOf(options), sequence: 0, failures: 0 };
    yield* resuming((signal) => alertsOf(place, options, signal), place, options, parts);
  };
};
