import {
  type Changes,
  type Instant,
  type Job,
  type NewAuditEntry,
  type Response,
  type Settlement,
} from '@therapytrain/alerts-core';
import type { Step } from '@therapytrain/alerts-core/responder';
import { leaseEnd } from './respond-plan.ts';
import { failedResponse, type Raised } from './response-alerts.ts';
import { factsOfResponse } from './response-ledger.ts';
import { responseJob } from './response-job.ts';
import type { ResponseReason } from './response-reasons.ts';
import { entry, type RouteFacts } from './route.ts';
import { mostReverts } from './revert-waits.ts';
import { mostAttempts, type SettleFacts } from './settle.ts';

/** What follows from looking at a response, or from an attempt: everything of one commit, and what is told of it. */
export interface Decided {
  readonly next: Settlement;
  readonly changes: Pick<Changes, 'responses' | 'jobs' | 'audit'>;
  readonly raised: readonly Raised[];
}

/** One attempt, written down before it is made. */
export interface Attempting {
  readonly what: 'respond' | 'revert';
  /** As it is kept: its version is the fence. */
  readonly response: Response;
  /** True if an earlier attempt may have had its effect. */
  readonly doubtful: boolean;
}

/** What a look at a response comes to: it is settled, or an attempt is begun. */
export type Looked = Decided | { readonly begin: Attempting; readonly changes: Pick<Changes, 'responses' | 'audit'> };

/** What the stage knows of the responder, as it is now. */
export interface ResponderFacts {
  readonly idempotent: boolean;
  readonly reversible: boolean;
}

/** What the stage goes by. */
export interface RespondFacts extends RouteFacts {
  readonly responder: ResponderFacts;
  /** Why it must not be done now, though it was planned; undefined where it may. */
  readonly refusal: ResponseReason | undefined;
  readonly settle: SettleFacts;
  /** True where its lease is over though the wall clock does not say so: it has jumped back. */
  readonly lapsed: boolean;
}

/** What a responder is asked. */
export const stepOf = (response: Response): Step => ({
  id: response.id,
  target: response.target,
  args: response.args,
  from: response.from ?? response.createdAt,
  until: response.until,
  severity: response.severity,
  playbook: response.playbook,
  incident: response.incident,
});

/** Names the effect at the peer: another one for each time that it is to last longer, and for taking it back. */
export const attemptKey = ({ id, extensions }: Response, what: Attempting['what']): string =>
  what === 'revert' ? `${id}/revert` : `${id}/respond/${extensions}`;

const done: Settlement = { state: 'done', proof: '' };

/** The response as its next change leaves it. */
export const next = (response: Response, changes: Partial<Response>, now: Instant): Response => ({
  ...response,
  ...changes,
  version: response.version + 1,
  updatedAt: now,
});

/** An entry of the audit about a response. */
export const said = (action: string, response: Response, { now }: RouteFacts, more: NewAuditEntry['facts'] = {}) =>
  entry(`response.${action}`, response.id, now, { ...factsOfResponse(response), ...more });

/** The job is done; what else follows is given. */
export const settled = (parts: Partial<Decided['changes']> = {}, raised: readonly Raised[] = []): Decided => ({
  next: done,
  changes: parts,
  raised,
});

const again = (response: Response, due: Instant, facts: RespondFacts): Decided =>
  settled({ jobs: [responseJob(response, due, facts)] });

/** It goes into another state, and is looked at again at a time, if one is given. */
export const into = (
  response: Response,
  changes: Partial<Response>,
  facts: RespondFacts,
  more: { readonly due?: Instant; readonly raised?: readonly Raised[] } = {},
): Decided => {
  const changed = next(response, changes, facts.now);
  return settled(
    {
      responses: [changed],
      jobs: more.due === undefined ? [] : [responseJob(changed, more.due, facts)],
      audit: [said(changed.state, changed, facts)],
    },
    more.raised ?? [],
  );
};

/** What may have been done, and must not or cannot be tried again: it is taken back where it can, else a person looks. */
export const doubted = (
  response: Response,
  reason: string,
  facts: RespondFacts,
  when: 'now' | 'at its end',
): Decided => {
  if (facts.responder.reversible && when === 'now') {
    return into(response, { state: 'reverting', reason }, facts, { due: facts.now });
  }
  const ends = facts.responder.reversible ? response.until : undefined;
  return into(response, { state: 'unknown', reason }, facts, {
    ...(ends !== undefined && { due: ends }),
    raised: [failedResponse(response, 'unknown')],
  });
};

const begin = (response: Response, what: Attempting['what'], doubtful: boolean, facts: RespondFacts): Looked => ({
  begin: { what, response, doubtful },
  changes: { responses: [response], audit: [said(`${what}.begun`, response, facts, { fence: response.version })] },
});

/**
 * When it is to be reverted: as it is written down, but never more than its span from now. More is left only where the
 * wall clock has jumped back since.
 */
export const endInSpan = ({ until, span }: Pick<Response, 'until' | 'span'>, now: Instant): Instant | undefined =>
  until === undefined || span === 0 ? until : Math.min(until, now + span);

const lookAtPlanned = (response: Response, job: Job, facts: RespondFacts): Looked => {
  const { now, responder, refusal } = facts;
  // What is planned was never begun, whatever became of the job: it is written down before it is done.
  const doubtful = response.state === 'executing';
  if (refusal) {
    const state = refusal === 'kill_switch' || refusal === 'audit_stopped' ? 'stopped' : 'refused';
    return doubtful
      ? doubted(response, refusal, facts, 'now')
      : into(response, { state, reason: refusal, until: undefined }, facts);
  }
  if (doubtful && !responder.idempotent) return doubted(response, 'not_known', facts, 'at its end');
  // Each attempt so far ended the process: it must not end this one too.
  if (job.attempts > mostAttempts) return doubted(response, 'not_known', facts, 'now');
  const until = endInSpan(response, now);
  const executing = next(response, { state: 'executing', from: response.from ?? now, until, reason: '' }, now);
  return begin(executing, 'respond', doubtful, facts);
};

const beginRevert = (response: Response, job: Job, facts: RespondFacts): Looked => {
  const doubtful = response.state === 'reverting' && (job.attempts > 1 || job.doubtful);
  if (response.state === 'reverting' && job.attempts > mostReverts) {
    return into(response, { state: 'revert_failed', reason: 'not_known' }, facts, {
      raised: [failedResponse(response, 'revert_failed')],
    });
  }
  return begin(next(response, { state: 'reverting' }, facts.now), 'revert', doubtful, facts);
};

const isOver = ({ until }: Response, { now, lapsed }: RespondFacts): boolean =>
  until !== undefined && (until <= now || lapsed);

const lookAtLease = (response: Response, job: Job, facts: RespondFacts): Looked => {
  const { until, asked } = response;
  if (until === undefined) return settled();
  if (isOver(response, facts)) return beginRevert(response, job, facts);
  // It was called for while it was being taken back, and cannot be done a second time.
  if (asked === undefined && !facts.responder.idempotent) return beginRevert(response, job, facts);
  // Where the effect has no end of its own, that we take it back later is all there is to do.
  const isToExtend = asked !== until && facts.responder.idempotent && !facts.refusal;
  if (!isToExtend) return again(response, until, facts);
  return begin(next(response, {}, facts.now), 'respond', false, facts);
};

/**
 * What is due of a response now. Pure. Every attempt is written down before it is made, so that who comes after a crash
 * knows of it: an attempt that is found under way may have had its effect.
 */
export const look = (response: Response, job: Job, facts: RespondFacts): Looked => {
  const { until, state } = response;
  switch (state) {
    case 'waiting':
      if (!isOver(response, facts)) return until === undefined ? settled() : again(response, until, facts);
      return into(response, { state: 'expired', until: undefined }, facts);
    case 'planned':
    case 'executing':
      return lookAtPlanned(response, job, facts);
    case 'in_force':
      return lookAtLease(response, job, facts);
    case 'unknown':
      if (until === undefined || !facts.responder.reversible) return settled();
      return isOver(response, facts) ? beginRevert(response, job, facts) : again(response, until, facts);
    case 'reverting':
      return beginRevert(response, job, facts);
    default:
      return settled();
  }
};

/** A response that people have approved, or that is done unasked after all: it begins now. */
export const begun = (response: Response, now: Instant): Partial<Response> => ({
  state: 'planned',
  until: leaseEnd(response, now),
});
