import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  type IncomingHttpHeaders,
  type SecureClientSessionOptions,
} from 'node:http2';
import { status } from '@grpc/grpc-js';
import { grpcHeaders } from '../../bench/load/messages.ts';

/** How a call ended: with the name of a gRPC status, or otherwise. */
export type CallEnd =
  | keyof typeof status
  /** An answer that is HTTP, but not gRPC. */
  | 'NOT GRPC'
  /** The stream was reset, or the connection went. */
  | 'CUT OFF'
  /** It was answered with headers, and goes on. */
  | 'GOES ON'
  /** Nothing came in time. */
  | 'HUNG';

/** What to send. */
export interface RawCall {
  /** `/package.Service/Method`; ReportAlert, if left out. */
  readonly path?: string;
  /** The bytes of the request stream, as they are. */
  readonly body: Uint8Array;
  /** Headers that are added, or stand instead of those that a call has. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** The method streams its answers: it goes on if it has not ended a moment after its first headers. */
  readonly streams?: boolean;
  readonly within?: number;
}

const patience = 15_000;
const moment = 100;

const endOf = (headers: IncomingHttpHeaders): CallEnd => {
  const code = headers['grpc-status'];
  if (code === undefined) return 'NOT GRPC';
  return (status[Number(code)] ?? 'NOT GRPC') as CallEnd;
};

const begin = (session: ClientHttp2Session, { path, headers }: RawCall): ClientHttp2Stream =>
  session.request({ ...grpcHeaders('ReportAlert'), ...(path === undefined ? {} : { ':path': path }), ...headers });

/** Makes one call with bytes as they are. Never rejects. */
export const callRaw = (session: ClientHttp2Session, call: RawCall): Promise<CallEnd> =>
  new Promise((resolve) => {
    let end: CallEnd | undefined;
    let stream: ClientHttp2Stream;
    const finish = (how: CallEnd): void => {
      clearTimeout(timer);
      resolve(end ?? how);
      end ??= how;
    };
    const goesOn = (): void => {
      if (end !== undefined) return;
      finish('GOES ON');
      stream.close(8);
    };
    const timer = setTimeout(() => {
      finish('HUNG');
      stream?.close(8);
    }, call.within ?? patience);
    try {
      stream = begin(session, call);
    } catch {
      return finish('CUT OFF');
    }
    stream.on('response', (headers) => {
      if ('grpc-status' in headers || headers[':status'] !== 200) finish(endOf(headers));
      else if (call.streams) setTimeout(() => goesOn(), moment);
    });
    stream.on('trailers', (headers) => finish(endOf(headers)));
    stream.on('error', () => finish('CUT OFF'));
    stream.on('close', () => finish('CUT OFF'));
    stream.resume();
    stream.end(call.body);
  });

/** A connection that is opened again when it is gone. */
export interface Reconnecting {
  session(): ClientHttp2Session;
  /** How often it had to be opened. */
  opened(): number;
  close(): void;
}

/** Connects when somebody asks, in the clear unless it is told how otherwise. */
export const reconnecting = (address: string, secure?: SecureClientSessionOptions): Reconnecting => {
  let session: ClientHttp2Session | undefined;
  let opened = 0;
  return {
    session: () => {
      if (session && !session.closed && !session.destroyed) return session;
      opened++;
      session = secure ? connect(`https://${address}`, secure) : connect(`http://${address}`);
      session.on('error', () => {});
      session.on('goaway', (_code, _last, _data) => session?.close());
      return session;
    },
    opened: () => opened,
    close: () => session?.destroy(),
  };
};

/** Counts how calls end. */
export const createEnds = (): { add(end: CallEnd): void; readonly counts: Readonly<Record<string, number>> } => {
  const counts: Record<string, number> = {};
  return {
    counts,
    add: (end) => void (counts[end] = (counts[end] ?? 0) + 1),
  };
};

/** Does something so many times, at most so many at once, until it is told to stop. Returns how many it began. */
export const repeatedly = async (
  times: number,
  atOnce: number,
  late: () => boolean,
  once: (number: number) => Promise<void>,
): Promise<number> => {
  let begun = 0;
  const one = async (): Promise<void> => {
    while (begun < times && !late()) await once(begun++);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, times) }, one));
  return begun;
};
