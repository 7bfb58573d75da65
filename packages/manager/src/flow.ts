import {
  type Alert,
  type AlertDraft,
  AlertError,
  type AlertLog,
  type AlertTypes,
  type AppendResult,
  type Claim,
  type Cursor,
  decodeAlert,
  type Incident,
  type LogBatch,
  type Ports,
  type Receipt,
  type Store,
} from '@therapytrain/alerts-core';
import { changesOf, withoutConflict } from './changes.ts';
import { type Control, createControl } from './control/control.ts';
import type { Policy } from './policy/policy.ts';
import { accept } from './stages/accept.ts';
import { correlate, type CorrelateFacts, groupsOf, runsOf } from './stages/correlate.ts';
import type { DeliverParts } from './stages/deliver.ts';
import { keep } from './stages/keep.ts';
import type { Standing } from './stages/mute.ts';
import { review } from './stages/review.ts';
import { type Plan, route } from './stages/route.ts';
import { createStanding } from './standing.ts';
import { createTelling } from './telling.ts';

/** What reporting is made of. */
export interface FlowParts {
  readonly log: AlertLog;
  readonly types: () => AlertTypes;
  readonly ports: Ports;
}

/** The first commit of an alert's life: accept → keep. */
export interface Flow {
  /** Once it resolves the reporter may forget the alert: it is durable. Rejects with an {@link AlertError}. */
  report(draft: AlertDraft, source: string): Promise<Receipt>;
  /** The same for many that share a commit; one that is refused does not touch its neighbours. */
  reportAll(drafts: readonly (AlertDraft | AlertError)[], source: string): Promise<readonly AppendResult[]>;
}

/** Ties the stages of reporting together. */
export const createFlow = (parts: FlowParts): Flow => {
  const facts = () => ({ types: parts.types(), ports: parts.ports });
  return {
    reportAll: async (drafts, source) =>
      keep(
        drafts.map((draft) => acceptOrRefuse(draft, source, facts())),
        parts.log,
      ),
    report: async (draft, source) => {
      const [result] = await parts.log.append([accept(draft, source, facts())]);
      if (result === undefined || result instanceof AlertError) throw result ?? new AlertError('DEFECT', 'no result');
      return result;
    },
  };
};

const acceptOrRefuse = (draft: AlertDraft | AlertError, source: string, facts: Parameters<typeof accept>[2]) => {
  if (draft instanceof AlertError) return draft;
  try {
    return accept(draft, source, facts);
  } catch (error) {
    if (error instanceof AlertError) return error;
    throw error;
  }
};

/** What follows from alerts is made of. */
export interface FollowUpParts extends DeliverParts {
  readonly store: Store;
  readonly policy: () => Policy;
  readonly ports: Ports;
  /** What keeps channels from too much. Default: the limits of the policy, and breakers of its own. */
  readonly control?: Control;
  /** Told of the end of each canary. */
  readonly onCanary?: (channel: string, end: 'done' | 'dead') => void;
  /** Told of what is a defect of ours: nothing else throws. */
  readonly onDefect: (error: unknown) => void;
}

/** The second and the third commit of an alert's life: plan (correlate, route), and deliver or review → settle. */
export interface FollowUp {
  /** One commit for a batch of the log. Cursor and effects move together, so nothing is planned twice or never. */
  plan(batch: LogBatch): Promise<void>;
  /** Passes over everything up to the cursor: the policy tells nobody of anything. */
  pass(cursor: Cursor): Promise<void>;
  /** One attempt, one commit. A crash in between leaves a claim to run out; the job is then tried again. */
  work(claim: Claim, signal: AbortSignal): Promise<void>;
}

const read = ({ alerts }: LogBatch): readonly Alert[] => alerts.map(({ encoded }) => decodeAlert(encoded));

const byKey = (incidents: readonly Incident[]): ReadonlyMap<string, Incident> =>
  new Map(incidents.map((incident) => [incident.key, incident]));

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
    audit: [...first.audit, ...then.audit],
  };
};

/** Everything that follows from the alerts of one group in a batch: run by run, as one change of its incident. */
const planGroup = (
  key: string,
  alerts: readonly Alert[],
  before: Incident | undefined,
  standing: Standing,
  facts: CorrelateFacts,
): Plan | undefined => {
  let plan: Plan | undefined;
  for (const run of runsOf(alerts)) {
    const touched = correlate(key, run, plan?.incident ?? before, facts);
    if (!touched) continue;
    const next = route(touched, standing, facts);
    plan = plan ? afterwards(plan, next) : next;
  }
  if (!plan) return undefined;
  const version = (before?.id === plan.incident.id ? before.version : 0) + 1;
  return { ...plan, incident: { ...plan.incident, version } };
};

/** Ties the stages of what follows together. */
export const createFollowUp = (parts: FollowUpParts): FollowUp => {
  const { store, ports } = parts;
  const standingAt = createStanding(store);
  const facts = () => ({ policy: parts.policy(), now: ports.clock.now(), ids: ports.ids });

  const planOnce = async (batch: LogBatch): Promise<void> => {
    const at = facts();
    const groups = groupsOf(read(batch), at.policy);
    const found = byKey(await store.incidentsOf([...groups.keys()], at.now - at.policy.reopenWithin));
    const standing = await standingAt(at.policy, at.now);
    const plans = [...groups].flatMap(([key, alerts]) => planGroup(key, alerts, found.get(key), standing, at) ?? []);
    await store.commit({ ...changesOf(plans), cursor: batch.cursor });
  };

  const control =
    parts.control ?? createControl({ policy: parts.policy, clock: ports.clock, perChannel: Number.MAX_SAFE_INTEGER });
  const tell = createTelling({ ...parts, control, facts, onCanary: parts.onCanary ?? (() => undefined) });

  const lookAgain = (claim: Claim): Promise<void> =>
    withoutConflict(async () => {
      const incident = await store.incident(claim.job.incident);
      const at = facts();
      const plan = incident && review(claim.job, incident, await standingAt(at.policy, at.now), at);
      const changes = plan ? changesOf([plan]) : {};
      // One that is not changed keeps its version.
      const { incidents: _, ...rest } = changes;
      const done = { state: 'done', proof: '' } as const;
      await store.settle([{ claim, next: done, changes: plan && plan.incident !== incident ? changes : rest }]);
    });

  return {
    plan: (batch) => withoutConflict(() => planOnce(batch)),
    pass: (cursor) => store.commit({ cursor }),
    work: async (claim, signal) => {
      if (claim.job.kind === 'review') return lookAgain(claim);
      const about = claim.job.incident;
      if (about === '') return tell(claim, undefined, signal);
      const incident = await store.incident(about);
      if (incident) return tell(claim, incident, signal);
      await store.settle([{ claim, next: { state: 'dead', reason: 'refused', detail: 'its incident is gone' } }]);
    },
  };
};
