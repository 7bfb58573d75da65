import {
  type handleUnaryCall,
  Metadata,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServerWritableStream,
} from '@grpc/grpc-js';
import { AlertServiceService, GetAlertRequest, ListAlertsRequest } from '@therapytrain/alerts-api';
import {
  type AlertDraft,
  AlertError,
  decodeReport,
  encodeReceipt,
  joinFields,
  splitReports,
  systemClock,
  withSequence,
} from '@therapytrain/alerts-core';
import { createSmallLog, type SmallLog } from './small-log.ts';
import { callError, encodeStatus } from './status.ts';
import { serveAlerts, type StreamScript } from './small-stream.ts';

/** One message of reports, as a fault sees it. */
export interface ReportMessage {
  readonly drafts: readonly AlertDraft[];
  /** From 1, over all streams. */
  readonly number: number;
}

/** What a gateway does with a message of reports. An error ends the stream with it, before anything is kept. */
export type Conduct = 'answer' | 'hang' | 'lose' | 'keep and break' | 'miscount' | AlertError | Promise<'answer'>;

/** What may go wrong. Set and unset while the gateway runs. */
export interface Faults {
  /** Default: every message is answered at once. `lose` breaks the connection without having kept anything. */
  conduct?: ((message: ReportMessage) => Conduct) | undefined;
  /** Refuses single reports. */
  refuse?: ((draft: AlertDraft) => AlertError | undefined) | undefined;
  /** What each `StreamAlerts` does, in the order in which they are opened. Default: all that there is, then live. */
  script?: ((opened: number) => StreamScript) | undefined;
  /** Fails unary calls. */
  unary?: ((path: string) => AlertError | undefined) | undefined;
}

/** A gateway that speaks the contract over real gRPC, keeps in memory, and does wrong what it is told to. */
export interface SmallGateway {
  readonly port: number;
  readonly address: string;
  readonly log: SmallLog;
  readonly faults: Faults;
  /** How many reports each message had. */
  readonly messages: readonly number[];
  /** The sources of the streams of reports, one for each stream. */
  readonly sources: readonly string[];
  /** How many streams of alerts were opened. */
  readonly subscriptions: () => number;
  /** Where each of them began. */
  readonly starts: readonly (string | undefined)[];
  /** How many of them are open. */
  readonly openStreams: () => number;
  /** Waits until no more is written to streams of alerts for a moment, and tells how many were. */
  readonly quiet: () => Promise<number>;
  /** Ends it and every connection, as a crash does. */
  stop(): void;
}

const bytes = (buffer: Buffer): Buffer => buffer;
const asBytes = (method: { path: string; requestStream: boolean; responseStream: boolean }) => ({
  path: method.path,
  requestStream: method.requestStream,
  responseStream: method.responseStream,
  requestSerialize: bytes,
  requestDeserialize: bytes,
  responseSerialize: bytes,
  responseDeserialize: bytes,
});

const sourceOf = (metadata: Metadata): string => String(metadata.get('alerts-source')[0] ?? 'anonymous');

const serveReports = (
  call: ServerDuplexStream<Buffer, Buffer>,
  { log, faults }: { log: SmallLog; faults: Faults },
  next: (size: number) => number,
): void => {
  const source = sourceOf(call.metadata);
  const fail = (error: AlertError): void => void call.emit('error', callError(error));
  const results = (drafts: readonly AlertDraft[]): Buffer =>
    joinFields(
      drafts.map((draft) => {
        const result = faults.refuse?.(draft) ?? log.keep(draft, source);
        return [
          1,
          result instanceof AlertError
            ? joinFields([[2, encodeStatus(result)]])
            : joinFields([[1, encodeReceipt(result)]]),
        ];
      }),
    );
  const gone = new AlertError('GATEWAY_UNAVAILABLE', 'it broke');
  call.on('error', () => {});
  call.on('end', () => call.end());
  let turn = Promise.resolve();
  call.on('data', (message: Buffer) => {
    const drafts = splitReports(message).map(decodeReport);
    const number = next(drafts.length);
    const conduct = faults.conduct?.({ drafts, number }) ?? 'answer';
    turn = turn.then(async () => {
      const how = await conduct;
      if (how instanceof AlertError) fail(how);
      else if (how === 'lose') fail(gone);
      else if (how === 'answer') call.write(results(drafts));
      else if (how === 'miscount') call.write(results(drafts.slice(1)));
      else if (how === 'keep and break') {
        results(drafts);
        fail(gone);
      }
    });
  });
};

const health = {
  check: {
    path: '/grpc.health.v1.Health/Check',
    requestStream: false,
    responseStream: false,
    requestSerialize: bytes,
    requestDeserialize: bytes,
    responseSerialize: bytes,
    responseDeserialize: bytes,
  },
};

const createUnary = (log: SmallLog, faults: Faults) => {
  const greeting = new Metadata();
  greeting.set('alerts-version', '9.8.7');
  const unary =
    (answer: (request: Buffer) => Buffer): handleUnaryCall<Buffer, Buffer> =>
    (call, callback) => {
      const fault = faults.unary?.(call.getPath());
      if (fault) return callback(callError(fault));
      call.sendMetadata(greeting);
      try {
        callback(null, answer(call.request));
      } catch (error) {
        callback(callError(error as AlertError));
      }
    };
  return {
    getAlert: unary((request) => {
      const { alertId } = GetAlertRequest.decode(request);
      const found = log.kept.find(({ alert }) => alert.id === alertId);
      if (!found) throw new AlertError('ALERT_NOT_FOUND', 'no alert of this id is kept');
      return joinFields([[1, withSequence(found.encoded, found.alert.sequence)]]);
    }),
    listAlerts: unary((request) => {
      const { pageSize, pageToken } = ListAlertsRequest.decode(request);
      const from = pageToken === '' ? log.kept.length : Number(pageToken);
      const page = log.kept.slice(Math.max(0, from - (pageSize || 50)), from).reverse();
      const rest = from - page.length;
      return joinFields([
        ...page.map(({ encoded, alert }) => [1, withSequence(encoded, alert.sequence)] as const),
        ...(rest > 0 ? [[2, String(rest)] as const] : []),
      ]);
    }),
    check: unary(() => Buffer.of(8, 1)),
  };
};

/** Starts a gateway. With `port`, where another one was; with `log`, knowing what that one knew. */
export const startSmallGateway = async (
  options: { readonly port?: number; readonly log?: SmallLog; readonly faults?: Faults } = {},
): Promise<SmallGateway> => {
  const { log = createSmallLog(), faults = {} } = options;
  const server = new Server({ 'grpc.max_receive_message_length': 256 * 1024 });
  const messages: number[] = [];
  const sources: string[] = [];
  const starts: (string | undefined)[] = [];
  let subscriptions = 0;
  let openStreams = 0;
  let written = 0;
  const events = {
    onStart: (start: string | undefined) => void starts.push(start),
    onWritten: () => void written++,
    onOver: () => void openStreams--,
  };
  server.addService(
    {
      reportAlerts: asBytes(AlertServiceService.reportAlerts),
      streamAlerts: asBytes(AlertServiceService.streamAlerts),
      getAlert: asBytes(AlertServiceService.getAlert),
      listAlerts: asBytes(AlertServiceService.listAlerts),
      ...health,
    },
    {
      reportAlerts: (call: ServerDuplexStream<Buffer, Buffer>) => {
        sources.push(sourceOf(call.metadata));
        serveReports(call, { log, faults }, (size) => messages.push(size));
      },
      streamAlerts: (call: ServerWritableStream<Buffer, Buffer>) => {
        subscriptions++;
        openStreams++;
        serveAlerts(call, log, faults.script?.(subscriptions) ?? {}, events);
      },
      ...createUnary(log, faults),
    },
  );
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync(`127.0.0.1:${options.port ?? 0}`, ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  return {
    port,
    address: `127.0.0.1:${port}`,
    log,
    faults,
    messages,
    sources,
    subscriptions: () => subscriptions,
    starts,
    openStreams: () => openStreams,
    quiet: async () => {
      for (let before = -1; before !== written;) {
        before = written;
        await systemClock.sleep(50);
      }
      return written;
    },
    stop: () => server.forceShutdown(),
  };
};
