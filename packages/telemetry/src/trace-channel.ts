import type { Meter, Tracer } from '@opentelemetry/api';
import type { Channel } from '@therapytrain/alerts-core/channel';
import { type AttemptNames, watchAttempts, watchesNothing } from './attempts.ts';

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
  if (watchesNothing(tracer, meter)) return channel;
  const names: AttemptNames = {
    prefix: 'alerts.delivery',
    span: 'alerts.deliver',
    attributes: { 'alerts.channel': name, 'alerts.channel.kind': kind },
    counted: { channel: name, kind },
    timed: { channel: name },
  };
  return {
    clearance: channel.clearance,
    deliver: watchAttempts((notice, attempt) => channel.deliver(notice, attempt), names, tracer, meter),
    check: (signal) => channel.check(signal),
    close: () => channel.close(),
  };
};
