import { IncidentServiceService, StreamIncidentsRequest, StreamIncidentsResponse } from '@therapytrain/alerts-api';
import { AlertError, type Millis } from '@therapytrain/alerts-core';
import type { IncidentEvent, IncidentStreamOptions } from '../desk/types.ts';
import { readIncident } from '../desk/wire.ts';
import { meaning } from '../status.ts';
import { openConnection } from './connection.ts';
import { type Connections, resuming } from './resume.ts';
import type { SubscribeParts } from './subscribe.ts';

type WireEvent =
  | IncidentEvent
  | { readonly kind: 'draining'; readonly cursor: string; readonly retryDelay: Millis }
  | { readonly kind: 'unknown' };

const readEvent = (message: Buffer): WireEvent => {
  const { event } = StreamIncidentsResponse.decode(message);
  switch (event?.$case) {
    case undefined:
      return { kind: 'unknown' };
    case 'incident':
      return { kind: 'incident', incident: readIncident(event.value.incident), cursor: event.value.cursor };
    case 'heartbeat':
      return { kind: 'settled', cursor: event.value.cursor };
    case 'draining': {
      const { cursor, retryDelay } = event.value;
      const wait = retryDelay ? Number(retryDelay.seconds) * 1_000 + retryDelay.nanos / 1_000_000 : 0;
      return { kind: 'draining', cursor, retryDelay: wait };
    }
  }
};

const readSafely = (message: Buffer): WireEvent => {
  try {
    return readEvent(message);
  } catch (cause) {
    if (cause instanceof AlertError) throw cause;
    throw new AlertError('MESSAGE_MALFORMED', 'malformed message: an event does not decode', { cause });
  }
};

const method = { path: IncidentServiceService.streamIncidents.path, read: readSafely };

/** Where a subscription is. */
interface Place extends Connections {
  cursor: string;
}

/** Makes subscribing to incidents: connections, one after the other, as one sequence that misses no state. */
export const createIncidentStream = (parts: SubscribeParts) => {
  async function* eventsOf(place: Place, options: IncidentStreamOptions, signal: AbortSignal) {
    const request = StreamIncidentsRequest.encode({ cursor: place.cursor }).finish();
    const onOpen = (): void => options.onState?.({ kind: 'open' });
    const connection = openConnection(method, request, { ...parts, onOpen });
    signal.addEventListener('abort', connection.close);
    if (signal.aborted) connection.close();
    try {
      for (;;) {
        const event = await connection.next();
        if (event instanceof AlertError) return event;
        if (signal.aborted) return new AlertError('CANCELLED', meaning('CANCELLED'));
        place.failures = 0;
        if (event.kind === 'unknown') continue;
        // Until there is one the next connection begins anew, and tells again what is not resolved.
        if (event.cursor !== '') place.cursor = event.cursor;
        if (event.kind === 'draining') {
          return new AlertError('DRAINING', meaning('DRAINING'), { retryAfter: event.retryDelay });
        }
        yield event;
      }
    } finally {
      signal.removeEventListener('abort', connection.close);
      connection.close();
    }
  }

  return async function* stream(options: IncidentStreamOptions = {}): AsyncGenerator<IncidentEvent, void, undefined> {
    const place: Place = { cursor: options.cursor ?? '', failures: 0 };
    yield* resuming((signal) => eventsOf(place, options, signal), place, options, parts);
  };
};
