import { connect, type Socket } from 'node:net';
import { createMessageCounter, type MessageCounter, pathOf } from './messages.ts';

// RFC 9113 §4 and §6.
const frameHead = 9;
const data = 0;
const headers = 1;
const resetStream = 3;
const settings = 4;
const ping = 6;
const goAway = 7;
const windowUpdate = 8;
const endStream = 1;
const ack = 1;
const padded = 8;
const endHeaders = 4;

/** The types of frames that are spoken here, and by the attacks (RFC 9113 §6). */
export const frameTypes = {
  data,
  headers,
  resetStream,
  settings,
  ping,
  goAway,
  windowUpdate,
  continuation: 9,
} as const;

/** Their flags. */
export const frameFlags = { endStream, ack, endHeaders } as const;

/** What a client says first (RFC 9113 §3.4). */
export const preface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';

const largestWindow = 0x7fff_ffff;
const firstWindow = 65_535;
const renewAfter = 0x3fff_ffff;

/** One frame. */
export const encodeFrame = (type: number, flags: number, stream: number, payload: Uint8Array): Buffer => {
  const frame = Buffer.alloc(frameHead + payload.length);
  frame.writeUIntBE(payload.length, 0, 3);
  frame[3] = type;
  frame[4] = flags;
  frame.writeUInt32BE(stream, 5);
  frame.set(payload, frameHead);
  return frame;
};

/** Four bytes, the most significant first. */
export const uint32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};

const text = (value: string): Buffer => Buffer.concat([Buffer.from([value.length]), Buffer.from(value)]);

/**
 * The header block of a gRPC call. RFC 7541: what the static table has whole is one byte; the rest is written out, never
 * to be indexed.
 */
export const requestHeaders = (authority: string, path: string): Buffer =>
  Buffer.concat([
    Buffer.from([0x83, 0x86]),
    Buffer.from([0x04]),
    text(path),
    Buffer.from([0x01]),
    text(authority),
    Buffer.from([0x0f, 31 - 15]),
    text('application/grpc'),
    Buffer.from([0x00]),
    text('te'),
    text('trailers'),
  ]);

const settingsPayload = (values: readonly (readonly [id: number, value: number])[]): Buffer =>
  Buffer.concat(values.map(([id, value]) => Buffer.concat([Buffer.from([0, id]), uint32(value)])));

// No header table (so that headers need not be read to stay in step), no push, the largest window for each stream.
const ourSettings = settingsPayload([
  [1, 0],
  [2, 0],
  [4, largestWindow],
]);

// The field of `StreamAlertsResponse` that an alert is; heartbeats are others.
const alertTag = 0x0a;

/** Told of what comes. */
export interface FrameEvents {
  /** The server has answered with its first headers. */
  opened(stream: number): void;
  /** So many alerts have come to their ends. */
  alerts(stream: number, count: number): void;
  /** The server has ended a stream, or all of them. */
  ended(what: string): void;
}

interface Stream {
  readonly counter: MessageCounter;
  /** Bytes since its window was last renewed. */
  bytes: number;
  open: boolean;
}

/** A connection whose streams are only counted. */
export interface CountingConnection {
  /** Opens a server stream of this method, with one request message, already framed. */
  open(method: string, request: Uint8Array): void;
  close(): void;
}

/** Takes whole frames out of bytes that come in pieces. */
export const createFrameReader = (
  onFrame: (type: number, flags: number, stream: number, bytes: Buffer, from: number, to: number) => void,
): ((part: Buffer) => void) => {
  let rest: Buffer = Buffer.alloc(0);
  return (part) => {
    const bytes = rest.length === 0 ? part : Buffer.concat([rest, part]);
    let at = 0;
    while (bytes.length - at >= frameHead) {
      const end = at + frameHead + bytes.readUIntBE(at, 3);
      if (end > bytes.length) break;
      const stream = bytes.readUInt32BE(at + 5) & largestWindow;
      onFrame(bytes[at + 3] ?? 0, bytes[at + 4] ?? 0, stream, bytes, at + frameHead, end);
      at = end;
    }
    rest = bytes.subarray(at);
  };
};

const renew = (socket: Socket, stream: number, bytes: number): void =>
  void socket.write(encodeFrame(windowUpdate, 0, stream, uint32(bytes)));

/**
 * Connects, and counts the alerts of the streams that are opened. HTTP/2 is spoken by hand: Node's own client costs
 * more for each message than the servers that are measured, and would hide them.
 */
export const connectCounting = (address: string, events: FrameEvents): CountingConnection => {
  const [host, port] = address.split(':');
  const socket = connect(Number(port), host);
  const streams = new Map<number, Stream>();
  let next = 1;
  let bytes = 0;
  const count = (id: number, part: Buffer, from: number, to: number): void => {
    const stream = streams.get(id);
    if (!stream) return;
    bytes += to - from;
    stream.bytes += to - from;
    const ended = stream.counter.add(part, from, to);
    if (ended > 0) events.alerts(id, ended);
    if (stream.bytes > renewAfter) {
      renew(socket, id, stream.bytes);
      stream.bytes = 0;
    }
    if (bytes > renewAfter) {
      renew(socket, 0, bytes);
      bytes = 0;
    }
  };
  const onFrame = (type: number, flags: number, id: number, part: Buffer, from: number, to: number): void => {
    const ends = (flags & endStream) !== 0;
    if (type === data && (flags & padded) === 0) count(id, part, from, to);
    else if (type === headers) {
      const stream = streams.get(id);
      if (stream && !stream.open && !ends) {
        stream.open = true;
        events.opened(id);
      }
    } else if (type === settings && (flags & ack) === 0) socket.write(encodeFrame(settings, ack, 0, Buffer.alloc(0)));
    else if (type === ping && (flags & ack) === 0) socket.write(encodeFrame(ping, ack, 0, part.subarray(from, to)));
    if (type === goAway || type === resetStream) events.ended(`stream ${id}: frame of type ${type}`);
    else if ((type === data || type === headers) && ends) events.ended(`stream ${id}`);
  };
  socket.on('data', createFrameReader(onFrame));
  socket.on('error', (error) => events.ended(error.message));
  socket.write(preface);
  socket.write(encodeFrame(settings, 0, 0, ourSettings));
  renew(socket, 0, largestWindow - firstWindow);
  return {
    open: (method, request) => {
      const id = next;
      next += 2;
      streams.set(id, { counter: createMessageCounter(alertTag), bytes: 0, open: false });
      socket.write(encodeFrame(headers, endHeaders, id, requestHeaders(address, pathOf(method))));
      socket.write(encodeFrame(data, endStream, id, request));
    },
    close: () => void socket.destroy(),
  };
};
