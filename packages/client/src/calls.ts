import type { ServiceError } from '@grpc/grpc-js';
import { AlertServiceService, GetAlertRequest, ListAlertsRequest } from '@therapytrain/alerts-api';
import {
  type Alert,
  AlertError,
  bytesTag,
  type Clock,
  createBackoff,
  decodeAlert,
  type Millis,
  type Random,
  spread,
  WireReader,
  wireType,
} from '@therapytrain/alerts-core';
import type { Link } from './link.ts';
import type { AlertClientSettings } from './options.ts';
import { errorOfCall, mayRetry } from './status.ts';
import type { AlertPage, GatewayHealth, ListOptions, ServingStatus } from './types.ts';

/** One question and its answer, both encoded; asked again where that is safe and may help. */
export type Ask = (path: string, message: Uint8Array) => Promise<Buffer>;

/** What asking needs. */
export interface AskParts {
  readonly link: Link;
  readonly settings: Pick<AlertClientSettings, 'deadline' | 'retry'>;
  readonly clock: Clock;
  readonly random: Random;
  /** Aborted when the client is closed. */
  readonly signal: AbortSignal;
}

const closedError = (): AlertError => new AlertError('CLOSED', 'the client is closed');

/** Makes asking. All attempts of one question share one deadline. Every rejection is an `AlertError`. */
export const createAsk = ({ link, settings, clock, random, signal }: AskParts): Ask => {
  const backoff = createBackoff(settings.retry, random);
  const attempt = async (path: string, message: Buffer, left: Millis): Promise<Buffer | AlertError> => {
    try {
      return await link.unary(path, message, new Date(clock.now() + left));
    } catch (error) {
      return errorOfCall(error as ServiceError);
    }
  };
  return async (path, message) => {
    const due = clock.monotonic() + settings.deadline;
    for (let tried = 1; ; tried++) {
      if (signal.aborted) throw closedError();
      const answer = await attempt(path, Buffer.from(message), due - clock.monotonic());
      if (!(answer instanceof AlertError)) return answer;
      const wait = answer.retryAfter === undefined ? backoff(tried) : spread(answer.retryAfter, random);
      if (tried >= settings.retry.attempts || !mayRetry(answer) || clock.monotonic() + wait >= due) throw answer;
      await clock.sleep(wait, signal).catch(() => {});
    }
  };
};

const pageBudget = 4_096;

/** The alerts that stand in a field of a message, by the strict codec. */
export const readAlertsOf = (message: Buffer, field: number): Alert[] => {
  const reader = new WireReader(message, pageBudget);
  const alerts: Alert[] = [];
  while (reader.at < message.length) {
    const tag = reader.tag(message.length);
    if (tag === bytesTag(field)) {
      const to = reader.span(message.length);
      alerts.push(decodeAlert(message.subarray(reader.at, to)));
      reader.at = to;
    } else reader.skip(tag, message.length);
  }
  return alerts;
};

/** Asks for one alert. */
export const getAlert = async (ask: Ask, alertId: string): Promise<Alert> => {
  const answer = await ask(AlertServiceService.getAlert.path, GetAlertRequest.encode({ alertId }).finish());
  const [alert] = readAlertsOf(answer, 1);
  if (!alert) throw new AlertError('DEFECT', 'the gateway gave no alert');
  return alert;
};

const readToken = (message: Buffer): string => {
  const reader = new WireReader(message, pageBudget);
  let token = '';
  while (reader.at < message.length) {
    const tag = reader.tag(message.length);
    if (tag === bytesTag(2)) token = reader.text(message.length);
    else reader.skip(tag, message.length);
  }
  return token;
};

/** Asks for one page of alerts. */
export const listAlerts = async (ask: Ask, options: ListOptions): Promise<AlertPage> => {
  const { filter = '', pageSize = 0, pageToken = '' } = options;
  const request = ListAlertsRequest.encode({ filter, pageSize, pageToken }).finish();
  const answer = await ask(AlertServiceService.listAlerts.path, request);
  return { alerts: readAlertsOf(answer, 1), nextPageToken: readToken(answer) };
};

const healthPath = '/grpc.health.v1.Health/Check';
const alertService = 'therapytrain.alerts.v1.AlertService';
// grpc.health.v1.HealthCheckResponse.ServingStatus
const servingStatuses: readonly ServingStatus[] = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN'];

// HealthCheckRequest has the service in field 1, HealthCheckResponse the status in field 1.
const checkHealth = async (ask: Ask, service: string): Promise<ServingStatus> => {
  const name = Buffer.from(service);
  const answer = await ask(
    healthPath,
    service === '' ? name : Buffer.concat([Buffer.of(bytesTag(1), name.length), name]),
  );
  const reader = new WireReader(answer, 8);
  let status = 0;
  while (reader.at < answer.length) {
    const tag = reader.tag(answer.length);
    if (tag === 8 + wireType.varint) status = reader.varint(answer.length);
    else reader.skip(tag, answer.length);
  }
  return servingStatuses[status] ?? 'UNKNOWN';
};

/** Asks how the gateway is. */
export const gatewayHealth = async (ask: Ask, link: Link, clock: Clock): Promise<GatewayHealth> => {
  const begun = clock.monotonic();
  const status = await checkHealth(ask, '');
  const roundTrip = clock.monotonic() - begun;
  return { status, service: await checkHealth(ask, alertService), version: link.version(), roundTrip };
};
