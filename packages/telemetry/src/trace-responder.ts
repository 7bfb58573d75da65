import type { Meter, Tracer } from '@opentelemetry/api';
import type { Responder } from '@therapytrain/alerts-core/responder';
import { type AttemptNames, watchAttempts, watchesNothing } from './attempts.ts';

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
  if (watchesNothing(tracer, meter)) return responder;
  const namesOf = (act: 'respond' | 'revert'): AttemptNames => ({
    prefix: 'alerts.response',
    span: `alerts.${act}`,
    attributes: { 'alerts.responder': name, 'alerts.responder.kind': kind },
    counted: { responder: name, kind, act },
    timed: { responder: name, act },
  });
  const { revert } = responder;
  return {
    ...responder,
    respond: watchAttempts((step, attempt) => responder.respond(step, attempt), namesOf('respond'), tracer, meter),
    ...(revert && { revert: watchAttempts(revert, namesOf('revert'), tracer, meter) }),
  };
};
