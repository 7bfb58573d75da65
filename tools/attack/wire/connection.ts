import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import {
  createFrameReader,
  encodeFrame,
  frameFlags,
  frameTypes,
  preface,
  requestHeaders,
  uint32,
} from '../../bench/load/frames.ts';
import { pathOf } from '../../bench/load/messages.ts';

/** What a server has said on a connection so far. */
export interface Heard {
  /** Frames of type HEADERS, of which each call that is answered has one or two. */
  headers: number;
  /** Streams that it reset. */
  resets: number;
  /** The error code of its last GOAWAY; undefined without one. */
  goAway: number | undefined;
}

/** A connection on which whatever bytes are sent as they are. */
export interface RawConnection {
  readonly heard: Readonly<Heard>;
  readonly open: boolean;
  /** How many bytes of DATA the server takes on all streams together at the moment. */
  readonly window: number;
  /** Resolves when more may be sent: true, or false if the connection is gone. */
  send(bytes: Uint8Array): Promise<boolean>;
  /** Counts bytes of DATA that are about to be sent. */
  spend(bytes: number): void;
  /** True if it is closed by then, by whichever side. */
  closedWithin(millis: number): Promise<boolean>;
  close(): void;
}

/** How to begin. */
export interface RawOptions {
  /** Reads nothing, so that whatever the server has to say stays with the server. */
  readonly deaf?: boolean;
  /** Says nothing at first: neither the preface nor settings. */
  readonly silent?: boolean;
}

const firstWindow = 65_535;
const noBytes = Buffer.alloc(0);

/** The preface and empty settings. */
export const hello = Buffer.concat([Buffer.from(preface), encodeFrame(frameTypes.settings, 0, 0, noBytes)]);

/** The frame with which a call of the alert service begins; the request may follow. */
export const callHead = (stream: number, method = 'ReportAlert'): Buffer =>
  encodeFrame(frameTypes.headers, frameFlags.endHeaders, stream, requestHeaders('localhost', pathOf(method)));

/** Opens a connection. It never throws: one that cannot be had is closed. */
export const connectRaw = (address: string, { deaf = false, silent = false }: RawOptions = {}): RawConnection => {
  const at = address.lastIndexOf(':');
  const socket = connect(Number(address.slice(at + 1)), address.slice(0, at));
  const heard: Heard = { headers: 0, resets: 0, goAway: undefined };
  let open = true;
  let window = firstWindow;
  let waiting: ((more: boolean) => void)[] = [];
  const wake = (more: boolean): void => {
    const woken = waiting;
    waiting = [];
    for (const each of woken) each(more);
  };
  const read = createFrameReader((type, flags, stream, bytes, from) => {
    if (type === frameTypes.headers) heard.headers++;
    else if (type === frameTypes.resetStream) heard.resets++;
    else if (type === frameTypes.goAway) heard.goAway = bytes.readUInt32BE(from + 4);
    else if (type === frameTypes.windowUpdate && stream === 0) window += bytes.readUInt32BE(from);
    else if (type === frameTypes.settings && (flags & frameFlags.ack) === 0) {
      socket.write(encodeFrame(frameTypes.settings, frameFlags.ack, 0, noBytes));
    }
  });
  if (deaf) socket.pause();
  else socket.on('data', read);
  socket.on('drain', () => wake(true));
  socket.on('error', () => {});
  socket.on('close', () => {
    open = false;
    wake(false);
  });
  if (!silent) socket.write(hello);
  return {
    heard,
    get open() {
      return open;
    },
    get window() {
      return window;
    },
    send: (bytes) =>
      new Promise((resolve) => {
        if (!open) resolve(false);
        else if (socket.write(bytes)) setImmediate(() => resolve(open));
        else waiting.push(resolve);
      }),
    spend: (bytes) => void (window -= bytes),
    closedWithin: async (millis) => {
      const until = performance.now() + millis;
      while (open && performance.now() < until) await pause(10);
      return !open;
    },
    close: () => void socket.destroy(),
  };
};

/** The frame that resets a stream; 8 is CANCEL. */
export const resetFrame = (stream: number): Buffer => encodeFrame(frameTypes.resetStream, 0, stream, uint32(8));

/** A frame of DATA. */
export const dataFrame = (stream: number, bytes: Uint8Array, end = false): Buffer =>
  encodeFrame(frameTypes.data, end ? frameFlags.endStream : 0, stream, bytes);
