import type { OutgoingHttpHeaders } from 'node:http2';

const headSize = 5;

/** Counts gRPC messages in the bytes of one stream, without looking at them. */
export interface MessageCounter {
  /** How many messages end within these bytes, which follow those of the call before. */
  add(bytes: Uint8Array, from?: number, to?: number): number;
}

/** Makes a counter for a stream at its beginning; of those messages only that begin with this byte, if one is given. */
export const createMessageCounter = (firstByte?: number): MessageCounter => {
  // Bytes of the message that are still to come, once its head is there.
  let missing = 0;
  let headSeen = 0;
  let length = 0;
  let counts = true;
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
          counts = firstByte === undefined;
        }
        if (missing === length && at < to && missing > 0) counts = firstByte === undefined || bytes[at] === firstByte;
        const step = Math.min(missing, to - at);
        at += step;
        missing -= step;
        if (missing > 0) break;
        if (counts) count++;
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
