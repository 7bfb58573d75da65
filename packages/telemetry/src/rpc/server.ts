import {
  type handleBidiStreamingCall,
  type handleServerStreamingCall,
  type handleUnaryCall,
  type sendUnaryData,
  type ServerDuplexStream,
  type ServerUnaryCall,
  type ServerWritableStream,
  status,
} from '@grpc/grpc-js';
import {
  type Attributes,
  type Context,
  context,
  createNoopMeter,
  type Meter,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  trace,
  type Tracer,
} from '@opentelemetry/api';
import { createHistogram } from '../metrics/instruments.ts';
import { isTracing, remoteContext } from '../trace-context.ts';
import { codeOf, endSpan, isServerFault, methodAttributes, outcomeAttributes } from './outcome.ts';

/** A handler of a stream. One that returns a promise settles it when the stream has begun, not when it has ended. */
export type StreamHandler<C> = (call: C) => void | Promise<void>;

/** Wraps the handlers of one service. Methods are named as in the contract, without the service. */
export interface ServerTracing {
  /** A span from the call of the handler to its answer. */
  unary<Q, R>(method: string, handler: handleUnaryCall<Q, R>): handleUnaryCall<Q, R>;
  /** A span for the beginning of the stream, because a stream may live for hours: as long as the handler takes. */
  stream<Q, R>(method: string, handler: StreamHandler<ServerWritableStream<Q, R>>): handleServerStreamingCall<Q, R>;
  /** The same. Messages that come later are handled in the context of that span, so that they can name it. */
  bidi<Q, R>(method: string, handler: StreamHandler<ServerDuplexStream<Q, R>>): handleBidiStreamingCall<Q, R>;
}

/** Called when a call has ended, with its status code. */
type Ended = (code: number) => void;

/** Begins to measure one call. */
type Measure = () => Ended;

const createMeasure = (meter: Meter, name: string): Measure | undefined => {
  if (meter === createNoopMeter()) return undefined;
  const duration = createHistogram(meter, 'rpc.server.call.duration');
  const attributes: Attributes[] = [];
  return () => {
    const since = performance.now();
    return (code) => {
      attributes[code] ??= { ...methodAttributes(name), ...outcomeAttributes(code, isServerFault(code)) };
      duration.record((performance.now() - since) / 1_000, attributes[code]);
    };
  };
};

const startSpan = (tracer: Tracer, name: string, parent: Context): Span =>
  tracer.startSpan(name, { kind: SpanKind.SERVER, attributes: methodAttributes(name) }, parent);

const endServerSpan = (span: Span, code: number): void => endSpan(span, code, isServerFault(code));

// A call that was cancelled had its status sent by grpc-js, whatever the handler says afterwards.
const codeSent = <Q, R>(call: ServerUnaryCall<Q, R>, error: unknown): number => {
  if (!call.cancelled) return codeOf(error);
  return Number(call.getDeadline()) <= Date.now() ? status.DEADLINE_EXCEEDED : status.CANCELLED;
};

const carriedUnary =
  <Q, R>(handler: handleUnaryCall<Q, R>): handleUnaryCall<Q, R> =>
  (call, callback) => {
    const parent = remoteContext(call.metadata);
    if (parent) context.with(parent, handler, undefined, call, callback);
    else handler(call, callback);
  };

const tracedUnary =
  <Q, R>(handler: handleUnaryCall<Q, R>, tracer: Tracer, name: string): handleUnaryCall<Q, R> =>
  (call, callback) => {
    const parent = remoteContext(call.metadata) ?? ROOT_CONTEXT;
    const span = startSpan(tracer, name, parent);
    const answer: sendUnaryData<R> = (error, value, trailer, flags) => {
      endServerSpan(span, codeSent(call, error));
      callback(error, value, trailer, flags);
    };
    try {
      context.with(trace.setSpan(parent, span), handler, undefined, call, answer);
    } catch (error) {
      endServerSpan(span, status.UNKNOWN);
      throw error;
    }
  };

const measuredUnary =
  <Q, R>(handler: handleUnaryCall<Q, R>, measure: Measure): handleUnaryCall<Q, R> =>
  (call, callback) => {
    const ended = measure();
    handler(call, (error, value, trailer, flags) => {
      ended(codeSent(call, error));
      callback(error, value, trailer, flags);
    });
  };

type StreamCall<Q, R> = ServerWritableStream<Q, R> | ServerDuplexStream<Q, R>;

// How a stream ended is the first that it tells: after the answer, grpc-js tells of every call that it was cancelled.
const onEnd = <Q, R>(call: StreamCall<Q, R>, ended: Ended): void => {
  let open = true;
  const first = (code: number): void => {
    if (open) ended(code);
    open = false;
  };
  call.on('error', (error) => first(codeOf(error)));
  call.on('finish', () => first(status.OK));
  call.on('cancelled', () => first(status.CANCELLED));
};

const carriedStream =
  <Q, R, C extends StreamCall<Q, R>>(handler: StreamHandler<C>): StreamHandler<C> =>
  (call) => {
    const parent = remoteContext(call.metadata);
    if (!parent) return handler(call);
    context.bind(parent, call);
    return context.with(parent, handler, undefined, call);
  };

const tracedStream =
  <Q, R, C extends StreamCall<Q, R>>(handler: StreamHandler<C>, tracer: Tracer, name: string): StreamHandler<C> =>
  (call) => {
    const parent = remoteContext(call.metadata) ?? ROOT_CONTEXT;
    const span = startSpan(tracer, name, parent);
    let open = true;
    const end = (code: number): void => {
      if (open) endServerSpan(span, code);
      open = false;
    };
    onEnd(call, end);
    // What comes later is of the stream, whose span has ended by then: it may be named, and takes nothing more.
    context.bind(trace.setSpanContext(parent, span.spanContext()), call);
    const failed = (error: unknown): never => {
      end(status.UNKNOWN);
      throw error;
    };
    try {
      const begun = context.with(trace.setSpan(parent, span), handler, undefined, call);
      if (begun instanceof Promise) return begun.then(() => end(status.OK), failed);
      return end(status.OK);
    } catch (error) {
      return failed(error);
    }
  };

const measuredStream =
  <Q, R, C extends StreamCall<Q, R>>(handler: StreamHandler<C>, measure: Measure): StreamHandler<C> =>
  (call) => {
    onEnd(call, measure());
    return handler(call);
  };

/**
 * Wraps the handlers of a service (`therapytrain.alerts.v1.AlertService`): a SERVER span for each call, whose parent is
 * the span of the caller, and the duration of the call. Handlers are wrapped, and no interceptor is used, because that
 * puts two more objects and a function for each event between the connection and every call, traced or not.
 *
 * Asked once whether tracer and meter do anything: what does nothing is left out. The caller's `traceparent` is carried
 * into the handler in any case ({@link activeTraceParent}). A call that grpc-js refuses before it has a handler, such as
 * one of an unknown method, is not seen.
 */
export const traceServer = (service: string, tracer: Tracer, meter: Meter): ServerTracing => {
  const traces = isTracing(tracer);
  const wrapStream = <Q, R, C extends StreamCall<Q, R>>(method: string, handler: StreamHandler<C>) => {
    const name = `${service}/${method}`;
    const measure = createMeasure(meter, name);
    const traced = traces ? tracedStream<Q, R, C>(handler, tracer, name) : carriedStream<Q, R, C>(handler);
    const wrapped = measure ? measuredStream<Q, R, C>(traced, measure) : traced;
    return (call: C): void => void wrapped(call);
  };
  return {
    unary: (method, handler) => {
      const name = `${service}/${method}`;
      const measure = createMeasure(meter, name);
      const traced = traces ? tracedUnary(handler, tracer, name) : carriedUnary(handler);
      return measure ? measuredUnary(traced, measure) : traced;
    },
    stream: wrapStream,
    bidi: wrapStream,
  };
};
