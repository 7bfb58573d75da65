import { createNoopMeter, type Meter, SpanKind, SpanStatusCode, type Tracer } from '@opentelemetry/api';
import type { Outcome } from '@therapytrain/alerts-core/channel';
import type { Responder, ResponseAttempt, Step } from '@therapytrain/alerts-core/responder';
import { createCounter, createHistogram } from './metrics/instruments.ts';
import { isTracing } from './trace-context.ts';

type Act = (step: Step, attempt: ResponseAttempt) => Promise<Outcome>;

interface Named {
  readonly name: string;
  readonly kind: string;
  readonly act: 'respond' | 'revert';
}

const defect = { kind: 'retry', reason: 'peer_failed', detail: 'a defect' } as const;

const measured = ({ name, kind, act }: Named, run: Act, meter: Meter): Act => {
  const attempts = createCounter(meter, 'alerts.response.attempts');
  const duration = createHistogram(meter, 'alerts.response.duration');
  return async (step, attempt) => {
    const since = performance.now();
    let outcome: Outcome = defect;
    try {
      outcome = await run(step, attempt);
      return outcome;
    } finally {
      const reason = outcome.kind === 'done' ? 'none' : outcome.reason;
      attempts.add(1, { responder: name, kind, act, outcome: outcome.kind, reason });
      duration.record((performance.now() - since) / 1_000, { responder: name, act, outcome: outcome.kind });
    }
  };
};

// The responder's name in the policy and the outcome's words are all that is told: no id, no target.
const traced =
  ({ name, kind, act }: Named, run: Act, tracer: Tracer): Act =>
  async (step, attempt) => {
    const attributes = {
      'alerts.responder': name,
      'alerts.responder.kind': kind,
      'alerts.response.attempt': attempt.number,
    };
    const span = tracer.startSpan(`alerts.${act}`, { kind: SpanKind.PRODUCER, root: true, attributes });
    try {
      const outcome = await run(step, attempt);
      span.setAttribute('alerts.response.outcome', outcome.kind);
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
 * Wraps a responder: a span around each attempt to act and to take back, and how many there were, how they ended and how
 * long they took. It promises what the responder promises. With a tracer and a meter that do nothing, the responder itself
 * is returned.
 */
export const traceResponder = (
  { name, kind }: { readonly name: string; readonly kind: string },
  responder: Responder,
  tracer: Tracer,
  meter: Meter,
): Responder => {
  const traces = isTracing(tracer);
  const measures = meter !== createNoopMeter();
  if (!traces && !measures) return responder;
  const wrapped = (act: Named['act'], run: Act): Act => {
    const named = { name, kind, act };
    const counted = measures ? measured(named, run, meter) : run;
    return traces ? traced(named, counted, tracer) : counted;
  };
  const { revert } = responder;
  return {
    ...responder,
    respond: wrapped('respond', responder.respond),
    ...(revert && { revert: wrapped('revert', revert) }),
  };
};
