import { type AlertLog, decodeAlert, type Incident, type Instant, type Job } from '@therapytrain/alerts-core';
import {
  type Attempt,
  type Channel,
  type Clearance,
  type IncidentStory,
  type Outcome,
  outcomeOf,
  type Project,
  type Story,
  type UpTo,
  type Notice,
} from '@therapytrain/alerts-core/channel';
import { keptAt } from '../kept-at.ts';

/** What the stage works with. */
export interface DeliverParts {
  readonly log: Pick<AlertLog, 'read'>;
  readonly project: Project;
  /** The channels in force, by name. */
  readonly channel: (name: string) => Channel | undefined;
  /** Where people read on about an incident; undefined where there is no such place. */
  readonly link: (incident: string) => string | undefined;
}

/** One delivery, as far as it is known when it is tried. */
export interface Delivering {
  readonly job: Job;
  readonly incident: Incident;
  readonly ref: string | undefined;
  readonly now: Instant;
}

const storyOf = (incident: Incident): IncidentStory => ({
  id: incident.id,
  title: incident.title,
  severity: incident.severity,
  state: incident.state,
  count: incident.count,
  firstSeen: incident.firstSeen,
  lastSeen: incident.lastSeen,
  ...(incident.by !== '' && incident.by !== 'gateway' && { by: incident.by }),
  ...(incident.comment !== '' && { comment: incident.comment }),
  ...(incident.state === 'OPEN' && incident.acknowledgeBy !== undefined && { acknowledgeBy: incident.acknowledgeBy }),
});

/** What a delivery tells of its incident: as it is now, with its newest alerts. */
export const storyFor = async (
  { job, incident, now }: Omit<Delivering, 'ref'>,
  { log, link }: Pick<DeliverParts, 'log' | 'link'>,
): Promise<Story> => {
  // One that is past its retention is not shown, and still counted.
  const kept = await Promise.all(incident.newest.map((sequence) => keptAt(sequence, log)));
  const alerts = kept.filter((each) => each !== undefined).map(({ encoded }) => decodeAlert(encoded));
  const address = link(incident.id);
  return {
    event: job.event,
    at: now,
    alerts,
    total: incident.count,
    incident: storyOf(incident),
    ...(address !== undefined && { link: address }),
  };
};

/** The notice of a delivery at the clearance of its channel. */
export const noticeFor = async <C extends Clearance>(
  delivering: Omit<Delivering, 'ref'>,
  clearance: C,
  parts: Pick<DeliverParts, 'log' | 'project' | 'link'>,
): Promise<Notice<UpTo<C>>> => parts.project(await storyFor(delivering, parts), clearance);

/** One attempt to tell a story. Resolves with what the channel says; rejects only for a defect of ours. */
export const deliver = async (
  job: Job,
  ref: string | undefined,
  story: Story,
  { channel: channelOf, project }: Pick<DeliverParts, 'channel' | 'project'>,
  signal: AbortSignal,
): Promise<Outcome> => {
  const channel = channelOf(job.target);
  if (!channel) return outcomeOf('bad_options', 'the policy has no channel of this name');
  const attempt: Attempt = {
    key: job.id,
    number: job.attempts,
    signal,
    doubtful: job.doubtful,
    ...(ref !== undefined && { ref }),
    ...(job.progress !== undefined && { progress: job.progress }),
  };
  return channel.deliver(project(story, channel.clearance), attempt);
};
