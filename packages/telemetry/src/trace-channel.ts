import { createNoopMeter, type Meter, SpanKind, SpanStatusCode, type Tracer } from '@opentelemetry/api';
import type { Attempt, Channel, Clearance, Notice, Outcome } from '@therapytrain/alerts-core/channel';
import { createCounter, createHistogram } from './metrics/instruments.ts';
import { isTracing } from './trace-context.ts';

// The channel's name in the policy and the outcome's words are all that is told: no id, address or text.
const attributesOf = (name: string, kind: string, outcome: Outcome) => ({
  channel: name,
  kind,
  outcome: outcome.kind,
  reason: outcome.kind === 'done' ? 'none' : outcome.reason,
});

const defect = { kind: 'retry', reason: 'peer_failed', detail: 'a defect' } as const;

const measured = (name: string, kind: string, channel: Channel, meter: Meter): Channel['deliver'] => {
  const attempts = createCounter(meter, 'alerts.delivery.attempts');
  const duration = createHistogram(meter, 'alerts.delivery.duration');
  return async (notice, attempt) => {
    const since = performance.now();
    let outcome: Outcome = defect;
    try {
      outcome = await channel.deliver(notice, attempt);
      return outcome;
    } finally {
      attempts.add(1, attributesOf(name, kind, outcome));
      duration.record((performance.now() - since) / 1_000, { channel: name, outcome: outcome.kind });
    }
  };
};

const traced =
  (name: string, kind: string, deliver: Channel['deliver'], tracer: Tracer): Channel['deliver'] =>
  async (notice: Notice<Clearance>, attempt: Attempt) => {
    const attributes = {
      'alerts.channel': name,
      'alerts.channel.kind': kind,
      'alerts.delivery.attempt': attempt.number,
    };
    const span = tracer.startSpan('alerts.deliver', { kind: SpanKind.PRODUCER, root: true, attributes });
    try {
      const outcome = await deliver(notice, attempt);
      span.setAttribute('alerts.delivery.outcome', outcome.kind);
      if (outcome.kind !== 'done')
        span.setAttribute('error.type', outcome.reason).setStatus({ code: SpanStatusCode.ERROR });
      return outcome;
    } catch (error) {
      span.setAttribute('error.type', 'DEFECT').setStatus({ code: SpanStatusCode.ERROR });
      throw error;
    } finally {
      span.end();
    }
  };

/**
 * Wraps a channel: a span around each attempt, and how many there were, how they ended and how long they took. It
 * promises what the channel promises. With a tracer and a meter that do nothing, the channel itself is returned.
 */
export const traceChannel = (
  { name, kind }: { readonly name: string; readonly kind: string },
  channel: Channel,
  tracer: Tracer,
  meter: Meter,
): Channel => {
  const traces = isTracing(tracer);
  const measures = meter !== createNoopMeter();
  if (!traces && !measures) return channel;
  let deliver: Channel['deliver'] = (notice, attempt) => channel.deliver(notice, attempt);
  if (measures) deliver = measured(name, kind, channel, meter);
  if (traces) deliver = traced(name, kind, deliver, tracer);
  return {
    clearance: channel.clearance,
    deliver,
    check: (signal) => channel.check(signal),
    close: () => channel.close(),
  };
};
