import {
  context,
  createNoopMeter,
  type Link,
  type Meter,
  type Span,
  SpanStatusCode,
  trace,
  type Tracer,
} from '@opentelemetry/api';
import type { AlertLog, AppendResult, StampedAlert } from '@therapytrain/alerts-core';
import { errorType } from './error-type.ts';
import { createHistogram } from './metrics/instruments.ts';
import { linksTo } from './spans.ts';
import { isTracing } from './trace-context.ts';

const spanName = 'AlertLog.append';
const batchSize = 'alerts.batch.size';

type Append = AlertLog['append'];

const parentsOf = (alerts: readonly StampedAlert[]): string[] => alerts.map(({ alert }) => alert.traceParent);

// Within a call that is recorded the span is its child. What comes over a stream has no call of its own: its span is
// then the first of a trace, linked to the spans that the alerts were reported in. Where neither is recorded, nobody
// would see ours.
const startSpan = (tracer: Tracer, alerts: readonly StampedAlert[]): Span | undefined => {
  const attributes = { [batchSize]: alerts.length };
  if (trace.getSpan(context.active())?.isRecording()) return tracer.startSpan(spanName, { attributes });
  const links: Link[] = linksTo(parentsOf(alerts));
  return links.length > 0 ? tracer.startSpan(spanName, { attributes, links, root: true }) : undefined;
};

const within = async (span: Span, append: Append, alerts: readonly StampedAlert[]): ReturnType<Append> => {
  try {
    return await append(alerts);
  } catch (error) {
    span.setStatus({ code: SpanStatusCode.ERROR }).setAttribute('error.type', errorType(error));
    throw error;
  } finally {
    span.end();
  }
};

const traced =
  (append: Append, tracer: Tracer): Append =>
  (alerts) => {
    const span = startSpan(tracer, alerts);
    return span === undefined ? append(alerts) : within(span, append, alerts);
  };

const measured = (append: Append, meter: Meter): Append => {
  const duration = createHistogram(meter, 'alerts.append.duration');
  const batch = createHistogram(meter, 'alerts.append.batch');
  // Without attributes where all went well: looking up attributes is most of the cost of a histogram.
  const record = (since: number, attributes?: { 'error.type': string }): void =>
    duration.record((performance.now() - since) / 1_000, attributes);
  return async (alerts): Promise<readonly AppendResult[]> => {
    const since = performance.now();
    batch.record(alerts.length);
    try {
      const results = await append(alerts);
      record(since);
      return results;
    } catch (error) {
      record(since, { 'error.type': errorType(error) });
      throw error;
    }
  };
};

/**
 * Wraps a log: a span around each append, and how long it took and how large it was. It promises what the log promises.
 * With a tracer and a meter that do nothing, the log itself is returned.
 */
export const traceLog = (log: AlertLog, tracer: Tracer, meter: Meter): AlertLog => {
  const traces = isTracing(tracer);
  const measures = meter !== createNoopMeter();
  if (!traces && !measures) return log;
  let append: Append = (alerts) => log.append(alerts);
  if (traces) append = traced(append, tracer);
  if (measures) append = measured(append, meter);
  return {
    append,
    read: (after, limit) => log.read(after, limit),
    readBack: (upTo, limit) => log.readBack(upTo, limit),
    find: (alertId) => log.find(alertId),
    seek: (since) => log.seek(since),
    bounds: () => log.bounds(),
    follow: (listener) => log.follow(listener),
    retain: (retention) => log.retain(retention),
    close: () => log.close(),
  };
};
