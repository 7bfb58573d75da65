import { type Attributes, type Link, type Span, SpanKind, type Tracer } from '@opentelemetry/api';
import { type KeptAlert, WireReader, wireType } from '@therapytrain/alerts-core';
import { isSampled, isTracing, parseTraceParent } from './trace-context.ts';

// The SDK keeps 128 links a span and drops what is more.
const maxLinks = 128;

/** Links to the sampled spans among these `traceparent`s, each once. Empty and malformed ones are passed over. */
export const linksTo = (traceParents: readonly string[]): Link[] => {
  const links: Link[] = [];
  const seen = new Set<string>();
  for (const traceParent of traceParents) {
    if (traceParent === '' || seen.has(traceParent)) continue;
    if (links.length === maxLinks) break;
    seen.add(traceParent);
    const span = parseTraceParent(traceParent);
    if (span && isSampled(span)) links.push({ context: span });
  }
  return links;
};

/**
 * Starts a short PRODUCER span for alerts that are handed on: the first of a trace of its own, linked to the spans that
 * the alerts came from, because they belong to many traces and a stream lives for hours. Undefined if none of them is
 * sampled or nothing records spans, which costs next to nothing. The caller ends it.
 */
export const linkedSpan = (
  tracer: Tracer,
  name: string,
  traceParents: readonly string[],
  attributes: Attributes = {},
): Span | undefined => {
  if (!isTracing(tracer)) return undefined;
  const links = linksTo(traceParents);
  if (links.length === 0) return undefined;
  const span = tracer.startSpan(name, { kind: SpanKind.PRODUCER, root: true, links, attributes });
  return span.isRecording() ? span : undefined;
};

const traceParentTag = 12 * 8 + wireType.bytes;

const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

// The alert is not decoded for this one field. What the log holds is well-formed.
const traceParentIn = ({ encoded }: KeptAlert): string => {
  const end = encoded.length;
  const reader = new WireReader(asBuffer(encoded), end);
  while (reader.at < end) {
    const tag = reader.tag(end);
    if (tag === traceParentTag) return reader.text(end);
    reader.skip(tag, end);
  }
  return '';
};

/**
 * Makes what a stream tells of each batch of alerts that it has given to a subscriber: one short span, linked to the
 * alerts' own. Does nothing if the tracer is a no-op when it is made.
 */
export const traceDeliveries = (tracer: Tracer): ((alerts: readonly KeptAlert[]) => void) => {
  if (!isTracing(tracer)) return () => {};
  return (alerts) =>
    void linkedSpan(tracer, 'alerts.stream.deliver', alerts.map(traceParentIn), {
      'alerts.batch.size': alerts.length,
    })?.end();
};
