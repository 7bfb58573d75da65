import { afterEach, describe, expect, test } from '@jest/globals';
import { waitFor } from '@therapytrain/alerts-testkit';
import type { SmtpPeer } from '@therapytrain/alerts-testkit';
import { attemptOf, channelOn, notice, peerOf, stopAll } from './support/subject.ts';

afterEach(stopAll);

type Stage = Parameters<SmtpPeer['plan']>[0];

const stages = ['greeting', 'ehlo', 'starttls', 'handshake', 'auth', 'mail', 'rcpt', 'data'] as const;

const reachedOf = (peer: SmtpPeer, stage: Stage): number => peer.reached(stage === 'handshake' ? 'starttls' : stage);

describe.each(stages)('at %s, before anything was sent', (stage) => {
  test.each(['hang', 'drip'] as const)('a peer that has stopped with %s is given up in time', async (act) => {
    const peer = await peerOf();
    const channel = channelOn(peer, { timeout: '600ms' });
    peer.plan(stage, act);
    // What drips into a handshake is no TLS.
    const insecure = stage === 'handshake' && act === 'drip';
    const outcome = await channel.deliver(notice, attemptOf());
    expect(outcome).toMatchObject({ reason: insecure ? 'insecure' : 'timed_out' });
    expect(reachedOf(peer, stage)).toBe(1);
    await waitFor(() => peer.connections() === 0, { what: 'the connection to end' });
  });

  test('a connection that is cut is tried later', async () => {
    const peer = await peerOf();
    const channel = channelOn(peer);
    peer.plan(stage, 'cut');
    expect(await channel.deliver(notice, attemptOf())).toMatchObject({ kind: 'retry', reason: 'unreachable' });
    expect(peer.attempts()).toBe(1);
  });

  test('the caller can give up', async () => {
    const peer = await peerOf();
    const channel = channelOn(peer);
    const giving = new AbortController();
    peer.plan(stage, 'hang');
    const delivery = channel.deliver(notice, attemptOf({ signal: giving.signal }));
    await waitFor(() => reachedOf(peer, stage) > 0, { what: `the session to reach ${stage}` });
    giving.abort();
    expect(await delivery).toMatchObject({ kind: 'retry', reason: 'cancelled' });
    await waitFor(() => peer.connections() === 0, { what: 'the connection to end' });
  });

  test('a peer that floods is not read to the end', async () => {
    const peer = await peerOf();
    const channel = channelOn(peer);
    peer.plan(stage, 'flood');
    const outcome = await channel.deliver(notice, attemptOf());
    expect(['misconfigured', 'retry']).toContain(outcome.kind);
    await waitFor(() => peer.connections() === 0, { what: 'the connection to end' });
  });
});

test.each([
  ['hang', 'answer_late'],
  ['drip', 'answer_late'],
  ['cut', 'answer_lost'],
  ['flood', 'answer_unreadable'],
] as const)('after the final dot, %s leaves it open: %s', async (act, reason) => {
  const peer = await peerOf();
  const channel = channelOn(peer, { timeout: '800ms' });
  peer.plan('dot', act);
  expect(await channel.deliver(notice, attemptOf())).toMatchObject({ kind: 'ambiguous', reason });
  expect(peer.arrivals()).toHaveLength(1);
});

test('connections are used again, and there are no more of them than allowed', async () => {
  const peer = await peerOf();
  const channel = channelOn(peer, { connections: 2 });
  for (let count = 0; count < 3; count++) await channel.deliver(notice, attemptOf());
  expect(peer.reached('greeting')).toBe(1);
  const outcomes = await Promise.all(Array.from({ length: 8 }, () => channel.deliver(notice, attemptOf())));
  expect(outcomes.every(({ kind }) => kind === 'done')).toBe(true);
  expect(peer.reached('greeting')).toBe(2);
});

test('an attempt that waits behind another one in vain ends in time too', async () => {
  const peer = await peerOf();
  const channel = channelOn(peer, { connections: 1, timeout: '700ms' });
  peer.plan('dot', 'hang');
  const first = channel.deliver(notice, attemptOf());
  const second = channel.deliver(notice, attemptOf());
  expect(await first).toMatchObject({ kind: 'ambiguous', reason: 'answer_late' });
  expect(await second).toMatchObject({ kind: 'retry', reason: 'timed_out' });
});

test('one attempt that is given up takes no other along', async () => {
  const peer = await peerOf();
  const channel = channelOn(peer, { connections: 2 });
  const giving = new AbortController();
  peer.plan('dot', 'hang');
  const stuck = channel.deliver(notice, attemptOf({ signal: giving.signal }));
  await waitFor(() => peer.arrivals().length === 1);
  peer.behave('accept');
  expect(await channel.deliver(notice, attemptOf())).toMatchObject({ kind: 'done' });
  giving.abort();
  expect(await stuck).toMatchObject({ kind: 'ambiguous', reason: 'answer_late' });
  expect(await channel.deliver(notice, attemptOf())).toMatchObject({ kind: 'done' });
});

test('an idle connection is let go of', async () => {
  const peer = await peerOf();
  const channel = channelOn(peer, { timeout: '900ms' });
  expect(await channel.deliver(notice, attemptOf())).toMatchObject({ kind: 'done' });
  await waitFor(() => peer.connections() === 0, { what: 'the idle connection to end' });
  expect(await channel.deliver(notice, attemptOf())).toMatchObject({ kind: 'done' });
});
