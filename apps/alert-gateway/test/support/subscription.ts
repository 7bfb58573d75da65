import type { ClientReadableStream, Metadata, ServiceError } from '@grpc/grpc-js';
import {
  type Alert,
  type AlertServiceClient,
  type Heartbeat,
  StreamAlertsRequest,
  type StreamAlertsResponse,
} from '@therapytrain/alerts-api';
import { waitFor } from '@therapytrain/alerts-testkit';
import { callRefusal, type Refusal } from './refusal.ts';

/** One subscriber, and all that it was told. */
export interface Subscription {
  readonly alerts: readonly { readonly alert: Alert; readonly cursor: string }[];
  readonly heartbeats: readonly Heartbeat[];
  readonly drainings: readonly { readonly cursor: string; readonly retryDelay: number }[];
  /** The cursor of the last event. */
  readonly cursor: string | undefined;
  /** The call itself, to be paused and resumed. */
  readonly call: ClientReadableStream<StreamAlertsResponse>;
  sequences(): number[];
  /** Waits until so many alerts have come in all. */
  upTo(count: number): Promise<void>;
  /** Resolves when the gateway has taken the subscription: what is kept from then on will come. */
  begun(): Promise<void>;
  /** Waits for the end; undefined where it ended with OK. */
  ended(): Promise<Refusal | undefined>;
  /** Waits for the end, which must not be OK. */
  refused(): Promise<Refusal>;
  cancel(): void;
}

/** Where a subscription begins: a cursor, a time, the start, or from now on. */
export type Start = { readonly cursor: string } | { readonly since: Date } | 'start' | 'now';

const startOf = (start: Start): StreamAlertsRequest['start'] => {
  if (start === 'now') return undefined;
  if (start === 'start') return { $case: 'fromStart', value: true };
  return 'cursor' in start ? { $case: 'cursor', value: start.cursor } : { $case: 'since', value: start.since };
};

const deadline = 30_000;

/** Subscribes with the generated client. */
export const subscribeTo = (client: AlertServiceClient, start: Start, filter = ''): Subscription => {
  const call = client.streamAlerts(StreamAlertsRequest.fromPartial({ filter, start: startOf(start) }));
  const alerts: { readonly alert: Alert; readonly cursor: string }[] = [];
  const heartbeats: Heartbeat[] = [];
  const drainings: { readonly cursor: string; readonly retryDelay: number }[] = [];
  let cursor: string | undefined;
  let greeted: Metadata | undefined;
  let end: { readonly refusal: Refusal | undefined } | undefined;
  call.on('metadata', (metadata: Metadata) => void (greeted = metadata));
  call.on('data', ({ event }: StreamAlertsResponse) => {
    cursor = event?.value.cursor;
    if (event?.$case === 'alert' && event.value.alert)
      alerts.push({ alert: event.value.alert, cursor: event.value.cursor });
    else if (event?.$case === 'heartbeat') heartbeats.push(event.value);
    else if (event?.$case === 'draining') {
      const { seconds = 0n, nanos = 0 } = event.value.retryDelay ?? {};
      drainings.push({ cursor: event.value.cursor, retryDelay: Number(seconds) * 1000 + nanos / 1e6 });
    }
  });
  call.on('end', () => void (end ??= { refusal: undefined }));
  call.on('error', (error: ServiceError) => void (end = { refusal: callRefusal(error) }));
  const come = (what: string, condition: () => unknown): Promise<unknown> =>
    waitFor(() => condition() !== undefined && condition() !== false, { deadline, what });
  const ended = async (): Promise<Refusal | undefined> => {
    await come('the end of the stream', () => end);
    // An error comes after the end of the messages.
    await new Promise((resolve) => void setImmediate(resolve));
    return end?.refusal;
  };
  return {
    alerts,
    heartbeats,
    drainings,
    call,
    get cursor() {
      return cursor;
    },
    sequences: () => alerts.map(({ alert }) => Number(alert.sequence)),
    upTo: async (count) => {
      await come(`${count} alerts (there are ${alerts.length})`, () => alerts.length >= count || end !== undefined);
      if (alerts.length < count) throw new Error(`the stream ended after ${alerts.length}: ${end?.refusal?.message}`);
    },
    begun: async () => {
      await come('the initial metadata', () => greeted ?? end);
    },
    ended,
    refused: async () => {
      const refusal = await ended();
      if (refusal) return refusal;
      throw new Error('the stream ended with OK');
    },
    cancel: () => call.cancel(),
  };
};
