import type { Metadata, ServerWritableStream } from '@grpc/grpc-js';
import type { Principal } from '@therapytrain/alerts-core';
import type { View } from '../identity/view.ts';
import type { Sink } from '../stream/subscriber.ts';
import { callerOf } from './caller.ts';
import { asAlertError, statusOf } from './status.ts';
import { sinkOf } from './stream-alerts.ts';

/** What stands between grpc-js and a stream. */
export interface StreamingParts {
  /** The initial metadata that tells a client which version it speaks to. */
  readonly greet: () => Metadata;
  readonly views: (principal: Principal) => View;
  /** Told of what should not happen. */
  readonly onDefect: (thrown: unknown) => void;
}

/** Puts the sink among the subscribers, and returns how to leave. Throws what refuses the subscription. */
export type Subscribing = (sink: Sink) => () => void;

/** Makes a handler of a stream: `open` reads what the caller asks for, and rejects with what refuses it. */
export const createStreaming =
  (open: (message: Buffer, view: View) => Promise<Subscribing>, { greet, views, onDefect }: StreamingParts) =>
  async (call: ServerWritableStream<Buffer, Buffer>): Promise<void> => {
    call.sendMetadata(greet());
    let stop = (): void => {};
    let left = false;
    const leave = (): void => {
      left = true;
      stop();
    };
    call.on('cancelled', leave);
    call.on('close', leave);
    try {
      const { principal } = callerOf(call.metadata);
      const subscribe = await open(call.request, views(principal));
      if (left || call.cancelled) return;
      stop = subscribe(sinkOf(call, { onDefect }));
    } catch (error) {
      call.emit('error', Object.assign(new Error(), statusOf(asAlertError(error, onDefect))));
    }
  };
