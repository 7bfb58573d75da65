import { IncidentServiceService, StreamIncidentsRequest, StreamIncidentsResponse } from '@therapytrain/alerts-api';
import type { IncidentEvent, IncidentStreamOptions } from '../desk/types.ts';
import { readIncident } from '../desk/wire.ts';
import {
  type Farewell,
  following,
  type FollowParts,
  millisOf,
  readingSafely,
  type Subscription,
  type UnknownEvent,
} from './following.ts';

const readEvent = (message: Buffer): IncidentEvent | Farewell | UnknownEvent => {
  const { event } = StreamIncidentsResponse.decode(message);
  switch (event?.$case) {
    case undefined:
      return { kind: 'unknown' };
    case 'incident':
      return { kind: 'incident', incident: readIncident(event.value.incident), cursor: event.value.cursor };
    case 'heartbeat':
      return { kind: 'settled', cursor: event.value.cursor };
    case 'draining':
      return { kind: 'draining', cursor: event.value.cursor, retryDelay: millisOf(event.value.retryDelay) };
  }
};

const method = { path: IncidentServiceService.streamIncidents.path, read: readingSafely(readEvent) };

/** Makes subscribing to incidents: connections, one after the other, as one sequence that misses no state. */
export const createIncidentStream =
  (parts: FollowParts) =>
  (options: IncidentStreamOptions = {}): AsyncGenerator<IncidentEvent, void, undefined> => {
    let cursor = options.cursor ?? '';
    const place: Subscription<IncidentEvent, IncidentEvent> = {
      method,
      failures: 0,
      request: () => StreamIncidentsRequest.encode({ cursor }).finish(),
      take: (event) => {
        // Until there is one the next connection begins anew, and tells again what is not resolved.
        if (event.cursor !== '') cursor = event.cursor;
        return event.kind === 'draining' ? undefined : event;
      },
    };
    return following(place, options, parts);
  };
