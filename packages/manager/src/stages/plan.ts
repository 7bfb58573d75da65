import type { Alert, Incident } from '@therapytrain/alerts-core';
import { correlate, type CorrelateFacts, runsOf, type Touched } from './correlate.ts';
import type { Standing } from './mute.ts';
import { type Plan, route } from './route.ts';

/** What follows from one group of a batch, and what became of its incident on the way, change by change. */
export interface GroupPlan extends Plan {
  readonly touched: readonly Touched[];
}

/** One plan after another of the same incident. What the later one cancels of the earlier one was never planned. */
const afterwards = (first: Plan, then: Plan): Plan => {
  const dropped = first.jobs.filter(({ slot }) => then.cancel.includes(slot));
  const unsaid = dropped
    .filter(({ kind, pairs }) => kind === 'delivery' && pairs > 0)
    .map(({ target, pairs }) => ({ channel: target, state: 'suppressed' as const, pairs }));
  return {
    incident: then.incident,
    jobs: [...first.jobs.filter((job) => !dropped.includes(job)), ...then.jobs],
    cancel: [...first.cancel, ...then.cancel],
    counts: [...first.counts, ...unsaid, ...then.counts],
    hidden: [...(first.hidden ?? []), ...(then.hidden ?? [])],
    audit: [...first.audit, ...then.audit],
  };
};

/**
 * Everything that follows from the alerts of one group in a batch: run by run, as one change of its incident. Pure.
 * Undefined where nothing follows. Who plans for real and who simulates both call it.
 */
export const planGroup = (
  key: string,
  alerts: readonly Alert[],
  before: Incident | undefined,
  standing: Standing,
  facts: CorrelateFacts,
): GroupPlan | undefined => {
  let plan: Plan | undefined;
  const changes: Touched[] = [];
  for (const run of runsOf(alerts)) {
    const touched = correlate(key, run, plan?.incident ?? before, facts);
    if (!touched) continue;
    changes.push(touched);
    const next = route(touched, standing, facts);
    plan = plan ? afterwards(plan, next) : next;
  }
  if (!plan) return undefined;
  const version = (before?.id === plan.incident.id ? before.version : 0) + 1;
  return { ...plan, incident: { ...plan.incident, version }, touched: changes };
};
