import type { Incident, Instant } from '@therapytrain/alerts-core';
import type { Policy } from '../policy/policy.ts';

/** What a response time goes by. */
export interface ResponseFacts {
  readonly policy: Pick<Policy, 'escalations'>;
  readonly now: Instant;
}

/** From when on somebody is waited for, and what looks after it. */
export interface ResponseTime {
  /** As in `Incident`. */
  readonly acknowledgeBy: Instant | undefined;
  /** When the incident is looked at again: a while before that time, and then. */
  readonly looks: readonly { readonly why: 'due' | 'acknowledge'; readonly at: Instant }[];
}

const looksOf = (incident: Incident, by: Instant, { policy, now }: ResponseFacts): ResponseTime['looks'] => {
  const before = policy.escalations.get(incident.severity)?.remindBefore;
  return [
    ...(before === undefined ? [] : [{ why: 'due' as const, at: Math.max(now, by - before) }]),
    { why: 'acknowledge', at: by },
  ];
};

/** The response time of an incident of which people are told from now on. */
export const responseTime = (incident: Incident, facts: ResponseFacts): ResponseTime => {
  const rule = facts.policy.escalations.get(incident.severity);
  if (!rule) return { acknowledgeBy: undefined, looks: [] };
  const by = facts.now + rule.acknowledgeWithin;
  return { acknowledgeBy: by, looks: looksOf(incident, by, facts) };
};

/**
 * The response time of one that has become worse: that of its new severity, from now on, unless the old one ends before.
 * One that is overdue stays so, and the new time leads to one more escalation.
 */
export const shorterTime = (incident: Incident, facts: ResponseFacts): ResponseTime => {
  const kept = incident.acknowledgeBy;
  const { acknowledgeBy: by } = responseTime(incident, facts);
  if (incident.state !== 'OPEN' || by === undefined || (kept !== undefined && kept > facts.now && kept <= by)) {
    return { acknowledgeBy: kept, looks: [] };
  }
  const isOverdue = kept !== undefined && kept <= facts.now;
  return { acknowledgeBy: isOverdue ? kept : by, looks: looksOf(incident, by, facts) };
};
