import { AlertSeverity, type Incident, type Job, type NewJob, type Millis } from '@therapytrain/alerts-core';
import type { RouteFacts } from './route.ts';

/**
 * What the limit of a channel does to a delivery: it goes in any case, it may be told in a digest, or it may be where
 * the channel was told of the incident in digests only.
 */
export type Limited = 'never' | 'unless told' | 'always';

const news: readonly NewJob['event'][] = ['alert', 'opened', 'updated'];

/**
 * Whether a limit applies to a delivery. Never to what is CRITICAL, nor to an escalation, which is a promise with a time;
 * nor to a digest or a canary; nor to one that was tried before, because whoever it reaches may have been told already.
 * Who was told of an incident by itself is told likewise that it was acknowledged and that it ended; but a flood of
 * incidents that were told in a digest ends in a digest too. Pure.
 */
export const limited = (job: Job, incident: Incident | undefined): Limited => {
  if (!incident || job.lastReason !== '' || job.event === 'escalated') return 'never';
  if (job.severity === AlertSeverity.CRITICAL || incident.severity === AlertSeverity.CRITICAL) return 'never';
  return news.includes(job.event) ? 'always' : 'unless told';
};

/** The slot of the digest of a channel: of these one waits at most. */
export const digestSlot = (channel: string): string => `digest/${channel}`;

const toldInstead = 'digest-of/';

/** The slot of a digest that stands in for another one: it tells what that one was to tell. */
export const standInSlot = (digest: string, channel: string): string => `${toldInstead}${digest}/${channel}`;

/** The digest whose deliveries a digest tells, by id: itself, or the one that it stands in for. */
export const digestToldBy = ({ id, slot }: Pick<Job, 'id' | 'slot'>): string =>
  slot.startsWith(toldInstead) ? slot.slice(toldInstead.length, toldInstead.length + id.length) : id;

/** The digest that tells what a delivery was to tell: due after the span, unless one waits already. Pure. */
export const digestJob = (job: Job, every: Millis, { policy, now, ids }: RouteFacts): NewJob => ({
  id: ids.next(),
  kind: 'delivery',
  incident: '',
  target: job.target,
  event: 'digest',
  severity: job.severity,
  due: now + every,
  slot: digestSlot(job.target),
  pairs: job.pairs,
  policy: policy.version,
});
