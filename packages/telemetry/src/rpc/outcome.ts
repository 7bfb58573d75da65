import { status } from '@grpc/grpc-js';
import { type Attributes, type Span, SpanStatusCode } from '@opentelemetry/api';

/** The name of a gRPC status code; `UNKNOWN` for a number that is none. */
export const statusName = (code: number): string => status[code] ?? 'UNKNOWN';

// What the semantic conventions count as the server's own failure. The others are what the caller did wrong.
const serverFaults: ReadonlySet<number> = new Set([
  status.UNKNOWN,
  status.DEADLINE_EXCEEDED,
  status.UNIMPLEMENTED,
  status.INTERNAL,
  status.UNAVAILABLE,
  status.DATA_LOSS,
]);

/** True for a status that says the server is at fault. */
export const isServerFault = (code: number): boolean => serverFaults.has(code);

/** The attributes of every span and metric of one method. */
export const methodAttributes = (method: string): Attributes => ({ 'rpc.system.name': 'grpc', 'rpc.method': method });

/** The attributes of how a call ended. */
export const outcomeAttributes = (code: number, failed: boolean): Attributes => ({
  'rpc.status_code': statusName(code),
  ...(failed && { 'error.type': statusName(code) }),
});

/** Writes how a call ended and ends its span. */
export const endSpan = (span: Span, code: number, failed: boolean): void => {
  if (span.isRecording()) {
    span.setAttributes(outcomeAttributes(code, failed));
    if (failed) span.setStatus({ code: SpanStatusCode.ERROR });
  }
  span.end();
};

/** The status code of what a handler answered with. An error without one is sent as `UNKNOWN`. */
export const codeOf = (error: unknown): number => {
  if (error === null || error === undefined) return status.OK;
  const code: unknown = typeof error === 'object' && 'code' in error ? error.code : undefined;
  return typeof code === 'number' ? code : status.UNKNOWN;
};
