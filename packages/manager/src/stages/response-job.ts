import { AlertSeverity, type Instant, type NewJob, type Response } from '@therapytrain/alerts-core';
import type { RouteFacts } from './route.ts';

/** The slot of a response: of its jobs one waits at most, for the earliest time that was asked for. */
export const responseSlot = (id: string): string => `response/${id}`;

/** A job that looks at a response when it is due, and does what its state says. */
export const responseJob = (
  { id, incident, responder }: Response,
  due: Instant,
  { policy, ids }: Pick<RouteFacts, 'policy' | 'ids'>,
): NewJob => ({
  id: ids.next(),
  kind: 'response',
  incident,
  target: responder,
  event: 'updated',
  // They are few, and what must end on time must not wait behind a storm of notices.
  severity: AlertSeverity.CRITICAL,
  due,
  slot: responseSlot(id),
  pairs: 0,
  policy: policy.version,
  response: id,
});
