import { status as grpc, Metadata } from '@grpc/grpc-js';
import { BadRequest, ErrorInfo, RetryInfo, Status } from '@therapytrain/alerts-api';
import { AlertError, alertErrorCodes } from '@therapytrain/alerts-core';

const domain = 'alerts.therapytrain';
const typeUrl = (name: string): string => `type.googleapis.com/google.rpc.${name}`;

/** What grpc-js ends a call with. */
export interface CallStatus {
  readonly code: number;
  readonly details: string;
  readonly metadata: Metadata;
}

/** The gRPC status of an error of ours. */
export const codeOf = (error: AlertError): number => grpc[alertErrorCodes[error.code][0]];

/** The error as `google.rpc.Status`: one `ErrorInfo`, and `BadRequest` and `RetryInfo` where they say something. */
export const encodeStatus = (error: AlertError): Uint8Array => {
  const details = [
    {
      typeUrl: typeUrl('ErrorInfo'),
      value: ErrorInfo.encode(
        ErrorInfo.fromPartial({ reason: error.code, domain, metadata: { ...error.facts } }),
      ).finish(),
    },
  ];
  if (error.violations.length > 0) {
    const fieldViolations = error.violations.map(({ field, rule }) => ({ field: wireName(field), description: rule }));
    const value = BadRequest.encode(BadRequest.fromPartial({ fieldViolations })).finish();
    details.push({ typeUrl: typeUrl('BadRequest'), value });
  }
  if (error.retryAfter !== undefined) {
    const millis = Math.ceil(error.retryAfter);
    const seconds = BigInt(Math.floor(millis / 1000));
    const nanos = (millis % 1000) * 1_000_000;
    const value = RetryInfo.encode(RetryInfo.fromPartial({ retryDelay: { seconds, nanos } })).finish();
    details.push({ typeUrl: typeUrl('RetryInfo'), value });
  }
  return Status.encode({
    code: codeOf(error),
    message: error.message,
    details: details.map(({ typeUrl: type, value }) => ({ typeUrl: type, value: Buffer.from(value) })),
  }).finish();
};

// The contract names fields in snake_case; core says them in camelCase.
const wireName = (field: string): string =>
  field.startsWith('metadata.') ? field : field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** Whatever was thrown, as an error of ours. What is not one is a defect: told to `onDefect`, not to the caller. */
export const asAlertError = (thrown: unknown, onDefect: (thrown: unknown) => void): AlertError => {
  if (thrown instanceof AlertError) return thrown;
  onDefect(thrown);
  return new AlertError('DEFECT', 'an internal error; it was logged', { cause: thrown });
};

/** The status that ends a call, with its rich error in the trailers, and more trailers if given. */
export const statusOf = (error: AlertError, trailers: Readonly<Record<string, string>> = {}): CallStatus => {
  const metadata = new Metadata();
  metadata.set('grpc-status-details-bin', Buffer.from(encodeStatus(error)));
  // gRFC A6: a client's own retry policy waits this long.
  if (error.retryAfter !== undefined) metadata.set('grpc-retry-pushback-ms', String(Math.ceil(error.retryAfter)));
  for (const [key, value] of Object.entries(trailers)) metadata.set(key, value);
  return { code: codeOf(error), details: error.message, metadata };
};
