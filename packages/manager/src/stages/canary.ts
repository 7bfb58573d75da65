import {
  type Alert,
  type AlertDraft,
  AlertSeverity,
  AlertType,
  drafts,
  type Job,
  type NewJob,
} from '@therapytrain/alerts-core';
import type { Instant, Millis } from '@therapytrain/alerts-core';
import type { Story } from '@therapytrain/alerts-core/channel';
import type { RouteFacts } from './route.ts';

/** Who reports that canaries do not arrive. */
export const gatewaySource = 'alert-gateway';

/** The slot of the canary of a channel: of these one waits at most. */
export const canarySlot = (channel: string): string => `canary/${channel}`;

/** True for the canary of a channel. */
export const isCanary = ({ incident, slot }: Pick<Job, 'incident' | 'slot'>): boolean =>
  incident === '' && slot.startsWith('canary/');

/**
 * The request of the canary that a channel has in the span in which this time is: the same one is planned once, whatever
 * restarts in between. Spans begin at whole multiples of their length since 1970 (UTC).
 */
export const canaryRequest = (channel: string, every: Millis, now: Instant): string =>
  `canary ${channel} ${every} ${Math.floor(now / every)}`;

/** A canary, due now. It is a notice like every other, of one alert that nobody reported, and counts no pairs. Pure. */
export const canaryJob = (channel: string, { policy, now, ids }: RouteFacts): NewJob => ({
  id: ids.next(),
  kind: 'delivery',
  incident: '',
  target: channel,
  event: 'alert',
  severity: AlertSeverity.LOW,
  due: now,
  slot: canarySlot(channel),
  pairs: 0,
  policy: policy.version,
});

/** What a canary tells. Pure. */
export const canaryStory = ({ id, target }: Job, now: Instant): Story => {
  const alert: Alert = {
    type: AlertType.SYSTEM_HEALTH,
    severity: AlertSeverity.LOW,
    metadata: { component: target, status: 'healthy' },
    id,
    sequence: 0,
    message: 'Canary: this notice shows that the channel works. Nothing has happened.',
    source: gatewaySource,
    occurredAt: now,
    receivedAt: now,
    fingerprint: '',
    dedupKey: '',
    traceParent: '',
  };
  return { event: 'alert', at: now, alerts: [alert] };
};

/** When a canary that nobody has seen for this many spans is missed. */
export const missedAfter = 2;

/** The reporter's name for the canaries of a channel that do not arrive. */
export const canaryKey = (channel: string): string => `canary/${channel}`;

/** What is reported where the canaries of a channel do not arrive any more, or do again. Pure. */
export const canaryAlert = (channel: string, missed: boolean): AlertDraft => ({
  ...drafts.systemHealth(channel, missed ? 'degraded' : 'recovered'),
  // A channel that no longer tells is found out now, or when it is needed.
  severity: missed ? AlertSeverity.HIGH : AlertSeverity.LOW,
  message: missed
    ? 'The canary of a notification channel did not arrive'
    : 'The canary of a notification channel arrived',
  dedupKey: canaryKey(channel),
});
