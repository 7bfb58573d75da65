import type { Clock } from '@therapytrain/alerts-core';
import { type Outcome, outcomeOf, type OutcomeReason } from '@therapytrain/alerts-core/channel';
import type { HttpAnswer, HttpFailure, HttpFailureReason, HttpReply } from './answer.ts';
import { retryAfter } from './retry-after.ts';

const beforeSending: Readonly<Record<HttpFailureReason, OutcomeReason>> = {
  unsafe_address: 'unsafe_address',
  unsendable: 'bad_options',
  too_large: 'too_large',
  unresolved: 'unreachable',
  unreachable: 'unreachable',
  insecure: 'insecure',
  late: 'timed_out',
  cancelled: 'cancelled',
  lost: 'unreachable',
  unreadable: 'unreachable',
};

const afterSending = (reason: HttpFailureReason): OutcomeReason => {
  if (reason === 'late' || reason === 'cancelled') return 'answer_late';
  return reason === 'unreadable' ? 'answer_unreadable' : 'answer_lost';
};

/** What a request without a reply means for the notice in it. */
export const failureOutcome = ({ reason, stage, detail }: HttpFailure): Outcome =>
  outcomeOf(stage === 'before sending' ? beforeSending[reason] : afterSending(reason), `${stage}: ${detail}`);

/** What a request without a reply means if it can have had no effect, as a check has none: it may always be made again. */
export const harmlessOutcome = ({ reason, detail }: HttpFailure): Outcome => outcomeOf(beforeSending[reason], detail);

const byStatus: Readonly<Record<number, OutcomeReason>> = {
  401: 'credentials',
  403: 'permission',
  404: 'unknown_target',
  405: 'unknown_target',
  407: 'credentials',
  408: 'peer_failed',
  410: 'gone',
  413: 'too_large',
  425: 'peer_failed',
  429: 'throttled',
};

const reasonOf = (status: number): OutcomeReason => {
  if (status >= 500 && status < 600) return 'peer_failed';
  if (status >= 400 && status < 500) return byStatus[status] ?? 'refused';
  return status >= 300 && status < 400 ? 'unsafe_address' : 'answer_unreadable';
};

/** What the status of a reply means (RFC 9110 §15): 2xx alone is done. A wait that the peer names is handed on. */
export const replyOutcome = ({ status, headers }: HttpReply, clock: Clock): Outcome => {
  const said = `status ${status}`;
  if (status >= 200 && status < 300) return { kind: 'done', proof: said };
  const reason = reasonOf(status);
  if (reason === 'unsafe_address') return outcomeOf(reason, `${said}: redirects are not followed`);
  if (reason !== 'throttled' && reason !== 'peer_failed') return outcomeOf(reason, said);
  const after = retryAfter(headers['retry-after'], clock.now(), headers.date);
  return outcomeOf(reason, said, after === undefined ? {} : { after });
};

/** What an answer means for the notice in the request. */
export const answerOutcome = (answer: HttpAnswer, clock: Clock): Outcome =>
  answer.kind === 'reply' ? replyOutcome(answer, clock) : failureOutcome(answer);
