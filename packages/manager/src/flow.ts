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
  type Settlement,
  type Store,
} from '@therapytrain/alerts-core';
import { changesOf, withoutConflict } from './changes.ts';
import { type Control, createControl } from './control/control.ts';
import { createDetections, type DetectionParts, mostGroupsDefault } from './detections.ts';
import type { Policy } from './policy/policy.ts';
import { accept } from './stages/accept.ts';
import { groupsOf } from './stages/correlate.ts';
import type { DeliverParts } from './stages/deliver.ts';
import { keep } from './stages/keep.ts';
import { keptEntry, passedEntry } from './stages/kept.ts';
import { planGroup } from './stages/plan.ts';
import { createResponding, type Responding } from './responding.ts';
import { review } from './stages/review.ts';
import { createSilenceEnds } from './silences.ts';
import { mostAttempts } from './stages/settle.ts';
import { isSuperseded } from './stages/superseded.ts';
import { createStanding } from './standing.ts';
import { createTelling, settledEntry } from './telling.ts';

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
export interface FollowUpParts extends DeliverParts, Partial<Pick<DetectionParts, 'mostGroups' | 'onRaised'>> {
  readonly log: AlertLog;
  /** What detections report by. */
  readonly flow: Flow;
  readonly store: Store;
  readonly policy: () => Policy;
  readonly ports: Ports;
  /** Plans responses, and makes them. Default: one that knows no responder. */
  readonly responding?: Responding;
  /** What keeps channels from too much. Default: the limits of the policy, and breakers of its own. */
  readonly control?: Control;
  /** Told of the end of each canary. */
  readonly onCanary?: (channel: string, end: 'done' | 'dead') => void;
  /** Told of what is a defect of ours: nothing else throws. */
  readonly onDefect: (error: unknown) => void;
}

/** The second and the third commit of an alert's life: plan (correlate, route), and deliver, respond or review → settle. */
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

const tooOften = { state: 'dead', reason: 'peer_failed', detail: 'it was tried too often' } as const;

const entriesOf = (...all: readonly (Pick<Changes, 'audit'> | undefined)[]) => all.flatMap((each) => each?.audit ?? []);

/** Ties the stages of what follows together. */
export const createFollowUp = (parts: FollowUpParts): FollowUp => {
  const { store, ports } = parts;
  const standingAt = createStanding(store);
  const facts = () => ({ policy: parts.policy(), now: ports.clock.now(), ids: ports.ids });
  const silences = createSilenceEnds(store, facts);
  const responding =
    parts.responding ??
    createResponding({
      ...{ store, policy: parts.policy, facts, ports, report: parts.flow.report, onDefect: parts.onDefect },
      ...{ responder: () => undefined, mayAct: () => true, onChanged: () => undefined },
    });
  const runDetections = createDetections({
    store,
    reportAll: parts.flow.reportAll,
    mostGroups: parts.mostGroups ?? mostGroupsDefault,
    onDefect: parts.onDefect,
    onRaised: parts.onRaised ?? (() => undefined),
  });

  const planOnce = async (batch: LogBatch): Promise<void> => {
    const at = facts();
    const alerts = read(batch);
    // What they raise is in the log before the cursor moves on, and is planned in its turn.
    const remembered = await runDetections(alerts, at);
    const groups = groupsOf(alerts, at.policy);
    const [incidents, standing] = await Promise.all([
      store.incidentsOf([...groups.keys()], at.now - at.policy.reopenWithin),
      standingAt(at.policy, at.now),
    ]);
    const found = byKey(incidents);
    const plans = [...groups].flatMap(([key, alerts]) => planGroup(key, alerts, found.get(key), standing, at) ?? []);
    const changes = changesOf(plans);
    const responses = await responding.plan(plans, at);
    const audit = [...keptEntry(batch, at.now), ...entriesOf(changes, remembered, responses)];
    const jobs = [...(changes.jobs ?? []), ...(responses.jobs ?? [])];
    await store.commit({ ...changes, ...remembered, ...responses, jobs, audit, cursor: batch.cursor });
  };

  const control =
    parts.control ?? createControl({ policy: parts.policy, clock: ports.clock, perChannel: Number.MAX_SAFE_INTEGER });
  const tell = createTelling({ ...parts, control, facts, onCanary: parts.onCanary ?? (() => undefined) });
  const giveUp = async (claim: Claim, next: Settlement, why: string): Promise<void> =>
    void (await store.settle([
      { claim, next, changes: { audit: [settledEntry(claim.job, next.state, why, facts())] } },
    ]));

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
    pass: async (cursor) => {
      const from = await store.cursor();
      const audit = cursor > from ? [passedEntry(from, cursor, ports.clock.now())] : [];
      await store.commit({ cursor, audit });
    },
    work: async (claim, signal) => {
      const { job } = claim;
      if (job.kind === 'response') return responding.work(claim, signal);
      if (job.kind === 'review') return job.target === 'silence_end' ? silences.end(claim) : lookAgain(claim);
      // Each attempt so far ended the process, or it would have been settled: it must not end this one too.
      if (job.attempts > mostAttempts) return giveUp(claim, tooOften, tooOften.reason);
      if (job.event === 'silence_ended') {
        const story = await silences.story(claim);
        return story
          ? tell(claim, { story }, signal)
          : giveUp(claim, { state: 'cancelled', detail: 'its silence is gone' }, 'gone');
      }
      if (job.incident === '') return tell(claim, {}, signal);
      const incident = await store.incident(job.incident);
      if (!incident) return giveUp(claim, { state: 'dead', reason: 'refused', detail: 'its incident is gone' }, 'gone');
      if (isSuperseded(job, incident)) return giveUp(claim, { state: 'cancelled', detail: 'superseded' }, 'superseded');
      return tell(claim, { incident }, signal);
    },
  };
};
