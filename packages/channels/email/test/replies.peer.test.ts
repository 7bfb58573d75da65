import { afterEach, expect, test } from '@jest/globals';
import type { OutcomeReason } from '@therapytrain/alerts-core/channel';
import type { SmtpPeer } from '@therapytrain/alerts-testkit';
import { attemptOf, channelOn, notice, peerOf, recipients, stopAll } from './support/subject.ts';

afterEach(stopAll);

type Stage = Parameters<SmtpPeer['plan']>[0];

const replies: readonly (readonly [stage: Stage, line: string, reason: OutcomeReason | 'done'])[] = [
  ['greeting', '421 4.3.2 not now', 'throttled'],
  ['greeting', '451 4.3.0 out of order', 'peer_failed'],
  ['greeting', '554 5.7.1 you are on a list', 'permission'],
  ['greeting', 'HTTP/1.1 400 Bad Request', 'peer_failed'],
  ['ehlo', '421 4.7.0 too many connections', 'throttled'],
  ['ehlo', '451 4.3.0 out of order', 'peer_failed'],
  ['ehlo', '502 5.5.1 what is EHLO', 'insecure'],
  ['starttls', '454 4.7.0 TLS not available due to temporary reason', 'peer_failed'],
  ['starttls', '502 5.5.1 what is STARTTLS', 'insecure'],
  ['auth', '421 4.7.0 too many errors', 'throttled'],
  ['auth', '454 4.7.0 temporary authentication failure', 'peer_failed'],
  ['auth', '530 5.7.0 must issue a STARTTLS command first', 'credentials'],
  ['auth', '534 5.7.9 mechanism is too weak', 'credentials'],
  ['auth', '535 5.7.8 authentication credentials invalid', 'credentials'],
  ['auth', '535 wrong', 'credentials'],
  ['auth', '503 5.5.1 authentication not enabled', 'bad_options'],
  ['auth', '504 5.5.4 unrecognized authentication type', 'bad_options'],
  ['mail', '421 4.3.2 shutting down', 'throttled'],
  ['mail', '450 4.7.1 slow down', 'throttled'],
  ['mail', '451 4.3.0 out of order', 'peer_failed'],
  ['mail', '452 4.3.1 insufficient system storage', 'peer_failed'],
  ['mail', '503 5.5.1 bad sequence of commands', 'peer_failed'],
  ['mail', '530 5.7.0 authentication required', 'credentials'],
  ['mail', '550 5.7.1 you may not send from here', 'permission'],
  ['mail', '550 no', 'permission'],
  ['mail', '553 5.1.8 sender domain does not exist', 'bad_options'],
  ['mail', '501 5.1.7 bad sender', 'bad_options'],
  ['mail', '552 5.3.4 too big', 'too_large'],
  ['rcpt', '421 4.3.2 shutting down', 'throttled'],
  ['rcpt', '450 4.2.0 greylisted, see you in five minutes', 'throttled'],
  ['rcpt', '451 4.7.1 greylisted, see you in five minutes', 'throttled'],
  ['rcpt', '451 4.3.0 out of order', 'peer_failed'],
  ['rcpt', '452 4.2.2 mailbox full', 'peer_failed'],
  ['rcpt', '530 5.7.0 authentication required', 'credentials'],
  ['rcpt', '550 5.1.1 no such user', 'unknown_target'],
  ['rcpt', '551 5.1.6 user has moved', 'unknown_target'],
  ['rcpt', '552 5.2.2 mailbox full for ever', 'unknown_target'],
  ['rcpt', '553 5.1.3 mailbox name not allowed', 'unknown_target'],
  ['rcpt', '554 5.7.1 relay access denied', 'permission'],
  ['data', '421 4.3.2 shutting down', 'throttled'],
  ['data', '451 4.3.0 out of order', 'peer_failed'],
  ['data', '554 5.5.1 no valid recipients', 'refused'],
  ['dot', '250 2.0.0 Ok: queued as 4F1A2B3C', 'done'],
  ['dot', '250', 'done'],
  ['dot', '421 4.3.2 shutting down', 'throttled'],
  ['dot', '450 4.7.1 slow down', 'throttled'],
  ['dot', '451 4.3.0 out of order', 'peer_failed'],
  ['dot', '452 4.3.1 insufficient system storage', 'peer_failed'],
  ['dot', '550 5.7.1 looks like spam', 'refused'],
  ['dot', '550 5.1.1 no such user', 'unknown_target'],
  ['dot', '552 5.2.2 mailbox full', 'refused'],
  ['dot', '552 too big', 'too_large'],
  ['dot', '554 5.6.0 refused', 'refused'],
  ['dot', '354 go on', 'answer_unreadable'],
  ['dot', '25 bananas', 'answer_unreadable'],
  ['dot', '2 OK', 'answer_unreadable'],
  ['dot', '5oo what', 'answer_unreadable'],
];

test.each(replies)('at %s, %p is %s', async (stage, line, reason) => {
  const peer = await peerOf();
  const channel = channelOn(peer);
  peer.plan(stage, [line]);
  const outcome = await channel.deliver(notice, attemptOf());
  expect(outcome.kind === 'done' ? 'done' : outcome.reason).toBe(reason);
  expect(peer.attempts()).toBe(1);
  if (outcome.kind === 'retry' && line.startsWith('421')) expect(outcome.scope).toMatch(/^email:[0-9a-f]{16}$/);
  if (outcome.kind !== 'done') expect(outcome.detail).toMatch(/^[\x20-\x7e]{1,100}$/);
});

test('nothing that the server writes freely gets into an outcome', async () => {
  const peer = await peerOf();
  const channel = channelOn(peer, { timeout: '2s' });
  const word = 'CanaryWordOfTheServer';
  for (const stage of ['greeting', 'ehlo', 'starttls', 'auth', 'mail', 'rcpt', 'data', 'dot'] as const) {
    for (const line of [
      `451 4.3.0 ${word}`,
      `554 5.9.9 ${word}`,
      `${word} 550`,
      `250 2.0.0 <${word}@x.test> ${word}`,
    ]) {
      peer.plan(stage, [line]);
      expect(JSON.stringify(await channel.deliver(notice, attemptOf()))).not.toContain(word);
    }
  }
});

test.each([
  ['250 2.0.0 Ok: queued as 4F1A2B3C', '250 2.0.0 4F1A2B3C'],
  ['250 OK id=1abcDE-000001-AB', '250 1abcDE-000001-AB'],
  ['250 2.0.0 9f8a2b1c Message accepted for delivery', '250 2.0.0 9f8a2b1c'],
  ['250 2.0.0 OK 1732440000 a1b2c3-20020a05 - gsmtp', '250 2.0.0 1732440000'],
  ['250 2.6.0 <a7@clinic.test> [InternalId=77] queued', '250 2.6.0'],
  ['250 ok', '250'],
  ['250 2.0.0 queued as second.line', '250 2.0.0'],
  ['250 2.0.0 queued as second.line-77', '250 2.0.0'],
  ['250 2.0.0 queued as on-call77@clinic.test', '250 2.0.0'],
  ['250 2.0.0 queued as p4ss-of-the-peer', '250 2.0.0'],
])('of the reply %p the proof is %p', async (line, proof) => {
  const peer = await peerOf();
  const channel = channelOn(peer);
  peer.plan('dot', [line]);
  expect(await channel.deliver(notice, attemptOf())).toMatchObject({ kind: 'done', proof });
});

test('some taken, one deferred, one refused: the deferred one alone is tried once more', async () => {
  const peer = await peerOf();
  const channel = channelOn(peer);
  const attempt = attemptOf();
  peer.behave('partial');
  const first = await channel.deliver(notice, attempt);
  expect(first).toEqual({
    kind: 'retry',
    reason: 'partial',
    detail: '1 of 3 recipients deferred (451 4.3.0)',
    progress: expect.stringMatching(/^\+[0-9a-f]{16}\.-[0-9a-f]{16}$/),
    recipients: [
      { at: 0, state: 'accepted' },
      { at: 1, state: 'deferred', code: '451 4.3.0' },
      { at: 2, state: 'refused', code: '550 5.1.1' },
    ],
  });
  const progress = first.kind === 'retry' ? first.progress : undefined;
  peer.plan('dot', ['451 4.3.0 local error']);
  const second = await channel.deliver(notice, { ...attempt, number: 2, ...(progress && { progress }) });
  expect(second).toMatchObject({ kind: 'retry', reason: 'peer_failed', progress });
  peer.behave('accept');
  const third = await channel.deliver(notice, { ...attempt, number: 3, ...(progress && { progress }) });
  expect(third).toEqual({
    kind: 'reject',
    reason: 'unknown_target',
    detail: '1 of 3 recipients refused',
    recipients: [
      { at: 0, state: 'accepted' },
      { at: 1, state: 'accepted' },
      { at: 2, state: 'refused' },
    ],
  });
  expect(peer.arrivals().map((each) => each.recipients)).toEqual([[recipients[0]], [recipients[1]], [recipients[1]]]);
  expect(new Set(peer.arrivals().map(({ id }) => id)).size).toBe(1);
});

test('greylisting of some: nobody is told twice', async () => {
  const peer = await peerOf();
  const channel = channelOn(peer);
  const attempt = attemptOf();
  peer.plan('rcpt', ['', '450 4.2.0 greylisted']);
  const first = await channel.deliver(notice, attempt);
  expect(first).toMatchObject({ kind: 'retry', reason: 'partial', detail: '2 of 3 recipients deferred (450 4.2.0)' });
  peer.behave('accept');
  const progress = (first.kind === 'retry' && first.progress) || '';
  expect(await channel.deliver(notice, { ...attempt, number: 2, progress })).toMatchObject({ kind: 'done' });
  expect(peer.arrivals().map((each) => each.recipients)).toEqual([[recipients[0]], recipients.slice(1)]);
  // All are settled: there is nothing left to send.
  const last = await channel.deliver(notice, { ...attempt, number: 3, progress: `${progress}` });
  expect(last).toMatchObject({ kind: 'done' });
});

test('a recipient that may not be relayed to beside one that is taken is refused, not a fault of the options', async () => {
  const peer = await peerOf();
  const channel = channelOn(peer);
  peer.plan('rcpt', ['', '554 5.7.1 relay access denied']);
  expect(await channel.deliver(notice, attemptOf())).toMatchObject({
    kind: 'reject',
    reason: 'unknown_target',
    detail: '2 of 3 recipients refused (554 5.7.1)',
  });
});

test('progress holds no address and differs from delivery to delivery', async () => {
  const peer = await peerOf();
  const channel = channelOn(peer);
  peer.behave('partial');
  const [one, two] = [await channel.deliver(notice, attemptOf()), await channel.deliver(notice, attemptOf())];
  const progressOf = (outcome: typeof one): string => (outcome.kind === 'retry' && outcome.progress) || '';
  expect(progressOf(one)).not.toBe(progressOf(two));
  expect(progressOf(one)).toMatch(/^[+.0-9a-f-]+$/);
});
