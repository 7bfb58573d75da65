import type { ServiceError } from '@grpc/grpc-js';
import type { AlertServiceClient, StreamAlertsResponse } from '@therapytrain/alerts-api';
import { openStream } from './client.ts';
import type { Sighting } from './subscription.ts';

/** A subscriber that stays until the gateway ends the stream, and what it was told at the end. */
export interface Listener {
  readonly seen: readonly Sighting[];
  /** Where to go on after the last event that arrived. */
  readonly cursor: string | undefined;
  /** Where to go on, as a `draining` event or the trailer told; undefined if neither did. */
  readonly farewell: string | undefined;
  readonly ended: Promise<void>;
}

/**
 * Subscribes to everything from now on. The farewell is no place to go on from: when a stream ends with an error,
 * grpc-js drops what has arrived and is not yet read, and the trailer is ahead of that.
 */
export const startListener = (client: AlertServiceClient): Listener => {
  const seen: Sighting[] = [];
  const stream = openStream(client, {});
  let farewell: string | undefined;
  let cursor: string | undefined;
  stream.on('data', ({ event }: StreamAlertsResponse) => {
    cursor = event?.value.cursor ?? cursor;
    if (event?.$case === 'draining') farewell = event.value.cursor;
    if (event?.$case !== 'alert' || !event.value.alert) return;
    seen.push({ sequence: Number(event.value.alert.sequence), id: event.value.alert.id });
  });
  const ended = new Promise<void>((resolve) => {
    stream.on('end', resolve);
    stream.on('error', ({ metadata }: ServiceError) => {
      const [told] = metadata.get('alerts-cursor');
      if (typeof told === 'string') farewell ??= told;
      resolve();
    });
  });
  return {
    seen,
    get cursor() {
      return cursor;
    },
    get farewell() {
      return farewell;
    },
    ended,
  };
};
