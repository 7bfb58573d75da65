import type { ServerWritableStream } from '@grpc/grpc-js';
import { StreamAlertsRequest } from '@therapytrain/alerts-api';
import { AlertError, type AlertLog, type Cursor, fieldError } from '@therapytrain/alerts-core';
import type { Tokens } from '../stream/cursor.ts';
import type { Hub, Sink } from '../stream/hub.ts';
import type { Topics } from '../stream/topics.ts';
import type { View } from '../identity/view.ts';
import { decodeStrictly, shapes } from './decode.ts';
import { instantOf } from './fields.ts';
import { asAlertError, statusOf } from './status.ts';

/** The trailer that has the last cursor of a stream that the gateway ended. */
export const cursorKey = 'alerts-cursor';

/** What the stream needs. */
export interface StreamParts {
  readonly log: AlertLog;
  readonly hub: Hub;
  readonly topics: Topics;
  readonly tokens: Tokens;
  /** Told of what should not happen. */
  readonly onDefect: (thrown: unknown) => void;
}

// Undefined means: what is kept from now on.
const startOf = async (request: StreamAlertsRequest, { log, tokens }: StreamParts): Promise<Cursor | undefined> => {
  const { start, filter } = request;
  switch (start?.$case) {
    case undefined:
      return undefined;
    case 'cursor':
      return resumeAt(tokens.read('stream', filter, start.value), log);
    case 'since':
      return log.seek(instantOf('since', start.value));
    case 'fromStart':
      if (start.value) return log.bounds().oldest;
      throw fieldError([
        { field: 'from_start', rule: 'is false; leave it out to begin with what is kept from now on' },
      ]);
  }
};

const resumeAt = (cursor: Cursor, log: AlertLog): Cursor => {
  const { oldest, newest } = log.bounds();
  if (cursor < oldest) throw new AlertError('CURSOR_EXPIRED', 'alerts after the cursor are past their retention');
  if (cursor > newest) throw new AlertError('CURSOR_INVALID', 'the cursor lies after the end of this log');
  return cursor;
};

// What a subscriber may have on its way (reliability.md §4.2). grpc-js alone would stop at 16 messages of any size, and
// one who catches up would ask the disk again for each 16.
const bufferedMessages = 256;
const bufferedBytes = 256 * 1024;

/** The connection to one subscriber, with bounds on what may be on its way. */
export const sinkOf = (
  call: ServerWritableStream<Buffer, Buffer>,
  { onDefect }: Pick<StreamParts, 'onDefect'>,
): Sink => {
  let bytes = 0;
  return {
    write: (frame) => {
      if (call.write(frame)) return true;
      bytes += frame.length;
      return bytes < bufferedBytes && call.writableLength < bufferedMessages;
    },
    onDrain: (listener) =>
      void call.on('drain', () => {
        bytes = 0;
        listener();
      }),
    // A new object: the error itself may end more streams than this one.
    fail: (thrown, cursor) => {
      const status = statusOf(asAlertError(thrown, onDefect), { [cursorKey]: cursor });
      call.emit('error', Object.assign(new Error(), status));
    },
  };
};

/** `StreamAlerts`: puts the caller among the subscribers of its filter. Throws what refuses the subscription. */
export const subscribe = async (
  call: ServerWritableStream<Buffer, Buffer>,
  parts: StreamParts,
  view: View,
): Promise<void> => {
  const request = decodeStrictly(call.request, shapes.StreamAlertsRequest, StreamAlertsRequest.decode);
  const topic = parts.topics.acquire(request.filter, view);
  let stop = (): void => {};
  let left = false;
  const leave = (): void => {
    if (left) return;
    left = true;
    parts.topics.release(topic);
    stop();
  };
  call.on('cancelled', leave);
  call.on('close', leave);
  try {
    const cursor = await startOf(request, parts);
    if (left || call.cancelled) return leave();
    stop = parts.hub.subscribe(topic, cursor, sinkOf(call, parts));
  } catch (error) {
    leave();
    throw error;
  }
};
