import {
  AlertSeverity,
  type Count,
  type Hidden,
  type Ids,
  type Incident,
  type Instant,
  type Millis,
  type NewAuditEntry,
  type NewJob,
} from '@therapytrain/alerts-core';
import { matchedRoutes } from '../policy/matching.ts';
import type { Policy, Route } from '../policy/policy.ts';
import type { Touched } from './correlate.ts';
import { type Mute, mutedBy, type Standing } from './mute.ts';
import { responseTime, shorterTime } from './response-time.ts';

/** What follows from a change of one incident: everything that one commit writes. */
export interface Plan {
  readonly incident: Incident;
  readonly jobs: readonly NewJob[];
  /** Slots whose waiting jobs are no longer wanted. */
  readonly cancel: readonly string[];
  readonly counts: readonly Count[];
  /** What a silence held back. */
  readonly hidden?: readonly Hidden[];
  readonly audit: readonly NewAuditEntry[];
}

/** What the stage goes by. */
export interface RouteFacts {
  readonly policy: Policy;
  readonly now: Instant;
  readonly ids: Ids;
}

/** Where pairs of alerts go that no route takes. */
export const noRoute = '(no route)';

/** A channel that an incident reaches, and the rhythm of the route that leads there. */
export interface Leg {
  readonly channel: string;
  readonly route: Route;
}

/** The channels of an incident: of each route that takes it, of each of its receivers, every channel once. */
export const legsOf = (incident: Incident, policy: Policy): readonly Leg[] => {
  const legs = new Map<string, Leg>();
  for (const route of matchedRoutes(policy, incident.facts)) {
    for (const receiver of route.receivers) {
      for (const channel of policy.receivers.get(receiver)?.channels ?? []) {
        if (!legs.has(channel)) legs.set(channel, { channel, route });
      }
    }
  }
  return [...legs.values()];
};

/** The slot of news of an incident through a channel: of these at most one waits. */
export const newsSlot = (incident: string, channel: string): string => `news/${incident}/${channel}`;

/** The slot of a review. */
export const reviewSlot = (incident: string, why: string): string => `review/${incident}/${why}`;

/** A job of a delivery. News share a slot; each change of state has one of its own. */
export const deliveryJob = (
  incident: Incident,
  {
    channel,
    event,
    due,
    pairs,
    insteadOf,
  }: Pick<NewJob, 'event' | 'due' | 'pairs' | 'insteadOf'> & { channel: string },
  { policy, ids }: RouteFacts,
): NewJob => ({
  id: ids.next(),
  kind: 'delivery',
  incident: incident.id,
  target: channel,
  event,
  severity: incident.severity,
  due,
  slot:
    event === 'opened' || event === 'updated'
      ? newsSlot(incident.id, channel)
      : `${event}/${incident.id}/${channel}/${incident.version}/${incident.count}`,
  pairs,
  policy: policy.version,
  ...(insteadOf !== undefined && { insteadOf }),
});

/** A job that looks at the incident again. */
export const reviewJob = (
  incident: Pick<Incident, 'id' | 'severity'>,
  why: string,
  due: Instant,
  { policy, ids }: RouteFacts,
): NewJob => ({
  id: ids.next(),
  kind: 'review',
  incident: incident.id,
  target: why,
  event: 'updated',
  severity: incident.severity,
  due,
  slot: reviewSlot(incident.id, why),
  pairs: 0,
  policy: policy.version,
});

/** An entry of the audit. */
export const entry = (
  action: string,
  subject: string,
  now: Instant,
  facts: NewAuditEntry['facts'] = {},
  actor = 'gateway',
): NewAuditEntry => ({ at: now, actor, action, subject, facts });

const count = (channel: string, state: Count['state'], pairs: number): readonly Count[] =>
  pairs === 0 ? [] : [{ channel, state, pairs }];

/** Pairs that are told to nobody, and why is in the audit: counted where they should have gone. */
const untold = (channels: readonly string[], pairs: number): readonly Count[] =>
  channels.flatMap((channel) => [...count(channel, 'accepted', pairs), ...count(channel, 'suppressed', pairs)]);

const channelsOf = (legs: readonly Leg[]): readonly string[] => legs.map(({ channel }) => channel);

const reviewsOf = (incident: Incident, legs: readonly Leg[], facts: RouteFacts): readonly NewJob[] => {
  const { policy, now } = facts;
  const quiet = policy.quietAfter(incident.facts.type);
  const reminders = legs.map(({ route }) => route.remindEvery).filter((each) => each !== undefined);
  return [
    ...(quiet === undefined ? [] : [reviewJob(incident, 'quiet', now + quiet, facts)]),
    ...(reminders.length === 0 ? [] : [reviewJob(incident, 'remind', now + Math.min(...reminders), facts)]),
  ];
};

const dueOf = ({ raised, incident }: Touched, { route }: Leg, event: 'opened' | 'updated', now: Instant): Instant => {
  // What is most severe waits for nothing, and neither does news that it has become worse.
  if (raised || (event === 'opened' && incident.severity === AlertSeverity.CRITICAL)) return now;
  return now + (event === 'updated' ? route.batchUpdatesEvery : route.firstNotifyAfter);
};

/** How long until it is looked at again, where nobody knows when what holds it back will end. */
const lookAgainAfter: Millis = 5 * 60_000;

/** When an incident that is held back is looked at again. */
export const lookAgainAt = ({ until }: Mute, now: Instant): Instant => until ?? now + lookAgainAfter;

/** What goes to the account of a silence: its end is told with it. */
export const hiddenBy = ({ name }: Mute, incident: Incident, legs: readonly Leg[], alerts: number): Hidden => ({
  silence: name,
  incident: incident.id,
  alerts,
  severity: incident.severity,
  channels: channelsOf(legs),
});

const held = (touched: Touched, legs: readonly Leg[], mute: Mute, facts: RouteFacts): Plan => {
  const { incident, joined } = touched;
  const { now } = facts;
  return {
    incident,
    jobs: [reviewJob(incident, 'silence', lookAgainAt(mute, now), facts)],
    cancel: [],
    counts: untold(channelsOf(legs), joined),
    ...(mute.by === 'silence' && { hidden: [hiddenBy(mute, incident, legs, joined)] }),
    audit: [
      entry('notice.held', incident.id, now, { by: mute.by, rule: mute.name, channels: legs.length, alerts: joined }),
    ],
  };
};

const ended = (touched: Touched, facts: RouteFacts): Plan => {
  const { incident, joined } = touched;
  const { now } = facts;
  // Who was told that it began is told that it ended, whatever holds news back now.
  const jobs = incident.told.map((channel) =>
    deliveryJob(incident, { channel, event: 'resolved', due: now, pairs: joined }, facts),
  );
  return {
    incident,
    jobs,
    cancel: [
      ...incident.told.map((channel) => newsSlot(incident.id, channel)),
      ...['acknowledge', 'due', 'quiet', 'remind'].map((why) => reviewSlot(incident.id, why)),
    ],
    counts: incident.told.flatMap((channel) => count(channel, 'accepted', joined)),
    audit: [entry('incident.resolved', incident.id, now, { channels: jobs.length })],
  };
};

const unrouted = ({ incident, joined, change }: Touched, { now }: RouteFacts): Plan => ({
  incident,
  jobs: [],
  cancel: [],
  counts: untold([noRoute], joined),
  audit: change === 'updated' ? [] : [entry('incident.unrouted', incident.id, now)],
});

const passed = ({ incident, joined }: Touched, legs: readonly Leg[], { now }: RouteFacts): Plan => ({
  incident,
  jobs: [],
  cancel: [],
  counts: untold(channelsOf(legs), joined),
  audit: [entry('incident.passed', incident.id, now, { alerts: joined })],
});

const told = (touched: Touched, legs: readonly Leg[], facts: RouteFacts): Plan => {
  const { incident, joined, change, raised } = touched;
  const known = change === 'updated' ? incident.told : [];
  const jobs = legs.map((leg) => {
    const event = known.includes(leg.channel) ? 'updated' : 'opened';
    return deliveryJob(
      incident,
      { channel: leg.channel, event, due: dueOf(touched, leg, event, facts.now), pairs: joined },
      facts,
    );
  });
  // One that was held back so far begins now.
  const begins = known.length === 0;
  const response = begins ? responseTime(incident, facts) : raised ? shorterTime(incident, facts) : undefined;
  return {
    incident: {
      ...incident,
      told: [...new Set([...incident.told, ...channelsOf(legs)])],
      ...(response && { acknowledgeBy: response.acknowledgeBy }),
    },
    jobs: [
      ...jobs,
      ...(response?.looks ?? []).map(({ why, at }) => reviewJob(incident, why, at, facts)),
      ...(begins ? reviewsOf(incident, legs, facts) : []),
    ],
    cancel: [],
    counts: legs.flatMap(({ channel }) => count(channel, 'accepted', joined)),
    audit: begins ? [entry(`incident.${change}`, incident.id, facts.now, { channels: legs.length })] : [],
  };
};

/**
 * Who is told of a change of an incident, and when. Pure: the same change, policy and time give the same plan. Each alert
 * that joined makes one pair with each channel that it should reach, and each pair is counted once.
 */
export const route = (touched: Touched, standing: Standing, facts: RouteFacts): Plan => {
  const { incident, change } = touched;
  if (change === 'resolved') return ended(touched, facts);
  const legs = legsOf(incident, facts.policy);
  if (legs.length === 0) return unrouted(touched, facts);
  if (change === 'passed') return passed(touched, legs, facts);
  const mute = mutedBy(incident, standing, facts.policy, facts.now);
  return mute ? held(touched, legs, mute, facts) : told(touched, legs, facts);
};
