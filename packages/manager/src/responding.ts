import {
  AlertError,
  type AlertDraft,
  type Changes,
  type Claim,
  type Clock,
  type Instant,
  type Millis,
  type Response,
  standingStates,
  type Store,
} from '@therapytrain/alerts-core';
import { type Outcome, outcomeOf } from '@therapytrain/alerts-core/channel';
import type { Responder, ResponderKind } from '@therapytrain/alerts-core/responder';
import { withoutConflict } from './changes.ts';
import { createSwitch, type Switch } from './kill-switch.ts';
import { createLeases } from './leases.ts';
import type { Policy } from './policy/policy.ts';
import type { GroupPlan } from './stages/plan.ts';
import {
  attemptKey,
  type Attempting,
  type Decided,
  ended,
  type GivenUp,
  look,
  type RespondFacts,
  type ResponderFacts,
  stepOf,
} from './stages/respond.ts';
import { asking, isAsked, mostQuestions, questionText } from './stages/respond-ask.ts';
import { factsNeeded, respondPlan, triggersOf } from './stages/respond-plan.ts';
import { draftOfRaised, type Raised, responseSource } from './stages/response-alerts.ts';
import { companionsOf, isLastOfGroup, protectionOf } from './stages/response-guard.ts';
import { responseJob } from './stages/response-job.ts';
import { factsOfResponse } from './stages/response-ledger.ts';
import type { ResponseReason } from './stages/response-reasons.ts';
import { entry, type RouteFacts } from './stages/route.ts';
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
  /** Has leases looked at that are over though the wall clock, which has jumped back, does not say so. */
  upkeep(): Promise<void>;
  /**
   * Takes back, or never does, what the policy in force protects. To be called whenever it has changed, and at the start.
   * Gives how many responses that were.
   */
  revertProtected(): Promise<number>;
  /** What people are asked about an incident, in sentences that hold no target. */
  questions(incident: string): Promise<readonly string[]>;
  /** Gives up the attempt of the response that is under way, if one is: somebody takes it back. */
  giveUp(response: string): void;
  readonly killSwitch: Switch;
}

/** Longer than this no attempt is waited for: what it did is then not known. */
const attemptTime: Millis = 30_000;
/** How long an attempt that was given up has to end by itself. With it the kill switch stops everything within a second. */
const endingTime: Millis = 500;
const page = 500;

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

const isLate = (response: Response, policy: Policy, now: Instant): boolean => {
  const { until, approvals, createdAt, playbook } = response;
  if (until !== undefined) return until <= now;
  const alsoOld = policy.playbooks.find(({ name }) => name === playbook)?.alsoOld === true;
  const begun = approvals.at(-1)?.at ?? createdAt;
  return !alsoOld && now - begun > policy.guardrails.freshFor;
};

/** Why something that was planned must not be done now: asked again right before it is, with the policy in force then. */
const createGuard = ({ store, policy, facts, mayAct }: RespondingParts, killSwitch: Switch) => {
  const atOnce = (response: Response): ResponseReason | undefined => {
    const { responders, playbooks, guardrails } = policy();
    const { target, mode, approvals, playbook } = response;
    if (killSwitch.isOn()) return 'kill_switch';
    if (!mayAct()) return 'audit_stopped';
    const protection = protectionOf(target, guardrails);
    if (protection) return protection;
    if (responders.get(response.responder)?.target !== target.kind) return 'no_responder';
    if (isLate(response, policy(), facts().now)) return 'too_late';
    const isUnasked = mode === 'enforce' && approvals.length === 0;
    const asks = playbooks.find(({ name }) => name === playbook)?.mode !== 'enforce';
    return isUnasked && asks ? 'policy_changed' : undefined;
  };
  const byOthers = async (response: Response): Promise<ResponseReason | undefined> => {
    const { target, source, origin, approvals } = response;
    if (target.kind === 'address') return undefined;
    const { now } = facts();
    const { guardrails } = policy();
    const targets = [target, ...companionsOf(target, guardrails)];
    const query = { targets, changedSince: now, origins: [], sources: [], madeSince: now, now };
    const { ofTargets, trips } = await store.responseFacts(query);
    // Of two that are planned at once one goes first.
    const others = ofTargets.filter(({ id, state }) => id !== response.id && (state !== 'planned' || id < response.id));
    if (isLastOfGroup(target, guardrails, others)) return 'last_of_group';
    const scopes = [`source/${source}`, `origin/${origin}`];
    const isTripped = trips.some(({ scope }) => scopes.includes(scope));
    return isTripped && approvals.length === 0 ? 'weaponised' : undefined;
  };
  return {
    atOnce,
    all: async (response: Response): Promise<ResponseReason | undefined> =>
      atOnce(response) ?? (await byOthers(response)),
  };
};

interface UnderWay {
  readonly controller: AbortController;
  givenUp: GivenUp;
}

/** Makes attempts: each may be given up at any moment, and none is waited for when it does not end. */
const createAttempts = (parts: RespondingParts, killSwitch: Switch) => {
  const { ports, onDefect } = parts;
  const underWay = new Map<string, UnderWay>();
  const giveUp = (each: UnderWay, why: GivenUp): void => {
    each.givenUp ??= why;
    each.controller.abort();
  };
  const call = async (
    { what, response, doubtful }: Attempting,
    number: number,
    signal: AbortSignal,
  ): Promise<Outcome> => {
    const built = parts.responder(response.responder);
    if (!built) return outcomeOf('bad_options', 'the policy has no responder of this name');
    const attempt = { key: attemptKey(response, what), number, fence: response.version, signal, doubtful };
    const { respond, revert } = built.responder;
    if (what === 'revert' && !revert) return outcomeOf('refused', 'the responder cannot take it back');
    try {
      return (await (what === 'revert'
        ? revert?.(stepOf(response), attempt)
        : respond(stepOf(response), attempt))) as Outcome;
    } catch (error) {
      onDefect(error);
      // Whether it had its effect before it broke nobody knows.
      return outcomeOf('answer_unreadable', 'a defect of ours');
    }
  };
  const lateAnswer = async (signal: AbortSignal, over: AbortSignal): Promise<Outcome> => {
    await ports.clock.sleep(attemptTime, AbortSignal.any([signal, over])).catch(() => undefined);
    await ports.clock.sleep(endingTime, over).catch(() => undefined);
    return outcomeOf('answer_late', 'the attempt did not end in time');
  };
  return {
    giveUp: (id: string): void => {
      const each = underWay.get(id);
      if (each) giveUp(each, 'taken_back');
    },
    make: async (attempting: Attempting, number: number, signal: AbortSignal) => {
      const { response, what } = attempting;
      const own: UnderWay = { controller: new AbortController(), givenUp: undefined };
      const over = new AbortController();
      const both = AbortSignal.any([own.controller.signal, signal]);
      underWay.set(response.id, own);
      const unfollow = what === 'respond' ? killSwitch.follow(() => giveUp(own, 'kill_switch')) : () => undefined;
      try {
        // It may have been turned while the attempt was written down.
        if (what === 'respond' && killSwitch.isOn()) {
          return { outcome: outcomeOf('cancelled', 'the kill switch is on'), givenUp: 'kill_switch' as const };
        }
        const deadline = lateAnswer(both, over.signal).finally(() => own.controller.abort());
        const outcome = await Promise.race([call(attempting, number, both), deadline]);
        return { outcome, givenUp: own.givenUp };
      } finally {
        over.abort();
        unfollow();
        if (underWay.get(response.id) === own) underWay.delete(response.id);
      }
    },
  };
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

/** What the policy protects from now on is taken back, or never done. */
const createRevertProtected = (
  { store, policy, facts, onChanged }: RespondingParts,
  {
    see,
    giveUp,
    reversible,
  }: { see(response: Response): void; giveUp(id: string): void; reversible(response: Response): boolean },
) => {
  const change = (response: Response, reason: ResponseReason): Changes => {
    const at = facts();
    const isOpen = response.state === 'waiting' || response.state === 'planned';
    const state = isOpen ? 'refused' : 'reverting';
    const next: Response = {
      ...response,
      ...{ state, reason, version: response.version + 1, updatedAt: at.now },
      until: isOpen ? undefined : response.until,
    };
    return {
      responses: [next],
      jobs: isOpen ? [] : [responseJob(next, at.now, at)],
      audit: [entry(`response.${state}`, next.id, at.now, factsOfResponse(next))],
    };
  };
  const one = (id: string): Promise<boolean> =>
    withoutConflict(async () => {
      const response = await store.response(id);
      if (
        !response ||
        response.state === 'reverting' ||
        !(standingStates as readonly string[]).includes(response.state)
      ) {
        return false;
      }
      see(response);
      const reason = protectionOf(response.target, policy().guardrails);
      if (!reason) return false;
      // What cannot be taken back is told already, or is at its end.
      if (response.state !== 'waiting' && response.state !== 'planned' && !reversible(response)) return false;
      await store.commit(change(response, reason));
      giveUp(id);
      return true;
    });
  return async (): Promise<number> => {
    let count = 0;
    for (let before: string | undefined, more = true; more;) {
      const found: readonly Response[] = await store.responses({
        states: standingStates,
        limit: page,
        ...(before !== undefined && { before }),
      });
      for (const { id } of found) if (await one(id)) count++;
      before = found.at(-1)?.id;
      more = found.length === page;
    }
    if (count > 0) onChanged();
    return count;
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
    return { responses, trips, audit, jobs: [...planned.jobs, ...asking(responses, plans, at)] };
  };

/** Ties the stages of responses together. */
export const createResponding = (parts: RespondingParts): Responding => {
  const { store, ports } = parts;
  const killSwitch = createSwitch(store);
  const raise = createRaise(parts);
  const guard = createGuard(parts, killSwitch);
  const attempts = createAttempts(parts, killSwitch);
  const leases = createLeases(ports.clock);
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
      await settle(claim, looked);
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
        await killSwitch.read();
        const attempting = await withoutConflict(() => begin(claim));
        if (!attempting) return;
        const how = await attempts.make(attempting, claim.job.attempts, signal);
        await withoutConflict(() => end(claim, attempting, how));
      }),
    questions: async (incident) => {
      if (parts.policy().playbooks.length === 0) return [];
      const waiting = await store.responses({ incident, states: ['waiting'], limit: mostQuestions });
      return waiting.filter(isAsked).map(questionText);
    },
    upkeep: async () => {
      for (const id of leases.overdue()) {
        const response = await store.response(id);
        const at = parts.facts();
        if (response) await store.commit({ jobs: [responseJob(response, at.now, at)] });
      }
    },
    revertProtected: createRevertProtected(parts, {
      see: leases.see,
      giveUp: attempts.giveUp,
      reversible: ({ responder }) => known(responder).reversible,
    }),
  };
};
