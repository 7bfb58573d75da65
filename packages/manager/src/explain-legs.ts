import type { ExplanationStep, Incident, Job } from '@therapytrain/alerts-core';
import type { Control } from './control/control.ts';
import { spanText } from './policy/difference-parts.ts';
import { standIn, standInsOf } from './stages/fallback.ts';
import { limited } from './stages/limit.ts';
import { deliveryJob, type RouteFacts } from './stages/route.ts';

/** What keeps channels from too much, as it is now. Looked at, and never changed. */
export type ExplainedControl = Pick<Control, 'look' | 'states'>;

const info = (name: string, detail: string): ExplanationStep => ({ name, verdict: 'info', detail, steps: [] });

/** News of the incident through the channel, as if they went out now for the first time. */
const newsOf = (incident: Incident, channel: string, facts: RouteFacts): Job => ({
  ...deliveryJob(incident, { channel, event: 'opened', due: facts.now, pairs: 1 }, facts),
  attempts: 0,
  createdAt: facts.now,
  progress: undefined,
  doubtful: false,
  lastReason: '',
});

const breakerStep = (channel: string, control: ExplainedControl): ExplanationStep => {
  const state = control.states().get(channel) ?? 'closed';
  if (state === 'closed') return info('breaker', 'closed: attempts are made');
  if (state === 'half-open') return info('breaker', 'half-open: one attempt is to show whether the peer is well again');
  return { ...info('breaker', 'open: no attempt is made for a while, too many failed in a row'), verdict: 'no' };
};

const limitStep = (job: Job, incident: Incident, control: ExplainedControl, { policy }: RouteFacts) => {
  const limit = policy.channels.get(job.target)?.limit;
  if (!limit) return info('limit', 'there is none');
  const much = `${limit.perMinute} a minute, ${limit.burst} at once`;
  if (limited(job, incident) === 'never') return info('limit', `${much}: not for what is CRITICAL`);
  const grant = control.look(job.target, incident.facts.source);
  if (grant.kind === 'now') return info('limit', `${much}: there is room now`);
  if (grant.kind === 'later') return info('limit', `${much}: there is room in ${spanText(grant.wait)}`);
  const digest = `${much}: there is no room, a digest tells it within ${spanText(limit.digestEvery)}`;
  return { ...info('limit', digest), verdict: 'no' as const };
};

const fallbackStep = (job: Job, incident: Incident, facts: RouteFacts): ExplanationStep => {
  if (standInsOf(job.target, facts.policy).length === 0) return info('fallback', 'no receiver names one');
  const others = standIn(job, incident, facts)?.jobs.map(({ target }) => target) ?? [];
  if (others.length === 0) return info('fallback', 'none is needed: each of them is told anyway');
  return info('fallback', `${others.join(', ')} would stand in`);
};

/**
 * What stands between news of an incident and a channel that it should reach, now: the channel's breaker, the tokens of
 * its limit for this source, and who would stand in. Asks what telling asks; takes no token.
 */
export const explainLeg = (
  incident: Incident,
  channel: string,
  control: ExplainedControl,
  facts: RouteFacts,
): readonly ExplanationStep[] => {
  const job = newsOf(incident, channel, facts);
  return [breakerStep(channel, control), limitStep(job, incident, control, facts), fallbackStep(job, incident, facts)];
};
