import { createNoopMeter, type Meter, SpanKind, SpanStatusCode, type Tracer } from '@opentelemetry/api';
import type { Outcome } from '@therapytrain/alerts-core/channel';
import { createCounter, createHistogram } from './metrics/instruments.ts';
import { isTracing } from './trace-context.ts';

/** One attempt at something, of which the outcome is told. */
type Attempting<W, A extends { readonly number: number }> = (what: W, attempt: A) => Promise<Outcome>;

type Labels = Readonly<Record<string, string>>;

/** What is told of attempts: names of the policy and words of closed lists, and no id, address, target or text. */
export interface AttemptNames {
  /** What the names of metrics and attributes begin with; `.attempts` and `.duration` are counted below it. */
  readonly prefix: 'alerts.delivery' | 'alerts.response';
  readonly span: string;
  /** Of the span, beside number and outcome. */
  readonly attributes: Labels;
  /** Of the count, beside outcome and reason. */
  readonly counted: Labels;
  /** Of the duration, beside the outcome. */
  readonly timed: Labels;
}

const defect = { kind: 'retry', reason: 'peer_failed', detail: 'a defect' } as const;

const measured = <W, A extends { readonly number: number }>(
  run: Attempting<W, A>,
  { prefix, counted, timed }: AttemptNames,
  meter: Meter,
): Attempting<W, A> => {
  const attempts = createCounter(meter, `${prefix}.attempts`);
  const duration = createHistogram(meter, `${prefix}.duration`);
  return async (what, attempt) => {
    const since = performance.now();
    let outcome: Outcome = defect;
    try {
      outcome = await run(what, attempt);
      return outcome;
    } finally {
      const reason = outcome.kind === 'done' ? 'none' : outcome.reason;
      attempts.add(1, { ...counted, outcome: outcome.kind, reason });
      duration.record((performance.now() - since) / 1_000, { ...timed, outcome: outcome.kind });
    }
  };
};

const traced =
  <W, A extends { readonly number: number }>(
    run: Attempting<W, A>,
    { prefix, span: name, attributes }: AttemptNames,
    tracer: Tracer,
  ): Attempting<W, A> =>
  async (what, attempt) => {
    const all = { ...attributes, [`${prefix}.attempt`]: attempt.number };
    const span = tracer.startSpan(name, { kind: SpanKind.PRODUCER, root: true, attributes: all });
    try {
      const outcome = await run(what, attempt);
      span.setAttribute(`${prefix}.outcome`, outcome.kind);
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

/** True where neither tracer nor meter does anything. */
export const watchesNothing = (tracer: Tracer, meter: Meter): boolean =>
  !isTracing(tracer) && meter === createNoopMeter();

/** Puts a span around each attempt, and counts how many there were, how they ended and how long they took. */
export const watchAttempts = <W, A extends { readonly number: number }>(
  run: Attempting<W, A>,
  names: AttemptNames,
  tracer: Tracer,
  meter: Meter,
): Attempting<W, A> => {
  const counted = meter === createNoopMeter() ? run : measured(run, names, meter);
  return isTracing(tracer) ? traced(counted, names, tracer) : counted;
};
