import type { ServiceError } from '@grpc/grpc-js';
import type { AlertServiceClient, StreamAlertsResponse } from '@therapytrain/alerts-api';
import { openStream } from './client.ts';
import type { Sighting } from './subscription.ts';

/** A subscriber that stays until the gateway ends the stream, and what it was told at the end. */
export interface Listener {
  readonly seen: readonly Sighting[];
  /** Where to go on, as a `draining` event or the trailer told; undefined if neither did. */
  readonly farewell: string | undefined;
  readonly ended: Promise<void>;
}

/** Subscribes to everything from now on. */
export const startListener = (client: AlertServiceClient): Listener => {
  const seen: Sighting[] = [];
  const stream = openStream(client, {});
  let farewell: string | undefined;
  stream.on('data', ({ event }: StreamAlertsResponse) => {
    if (event?.$case === 'draining') farewell = event.value.cursor;
    if (event?.$case !== 'alert' || !event.value.alert) return;
    seen.push({ sequence: Number(event.value.alert.sequence), id: event.value.alert.id });
  });
  const ended = new Promise<void>((resolve) => {
    stream.on('end', resolve);
    stream.on('error', ({ metadata }: ServiceError) => {
      const [cursor] = metadata.get('alerts-cursor');
      if (typeof cursor === 'string') farewell ??= cursor;
      resolve();
    });
  });
  return {
    seen,
    get farewell() {
      return farewell;
    },
    ended,
  };
};
