import type { Clock } from '@therapytrain/alerts-core';
import { type Deadline, type Outcome, outcomeOf, type OutcomeReason } from '@therapytrain/alerts-core/channel';
import { failureOutcome, type HttpFailure, type HttpReply, replyOutcome, retryAfter } from '@therapytrain/alerts-http';

/** What an outcome needs to know of its request. */
export interface Asked {
  readonly clock: Clock;
  /** What must pause if Slack asks for less. */
  readonly scope: string;
}

// The error words of chat.postMessage, chat.update, conversations.*, auth.test and of incoming webhooks.
const words: readonly (readonly [OutcomeReason, string])[] = [
  ['credentials', 'invalid_auth not_authed token_revoked token_expired account_inactive invalid_token'],
  ['credentials', 'two_factor_setup_required org_login_required not_allowed_token_type'],
  ['permission', 'missing_scope no_permission access_denied ekm_access_denied enterprise_is_restricted'],
  ['permission', 'team_access_not_granted accesslimited action_prohibited posting_to_general_channel_denied'],
  ['permission', 'not_in_channel metadata_must_be_sent_from_app'],
  ['bad_options', 'unknown_method method_deprecated deprecated_endpoint team_not_found upgrade_required'],
  ['unknown_target', 'channel_not_found user_not_found message_not_found thread_not_found'],
  ['unknown_target', 'messages_tab_disabled method_not_supported_for_channel_type'],
  ['gone', 'is_archived channel_is_archived is_inactive no_service no_service_id no_active_hooks no_team'],
  ['gone', 'team_disabled'],
  ['too_large', 'msg_too_long msg_blocks_too_long metadata_too_large post_contents_too_large'],
  ['refused', 'restricted_action restricted_action_read_only_channel restricted_action_thread_only_channel'],
  ['refused', 'restricted_action_non_threadable_channel restricted_action_thread_locked cannot_reply_to_message'],
  ['refused', 'invalid_blocks invalid_blocks_format no_text invalid_payload invalid_attachments block_mismatch'],
  ['refused', 'too_many_attachments missing_text_or_fallback_or_attachments markdown_text_conflict'],
  ['refused', 'edit_window_closed cant_update_message no_dual_broadcast_content_update as_user_not_supported'],
  ['throttled', 'ratelimited rate_limited message_limit_exceeded'],
  ['peer_failed', 'internal_error fatal_error service_unavailable request_timeout team_added_to_org rollup_error'],
  ['peer_failed', 'external_channel_migrating update_failed'],
];

const reasons: ReadonlyMap<string, OutcomeReason> = new Map(
  words.flatMap(([reason, all]) => all.split(' ').map((word) => [word, reason] as const)),
);

/** True for what may be one of Slack's error words: nothing else of an answer is ever shown. */
export const isWord = (text: unknown): text is string =>
  typeof text === 'string' && /^[a-z]+(?:_[a-z]+){0,7}$/.test(text);

/** True for a word of the lists above. */
export const isKnownWord = (word: string): boolean => reasons.has(word);

/**
 * What an error word means. Slack adds words without notice, so an unknown one is `refused` only where it says itself
 * that the message is bad (`invalid_…`, `…_too_long`): to refuse is to give the notice up for good, and a wrong
 * guess would lose it. Any other is tried again, and ends as a dead letter that a person sees.
 */
export const reasonOfWord = (word: string): OutcomeReason => {
  const known = reasons.get(word);
  if (known) return known;
  if (/_too_(?:long|large|big)$/.test(word)) return 'too_large';
  return /^(?:invalid|malformed|too_many)_/.test(word) ? 'refused' : 'peer_failed';
};

/** Makes the outcome of an error word; what throttles pauses the scope. */
export const wordOutcome = (word: string, detail: string, { status, headers }: HttpReply, at: Asked): Outcome => {
  const reason = status === 429 ? 'throttled' : reasonOfWord(word);
  if (reason !== 'throttled') return outcomeOf(reason, detail);
  const after = retryAfter(headers['retry-after'], at.clock.now(), headers['date']);
  return outcomeOf(reason, detail, { scope: at.scope, ...(after !== undefined && { after }) });
};

/** Makes the outcome of an answer that is neither done nor says a word of Slack's. */
export const statusOutcome = (reply: HttpReply, write: boolean, at: Asked): Outcome => {
  const outcome = replyOutcome(reply, at.clock);
  if (outcome.kind !== 'done') return outcome.reason === 'throttled' ? { ...outcome, scope: at.scope } : outcome;
  // A good status with anything else in it. What could change something may have done so.
  const detail = 'the answer is not one of Slack';
  return write ? outcomeOf('answer_unreadable', detail) : outcomeOf('peer_failed', detail);
};

/** A reply of which only a part came in time: Slack's word is in the part that did not. */
export const lateAnswer: HttpFailure = {
  kind: 'failure',
  reason: 'late',
  stage: 'after sending',
  detail: 'no answer in time',
};

/** How far the attempt had come when a request ended. */
export interface Progress {
  /** True if the request could have an effect. */
  readonly write: boolean;
  /** True if it, or one before it in the same attempt, was sent and could have an effect. */
  readonly wrote: boolean;
  readonly ended: ReturnType<Deadline['ended']>;
}

/** Makes the outcome of a request without an answer. */
export const failureOutcomeOf = (failure: HttpFailure, { write, wrote, ended }: Progress): Outcome => {
  const reason = ended === 'deadline' ? 'late' : ended === 'caller' ? 'cancelled' : failure.reason;
  const given = reason === 'late' || reason === 'cancelled';
  const open = given ? wrote : write && failure.stage === 'after sending';
  return failureOutcome({ ...failure, reason, stage: open ? 'after sending' : 'before sending' });
};
