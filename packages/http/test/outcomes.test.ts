import { describe, expect, test } from '@jest/globals';
import {
  answerOutcome,
  failureOutcome,
  harmlessOutcome,
  type HttpFailure,
  type HttpFailureReason,
  httpFailureReasons,
  type HttpReply,
} from '@therapytrain/alerts-http';
import { createFakeClock } from '@therapytrain/alerts-testkit';

const clock = createFakeClock(Date.UTC(2026, 10, 24, 9, 30));
const reply = (status: number, headers: HttpReply['headers'] = {}): HttpReply => ({
  kind: 'reply',
  status,
  headers,
  body: 'a canary that no outcome repeats',
  whole: true,
});

test.each<[status: number, kind: string, reason: string | undefined]>([
  [200, 'done', undefined],
  [201, 'done', undefined],
  [202, 'done', undefined],
  [204, 'done', undefined],
  [299, 'done', undefined],
  [101, 'ambiguous', 'answer_unreadable'],
  [300, 'misconfigured', 'unsafe_address'],
  [301, 'misconfigured', 'unsafe_address'],
  [302, 'misconfigured', 'unsafe_address'],
  [304, 'misconfigured', 'unsafe_address'],
  [307, 'misconfigured', 'unsafe_address'],
  [308, 'misconfigured', 'unsafe_address'],
  [400, 'reject', 'refused'],
  [401, 'misconfigured', 'credentials'],
  [402, 'reject', 'refused'],
  [403, 'misconfigured', 'permission'],
  [404, 'reject', 'unknown_target'],
  [405, 'reject', 'unknown_target'],
  [406, 'reject', 'refused'],
  [407, 'misconfigured', 'credentials'],
  [408, 'retry', 'peer_failed'],
  [409, 'reject', 'refused'],
  [410, 'reject', 'gone'],
  [413, 'reject', 'too_large'],
  [415, 'reject', 'refused'],
  [418, 'reject', 'refused'],
  [422, 'reject', 'refused'],
  [425, 'retry', 'peer_failed'],
  [429, 'retry', 'throttled'],
  [451, 'reject', 'refused'],
  [499, 'reject', 'refused'],
  [500, 'retry', 'peer_failed'],
  [501, 'retry', 'peer_failed'],
  [502, 'retry', 'peer_failed'],
  [503, 'retry', 'peer_failed'],
  [504, 'retry', 'peer_failed'],
  [599, 'retry', 'peer_failed'],
  [600, 'ambiguous', 'answer_unreadable'],
  [999, 'ambiguous', 'answer_unreadable'],
])('status %s is %s %s', (status, kind, reason) => {
  const outcome = answerOutcome(reply(status, { 'retry-after': '7' }), clock);
  expect(outcome).toMatchObject({ kind, ...(reason && { reason }) });
  expect(JSON.stringify(outcome)).not.toContain('canary');
  expect('after' in outcome).toBe(kind === 'retry');
});

test('a wait is handed on in milliseconds, as seconds or as a date', () => {
  expect(answerOutcome(reply(429), clock)).toEqual({ kind: 'retry', reason: 'throttled', detail: 'status 429' });
  expect(answerOutcome(reply(503, { 'retry-after': '120' }), clock)).toMatchObject({ after: 120_000 });
  const until = 'Tue, 24 Nov 2026 09:30:07 GMT';
  expect(answerOutcome(reply(429, { 'retry-after': until }), clock)).toMatchObject({ after: 7_000 });
  const skewed = { 'retry-after': until, date: 'Tue, 24 Nov 2026 09:30:05 GMT' };
  expect(answerOutcome(reply(429, skewed), clock)).toMatchObject({ after: 2_000 });
});

describe('no reply', () => {
  const failure = (reason: HttpFailureReason, stage: HttpFailure['stage']): HttpFailure => ({
    kind: 'failure',
    reason,
    stage,
    detail: 'ECODE',
  });

  test.each<[HttpFailureReason, string]>([
    ['unsafe_address', 'misconfigured: unsafe_address'],
    ['unsendable', 'misconfigured: bad_options'],
    ['too_large', 'reject: too_large'],
    ['unresolved', 'retry: unreachable'],
    ['unreachable', 'retry: unreachable'],
    ['insecure', 'misconfigured: insecure'],
    ['late', 'retry: timed_out'],
    ['cancelled', 'retry: cancelled'],
  ])('before sending, %s is %s', (reason, expected) => {
    const outcome = failureOutcome(failure(reason, 'before sending'));
    expect(`${outcome.kind}: ${'reason' in outcome && outcome.reason}`).toBe(expected);
    expect(outcome).toMatchObject({ detail: 'before sending: ECODE' });
  });

  test.each<[HttpFailureReason, string]>([
    ['late', 'answer_late'],
    ['cancelled', 'answer_late'],
    ['lost', 'answer_lost'],
    ['unreadable', 'answer_unreadable'],
  ])('after sending, %s is ambiguous: %s', (reason, expected) => {
    expect(failureOutcome(failure(reason, 'after sending'))).toMatchObject({ kind: 'ambiguous', reason: expected });
    expect(harmlessOutcome(failure(reason, 'after sending')).kind).toBe('retry');
  });

  test('after sending, nothing is ever tried again as if it had not been sent', () => {
    for (const reason of Object.keys(httpFailureReasons) as HttpFailureReason[]) {
      expect(failureOutcome(failure(reason, 'after sending')).kind).toBe('ambiguous');
    }
  });
});
