import type { Metadata } from '@grpc/grpc-js';
import {
  type Context,
  context,
  isSpanContextValid,
  ROOT_CONTEXT,
  type SpanContext,
  trace,
  TraceFlags,
  type Tracer,
} from '@opentelemetry/api';

/** The metadata key of W3C Trace Context. `tracestate` and baggage are free text of the caller and are not taken. */
export const traceParentKey = 'traceparent';

const pattern = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})$/;

/** The span that a W3C `traceparent` of version 00 names; undefined for any other text, and for ids of zeros only. */
export const parseTraceParent = (text: string): SpanContext | undefined => {
  const [, traceId, spanId, flags] = pattern.exec(text) ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined;
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true };
};

/** The W3C `traceparent` of a span; empty if its context is not valid. */
export const formatTraceParent = (span: SpanContext): string =>
  isSpanContextValid(span) ? `00-${span.traceId}-${span.spanId}-${span.traceFlags.toString(16).padStart(2, '0')}` : '';

/**
 * The W3C `traceparent` of what is being done now: of the active span, or of the caller's where the call is served
 * without a span of our own. Empty if there is none. It is what an alert's `traceParent` should be where its reporter
 * gave none.
 */
export const activeTraceParent = (): string => {
  const span = trace.getSpanContext(context.active());
  return span === undefined ? '' : formatTraceParent(span);
};

/** True if somebody wants to see this span. */
export const isSampled = (span: SpanContext): boolean => (span.traceFlags & TraceFlags.SAMPLED) !== 0;

const recording = new WeakSet<Tracer>();

/**
 * True if the tracer makes spans, be they sampled or not; false for the no-op tracer that there is while nothing
 * exports traces. Asked when something is wrapped, not for every call.
 */
export const isTracing = (tracer: Tracer): boolean => {
  if (recording.has(tracer)) return true;
  // A no-op tracer gives a root span the invalid context. The span is never ended, so no exporter sees it.
  const traces = isSpanContextValid(tracer.startSpan('probe', { root: true }).spanContext());
  if (traces) recording.add(tracer);
  return traces;
};

/** The span that the caller of an RPC was in, as the parent of ours; undefined if it named none. */
export const remoteContext = (metadata: Metadata): Context | undefined => {
  const [value] = metadata.get(traceParentKey);
  const span = typeof value === 'string' ? parseTraceParent(value) : undefined;
  return span && trace.setSpanContext(ROOT_CONTEXT, span);
};
