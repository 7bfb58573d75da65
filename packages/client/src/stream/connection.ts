import type { ServiceError } from '@grpc/grpc-js';
import { AlertServiceService, StreamAlertsRequest } from '@therapytrain/alerts-api';
import { AlertError, type Clock, type Millis } from '@therapytrain/alerts-core';
import type { Link } from '../link.ts';
import { errorOfCall } from '../status.ts';
import { readEvent, type StreamEvent } from './events.ts';

/** One `StreamAlerts` call. */
export interface Connection {
  /**
   * The next event, or why there is none. What is not asked for stays in the connection, whose buffers are bounded: a
   * slow consumer slows the gateway down. Throws `MESSAGE_MALFORMED`.
   */
  next(): Promise<StreamEvent | AlertError>;
  close(): void;
}

/** What a connection needs. */
export interface ConnectionParts {
  readonly link: Link;
  readonly clock: Clock;
  /** How long the gateway may say nothing, not even a heartbeat, while an event is waited for. */
  readonly silence: Millis;
  readonly onOpen: () => void;
}

/** Watches over one wait at a time: calls `onSilence` when one takes too long. */
const createWatch = (clock: Clock, silence: Millis, onSilence: () => void) => {
  const stop = new AbortController();
  let since: Millis | undefined;
  const watch = (span: Millis): void => void clock.sleep(span, stop.signal).then(look, () => {});
  const look = (): void => {
    const quiet = since === undefined ? 0 : clock.monotonic() - since;
    if (quiet >= silence) onSilence();
    else watch(silence - quiet);
  };
  watch(silence);
  return {
    begin: () => void (since = clock.monotonic()),
    end: () => void (since = undefined),
    stop: () => stop.abort(),
  };
};

const { path } = AlertServiceService.streamAlerts;

/** Opens a stream of alerts. */
export const openConnection = (request: StreamAlertsRequest, parts: ConnectionParts): Connection => {
  const { link, clock, silence, onOpen } = parts;
  const call = link.stream(path, Buffer.from(StreamAlertsRequest.encode(request).finish()));
  const messages = call[Symbol.asyncIterator]() as AsyncIterator<Buffer, undefined>;
  let silent = false;
  const watch = createWatch(clock, silence, () => {
    silent = true;
    // The connection may be dead without knowing it.
    link.renew();
    call.cancel();
  });
  call.once('metadata', onOpen);
  // The iterator throws it too; but one that comes when nobody iterates must not be thrown in the process.
  call.on('error', () => {});
  const nextMessage = async (): Promise<Buffer | AlertError> => {
    try {
      const { value } = await messages.next();
      return value ?? new AlertError('GATEWAY_UNAVAILABLE', 'the gateway ended the stream');
    } catch (error) {
      if (silent) return new AlertError('GATEWAY_UNAVAILABLE', 'the gateway fell silent');
      return errorOfCall(error as ServiceError);
    }
  };
  return {
    next: async () => {
      watch.begin();
      const message = await nextMessage();
      watch.end();
      return message instanceof AlertError ? message : readEvent(message);
    },
    close: () => {
      watch.stop();
      call.cancel();
    },
  };
};
