import { AlertError, type Incident, type NewJob } from '@therapytrain/alerts-core';
import { deliveryJob, entry, newsSlot, type Plan, reviewSlot, type RouteFacts } from './route.ts';

/** What somebody says with a command. */
export interface Said {
  readonly by: string;
  readonly comment?: string;
}

const unchanged = (incident: Incident): Plan => ({ incident, jobs: [], cancel: [], counts: [], audit: [] });

const changed = (incident: Incident, changes: Partial<Incident>, { now }: RouteFacts): Incident => ({
  ...incident,
  ...changes,
  version: incident.version + 1,
  updatedAt: now,
});

// Who was told of it is told of this too.
const telling = (incident: Incident, event: NewJob['event'], facts: RouteFacts): readonly NewJob[] =>
  incident.told.map((channel) => deliveryJob(incident, { channel, event, due: facts.now, pairs: 0 }, facts));

const notOver = ({ state }: Incident): void => {
  if (state === 'RESOLVED') throw new AlertError('CONFLICT', 'the incident is resolved already');
};

/** Somebody takes it on: reminders and escalations end. One that is acknowledged already stays as it is. */
export const acknowledged = (incident: Incident, { by, comment = '' }: Said, facts: RouteFacts): Plan => {
  notOver(incident);
  if (incident.state === 'ACKNOWLEDGED') return unchanged(incident);
  const next = changed(incident, { state: 'ACKNOWLEDGED', acknowledgedAt: facts.now, by, comment }, facts);
  return {
    ...unchanged(next),
    jobs: telling(next, 'acknowledged', facts),
    cancel: ['acknowledge', 'due', 'remind'].map((why) => reviewSlot(incident.id, why)),
    audit: [entry('incident.acknowledged', incident.id, facts.now, {}, by)],
  };
};

/** Somebody says that it is over. One that is over already stays as it is. */
export const resolvedBy = (incident: Incident, { by, comment = '' }: Said, facts: RouteFacts): Plan => {
  if (incident.state === 'RESOLVED') return unchanged(incident);
  const next = changed(incident, { state: 'RESOLVED', resolvedAt: facts.now, by, comment }, facts);
  return {
    ...unchanged(next),
    jobs: telling(next, 'resolved', facts),
    cancel: [
      ...incident.told.map((channel) => newsSlot(incident.id, channel)),
      ...['acknowledge', 'due', 'quiet', 'remind', 'silence'].map((why) => reviewSlot(incident.id, why)),
    ],
    audit: [entry('incident.resolved', incident.id, facts.now, {}, by)],
  };
};

/** Whose it is from now on; the empty name: nobody's. */
export const assigned = (incident: Incident, said: Said & { readonly assignee: string }, facts: RouteFacts): Plan => {
  if (incident.assignee === said.assignee) return unchanged(incident);
  return {
    ...unchanged(changed(incident, { assignee: said.assignee }, facts)),
    audit: [entry('incident.assigned', incident.id, facts.now, {}, said.by)],
  };
};

/** What somebody adds. The next notice shows it. */
export const commented = (incident: Incident, { by, comment = '' }: Said, facts: RouteFacts): Plan => ({
  ...unchanged(changed(incident, { comment }, facts)),
  audit: [entry('incident.commented', incident.id, facts.now, {}, by)],
});
