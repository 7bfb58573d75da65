import { Metadata, type ServerWritableStream } from '@grpc/grpc-js';
import { Draining, Heartbeat, StreamAlertsRequest } from '@therapytrain/alerts-api';
import { AlertError, joinFields, withSequence } from '@therapytrain/alerts-core';
import type { SmallLog } from './small-log.ts';
import { callError } from './status.ts';

/** What one stream of alerts does. */
export interface StreamScript {
  /** Ends it after so many alerts. */
  readonly after?: number;
  /** How it ends; default `GATEWAY_UNAVAILABLE`. */
  readonly end?: AlertError | 'draining' | 'finish' | 'silence';
  /** Sends a heartbeat with the cursor of this place at first. */
  readonly beat?: number;
  /** Sends every alert twice, and some that were before the start. */
  readonly stutter?: boolean;
  /** Sends this at first. */
  readonly preface?: readonly Buffer[];
}

const cursorAt = (sequence: number): string => `c${sequence}`;

const placeOf = (request: StreamAlertsRequest, log: SmallLog): number => {
  const { start } = request;
  switch (start?.$case) {
    case 'cursor': {
      const place = Number(/^c(\d+)$/.exec(start.value)?.[1] ?? Number.NaN);
      if (Number.isNaN(place)) throw new AlertError('CURSOR_INVALID', 'the cursor is not one of this gateway');
      return place;
    }
    case 'since': {
      const at = log.kept.findIndex(({ alert }) => alert.receivedAt >= start.value.getTime());
      return at < 0 ? log.kept.length : at;
    }
    case 'fromStart':
      return 0;
    case undefined:
      return log.kept.length;
  }
};

/** What a stream tells while it runs. */
export interface StreamEvents {
  readonly onStart: (start: string | undefined) => void;
  readonly onWritten: () => void;
  readonly onOver: () => void;
}

/** Serves `StreamAlerts` from the log, as the script says; heeds back-pressure. */
export const serveAlerts = (
  call: ServerWritableStream<Buffer, Buffer>,
  log: SmallLog,
  script: StreamScript,
  events: StreamEvents,
): void => {
  const { after = Number.POSITIVE_INFINITY, end = new AlertError('GATEWAY_UNAVAILABLE', 'it broke') } = script;
  let place = 0;
  let sent = 0;
  let over = false;
  const write = (field: number, body: Uint8Array): boolean => call.write(joinFields([[field, body]]));
  const finish = (): void => {
    over = true;
    stop();
    const trailers = { 'alerts-cursor': cursorAt(place) };
    if (end === 'draining') {
      write(3, Draining.encode({ cursor: cursorAt(place), retryDelay: { seconds: 0n, nanos: 1_000_000 } }).finish());
      call.emit('error', callError(new AlertError('DRAINING', 'it stops', { retryAfter: 1 }), trailers));
    } else if (end === 'finish') call.end();
    else if (end !== 'silence') call.emit('error', callError(end, trailers));
  };
  const give = (): void => {
    while (!over && !call.cancelled) {
      if (sent >= after) return finish();
      const next = log.kept[place];
      if (!next) return;
      place++;
      sent++;
      const event = joinFields([
        [1, withSequence(next.encoded, next.alert.sequence)],
        [2, cursorAt(place)],
      ]);
      const more = write(1, event);
      events.onWritten();
      if (script.stutter) write(1, event);
      if (!more) return void call.once('drain', give);
    }
  };
  const stop = log.follow(() => setImmediate(give));
  call.on('cancelled', stop);
  call.on('close', events.onOver);
  call.on('error', () => {});
  const metadata = new Metadata();
  metadata.set('alerts-version', '9.8.7');
  call.sendMetadata(metadata);
  try {
    const request = StreamAlertsRequest.decode(call.request);
    events.onStart(request.start?.$case);
    place = placeOf(request, log);
    for (const frame of script.preface ?? []) call.write(frame);
    if (script.beat !== undefined) {
      write(2, Heartbeat.encode({ cursor: cursorAt(script.beat), serverTime: new Date(0) }).finish());
    }
    give();
  } catch (error) {
    stop();
    call.emit('error', callError(error as AlertError));
  }
};
