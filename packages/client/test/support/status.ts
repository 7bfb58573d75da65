import { status as grpc, Metadata } from '@grpc/grpc-js';
import { BadRequest, ErrorInfo, RetryInfo, Status } from '@therapytrain/alerts-api';
import { type AlertError, alertErrorCodes } from '@therapytrain/alerts-core';

const detail = (name: string, value: Uint8Array) => ({
  typeUrl: `type.googleapis.com/google.rpc.${name}`,
  value: Buffer.from(value),
});

/** The number of a gRPC status. */
export const codeOf = (error: AlertError): number => grpc[alertErrorCodes[error.code][0]];

/** An error as a gateway says it: a `google.rpc.Status` with details. */
export const encodeStatus = (error: AlertError, domain = 'alerts.therapytrain'): Buffer => {
  const { code, message, violations, retryAfter } = error;
  const details = [detail('ErrorInfo', ErrorInfo.encode(ErrorInfo.fromPartial({ reason: code, domain })).finish())];
  if (violations.length > 0) {
    const fieldViolations = violations.map(({ field, rule }) => ({ field, description: rule }));
    details.push(detail('BadRequest', BadRequest.encode(BadRequest.fromPartial({ fieldViolations })).finish()));
  }
  if (retryAfter !== undefined) {
    const seconds = BigInt(Math.floor(retryAfter / 1000));
    const retryDelay = { seconds, nanos: Math.round(retryAfter % 1000) * 1_000_000 };
    details.push(detail('RetryInfo', RetryInfo.encode(RetryInfo.fromPartial({ retryDelay })).finish()));
  }
  return Buffer.from(Status.encode({ code: codeOf(error), message, details }).finish());
};

/** What grpc-js ends a call with. */
export const callError = (error: AlertError, trailers: Readonly<Record<string, string>> = {}): Error => {
  const metadata = new Metadata();
  metadata.set('grpc-status-details-bin', encodeStatus(error));
  for (const [key, value] of Object.entries(trailers)) metadata.set(key, value);
  return Object.assign(new Error(error.message), { code: codeOf(error), details: error.message, metadata });
};
