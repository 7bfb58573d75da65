import type { Incident, Job, Settlement } from '@therapytrain/alerts-core';
import type { Outcome } from '@therapytrain/alerts-core/channel';
import type { Policy } from '../policy/policy.ts';
import { deliveryJob, entry, legsOf, type Plan, type RouteFacts } from './route.ts';
import { needsFallback } from './settle.ts';

/** The channels that tell in place of one: those of every receiver that names it. */
export const standInsOf = (channel: string, { receivers }: Pick<Policy, 'receivers'>): readonly string[] => [
  ...new Set(
    [...receivers.values()]
      .filter(({ channels }) => channels.includes(channel))
      .flatMap((receiver) => receiver.fallback)
      .filter((each) => each !== channel),
  ),
];

/** True where the channel has a delivery of its own that tells the same. */
const hasItsOwn = (channel: string, job: Job, incident: Incident, { policy }: RouteFacts): boolean => {
  const isNews = (job.event === 'opened' || job.event === 'updated') && job.pairs > 0;
  return isNews
    ? legsOf(incident, policy).some((leg) => leg.channel === channel)
    : incident.told.includes(channel) && job.event !== 'escalated';
};

/**
 * What is told through other legs at once, in place of one that does not tell it now; undefined where nothing is: no
 * other leg is named, each has its own, another one stood in for it before, or it stands in itself. Pure. The pairs of
 * the other legs are pairs of their own: the accounting of the first one stays as it is.
 */
export const standIn = (job: Job, incident: Incident, facts: RouteFacts): Plan | undefined => {
  if (job.insteadOf !== undefined || job.stoodIn) return undefined;
  const channels = standInsOf(job.target, facts.policy).filter((each) => !hasItsOwn(each, job, incident, facts));
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

/** What is told through other legs after an attempt. Pure. */
export const fallback = (
  job: Job,
  outcome: Outcome,
  next: Settlement,
  incident: Incident,
  facts: RouteFacts,
): Plan | undefined => (needsFallback(job, outcome, next) ? standIn(job, incident, facts) : undefined);
