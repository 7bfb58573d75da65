import { InterceptingCall, type Interceptor, status } from '@grpc/grpc-js';
import { isSpanContextValid, SpanKind, type Tracer } from '@opentelemetry/api';
import { formatTraceParent, traceParentKey } from '../trace-context.ts';
import { endSpan, methodAttributes } from './outcome.ts';

/**
 * Makes an interceptor for the client of any gRPC service: a CLIENT span a call, whose `traceparent` goes with the
 * call. The span of a stream ends when the server has accepted it, because the stream may live for hours. While nothing
 * records spans, calls go straight through.
 */
export const traceClient =
  (tracer: Tracer): Interceptor =>
  (options, nextCall) => {
    const { path, responseStream } = options.method_definition;
    const name = path.slice(1);
    const span = tracer.startSpan(name, { kind: SpanKind.CLIENT, attributes: methodAttributes(name) });
    if (!isSpanContextValid(span.spanContext())) return new InterceptingCall(nextCall(options));
    let open = true;
    const end = (code: number): void => {
      if (open) endSpan(span, code, code !== status.OK);
      open = false;
    };
    return new InterceptingCall(nextCall(options), {
      start: (metadata, _listener, next) => {
        // The caller may use its metadata for another call.
        const carried = metadata.clone();
        carried.set(traceParentKey, formatTraceParent(span.spanContext()));
        next(carried, {
          onReceiveMetadata: (received, go) => {
            if (responseStream) end(status.OK);
            go(received);
          },
          onReceiveStatus: (received, go) => {
            end(received.code);
            go(received);
          },
        });
      },
    });
  };
