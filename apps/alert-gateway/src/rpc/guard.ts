import { type Metadata, type ServerInterceptor, ServerInterceptingCall } from '@grpc/grpc-js';
import { fieldError } from '@therapytrain/alerts-core';
import type { Deadlines } from '../deadlines.ts';
import { statusOf } from './status.ts';

/** What the guard watches with. */
export interface GuardParts {
  /** Bounds how long a request may be on its way. */
  readonly requests: Deadlines;
  /** Told where each call comes from, as soon as its headers are there. */
  readonly called: (peer: () => string) => void;
}

/** How much the headers of a call may be, in bytes, by the measure of RFC 9113 §6.5.2: as reliability.md S7 has it. */
export const headerBytes = 8 * 1024;

/** RFC 9113 counts so much for each header beside its name and value. */
const perHeader = 32;

/** True where the headers are more than {@link headerBytes}; binary ones count as they are, not as they were encoded. */
export const areTooLarge = (metadata: Pick<Metadata, 'toJSON'>): boolean => {
  let left = headerBytes;
  for (const [key, values] of Object.entries(metadata.toJSON())) {
    for (const value of values) left -= key.length + value.length + perHeader;
    if (left < 0) return true;
  }
  return false;
};

const tooLarge = () => fieldError([{ field: 'headers', rule: `are more than ${headerBytes} bytes` }]);

/**
 * Stands between the connection and the handlers: a handler hears of a call only when its request is there in full, and
 * a peer that sends it byte by byte should not hold on to it for ever. Streams of requests are as long as they are.
 * Headers that are too large end a call before anybody looks at them: HTTP/2 has a bound for them that grpc-js has no
 * option for.
 */
export const createGuard =
  ({ requests, called }: GuardParts): ServerInterceptor =>
  ({ requestStream }, call) => {
    called(() => call.getPeer());
    const arrived = requestStream ? () => undefined : requests.begin((error) => call.sendStatus(statusOf(error)));
    let isRefused = false;
    return new ServerInterceptingCall(call, {
      start: (next) =>
        next({
          onReceiveMetadata: (metadata, goOn) => {
            isRefused = areTooLarge(metadata);
            if (!isRefused) return goOn(metadata);
            arrived();
            call.sendStatus(statusOf(tooLarge()));
          },
          onReceiveMessage: (message, goOn) => (isRefused ? undefined : goOn(message)),
          onReceiveHalfClose: (goOn) => {
            arrived();
            if (!isRefused) goOn();
          },
          onCancel: arrived,
        }),
    });
  };
