import type { OutgoingHttpHeaders } from 'node:http2';

const headSize = 5;

/** Counts gRPC messages in the bytes of one stream, without decoding them. */
export interface MessageCounter {
  /** How many messages end within these bytes, which follow those of the call before. */
  add(bytes: Uint8Array, from?: number, to?: number): number;
}

/** Makes a counter for a stream at its beginning. With a byte, it counts those messages only that begin with it. */
export const createMessageCounter = (firstByte?: number): MessageCounter => {
  // Bytes of the message that are still to come, once its head is there.
  let missing = 0;
  let headSeen = 0;
  let length = 0;
  let first: number | undefined;
  return {
    add: (bytes, from = 0, to = bytes.length) => {
      let count = 0;
      let at = from;
      while (at < to) {
        if (headSeen < headSize) {
          const byte = bytes[at++] ?? 0;
          // The first byte tells of compression, which nobody here uses.
          if (headSeen++ > 0) length = length * 256 + byte;
          if (headSeen < headSize) continue;
          missing = length;
          first = undefined;
        }
        if (missing === length && missing > 0 && at < to) first = bytes[at];
        const step = Math.min(missing, to - at);
        at += step;
        missing -= step;
        if (missing > 0) break;
        if (firstByte === undefined || first === firstByte) count++;
        headSeen = 0;
        length = 0;
      }
      return count;
    },
  };
};

/** The path of a method of the alert service. */
export const pathOf = (method: string): string => `/therapytrain.alerts.v1.AlertService/${method}`;

/** The headers of a gRPC call, for Node's own HTTP/2 client. */
export const grpcHeaders = (method: string): OutgoingHttpHeaders => ({
  ':method': 'POST',
  ':path': pathOf(method),
  'content-type': 'application/grpc',
  te: 'trailers',
});
