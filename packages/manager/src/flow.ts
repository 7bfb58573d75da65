import {
  type Alert,
  type AlertDraft,
  AlertError,
  type AlertLog,
  type AlertTypes,
  type AppendResult,
  type Changes,
  type Claim,
  type Cursor,
  decodeAlert,
  type Incident,
  type LogBatch,
  type Ports,
  type Receipt,
  type Store,
} from '@therapytrain/alerts-core';
import { type Outcome, outcomeOf } from '@therapytrain/alerts-core/channel';
import type { Policy } from './policy/policy.ts';
import { accept } from './stages/accept.ts';
import { groupsOf } from './stages/correlate.ts';
import { deliver, type DeliverParts } from './stages/deliver.ts';
import { fallback } from './stages/fallback.ts';
import { keep } from './stages/keep.ts';
import { planGroup } from './stages/plan.ts';
import { review } from './stages/review.ts';
import { entry, type Plan } from './stages/route.ts';
import { settle } from './stages/settle.ts';
import { createStanding } from './standing.ts';

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

/** How often a commit is made anew when somebody else has changed an incident in between. */
const mostConflicts = 10;

/** Makes a change anew for as long as it meets another. */
export const withoutConflict = async <T>(change: () => Promise<T>): Promise<T> => {
  for (let tried = 1; ; tried++) {
    try {
      return await change();
    } catch (error) {
      if (!(error instanceof AlertError) || error.code !== 'CONFLICT' || tried === mostConflicts) throw error;
    }
  }
};

/** Everything of several plans, for one commit. */
export const changesOf = (plans: readonly Plan[]): Changes => ({
  incidents: plans.map(({ incident }) => incident),
  jobs: plans.flatMap(({ jobs }) => jobs),
  cancel: plans.flatMap(({ cancel }) => cancel),
  counts: plans.flatMap(({ counts }) => counts),
  audit: plans.flatMap(({ audit }) => audit),
});

const read = ({ alerts }: LogBatch): readonly Alert[] => alerts.map(({ encoded }) => decodeAlert(encoded));

const byKey = (incidents: readonly Incident[]): ReadonlyMap<string, Incident> =>
  new Map(incidents.map((incident) => [incident.key, incident]));

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

  const attempt = async (claim: Claim, incident: Incident, signal: AbortSignal): Promise<Outcome> => {
    const { job } = claim;
    try {
      const ref = await store.ref(incident.id, job.target);
      return await deliver({ job, incident, ref, now: ports.clock.now() }, parts, signal);
    } catch (error) {
      parts.onDefect(error);
      return outcomeOf('peer_failed', 'a defect of ours');
    }
  };

  const tell = async (claim: Claim, incident: Incident, signal: AbortSignal): Promise<void> => {
    const { job } = claim;
    const outcome = await attempt(claim, incident, signal);
    const next = settle(job, outcome, ports);
    const audit = [
      entry(`delivery.${next.state}`, job.id, ports.clock.now(), {
        incident: incident.id,
        channel: job.target,
        attempt: job.attempts,
        outcome: outcome.kind === 'done' ? 'done' : outcome.reason,
      }),
    ];
    await withoutConflict(async () => {
      const now = await store.incident(incident.id);
      const other = now ? fallback(job, outcome, next, now, facts()) : undefined;
      const changes = other ? changesOf([other]) : {};
      await store.settle([{ claim, next, changes: { ...changes, audit: [...audit, ...(changes.audit ?? [])] } }]);
    });
  };

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
      const incident = await store.incident(claim.job.incident);
      if (incident) return tell(claim, incident, signal);
      await store.settle([{ claim, next: { state: 'dead', reason: 'refused', detail: 'its incident is gone' } }]);
    },
  };
};
