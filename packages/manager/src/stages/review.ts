import { type Incident, type Job, severityName } from '@therapytrain/alerts-core';
import { mutedBy, type Standing } from './mute.ts';
import {
  deliveryJob,
  entry,
  hiddenBy,
  legsOf,
  lookAgainAt,
  type Plan,
  reviewJob,
  route,
  type RouteFacts,
} from './route.ts';

const nothing = (incident: Incident): Plan => ({ incident, jobs: [], cancel: [], counts: [], audit: [] });

const changed = (incident: Incident, changes: Partial<Incident>): Incident => ({
  ...incident,
  ...changes,
  version: incident.version + 1,
});

/** The time runs out, and nobody has acknowledged it: who was told is told so, once. */
const dueSoon = (incident: Incident, facts: RouteFacts): Plan => {
  const { now } = facts;
  const by = incident.acknowledgeBy;
  // When that time has passed it is no reminder any more: escalating tells it.
  if (incident.state !== 'OPEN' || by === undefined || now >= by) return nothing(incident);
  return {
    ...nothing(incident),
    jobs: incident.told.map((channel) =>
      deliveryJob(incident, { channel, event: 'reminded', due: now, pairs: 0 }, facts),
    ),
    audit: [entry('incident.due', incident.id, now, { channels: incident.told.length })],
  };
};

/** Nobody has acknowledged it in time: the next receiver is told, and the time runs again, up to a bound. */
const overdue = (incident: Incident, facts: RouteFacts): Plan => {
  const { policy, now } = facts;
  const rule = policy.escalations.get(incident.severity);
  if (!rule || incident.state !== 'OPEN') return nothing(incident);
  const step = incident.escalations;
  const receiver = rule.receivers[Math.min(step, rule.receivers.length - 1)];
  const channels = (receiver === undefined ? undefined : policy.receivers.get(receiver)?.channels) ?? [];
  const told = [...new Set([...incident.told, ...channels])];
  const next = changed(incident, { escalations: step + 1, told });
  const more = step + 1 < rule.receivers.length + rule.repeats;
  const said = { step: step + 1, receiver: receiver ?? '', severity: severityName(incident.severity) };
  return {
    ...nothing(next),
    jobs: [
      ...channels.map((channel) => deliveryJob(next, { channel, event: 'escalated', due: now, pairs: 0 }, facts)),
      ...(more ? [reviewJob(next, 'acknowledge', now + rule.acknowledgeWithin, facts)] : []),
    ],
    audit: [entry('incident.overdue', incident.id, now, said)],
  };
};

/** Nothing has happened for long: it is over. */
const quiet = (incident: Incident, standing: Standing, facts: RouteFacts): Plan => {
  const { policy, now } = facts;
  const span = policy.quietAfter(incident.facts.type);
  if (span === undefined || incident.state === 'RESOLVED') return nothing(incident);
  const due = incident.updatedAt + span;
  if (now < due) return { ...nothing(incident), jobs: [reviewJob(incident, 'quiet', due, facts)] };
  const over = changed(incident, { state: 'RESOLVED', resolvedAt: now, by: 'gateway', comment: '' });
  return route({ before: incident, incident: over, joined: 0, raised: false, change: 'resolved' }, standing, facts);
};

/** It is still open: who was told is told again. */
const remind = (incident: Incident, job: Job, facts: RouteFacts): Plan => {
  const { now } = facts;
  if (incident.state !== 'OPEN') return nothing(incident);
  const span = now - job.createdAt;
  return {
    ...nothing(incident),
    jobs: [
      ...incident.told.map((channel) =>
        deliveryJob(incident, { channel, event: 'reminded', due: now, pairs: 0 }, facts),
      ),
      ...(span > 0 ? [reviewJob(incident, 'remind', now + span, facts)] : []),
    ],
  };
};

/** What held it back has ended: it is told now, unless it is over or something else holds it back. */
const unsilenced = (incident: Incident, standing: Standing, facts: RouteFacts): Plan => {
  if (incident.state === 'RESOLVED' || incident.told.length > 0) return nothing(incident);
  const mute = mutedBy(incident, standing, facts.policy, facts.now);
  if (mute) {
    const legs = legsOf(incident, facts.policy);
    return {
      ...nothing(incident),
      jobs: [reviewJob(incident, 'silence', lookAgainAt(mute, facts.now), facts)],
      // Another silence hides it from now on: its alerts are in the account of the first.
      ...(mute.by === 'silence' && legs.length > 0 && { hidden: [hiddenBy(mute, incident, legs, 0)] }),
    };
  }
  return route(
    { before: incident, incident: changed(incident, {}), joined: 0, raised: false, change: 'reopened' },
    standing,
    facts,
  );
};

/** What follows from looking at an incident again. Pure. Where nothing does, the incident is the same object. */
export const review = (job: Job, incident: Incident, standing: Standing, facts: RouteFacts): Plan => {
  switch (job.target) {
    case 'acknowledge':
      return overdue(incident, facts);
    case 'due':
      return dueSoon(incident, facts);
    case 'quiet':
      return quiet(incident, standing, facts);
    case 'remind':
      return remind(incident, job, facts);
    case 'silence':
      return unsilenced(incident, standing, facts);
    default:
      return nothing(incident);
  }
};
