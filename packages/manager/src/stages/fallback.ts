import type { Incident, Job, Settlement } from '@therapytrain/alerts-core';
import type { Outcome } from '@therapytrain/alerts-core/channel';
import { deliveryJob, entry, type Plan, type RouteFacts } from './route.ts';
import { needsFallback } from './settle.ts';

/** The channels that tell in place of one: those of every receiver that names it. */
const fallbackOf = (channel: string, { policy }: RouteFacts): readonly string[] => [
  ...new Set(
    [...policy.receivers.values()]
      .filter(({ channels }) => channels.includes(channel))
      .flatMap((receiver) => receiver.fallback),
  ),
];

/**
 * What is told through other legs at once when one is dead or waits for a person; undefined where nothing is. Pure. The
 * pairs of the other legs are pairs of their own: the accounting of the failed one stays as it is.
 */
export const fallback = (
  job: Job,
  outcome: Outcome,
  next: Settlement,
  incident: Incident,
  facts: RouteFacts,
): Plan | undefined => {
  if (!needsFallback(job, outcome, next)) return undefined;
  const channels = fallbackOf(job.target, facts).filter((channel) => channel !== job.target);
  if (channels.length === 0) return undefined;
  const told = { ...incident, version: incident.version + 1, told: [...new Set([...incident.told, ...channels])] };
  return {
    incident: told,
    jobs: channels.map((channel) =>
      deliveryJob(told, { channel, event: job.event, due: facts.now, pairs: job.pairs, insteadOf: job.target }, facts),
    ),
    cancel: [],
    counts: job.pairs === 0 ? [] : channels.map((channel) => ({ channel, state: 'accepted', pairs: job.pairs })),
    audit: channels.map((channel) => entry('delivery.fallback', job.id, facts.now, { channel, insteadOf: job.target })),
  };
};
