import type { ServiceError } from '@grpc/grpc-js';
import { AlertError, type Clock, type Millis } from '@therapytrain/alerts-core';
import type { Link } from '../link.ts';
import { errorOfCall } from '../status.ts';

/** One call of a method that streams events. */
export interface Connection<Event> {
  /**
   * The next event, or why there is none. What is not asked for stays in the connection, whose buffers are bounded: a
   * slow consumer slows the gateway down. Throws `MESSAGE_MALFORMED`.
   */
  next(): Promise<Event | AlertError>;
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

/** A method that streams events, and how to read them. */
export interface StreamMethod<Event> {
  readonly path: string;
  /** Throws `MESSAGE_MALFORMED`. */
  readonly read: (message: Buffer) => Event;
}

/** Opens a stream of events. */
export const openConnection = <Event>(
  { path, read }: StreamMethod<Event>,
  request: Uint8Array,
  parts: ConnectionParts,
): Connection<Event> => {
  const { link, clock, silence, onOpen } = parts;
  const call = link.stream(path, Buffer.from(request));
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
      return message instanceof AlertError ? message : read(message);
    },
    close: () => {
      watch.stop();
      call.cancel();
    },
  };
};
