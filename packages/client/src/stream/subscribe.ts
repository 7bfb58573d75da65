import { AlertServiceService, StreamAlertsRequest } from '@therapytrain/alerts-api';
import { fieldError } from '@therapytrain/alerts-core';
import type { StreamedAlert, StreamOptions } from '../types.ts';
import { readEvent, type StreamEvent } from './events.ts';
import { type FollowParts, following, type Subscription } from './following.ts';

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

/** Makes subscribing: connections to the gateway, one after the other, as one sequence of alerts without a gap. */
export const createSubscribe = (parts: FollowParts) =>
  async function* subscribe(options: StreamOptions = {}): AsyncGenerator<StreamedAlert, void, undefined> {
    let start = startOf(options);
    // Of the last alert that the consumer got.
    let sequence = 0;
    const place: Subscription<StreamEvent, StreamedAlert> = {
      method,
      failures: 0,
      request: () => StreamAlertsRequest.encode({ filter: options.filter ?? '', start }).finish(),
      opened: () => {
        // If this one breaks before it has told any cursor, the next must not begin with what is new then.
        start ??= { $case: 'since', value: new Date(parts.clock.now()) };
      },
      take: (event) => {
        // Never the cursor in the trailers: grpc-js drops what it has received and not handed on when an error comes,
        // and that cursor is behind what was dropped.
        start = { $case: 'cursor', value: event.cursor };
        if (event.kind !== 'alert' || event.alert.sequence <= sequence) return undefined;
        sequence = event.alert.sequence;
        return { alert: event.alert, cursor: event.cursor };
      },
    };
    yield* following(place, options, parts);
  };
