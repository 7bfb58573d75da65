import {
  type ChannelCredentials,
  type ClientReadableStream,
  credentials,
  Metadata,
  type ServiceError,
  status,
} from '@grpc/grpc-js';
import {
  type Alert,
  AlertServiceClient,
  ErrorInfo,
  type ListAlertsResponse,
  type ReportAlertRequest,
  type ReportAlertResponse,
  RetryInfo,
  Status,
  StreamAlertsRequest,
  type StreamAlertsResponse,
} from '@therapytrain/alerts-api';
import type { Millis } from '@therapytrain/alerts-core';
import { source } from './content.ts';
import type { Answer } from './ledger.ts';

/** Why a report was not acknowledged. */
export interface Refusal {
  /** The gRPC status. */
  readonly code: number;
  /** `ErrorInfo.reason`; empty where the gateway itself said nothing. */
  readonly reason: string;
  /** `RetryInfo`, in milliseconds; undefined where there is none. */
  readonly retryAfter: Millis | undefined;
}

/** What became of a report. */
export type Outcome = { readonly answer: Answer } | { readonly refusal: Refusal };

const deadlineMillis = 15_000;
const deadline = (): { deadline: number } => ({ deadline: Date.now() + deadlineMillis });

/** What names the harness to the gateway. */
export const callMetadata = (): Metadata => {
  const metadata = new Metadata();
  metadata.set('alerts-source', source);
  return metadata;
};

/** A client with a connection of its own, which does not retry by itself. */
export const connect = (address: string, how: ChannelCredentials = credentials.createInsecure()): AlertServiceClient =>
  new AlertServiceClient(address, how, {
    'grpc.use_local_subchannel_pool': 1,
    'grpc.enable_retries': 0,
    'grpc.initial_reconnect_backoff_ms': 100,
    'grpc.max_reconnect_backoff_ms': 500,
  });

/** Reads a `google.rpc.Status`. */
export const refusalOf = (status: Status): Refusal => {
  const refusal = { code: status.code, reason: '', retryAfter: undefined as Millis | undefined };
  for (const { typeUrl, value } of status.details) {
    if (typeUrl.endsWith('/google.rpc.ErrorInfo')) refusal.reason = ErrorInfo.decode(value).reason;
    if (!typeUrl.endsWith('/google.rpc.RetryInfo')) continue;
    const delay = RetryInfo.decode(value).retryDelay;
    if (delay) refusal.retryAfter = Number(delay.seconds) * 1_000 + delay.nanos / 1_000_000;
  }
  return refusal;
};

/** What an error of a call says. */
export const refusalOfCall = (error: ServiceError): Refusal => {
  const [details] = error.metadata.get('grpc-status-details-bin');
  if (details instanceof Buffer) return refusalOf(Status.decode(details));
  return { code: error.code, reason: '', retryAfter: undefined };
};

/** True where the gateway said that the report is not kept. After all else it may have been kept. */
export const surelyRefused = ({ reason }: Refusal): boolean => reason === 'OVERLOADED' || reason === 'DISK_FULL';

/** True where nobody said anything: the process is gone, or its port is. */
export const unreachable = ({ code, reason }: Refusal): boolean => reason === '' && code === status.UNAVAILABLE;

/** The answer that a response gives. */
export const answerOf = ({ alertId, sequence, duplicate }: ReportAlertResponse): Answer => ({
  alertId,
  sequence: Number(sequence),
  duplicate,
});

/** Makes one report. Never rejects. */
export const report = (client: AlertServiceClient, request: ReportAlertRequest): Promise<Outcome> =>
  new Promise((resolve) => {
    client.reportAlert(request, callMetadata(), deadline(), (error, response) =>
      resolve(error ? { refusal: refusalOfCall(error) } : { answer: answerOf(response) }),
    );
  });

/** One alert by its id. Rejects with the error of the call. */
export const getAlert = (client: AlertServiceClient, alertId: string): Promise<Alert | undefined> =>
  new Promise((resolve, reject) => {
    client.getAlert({ alertId }, callMetadata(), deadline(), (error, response) =>
      error ? reject(error) : resolve(response.alert),
    );
  });

/** The newest alerts. Rejects with the error of the call. */
export const listAlerts = (client: AlertServiceClient, pageSize: number): Promise<ListAlertsResponse> =>
  new Promise((resolve, reject) => {
    client.listAlerts({ pageSize, pageToken: '', filter: '' }, callMetadata(), deadline(), (error, response) =>
      error ? reject(error) : resolve(response),
    );
  });

/** Opens a stream. Its errors are the caller's to listen to. */
export const openStream = (
  client: AlertServiceClient,
  request: Partial<StreamAlertsRequest>,
): ClientReadableStream<StreamAlertsResponse> =>
  client.streamAlerts(StreamAlertsRequest.fromPartial(request), callMetadata());
