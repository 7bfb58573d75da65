import type { Job, Millis, Response } from '@therapytrain/alerts-core';
import type { Outcome } from '@therapytrain/alerts-core/channel';
import {
  type Attempting,
  type Decided,
  doubted,
  endInSpan,
  into,
  next,
  type RespondFacts,
  said,
  settled,
} from './respond.ts';
import { failedResponse } from './response-alerts.ts';
import { responseJob } from './response-job.ts';
import { revertWaits } from './revert-waits.ts';
import { settle } from './settle.ts';

const second: Millis = 1_000;
const hour = 3_600 * second;

/** How soon it is asked again to make a lease last longer. */
const extendAgain: Millis = 30 * second;

/** Why an attempt was given up before it ended by itself. */
export type GivenUp = 'kill_switch' | 'taken_back' | undefined;

const reasonOf = (outcome: Outcome): string => (outcome.kind === 'done' ? '' : outcome.reason);

const responded = ({ response }: Attempting, now: Response, facts: RespondFacts): Decided => {
  const inForce = now.until !== undefined;
  const state = inForce ? 'in_force' : 'done';
  const until = endInSpan(now, facts.now);
  const changed = next(now, { state, reason: '', until, asked: response.until }, facts.now);
  const due = until === response.until ? until : facts.now;
  return settled({
    responses: [changed],
    jobs: due === undefined ? [] : [responseJob(changed, due, facts)],
    audit: [said(state, changed, facts, { fence: response.version })],
  });
};

const notExtended = (now: Response, outcome: Outcome, facts: RespondFacts): Decided => {
  const due = Math.min(facts.now + extendAgain, now.until ?? facts.now);
  const audit = [said('extension_failed', now, facts, { outcome: reasonOf(outcome) })];
  return settled({ jobs: [responseJob(now, due, facts)], audit });
};

const notDone = (
  attempting: Attempting,
  now: Response,
  job: Job,
  outcome: Exclude<Outcome, { readonly kind: 'done' }>,
  givenUp: GivenUp,
  facts: RespondFacts,
): Decided => {
  const { responder } = facts;
  const doubtful = attempting.doubtful || outcome.kind === 'ambiguous';
  if (givenUp === 'kill_switch') {
    return doubtful
      ? doubted(now, givenUp, facts, 'now')
      : into(now, { state: 'stopped', reason: givenUp, until: undefined }, facts);
  }
  if (doubtful && !responder.idempotent) return doubted(now, 'not_known', facts, 'at its end');
  const settlement = settle({ ...job, severity: now.severity }, outcome, facts.settle);
  const isLate = settlement.state === 'waiting' && now.until !== undefined && settlement.due >= now.until;
  if (settlement.state !== 'waiting' || isLate) {
    if (doubtful) return doubted(now, outcome.reason, facts, 'now');
    return into(now, { state: 'dead', reason: outcome.reason, until: undefined }, facts, {
      raised: [failedResponse(now, 'dead')],
    });
  }
  const state = doubtful ? 'executing' : 'planned';
  const waits = next(now, { state, reason: outcome.reason }, facts.now);
  const audit = [said('retried', waits, facts, { outcome: outcome.reason, attempt: job.attempts })];
  return { next: { ...settlement, doubtful }, changes: { responses: [waits], audit }, raised: [] };
};

const notReverted = (
  now: Response,
  job: Job,
  outcome: Exclude<Outcome, { readonly kind: 'done' }>,
  facts: RespondFacts,
): Decided => {
  const wait = outcome.kind === 'reject' ? undefined : revertWaits[job.attempts - 1];
  if (wait === undefined) {
    return into(now, { state: 'revert_failed', reason: outcome.reason }, facts, {
      raised: [failedResponse(now, 'revert_failed')],
    });
  }
  const { reason, detail } = outcome;
  const asked = outcome.kind === 'retry' ? Math.min(outcome.after ?? 0, hour) : 0;
  const due = facts.now + Math.max(asked, Math.round(wait * (0.8 + facts.settle.random.fraction() * 0.4)));
  // It says when it was written, also to whoever puts right what a clock that was ahead has written.
  const waits = next(now, {}, facts.now);
  const audit = [said('revert.retried', waits, facts, { outcome: reason, attempt: job.attempts })];
  return {
    next: { state: 'waiting', due, reason, detail, doubtful: true },
    changes: { responses: [waits], audit },
    raised: [],
  };
};

/**
 * How a response goes on after an attempt. Pure but for the chance in the waits. `now` is the response as it is kept by
 * then: it may have been made to last longer, or to be taken back, and then that stands.
 */
export const ended = (
  attempting: Attempting,
  now: Response,
  { job, outcome, givenUp }: { readonly job: Job; readonly outcome: Outcome; readonly givenUp: GivenUp },
  facts: RespondFacts,
): Decided => {
  if (attempting.what === 'revert') {
    // It was called for again meanwhile.
    if (now.state !== 'reverting') return settled();
    return outcome.kind === 'done' ? into(now, { state: 'reverted' }, facts) : notReverted(now, job, outcome, facts);
  }
  // Somebody takes it back: what the attempt did is undone with a higher fence.
  if (now.state !== attempting.response.state) return settled();
  if (outcome.kind === 'done') return responded(attempting, now, facts);
  if (now.state === 'in_force') return notExtended(now, outcome, facts);
  return notDone(attempting, now, job, outcome, givenUp, facts);
};
