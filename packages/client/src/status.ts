import { status as grpc, type StatusObject } from '@grpc/grpc-js';
import { BadRequest, ErrorInfo, RetryInfo, Status } from '@therapytrain/alerts-api';
import {
  AlertError,
  type AlertErrorCode,
  alertErrorCodes,
  type FieldViolation,
  type Millis,
} from '@therapytrain/alerts-core';

const domain = 'alerts.therapytrain';
const typePrefix = 'type.googleapis.com/google.rpc.';

// What a status means that does not say more: from a proxy, from grpc-js itself, or from a newer gateway. INTERNAL,
// UNKNOWN and their like are how a connection breaks, and all calls may be made again, so they count as that.
const codes: Readonly<Record<number, AlertErrorCode>> = {
  [grpc.CANCELLED]: 'GATEWAY_UNAVAILABLE',
  [grpc.UNKNOWN]: 'GATEWAY_UNAVAILABLE',
  [grpc.INVALID_ARGUMENT]: 'FIELD_INVALID',
  [grpc.DEADLINE_EXCEEDED]: 'DEADLINE_EXCEEDED',
  [grpc.NOT_FOUND]: 'ALERT_NOT_FOUND',
  [grpc.ALREADY_EXISTS]: 'REQUEST_ID_REUSED',
  [grpc.PERMISSION_DENIED]: 'NOT_CONFIGURED',
  [grpc.RESOURCE_EXHAUSTED]: 'OVERLOADED',
  [grpc.FAILED_PRECONDITION]: 'NOT_CONFIGURED',
  [grpc.ABORTED]: 'GATEWAY_UNAVAILABLE',
  [grpc.OUT_OF_RANGE]: 'CURSOR_EXPIRED',
  [grpc.UNIMPLEMENTED]: 'NOT_CONFIGURED',
  [grpc.INTERNAL]: 'GATEWAY_UNAVAILABLE',
  [grpc.UNAVAILABLE]: 'GATEWAY_UNAVAILABLE',
  [grpc.UNAUTHENTICATED]: 'NOT_CONFIGURED',
};

interface Details {
  reason: string | undefined;
  facts: Record<string, string>;
  violations: FieldViolation[];
  retryAfter: Millis | undefined;
}

// The contract names fields in snake_case, core in camelCase.
const fieldName = (wire: string): string =>
  wire.startsWith('metadata.') ? wire : wire.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());

const readDetail = (typeUrl: string, value: Buffer, into: Details): void => {
  switch (typeUrl) {
    case `${typePrefix}ErrorInfo`: {
      const info = ErrorInfo.decode(value);
      if (info.domain !== domain) return;
      into.reason = info.reason;
      Object.assign(into.facts, info.metadata);
      return;
    }
    case `${typePrefix}BadRequest`:
      for (const { field, description } of BadRequest.decode(value).fieldViolations) {
        into.violations.push({ field: fieldName(field), rule: description });
      }
      return;
    case `${typePrefix}RetryInfo`: {
      const delay = RetryInfo.decode(value).retryDelay;
      into.retryAfter = delay ? Number(delay.seconds) * 1000 + delay.nanos / 1_000_000 : 0;
      return;
    }
    default:
  }
};

const readDetails = (status: Status): Details => {
  const details: Details = { reason: undefined, facts: {}, violations: [], retryAfter: undefined };
  for (const { typeUrl, value } of status.details) readDetail(typeUrl, value, details);
  return details;
};

const isOurs = (reason: string | undefined): reason is AlertErrorCode =>
  reason !== undefined && Object.hasOwn(alertErrorCodes, reason);

// Only what is known to come from a gateway may be shown: another's message may hold addresses, say.
const errorFor = (code: number, message: string, details: Details): AlertError => {
  const { reason, violations, retryAfter } = details;
  const more = { violations, ...(retryAfter === undefined ? {} : { retryAfter }) };
  if (isOurs(reason)) return new AlertError(reason, message, { ...more, facts: details.facts });
  const ours = codes[code] ?? 'DEFECT';
  return new AlertError(ours, meaning(ours), {
    ...more,
    facts: { status: grpc[code] ?? 'UNKNOWN', ...(reason === undefined ? {} : { reason: reason.slice(0, 63) }) },
    cause: message,
  });
};

/** What a code means, as the message of an error. */
export const meaning = (code: AlertErrorCode): string => {
  const [, text] = alertErrorCodes[code];
  return `${text.charAt(0).toLowerCase()}${text.slice(1, -1)}`;
};

/** The error of an encoded `google.rpc.Status`. Throws `MESSAGE_MALFORMED` if it is not one. */
export const errorOfStatus = (encoded: Uint8Array): AlertError => {
  try {
    const status = Status.decode(encoded);
    return errorFor(status.code, status.message, readDetails(status));
  } catch (cause) {
    throw new AlertError('MESSAGE_MALFORMED', 'malformed message: a status does not decode', { cause });
  }
};

/** The error that a call ended with. */
export const errorOfCall = ({
  code,
  details,
  metadata,
}: Pick<StatusObject, 'code' | 'details' | 'metadata'>): AlertError => {
  const [encoded] = metadata.get('grpc-status-details-bin');
  const none: Details = { reason: undefined, facts: {}, violations: [], retryAfter: undefined };
  if (!Buffer.isBuffer(encoded)) return errorFor(code, details, none);
  try {
    return errorFor(code, details, readDetails(Status.decode(encoded)));
  } catch {
    return errorFor(code, details, none);
  }
};

/**
 * True if the same call may be made again: the error says so, and where the gateway has too much to do, it also says
 * when (OTLP's rule: RESOURCE_EXHAUSTED is for ever unless there is a RetryInfo).
 */
export const mayRetry = (error: AlertError): boolean => {
  const [status, , retry] = alertErrorCodes[error.code];
  return retry && (status !== 'RESOURCE_EXHAUSTED' || error.retryAfter !== undefined);
};
