import { credentials, type Interceptor, Server, ServerCredentials, status } from '@grpc/grpc-js';
import {
  Alert,
  AlertServiceClient,
  AlertServiceService,
  type AlertServiceServer,
  type ReportAlertRequest,
  type ReportAlertResponse,
  type ReportAlertsRequest,
} from '@therapytrain/alerts-api';
import {
  AlertError,
  type AlertLog,
  isSeverity,
  type Metadata,
  type Ports,
  type Receipt,
} from '@therapytrain/alerts-core';
import { stamp } from '@therapytrain/alerts-testkit';
import type { Meter, Tracer } from '@opentelemetry/api';
import { activeTraceParent, traceDeliveries, traceServer } from '../../src/index.ts';

/** What the server is made of. */
export interface AlertServerParts {
  readonly log: AlertLog;
  readonly ports: Ports;
  readonly tracer: Tracer;
  readonly meter: Meter;
  /** Told of what should not happen. */
  readonly onDefect?: (thrown: unknown) => void;
}

/** A small gateway: the handlers, wrapped as the real one wraps them, over a real connection. */
export interface AlertServer {
  readonly address: string;
  close(): void;
}

const receiptOf = async (request: ReportAlertRequest, { log, ports }: AlertServerParts): Promise<Receipt> => {
  const { type, severity, message, metadata = {}, traceParent } = request;
  const draft = {
    type,
    message,
    metadata: metadata as Metadata,
    traceParent: traceParent || activeTraceParent(),
    ...(isSeverity(severity) && { severity }),
  };
  const [result] = await log.append([stamp(draft, ports)]);
  if (result === undefined || result instanceof AlertError) throw result ?? new Error('no result');
  return result;
};

const responseOf = ({ alertId, sequence, duplicate }: Receipt): ReportAlertResponse => ({
  alertId,
  sequence: BigInt(sequence),
  duplicate,
});

const statusOf = (error: unknown) =>
  error instanceof AlertError
    ? { code: status.INVALID_ARGUMENT, details: error.message }
    : { code: status.INTERNAL, details: 'a defect of ours' };

const createHandlers = (parts: AlertServerParts): AlertServiceServer => {
  const { log, tracer, meter } = parts;
  const server = traceServer('therapytrain.alerts.v1.AlertService', tracer, meter);
  const delivered = traceDeliveries(tracer);
  const unimplemented = () => ({ code: status.UNIMPLEMENTED, details: 'not here' });
  return {
    reportAlert: server.unary('ReportAlert', (call, callback) => {
      receiptOf(call.request, parts).then(
        (receipt) => callback(null, responseOf(receipt)),
        (error: unknown) => {
          if (!(error instanceof AlertError)) parts.onDefect?.(error);
          callback(statusOf(error));
        },
      );
    }),
    reportAlerts: server.bidi('ReportAlerts', (call) => {
      call.on('data', ({ alerts }: ReportAlertsRequest) => {
        void Promise.all(alerts.map((each) => receiptOf(each, parts))).then((receipts) =>
          call.write({ results: receipts.map((each) => ({ result: { $case: 'receipt', value: responseOf(each) } })) }),
        );
      });
      call.on('end', () => call.end());
    }),
    getAlert: server.unary('GetAlert', (_call, callback) => callback(unimplemented())),
    explainAlert: server.unary('ExplainAlert', (_call, callback) => callback(unimplemented())),
    listAlerts: server.unary('ListAlerts', (_call, callback) => callback(unimplemented())),
    streamAlerts: server.stream('StreamAlerts', async (call) => {
      if (call.request.filter !== '') {
        call.emit('error', { code: status.INVALID_ARGUMENT, details: 'no filters here' });
        return;
      }
      const stop = log.follow((kept) => {
        for (const { encoded } of kept) {
          call.write({ event: { $case: 'alert', value: { alert: Alert.decode(encoded), cursor: '' } } });
        }
        delivered(kept);
      });
      call.on('cancelled', stop);
      call.sendMetadata(call.metadata);
    }),
  };
};

/** Starts the server on a free port of loopback. */
export const startAlertServer = async (parts: AlertServerParts): Promise<AlertServer> => {
  const server = new Server();
  server.addService(AlertServiceService, createHandlers(parts));
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  return { address: `127.0.0.1:${port}`, close: () => server.forceShutdown() };
};

/** A client of the server. */
export const connect = ({ address }: AlertServer, interceptors: readonly Interceptor[] = []): AlertServiceClient =>
  new AlertServiceClient(address, credentials.createInsecure(), { interceptors: [...interceptors] });

/** Reports over the unary RPC. */
export const report = (client: AlertServiceClient, request: ReportAlertRequest): Promise<ReportAlertResponse> =>
  new Promise((resolve, reject) => {
    client.reportAlert(request, (error, response) => (error ? reject(error) : resolve(response)));
  });
