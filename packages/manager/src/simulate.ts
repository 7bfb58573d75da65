import {
  type Alert,
  type AlertDraft,
  AlertError,
  type DetectionWindow,
  type Ids,
  type Incident,
  type Instant,
  type Job,
  limits,
  type NewJob,
  type Silence,
} from '@therapytrain/alerts-core';
import { matchedRoutes } from './policy/matching.ts';
import type { Policy } from './policy/policy.ts';
import { accept } from './stages/accept.ts';
import { detect, type Detected, detectionSource, draftOf, keysOf, takenOf } from './stages/detect.ts';
import { groupKey } from './stages/group.ts';
import type { Mute, Standing } from './stages/mute.ts';
import { planGroup } from './stages/plan.ts';
import { responsesTo, type SimulatedResponse } from './simulate-responses.ts';
import { review } from './stages/review.ts';
import type { Plan } from './stages/route.ts';
import { createStanding } from './standing.ts';

/** One alert of a script, and when the gateway would get it. */
export interface ScriptedAlert {
  readonly draft: AlertDraft;
  readonly source: string;
  readonly at: Instant;
}

/** What is simulated. */
export interface Script {
  readonly alerts: readonly ScriptedAlert[];
  /** Silences that stand. */
  readonly silences?: readonly Silence[];
  /** How long incidents are looked at again after the last alert: escalations, reminders, quiet. Default: not at all. */
  readonly until?: Instant;
}

/** A notice that would go out through a channel. */
export interface SimulatedNotice {
  readonly channel: string;
  readonly event: NewJob['event'];
  readonly due: Instant;
}

/** What one alert of a script would do, with what follows from the alerts that detections would raise because of it. */
export interface SimulatedAlert {
  readonly at: Instant;
  /** Why it would not be kept; everything else is then empty. */
  readonly refused: AlertError | undefined;
  /** The incident that it opens, joins or resolves, as it is then; undefined where it touches none. */
  readonly incident: Incident | undefined;
  /** The routes that take it, by name. */
  readonly routes: readonly string[];
  /** Whom these routes name. */
  readonly receivers: readonly string[];
  /** What would go out because of it. */
  readonly notices: readonly SimulatedNotice[];
  /** What holds it back. */
  readonly suppressed: Pick<Mute, 'by' | 'name'> | undefined;
  /** The detections that it would set off, by name. */
  readonly detections: readonly string[];
  /** What playbooks would do about it, or ask for. */
  readonly responses: readonly SimulatedResponse[];
}

/** What would follow later, without a further alert. */
export interface SimulatedReview {
  readonly at: Instant;
  readonly why: string;
  readonly incident: Incident;
  readonly notices: readonly SimulatedNotice[];
}

/** What a script would do. */
export interface Simulation {
  /** One for each alert, in the order of the script. */
  readonly alerts: readonly SimulatedAlert[];
  /** In the order of time. */
  readonly later: readonly SimulatedReview[];
}

/** The most often that incidents are looked at again in one simulation; what comes after that is left out. */
const mostReviews = 10_000;

const refusedAs = (refused: AlertError, at: Instant): SimulatedAlert => ({
  ...{ at, refused, incident: undefined, routes: [], receivers: [], notices: [], suppressed: undefined },
  ...{ detections: [], responses: [] },
});

const noticesOf = ({ jobs }: Plan): readonly SimulatedNotice[] =>
  jobs.filter(({ kind }) => kind === 'delivery').map(({ target: channel, event, due }) => ({ channel, event, due }));

const heldBy = ({ audit }: Plan): SimulatedAlert['suppressed'] => {
  const held = audit.find(({ action }) => action === 'notice.held')?.facts;
  return held && { by: held['by'] as Mute['by'], name: String(held['rule']) };
};

// What the store does, in maps that are thrown away.
const createFacts = (policy: Policy, silences: readonly Silence[]) => {
  const incidents = new Map<string, Incident>();
  const newestOf = new Map<string, string>();
  const waiting = new Map<string, Job>();
  const windows = new Map<string, DetectionWindow>();
  const standingAt = createStanding({
    silences: async (now) => silences.filter(({ until }) => until > now),
    incidents: async ({ limit }) =>
      [...incidents.values()]
        .filter(({ state }) => state !== 'RESOLVED')
        .sort((one, other) => (one.id < other.id ? 1 : -1))
        .slice(0, limit),
  });
  const schedule = (job: NewJob, createdAt: Instant): void => {
    const first = waiting.get(job.slot);
    const kept = first ?? { ...job, attempts: 1, createdAt, progress: undefined, doubtful: false, lastReason: '' };
    waiting.set(job.slot, { ...kept, due: Math.min(kept.due, job.due) });
  };
  return {
    standing: (now: Instant): Promise<Standing> => standingAt(policy, now),
    incident: (id: string): Incident | undefined => incidents.get(id),
    ofKey: (key: string, now: Instant): Incident | undefined => {
      const found = incidents.get(newestOf.get(key) ?? '');
      const since = now - policy.reopenWithin;
      return found && (found.state !== 'RESOLVED' || (found.resolvedAt ?? 0) >= since) ? found : undefined;
    },
    commit: ({ incident, jobs, cancel }: Plan, now: Instant): void => {
      incidents.set(incident.id, incident);
      newestOf.set(incident.key, incident.id);
      for (const slot of cancel) waiting.delete(slot);
      for (const job of jobs) if (job.kind === 'review') schedule(job, now);
    },
    /** What detections see in an alert, and what they remember of it. */
    detect: (alert: Alert): readonly Detected[] => {
      const taken = takenOf([alert], policy);
      const known = keysOf(taken).flatMap(({ detection, group }) => windows.get(`${detection} ${group}`) ?? []);
      const seen = detect(taken, known);
      for (const window of seen.windows) windows.set(`${window.detection} ${window.group}`, window);
      return seen.detected;
    },
    /** The review that is due first, up to this time; it waits no more. */
    due: (until: Instant): Job | undefined => {
      const [first] = [...waiting.values()].filter(({ due }) => due <= until).sort((one, other) => one.due - other.due);
      if (first) waiting.delete(first.slot);
      return first;
    },
  };
};

type Facts = ReturnType<typeof createFacts>;

interface By {
  readonly policy: Policy;
  readonly ids: Ids;
}

/** Looks at incidents again up to a time, and adds what follows to what came before. */
const reviewsUntil = async (until: Instant, facts: Facts, later: SimulatedReview[], { policy, ids }: By) => {
  for (let job = facts.due(until); job && later.length < mostReviews; job = facts.due(until)) {
    const now = job.due;
    const before = facts.incident(job.incident);
    if (!before) continue;
    const plan = review(job, before, await facts.standing(now), { policy, now, ids });
    facts.commit(plan, now);
    const notices = noticesOf(plan);
    const isNews = plan.incident !== before || notices.length > 0;
    if (isNews) later.push({ at: now, why: job.target, incident: plan.incident, notices });
  }
};

const told = (plan: Plan | undefined, at: Instant, policy: Policy): SimulatedAlert => {
  const routes = plan ? matchedRoutes(policy, plan.incident.facts) : [];
  return {
    at,
    refused: undefined,
    incident: plan?.incident,
    routes: routes.map(({ name }) => name),
    receivers: [...new Set(routes.flatMap(({ receivers }) => receivers))],
    notices: plan ? noticesOf(plan) : [],
    suppressed: plan && heldBy(plan),
    detections: [],
    responses: plan ? responsesTo(plan.incident, policy, at) : [],
  };
};

const alsoTold = (one: SimulatedAlert, other: SimulatedAlert): SimulatedAlert => ({
  ...one,
  routes: [...new Set([...one.routes, ...other.routes])],
  receivers: [...new Set([...one.receivers, ...other.receivers])],
  notices: [...one.notices, ...other.notices],
  responses: [...one.responses, ...other.responses],
});

/**
 * Says what alerts would do under a policy, if none were kept before: the stages that plan for real plan here, on facts
 * that are thrown away. Nothing is written, and nobody is told. The alerts are taken in the order of their times.
 */
export const simulate = async (
  { alerts, silences = [], until }: Script,
  policy: Policy,
  ids: Ids,
): Promise<Simulation> => {
  const facts = createFacts(policy, silences);
  const results = new Map<ScriptedAlert, SimulatedAlert>();
  const later: SimulatedReview[] = [];
  let sequence = 0;
  const one = async ({ draft, source, at }: ScriptedAlert): Promise<SimulatedAlert> => {
    const accepted = accept(draft, source, { types: policy.types, ports: { clock: { now: () => at }, ids } });
    const alert = { ...accepted.alert, sequence: ++sequence };
    const key = groupKey(alert, policy);
    const standing = await facts.standing(at);
    const detected = facts.detect(alert);
    const plan = planGroup(key, [alert], facts.ofKey(key, at), standing, { policy, now: at, ids });
    if (plan) facts.commit(plan, at);
    let result = { ...told(plan, at, policy), detections: detected.map(({ rule }) => rule.name) };
    for (const each of detected) {
      const raised = { draft: draftOf(each, at + limits.futureMillis), source: detectionSource, at };
      result = { ...alsoTold(result, await one(raised)), detections: result.detections };
    }
    return result;
  };
  for (const each of [...alerts].sort((a, b) => a.at - b.at)) {
    await reviewsUntil(each.at, facts, later, { policy, ids });
    try {
      results.set(each, await one(each));
    } catch (error) {
      if (!(error instanceof AlertError)) throw error;
      results.set(each, refusedAs(error, each.at));
    }
  }
  if (until !== undefined) await reviewsUntil(until, facts, later, { policy, ids });
  return { alerts: alerts.flatMap((each) => results.get(each) ?? []), later };
};
