import { once } from 'node:events';
import { connect, constants, type IncomingHttpHeaders } from 'node:http2';
import { Metadata } from '@grpc/grpc-js';
import { after } from '../support.ts';
import { callRefusal, type Refusal } from './refusal.ts';

/**
 * A call made with Node's HTTP/2 alone. Other than the client of grpc-js, which drops what has not been read when an
 * error arrives, it takes every message that was sent before the trailers.
 */
export interface PlainCall {
  readonly messages: readonly Buffer[];
  /** Sends a message on the stream of the request. */
  send(message: Uint8Array): void;
  /** Sends bytes of a message as they are. */
  sendPart(bytes: Uint8Array): void;
  halfClose(): void;
  cancel(): void;
  /** Reads nothing more, until `resume`. */
  pause(): void;
  resume(): void;
  /** Waits for the trailers; undefined where they say OK. */
  ended(): Promise<Refusal | undefined>;
}

const framed = (message: Uint8Array): Buffer => {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
};

const refusalIn = (trailers: IncomingHttpHeaders): Refusal | undefined => {
  const code = Number(trailers['grpc-status']);
  if (code === 0) return undefined;
  const metadata = Metadata.fromHttp2Headers(trailers);
  const details = decodeURIComponent(String(trailers['grpc-message'] ?? ''));
  return callRefusal(Object.assign(new Error(details), { code, details, metadata }));
};

/** Begins a call of `AlertService` on a connection of its own. With `onMessage` messages are handed on and not kept. */
export const plainCall = (address: string, method: string, onMessage?: (message: Buffer) => void): PlainCall => {
  const session = connect(`http://${address}`);
  after(() => session.destroy());
  session.on('error', () => {});
  const stream = session.request({
    ':method': 'POST',
    ':path': `/therapytrain.alerts.v1.AlertService/${method}`,
    'content-type': 'application/grpc',
    te: 'trailers',
  });
  const messages: Buffer[] = [];
  const take = onMessage ?? ((message: Buffer) => void messages.push(message));
  let rest = Buffer.alloc(0);
  stream.on('data', (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk]);
    for (;;) {
      const size = rest.length < 5 ? Number.POSITIVE_INFINITY : 5 + rest.readUInt32BE(1);
      if (rest.length < size) return;
      take(rest.subarray(5, size));
      rest = rest.subarray(size);
    }
  });
  let trailers: IncomingHttpHeaders | undefined;
  stream.on('response', (headers) => void (trailers = 'grpc-status' in headers ? headers : trailers));
  stream.on('trailers', (headers) => void (trailers = headers));
  stream.on('error', () => {});
  const over = once(stream, 'end');
  return {
    messages,
    send: (message) => void stream.write(framed(message)),
    sendPart: (bytes) => void stream.write(bytes),
    halfClose: () => void stream.end(),
    cancel: () => stream.close(constants.NGHTTP2_CANCEL),
    pause: () => void stream.pause(),
    resume: () => void stream.resume(),
    ended: async () => {
      await over;
      if (!trailers) throw new Error('the stream ended without trailers');
      return refusalIn(trailers);
    },
  };
};
