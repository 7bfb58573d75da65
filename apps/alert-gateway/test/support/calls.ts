import { type CallOptions, type Client, Metadata, type ServiceError, status } from '@grpc/grpc-js';
import {
  type Alert,
  type AlertServiceClient,
  GetAlertRequest,
  type GetAlertResponse,
  ReportAlertRequest,
  type ReportAlertResponse,
  type ReportAlertsResponse,
} from '@therapytrain/alerts-api';
import { type AlertDraft, encodeReport, joinFields, type Metadata as AlertMetadata } from '@therapytrain/alerts-core';
import { type Answer, answerOf, callRefusal, type Refusal } from './refusal.ts';

const identity = (bytes: Buffer): Buffer => bytes;
/** The path of a method: of `AlertService`, if only its name is said. */
const pathOf = (method: string): string =>
  `/therapytrain.alerts.v1.${method.includes('/') ? method : `AlertService/${method}`}`;
const deadline = (): Partial<CallOptions> => ({ deadline: Date.now() + 20_000 });

const metadataOf = (source: string | readonly string[] | undefined): Metadata => {
  const metadata = new Metadata();
  for (const each of [source ?? []].flat()) metadata.add('alerts-source', each);
  return metadata;
};

/** Calls a method that answers once with bytes as they are; one of another service as `Service/Method`. */
export const rawCall = (
  client: Client,
  method: string,
  message: Uint8Array,
  source?: string | readonly string[],
): Promise<Answer<Buffer>> =>
  answerOf((done) =>
    client.makeUnaryRequest(
      pathOf(method),
      identity,
      identity,
      Buffer.from(message),
      metadataOf(source),
      deadline(),
      done,
    ),
  );

/** How a stream of raw messages ended. */
export interface RawEnd {
  readonly messages: readonly Buffer[];
  /** Undefined if it ended with OK. */
  readonly refusal: Refusal | undefined;
}

/** Sends raw messages to a streaming method, half-closes, and waits for its end. */
export const rawStream = (
  client: AlertServiceClient,
  method: 'ReportAlerts' | 'StreamAlerts',
  sent: readonly Uint8Array[],
  source?: string | readonly string[],
): Promise<RawEnd> =>
  new Promise((resolve, reject) => {
    const metadata = metadataOf(source);
    const [first = Buffer.alloc(0)] = sent.map((each) => Buffer.from(each));
    const duplex = method === 'ReportAlerts';
    const call = duplex
      ? client.makeBidiStreamRequest(pathOf(method), identity, identity, metadata, deadline())
      : client.makeServerStreamRequest(pathOf(method), identity, identity, first, metadata, deadline());
    const messages: Buffer[] = [];
    call.on('data', (message: Buffer) => messages.push(message));
    call.on('error', (error: ServiceError) => {
      try {
        resolve({ messages, refusal: callRefusal(error) });
      } catch (thrown) {
        reject(thrown);
      }
    });
    call.on('status', ({ code }: { code: status }) => code === status.OK && resolve({ messages, refusal: undefined }));
    if (!duplex) return;
    const stream = call as ReturnType<typeof client.makeBidiStreamRequest<Buffer, Buffer>>;
    for (const each of sent) stream.write(Buffer.from(each));
    stream.end();
  });

/** What a report says, as the generated client takes it. */
export type Saying = Partial<Omit<ReportAlertRequest, 'metadata'>> & { readonly metadata?: AlertMetadata };

/** A report that keeps every rule, with what the test says instead. */
export const saying = (say: Saying = {}): ReportAlertRequest =>
  ReportAlertRequest.fromPartial({ type: 'AUTH_FAILURE', message: 'a login failed', ...say });

/** Reports one alert with the generated client. */
export const report = (
  client: AlertServiceClient,
  say: Saying = {},
  source?: string | readonly string[],
): Promise<Answer<ReportAlertResponse>> =>
  answerOf((done) => client.reportAlert(saying(say), metadataOf(source), deadline(), done));

/** Reports one alert that must be kept. */
export const kept = async (
  client: AlertServiceClient,
  say: Saying = {},
  source?: string | readonly string[],
): Promise<ReportAlertResponse> => {
  const { response, refusal } = await report(client, say, source);
  if (response) return response;
  throw new Error(`${refusal.reason}: ${refusal.message}`);
};

/** Reports one alert that must be refused. */
export const refused = async (
  client: AlertServiceClient,
  say: Saying,
  source?: string | readonly string[],
): Promise<Refusal> => {
  const { refusal } = await report(client, say, source);
  if (!refusal) throw new Error('it was kept');
  if (refusal.domain !== 'alerts.therapytrain') throw new Error(`the domain is ${refusal.domain}`);
  return refusal;
};

/** Gets one alert that must be there. */
export const get = async (client: AlertServiceClient, alertId: string): Promise<Alert> => {
  const { response, refusal } = await answerOf<GetAlertResponse>((done) =>
    client.getAlert(GetAlertRequest.fromPartial({ alertId }), metadataOf(undefined), deadline(), done),
  );
  if (response?.alert) return response.alert;
  throw new Error(refusal?.message ?? 'no alert');
};

/** The drafts as an encoded `ReportAlertsRequest`. */
export const batchOf = (drafts: readonly AlertDraft[]): Buffer =>
  joinFields(drafts.map((draft) => [1, encodeReport(draft)] as const));

/** Reports batches over one stream, each written before the last is answered, and waits for its end. */
export const reportMany = (
  client: AlertServiceClient,
  batches: readonly (readonly ReportAlertRequest[])[],
  source?: string,
): Promise<{ readonly answers: readonly ReportAlertsResponse[]; readonly refusal: Refusal | undefined }> =>
  new Promise((resolve) => {
    const call = client.reportAlerts(metadataOf(source), deadline());
    const answers: ReportAlertsResponse[] = [];
    call.on('data', (answer: ReportAlertsResponse) => answers.push(answer));
    call.on('error', (error: ServiceError) => resolve({ answers, refusal: callRefusal(error) }));
    call.on('status', ({ code }) => code === status.OK && resolve({ answers, refusal: undefined }));
    for (const alerts of batches) call.write({ alerts: [...alerts] });
    call.end();
  });
