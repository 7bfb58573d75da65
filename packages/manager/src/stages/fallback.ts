import type { Changes, Incident, Job } from '@therapytrain/alerts-core';
import type { Policy } from '../policy/policy.ts';
import { standInSlot } from './limit.ts';
import { deliveryJob, entry, legsOf, type Plan, type RouteFacts } from './route.ts';

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

/**
 * The digest that other legs tell in place of one, at once; undefined where nothing is. Pure. As with a delivery, the
 * pairs of the others are pairs of their own, and it is asked once. Whoever hears of many incidents so is not told of the
 * end of each.
 */
export const digestStandIn = (job: Job, { policy, now, ids }: RouteFacts): Changes | undefined => {
  if (job.insteadOf !== undefined || job.stoodIn) return undefined;
  const channels = standInsOf(job.target, policy);
  if (channels.length === 0) return undefined;
  const { severity, pairs, target: insteadOf } = job;
  return {
    jobs: channels.map((target) => ({
      ...({ id: ids.next(), kind: 'delivery', incident: '', target, event: 'digest', severity, due: now } as const),
      ...{ slot: standInSlot(job.id, target), pairs, policy: policy.version, insteadOf },
    })),
    counts: channels.map((channel) => ({ channel, state: 'accepted', pairs })),
    audit: channels.map((channel) => entry('delivery.fallback', job.id, now, { channel, insteadOf })),
  };
};
