import {
  type Alert,
  type AlertDraft,
  canonicalJson,
  type DetectionWindow,
  type Instant,
  type WindowKey,
} from '@therapytrain/alerts-core';
import { digest, idFrom } from '../hashes.ts';
import type { Detection } from '../policy/detection.ts';
import { spanText } from '../policy/difference-parts.ts';
import type { Policy } from '../policy/policy.ts';
import { expiryOf, fill } from './fill.ts';
import { factsOf } from './group.ts';
import { type Entry, noState, readState, type WindowState, writeState } from './window-state.ts';

/**
 * The source of alerts that detections raise. A reporter cannot have it: its name may hold no colon. So what detections
 * raise is never counted by one, and nobody can make an alert that is not counted.
 */
export const detectionSource = 'gateway:detections';

/** The most alerts that an alert of a detection names. */
const mostNamed = 20;

/** An alert that a detection takes. */
export interface Taken extends WindowKey {
  readonly rule: Detection;
  readonly alert: Alert;
  readonly entry: Entry;
}

/** A condition that was met. */
export interface Detected {
  readonly rule: Detection;
  readonly group: string;
  /** The alert that completed it. */
  readonly alert: Alert;
  /** The alerts it stands on, by their own time. */
  readonly stood: readonly Entry[];
}

/** What detections know after a batch, and what they have seen in it. */
export interface Detecting {
  readonly windows: readonly DetectionWindow[];
  readonly detected: readonly Detected[];
}

const valueOf = ({ metadata }: Alert, key: string): string | undefined =>
  Object.hasOwn(metadata, key) && metadata[key] !== null ? canonicalJson(metadata[key] ?? null) : undefined;

const groupOf = ({ groupBy, print }: Detection, alert: Alert): string | undefined => {
  const values = groupBy.map((key) => valueOf(alert, key));
  return values.includes(undefined) ? undefined : digest(print, ...values.map(String));
};

/** What the alert counts as; undefined where it does not count. */
const markOf = ({ condition }: Detection, alert: Alert): string | undefined => {
  switch (condition.kind) {
    case 'count':
      return '';
    case 'distinct_count': {
      const value = valueOf(alert, condition.of);
      return value === undefined ? undefined : digest(condition.of, value).slice(0, 16);
    }
    case 'sequence': {
      const facts = factsOf(alert);
      return condition.steps.map(({ when }, step) => (when.matches(facts) ? String(step) : '')).join('') || undefined;
    }
  }
};

/** What a detection makes of an alert; undefined where it does not count it. */
export const takenBy = (rule: Detection, alert: Alert): Taken | undefined => {
  // No loops: what a detection says is not counted by one.
  if (alert.source === detectionSource || rule.when?.matches(factsOf(alert)) === false) return undefined;
  const group = groupOf(rule, alert);
  const mark = group === undefined ? undefined : markOf(rule, alert);
  if (group === undefined || mark === undefined) return undefined;
  const { occurredAt: at, receivedAt: received, sequence, id, type } = alert;
  return { rule, detection: rule.name, group, alert, entry: { at, received, sequence, id, type, mark } };
};

/** What the detections of the policy make of alerts, in the order of the log. */
export const takenOf = (alerts: readonly Alert[], { detections }: Pick<Policy, 'detections'>): readonly Taken[] =>
  alerts.flatMap((alert) => detections.flatMap((rule) => takenBy(rule, alert) ?? []));

const placeOf = ({ detection, group }: WindowKey): string => `${detection} ${group}`;

/** The windows that the alerts belong to, each once. */
export const keysOf = (taken: readonly Taken[]): readonly WindowKey[] => [
  ...new Map(taken.map(({ detection, group }) => [placeOf({ detection, group }), { detection, group }])).values(),
];

/**
 * What follows from the alerts for the windows that they belong to, one alert after the other in the order of the log:
 * in one batch or in a thousand it is the same. Pure. `before`: the windows of {@link keysOf} that are known.
 */
export const detect = (taken: readonly Taken[], before: readonly DetectionWindow[]): Detecting => {
  const states = new Map<string, WindowState>(before.map((each) => [placeOf(each), readState(each.state)]));
  const last = new Map<string, Taken>();
  const detected: Detected[] = [];
  for (const each of taken) {
    const place = placeOf(each);
    const { after, stood } = fill(each.rule, states.get(place) ?? noState, each.entry);
    states.set(place, after);
    last.set(place, each);
    if (stood) detected.push({ rule: each.rule, group: each.group, alert: each.alert, stood });
  }
  const windows = [...last].map(([place, { rule, detection, group, entry }]): DetectionWindow => {
    const state = states.get(place) ?? noState;
    return { detection, group, touched: entry.sequence, expires: expiryOf(rule, state), state: writeState(state) };
  });
  return { windows, detected };
};

/**
 * How far alerts and our clock have both come: what expires before this is not needed. The earlier of the two, so that
 * neither a reporter's clock nor ours alone makes anything expire.
 */
export const reachOf = (alerts: readonly Alert[]): Instant =>
  alerts.reduce((reach, { occurredAt, receivedAt }) => Math.max(reach, Math.min(occurredAt, receivedAt)), 0);

const alertsText = (entries: readonly Entry[]): string => {
  const [type, ...others] = new Set(entries.map((each) => each.type));
  return type === undefined || others.length > 0 ? 'alerts' : type;
};

const seenText = ({ condition, within }: Detection, stood: readonly Entry[]): string => {
  const span = `within ${spanText(within)}`;
  switch (condition.kind) {
    case 'count':
      return `${stood.length} ${alertsText(stood)} ${span}`;
    case 'distinct_count':
      return `${stood.length} different ${condition.of} in ${alertsText(stood)} ${span}`;
    case 'sequence': {
      let from = 0;
      const parts = condition.steps.map(({ count }) => `${count} ${alertsText(stood.slice(from, (from += count)))}`);
      return `${parts.join(', then ')} ${span}`;
    }
  }
};

/**
 * The report of what was seen. Its request id follows from detection, group and the alert that completed it, so that the
 * log knows it again when it is made a second time. `latest`: the latest time that a report may have.
 */
export const draftOf = ({ rule, group, alert, stood }: Detected, latest: Instant): AlertDraft => {
  const { name, raise, groupBy } = rule;
  const newest = stood.slice(-mostNamed).reverse();
  return {
    requestId: idFrom(`detection ${name} ${group} ${alert.id}`),
    type: raise.type,
    severity: raise.severity,
    message: raise.message ?? seenText(rule, stood),
    metadata: {
      ...Object.fromEntries(groupBy.map((key) => [key, alert.metadata[key] ?? null])),
      detection: name,
      count: stood.length,
      alerts: newest.map(({ id }) => id),
    },
    // Our clock may have gone back since the alert was taken, and what was seen must be told all the same.
    occurredAt: Math.min(alert.occurredAt, latest),
  };
};
