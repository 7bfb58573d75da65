import {
  type Alert,
  canonicalJson,
  type Incident,
  incidentAlerts,
  type Instant,
  type Ids,
} from '@therapytrain/alerts-core';
import type { Policy } from '../policy/policy.ts';
import { detectionSource } from './detect.ts';
import { factsOf, groupKey, resolves } from './group.ts';

/** What became of an incident in one batch of the log. */
export interface Touched {
  /** As it was before; undefined for one that is new. */
  readonly before: Incident | undefined;
  /** As it is to be. */
  readonly incident: Incident;
  /** How many alerts of the batch joined it. */
  readonly joined: number;
  /** True if one of them is more severe than every one before. */
  readonly raised: boolean;
  readonly change: 'opened' | 'reopened' | 'updated' | 'resolved' | 'passed';
}

/** What the stage goes by. */
export interface CorrelateFacts {
  readonly policy: Policy;
  readonly now: Instant;
  readonly ids: Ids;
}

/** Alerts of the batch that belong together, in the order of the log. */
export const groupsOf = (alerts: readonly Alert[], policy: Policy): ReadonlyMap<string, readonly Alert[]> => {
  const groups = new Map<string, Alert[]>();
  for (const alert of alerts) {
    const key = groupKey(alert, policy);
    const group = groups.get(key);
    if (group) group.push(alert);
    else groups.set(key, [alert]);
  }
  return groups;
};

// What a detection says holds no value of an alert: people may see it as a title.
const titleOf = ({ type, source, message }: Alert, policy: Policy): string => {
  const title = policy.types.declared.get(type)?.title ?? type;
  return source === detectionSource ? `${title}: ${message}` : title;
};

const opened = (alert: Alert, key: string, { now, ids, policy }: CorrelateFacts): Incident => ({
  id: ids.next(),
  key,
  version: 0,
  state: 'OPEN',
  title: titleOf(alert, policy),
  severity: alert.severity,
  count: 0,
  firstSeen: alert.occurredAt,
  lastSeen: alert.occurredAt,
  openedAt: now,
  updatedAt: now,
  facts: factsOf(alert),
  newest: [],
  by: '',
  comment: '',
  assignee: '',
  acknowledgedAt: undefined,
  resolvedAt: undefined,
  acknowledgeBy: undefined,
  escalations: 0,
  told: [],
});

const reopened = (incident: Incident, now: Instant): Incident => ({
  ...incident,
  state: 'OPEN',
  openedAt: now,
  by: '',
  comment: '',
  acknowledgedAt: undefined,
  resolvedAt: undefined,
  acknowledgeBy: undefined,
  escalations: 0,
});

const joined = (incident: Incident, alert: Alert, now: Instant): Incident => {
  const severity = alert.severity > incident.severity ? alert.severity : incident.severity;
  return {
    ...incident,
    severity,
    count: incident.count + 1,
    firstSeen: Math.min(incident.firstSeen, alert.occurredAt),
    lastSeen: Math.max(incident.lastSeen, alert.occurredAt),
    updatedAt: now,
    facts: factsOf(alert, severity),
    newest: [alert.sequence, ...incident.newest].slice(0, incidentAlerts),
  };
};

const resolved = (incident: Incident, now: Instant): Incident => ({
  ...incident,
  state: 'RESOLVED',
  resolvedAt: now,
  by: 'gateway',
  comment: '',
});

const step = (incident: Incident | undefined, alert: Alert, key: string, facts: CorrelateFacts) => {
  const { now } = facts;
  const over = resolves(alert);
  // That something is over, of which nobody knew, is no news.
  if (over && (!incident || incident.state === 'RESOLVED')) return incident;
  const base = !incident
    ? opened(alert, key, facts)
    : incident.state === 'RESOLVED'
      ? reopened(incident, now)
      : incident;
  const next = joined(base, alert, now);
  return over ? resolved(next, now) : next;
};

const changeOf = (before: Incident | undefined, after: Incident): Touched['change'] => {
  const wasOpen = before !== undefined && before.state !== 'RESOLVED';
  if (after.state === 'RESOLVED') return wasOpen ? 'resolved' : 'passed';
  if (wasOpen) return 'updated';
  return before ? 'reopened' : 'opened';
};

/**
 * The alerts of a group, cut where one differs from the one before in what routes may ask for. What is planned is then
 * the same whether the log is read in one batch or in a thousand, and a storm of equal alerts is one run.
 */
export const runsOf = (alerts: readonly Alert[]): readonly (readonly Alert[])[] => {
  // Nearly all groups of a quiet day are one alert.
  if (alerts.length === 1) return [alerts];
  const runs: Alert[][] = [];
  let print: string | undefined;
  for (const alert of alerts) {
    const own = `${alert.severity} ${resolves(alert)} ${alert.message} ${canonicalJson(alert.metadata)}`;
    if (own === print) runs.at(-1)?.push(alert);
    else runs.push([alert]);
    print = own;
  }
  return runs;
};

/**
 * Joins alerts of one group to their incident, or opens one. Pure: the same alerts, incident, policy and time give the
 * same. Undefined where nothing came of it: something is over that nobody knew of. The version is that of before.
 */
export const correlate = (
  key: string,
  alerts: readonly Alert[],
  before: Incident | undefined,
  facts: CorrelateFacts,
): Touched | undefined => {
  const after = alerts.reduce<Incident | undefined>((incident, alert) => step(incident, alert, key, facts), before);
  if (!after || after === before) return undefined;
  const known = before && before.id === after.id ? before : undefined;
  return {
    before: known,
    incident: after,
    joined: after.count - (known?.count ?? 0),
    raised: known !== undefined && after.severity > known.severity,
    change: changeOf(known, after),
  };
};
