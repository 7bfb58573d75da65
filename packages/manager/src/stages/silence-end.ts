import {
  type Changes,
  type HiddenTotal,
  type Instant,
  type NewJob,
  severityName,
  type Silence,
} from '@therapytrain/alerts-core';
import { entry, type RouteFacts } from './route.ts';

/** The job that looks at a silence when it has ended. One that is planned earlier takes the place of one that waits. */
export const silenceEndJob = (silence: Silence, due: Instant, { policy, ids }: RouteFacts): NewJob => ({
  id: ids.next(),
  kind: 'review',
  incident: silence.id,
  target: 'silence_end',
  event: 'updated',
  severity: silence.upTo,
  due,
  slot: `silence_end/${silence.id}`,
  pairs: 0,
  policy: policy.version,
});

/**
 * What follows from the end of a silence: each channel that it held notices back from is told once how much that was. A
 * silence that held nothing back is told to nobody. Pure.
 */
export const silenceEnded = (
  silence: Silence,
  hidden: HiddenTotal | undefined,
  { policy, now, ids }: RouteFacts,
): Required<Pick<Changes, 'jobs' | 'audit'>> => {
  if (!hidden) return { jobs: [], audit: [entry('silence.ended', silence.id, now, { alerts: 0, incidents: 0 })] };
  const { alerts, incidents, severity } = hidden;
  const channels = hidden.channels.filter((channel) => policy.channels.has(channel));
  const said = { alerts, incidents, severity: severityName(severity), channels: channels.length };
  return {
    jobs: channels.map((channel) => ({
      id: ids.next(),
      kind: 'delivery',
      incident: silence.id,
      target: channel,
      event: 'silence_ended',
      severity,
      due: now,
      slot: `silence_ended/${silence.id}/${channel}`,
      pairs: 0,
      policy: policy.version,
    })),
    audit: [entry('silence.ended', silence.id, now, said)],
  };
};
