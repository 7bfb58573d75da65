import { type ServerInterceptor, ServerInterceptingCall } from '@grpc/grpc-js';
import type { Deadlines } from '../deadlines.ts';
import { statusOf } from './status.ts';

/** What the guard watches with. */
export interface GuardParts {
  /** Bounds how long a request may be on its way. */
  readonly requests: Deadlines;
  /** Told where each call comes from, as soon as its headers are there. */
  readonly called: (peer: () => string) => void;
}

/**
 * Stands between the connection and the handlers: a handler hears of a call only when its request is there in full, and
 * a peer that sends it byte by byte should not hold on to it for ever. Streams of requests are as long as they are.
 */
export const createGuard =
  ({ requests, called }: GuardParts): ServerInterceptor =>
  ({ requestStream }, call) => {
    called(() => call.getPeer());
    if (requestStream) return new ServerInterceptingCall(call);
    const arrived = requests.begin((error) => call.sendStatus(statusOf(error)));
    return new ServerInterceptingCall(call, {
      start: (next) =>
        next({
          onReceiveHalfClose: (goOn) => {
            arrived();
            goOn();
          },
          onCancel: arrived,
        }),
    });
  };
