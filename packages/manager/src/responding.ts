import {
  AlertError,
  type AlertDraft,
  type Changes,
  type Claim,
  type Clock,
  type Response,
  type Store,
} from '@therapytrain/alerts-core';
import type { Responder, ResponderKind } from '@therapytrain/alerts-core/responder';
import { answering } from './answering.ts';
import { withoutConflict } from './changes.ts';
import { createClockBack } from './clock-back.ts';
import { createSwitch, type Switch } from './kill-switch.ts';
import { createRevertProtected } from './revert-protected.ts';
import { createAttempts } from './responding-attempts.ts';
import { createGuard } from './responding-guard.ts';
import { createLeases } from './leases.ts';
import type { Policy } from './policy/policy.ts';
import type { Question } from './stages/deliver.ts';
import type { GroupPlan } from './stages/plan.ts';
import {
  type Attempting,
  type Decided,
  look,
  type RespondFacts,
  type ResponderFacts,
  stepOf,
} from './stages/respond.ts';
import { ended } from './stages/respond-end.ts';
import { asking, isAsked, mostQuestions, questionText } from './stages/respond-ask.ts';
import { respondPlan } from './stages/respond-plan.ts';
import { factsNeeded, triggersOf } from './stages/respond-triggers.ts';
import { draftOfRaised, type Raised, responseSource } from './stages/response-alerts.ts';
import { responseJob } from './stages/response-job.ts';
import type { ResponseReason } from './stages/response-reasons.ts';
import type { RouteFacts } from './stages/route.ts';
import type { SettleFacts } from './stages/settle.ts';

/** A responder of the policy in force, with what its kind says. */
export interface BuiltResponder {
  readonly responder: Responder;
  readonly kind: Pick<ResponderKind, 'kind' | 'target' | 'idempotent' | 'reversible'>;
}

/** What responding is made of. */
export interface RespondingParts {
  readonly store: Store;
  readonly policy: () => Policy;
  readonly facts: () => RouteFacts;
  readonly ports: SettleFacts & { readonly clock: Clock };
  /** The responders in force, by name. One that is still to take something back should be among them. */
  readonly responder: (name: string) => BuiltResponder | undefined;
  /** False while the audit cannot be written: nothing that acts may run then. What is in force is still reverted. */
  readonly mayAct: () => boolean;
  readonly report: (draft: AlertDraft, source: string) => Promise<unknown>;
  /** There may be work. */
  readonly onChanged: () => void;
  readonly onDefect: (error: unknown) => void;
}

/** Plans responses, makes them, and takes them back. */
export interface Responding {
  /** What follows for responses from the plans of a batch, for the same commit. What it raises is kept when it resolves. */
  plan(plans: readonly GroupPlan[], at: RouteFacts): Promise<Pick<Changes, 'responses' | 'trips' | 'jobs' | 'audit'>>;
  /** One look at one response, and one attempt where one is due. */
  work(claim: Claim, signal: AbortSignal): Promise<void>;
  /** Has looked at what is over or due though the wall clock, which has jumped back, does not say so. */
  upkeep(): Promise<void>;
  /**
   * Takes back, or never does, what the policy in force protects. To be called whenever it has changed, and at the start.
   * Gives how many responses that were.
   */
  revertProtected(): Promise<number>;
  /** What people are asked about an incident, in sentences that hold no target. */
  questions(incident: string): Promise<readonly Question[]>;
  /** Gives up the attempt of the response that is under way, if one is: somebody takes it back. */
  giveUp(response: string): void;
  readonly killSwitch: Switch;
}

/** Where nobody built the responder: what is tried is tried again later, and what may have been done is taken back. */
const absent: ResponderFacts = { idempotent: true, reversible: true };

/** Reports what people must hear. What was reported before the process died is not reported again. */
const createRaise =
  ({ report }: Pick<RespondingParts, 'report'>) =>
  async (raised: readonly Raised[]): Promise<void> => {
    for (const each of raised) {
      try {
        await report(draftOfRaised(each), responseSource);
      } catch (error) {
        if (!(error instanceof AlertError) || error.code !== 'REQUEST_ID_REUSED') throw error;
      }
    }
  };

/** Does one thing after another for each id. */
const createTurns = () => {
  const last = new Map<string, Promise<void>>();
  return async (id: string, work: () => Promise<void>): Promise<void> => {
    const before = last.get(id);
    const turn = (async (): Promise<void> => {
      await before?.catch(() => undefined);
      await work();
    })();
    last.set(id, turn);
    try {
      await turn;
    } finally {
      if (last.get(id) === turn) last.delete(id);
    }
  };
};

/** What follows for responses from a batch. */
const createPlan =
  ({ store, responder }: RespondingParts, raise: (raised: readonly Raised[]) => Promise<void>): Responding['plan'] =>
  async (plans, at) => {
    const triggers = triggersOf(
      plans.flatMap(({ touched }) => touched),
      at.policy,
    );
    if (triggers.length === 0) return {};
    const before = await store.responseFacts(factsNeeded(triggers, at.policy, at.now));
    const preview = (response: Response): string | undefined =>
      responder(response.responder)?.responder.preview(stepOf(response)).summary;
    const planned = respondPlan(triggers, before, { ...at, preview });
    await raise(planned.raised);
    const { responses, trips, audit } = planned;
    const over = await answering(store, [...before.ofTargets, ...before.uses], responses, at);
    return { responses, trips, audit, jobs: [...planned.jobs, ...over, ...asking(responses, plans, at)] };
  };

/** Ties the stages of responses together. */
export const createResponding = (parts: RespondingParts): Responding => {
  const { store, ports } = parts;
  const killSwitch = createSwitch(store);
  const raise = createRaise(parts);
  const guard = createGuard(parts, killSwitch);
  const attempts = createAttempts(parts, killSwitch);
  const leases = createLeases(ports.clock);
  const clockBack = createClockBack(parts, leases);
  const inTurn = createTurns();
  const known = (name: string): ResponderFacts => parts.responder(name)?.kind ?? absent;

  const factsFor = (response: Response, refusal: ResponseReason | undefined): RespondFacts => ({
    ...parts.facts(),
    responder: known(response.responder),
    refusal,
    settle: ports,
    lapsed: leases.lapsed(response),
  });
  const settle = async (claim: Claim, { next, changes, raised }: Decided): Promise<void> => {
    await raise(raised);
    await store.settle([{ claim, next, changes }]);
    for (const each of changes.responses ?? []) leases.see(each);
  };
  const begin = async (claim: Claim): Promise<Attempting | undefined> => {
    const response = await store.response(claim.job.response ?? '');
    if (!response) {
      await store.settle([{ claim, next: { state: 'cancelled', detail: 'its response is gone' } }]);
      return undefined;
    }
    leases.see(response);
    const looked = look(response, claim.job, factsFor(response, await guard.all(response)));
    if (!('begin' in looked)) {
      const { responses = [], jobs = [] } = looked.changes;
      const told = await answering(store, [response], responses, parts.facts());
      await settle(claim, { ...looked, changes: { ...looked.changes, jobs: [...jobs, ...told] } });
      return undefined;
    }
    await store.commit(looked.changes);
    return looked.begin;
  };
  const end = async (claim: Claim, attempting: Attempting, how: Awaited<ReturnType<typeof attempts.make>>) => {
    const now = (await store.response(attempting.response.id)) ?? attempting.response;
    await settle(claim, ended(attempting, now, { job: claim.job, ...how }, factsFor(now, guard.atOnce(now))));
  };

  return {
    killSwitch,
    giveUp: attempts.giveUp,
    plan: createPlan(parts, raise),
    work: (claim, signal) =>
      inTurn(claim.job.response ?? '', async () => {
        await killSwitch.known();
        const attempting = await withoutConflict(() => begin(claim));
        if (!attempting) return;
        const how = await attempts.make(attempting, claim.job.attempts, signal);
        await withoutConflict(() => end(claim, attempting, how));
      }),
    questions: async (incident) => {
      if (parts.policy().playbooks.length === 0) return [];
      const waiting = await store.responses({ incident, states: ['waiting'], limit: mostQuestions });
      return waiting.filter(isAsked).map((each) => ({ id: each.id, text: questionText(each) }));
    },
    upkeep: async () => {
      await clockBack();
      for (const id of leases.overdue()) {
        const response = await store.response(id);
        const at = parts.facts();
        if (response) await store.commit({ jobs: [responseJob(response, at.now, at)] });
      }
    },
    revertProtected: createRevertProtected({
      ...parts,
      see: leases.see,
      giveUp: attempts.giveUp,
      reversible: ({ responder }) => known(responder).reversible,
    }),
  };
};
