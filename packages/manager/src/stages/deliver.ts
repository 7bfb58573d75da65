import { type AlertLog, decodeAlert, type Incident, type Instant, type Job } from '@therapytrain/alerts-core';
import {
  type Attempt,
  type Channel,
  type IncidentStory,
  type Outcome,
  outcomeOf,
  type Project,
  type Story,
} from '@therapytrain/alerts-core/channel';
import { keptAt } from '../kept-at.ts';

/** Something that people are asked about an incident. */
export interface Question {
  /** The response's id. */
  readonly id: string;
  /** In a sentence that is safe to show. */
  readonly text: string;
}

/** What the stage works with. */
export interface DeliverParts {
  readonly log: Pick<AlertLog, 'read'>;
  readonly project: Project;
  /** The channels in force, by name. */
  readonly channel: (name: string) => Channel | undefined;
  /** Where people read on about an incident; undefined where there is no such place. */
  readonly link: (incident: string) => string | undefined;
  /** What people are asked about an incident, in sentences that are safe to show. Default: nothing. */
  readonly questions?: (incident: string) => Promise<readonly Question[]>;
  /** Whose alerts of a type are, and what to do about them, as far as the policy says. */
  readonly handling: (type: string) => Pick<Story, 'owner' | 'runbook'>;
}

/** News of an incident, as far as they are known when they are told. */
export interface News {
  readonly job: Job;
  readonly incident: Incident;
  readonly now: Instant;
}

/** One delivery, as far as it is known when it is tried. */
export interface Delivering {
  readonly job: Job;
  readonly story: Story;
  readonly ref: string | undefined;
}

/** What is told of an incident. */
export const storyOf = (incident: Incident): IncidentStory => ({
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

/** What a delivery has to tell of an incident: it as it is now, and its newest alerts. */
export const storyOfIncident = async (
  { job, incident, now }: News,
  { log, link, questions, handling }: Pick<DeliverParts, 'log' | 'link' | 'questions' | 'handling'>,
): Promise<Story> => {
  // One that is past its retention is not shown, and still counted.
  const kept = await Promise.all(incident.newest.map((sequence) => keptAt(sequence, log)));
  const alerts = kept.filter((each) => each !== undefined).map(({ encoded }) => decodeAlert(encoded));
  const address = link(incident.id);
  const asked = (await questions?.(incident.id)) ?? [];
  const comment = [...(incident.comment === '' ? [] : [incident.comment]), ...asked.map(({ text }) => text)].join('\n');
  return {
    event: job.event,
    at: now,
    alerts,
    total: incident.count,
    incident: storyOf({ ...incident, comment }),
    ...(asked.length > 0 && { asks: asked }),
    ...(address !== undefined && { link: address }),
    ...handling(incident.facts.type),
  };
};

/** One attempt of one delivery. Resolves with what the channel says; rejects only for a defect of ours. */
export const deliver = async (delivering: Delivering, parts: DeliverParts, signal: AbortSignal): Promise<Outcome> => {
  const { job, story, ref } = delivering;
  const channel = parts.channel(job.target);
  if (!channel) return outcomeOf('bad_options', 'the policy has no channel of this name');
  const notice = parts.project(story, channel.clearance);
  const attempt: Attempt = {
    key: job.id,
    number: job.attempts,
    signal,
    doubtful: job.doubtful,
    ...(ref !== undefined && { ref }),
    ...(job.progress !== undefined && { progress: job.progress }),
  };
  return channel.deliver(notice, attempt);
};
