import { inspect } from 'node:util';
import { afterEach, describe, expect, test } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import { type CloudEvent, HTTP } from 'cloudevents';
import type { Attempt, Channel } from '@therapytrain/alerts-core/channel';
import { openWebhook, verifyWebhook, type WebhookOptions } from '@therapytrain/alerts-channel-webhook';
import {
  type Arrival,
  type ChannelSubject,
  type HttpPeerOptions,
  namedWait,
  noticeOf,
  type PeerBehaviour,
  sampleAlert,
  sampleStory,
} from '@therapytrain/alerts-testkit';
import { key, openSubject, optionsFor, otherKey, token } from './support/open.ts';

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

const opened = async (more: Partial<WebhookOptions> = {}, peerOptions: HttpPeerOptions = {}, skew = 0) => {
  const subject = await openSubject(more, peerOptions)({ skew });
  stops.push(() => subject.channel.close(), subject.peer.stop);
  return subject;
};

const never = new AbortController().signal;
const notice = noticeOf(sampleStory('opened', [sampleAlert('Failed login attempt, é漢😀')]), 2);
const attempt = (more: Partial<Attempt> = {}): Attempt => ({ key: 'dlv-1', number: 1, signal: never, ...more });
const deliver = (channel: Channel, more?: Partial<Attempt>) => channel.deliver(notice, attempt(more));

const parts = ({ peer }: ChannelSubject, place = 0) => {
  const { raw } = peer.arrivals()[place] as Arrival;
  const [head = '', ...body] = raw.split('\r\n\r\n');
  const headers = Object.fromEntries(
    head
      .split('\r\n')
      .slice(1)
      .map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 2)]),
  ) as Record<string, string>;
  return { headers, body: Buffer.from(body.join('\r\n\r\n'), 'latin1') };
};

describe('what arrives', () => {
  test('is signed over the very bytes that came, and both verifiers take it', async () => {
    const subject = await opened({ detail: 'full' });
    expect(await deliver(subject.channel)).toEqual({ kind: 'done', proof: 'status 200' });
    const { headers, body } = parts(subject);
    expect(headers).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      'webhook-id': 'dlv-1',
      authorization: `Bearer ${token}`,
    });
    expect(new Webhook(key).verify(body, headers)).toMatchObject({ type: 'incident.opened' });
    expect(verifyWebhook(headers, body, key)).toMatchObject({ type: 'incident.opened' });
    expect(body.toString()).toContain('é漢😀');
  });

  test('has the same id on each attempt, a new time, and a signature by each secret', async () => {
    const subject = await opened({ secret: [key, otherKey] });
    const ahead = await opened({ secret: [key, otherKey] }, {}, 90_000);
    await deliver(subject.channel);
    await deliver(subject.channel, { number: 2, doubtful: true });
    await deliver(ahead.channel, { number: 3 });
    expect(subject.peer.arrivals().map(({ id }) => id)).toEqual(['dlv-1', 'dlv-1']);
    const sent = Number(parts(subject, 1).headers['webhook-timestamp']);
    expect(Math.abs(sent * 1_000 - Date.now())).toBeLessThan(60_000);
    expect(Number(parts(ahead).headers['webhook-timestamp']) - sent).toBeGreaterThanOrEqual(89);
    for (const each of [key, otherKey]) {
      expect(new Webhook(each).verify(parts(subject).body, parts(subject).headers)).toBeDefined();
    }
  });

  test('is a CloudEvent where that is asked for, and is signed too', async () => {
    const subject = await opened({ format: 'cloudevents' });
    await deliver(subject.channel);
    const { headers, body } = parts(subject);
    const event = HTTP.toEvent({ headers, body: body.toString() }) as CloudEvent<unknown>;
    expect(event).toMatchObject({ id: 'dlv-1', type: 'therapytrain.alerts.incident.opened', subject: 'inc-0199a000' });
    expect(verifyWebhook(headers, body, key)).toMatchObject({ specversion: '1.0' });
  });

  test('has no signature where that is said in so many words', async () => {
    const subject = await opened({ secret: undefined, unsigned: true } as Partial<WebhookOptions>);
    expect(await deliver(subject.channel)).toMatchObject({ kind: 'done' });
    expect(parts(subject).headers).toMatchObject({ 'webhook-id': 'dlv-1' });
    expect(parts(subject).headers).not.toHaveProperty('webhook-signature');
  });
});

test.each<[PeerBehaviour, object]>([
  ['accept', { kind: 'done', proof: 'status 200' }],
  ['throttle', { kind: 'retry', reason: 'throttled', detail: 'status 429' }],
  ['throttle-after', { kind: 'retry', reason: 'throttled', detail: 'status 429', after: namedWait }],
  ['fail', { kind: 'retry', reason: 'peer_failed', detail: 'status 500' }],
  ['refuse', { kind: 'reject', reason: 'refused', detail: 'status 400' }],
  ['unauthorised', { kind: 'misconfigured', reason: 'credentials', detail: 'status 401' }],
  ['forbidden', { kind: 'misconfigured', reason: 'permission', detail: 'status 403' }],
  ['unknown-target', { kind: 'reject', reason: 'unknown_target', detail: 'status 404' }],
  ['gone', { kind: 'reject', reason: 'gone', detail: 'status 410' }],
  ['too-large', { kind: 'reject', reason: 'too_large', detail: 'status 413' }],
  ['redirect', { kind: 'misconfigured', reason: 'unsafe_address', detail: 'status 307: redirects are not followed' }],
  ['hang-at-once', { kind: 'ambiguous', reason: 'answer_late', detail: 'after sending: no answer in time' }],
  ['hang-after', { kind: 'ambiguous', reason: 'answer_late', detail: 'after sending: no answer in time' }],
  ['cut-after', { kind: 'ambiguous', reason: 'answer_lost', detail: 'after sending: ECONNRESET' }],
  ['garbage', { kind: 'ambiguous', reason: 'answer_unreadable', detail: 'after sending: HPE_INVALID_CONSTANT' }],
  ['oversized', { kind: 'done', proof: 'status 200' }],
  ['drip', { kind: 'done', proof: 'status 200' }],
])('a peer that is to %s', async (behaviour, outcome) => {
  const { channel, peer } = await opened();
  peer.behave(behaviour);
  expect(await deliver(channel)).toEqual(outcome);
  expect(peer.attempts()).toBe(1);
});

test('headers that drip are no answer', async () => {
  const { channel, peer } = await opened({}, { drips: 'headers' });
  peer.behave('drip');
  expect(await deliver(channel)).toMatchObject({ kind: 'ambiguous', reason: 'answer_late' });
});

test('a date to wait for is measured by the clock of the peer', async () => {
  for (const skew of [0, 86_400_000, -86_400_000]) {
    const { channel, peer } = await opened({}, {}, skew);
    peer.behave('throttle-until');
    expect(await deliver(channel)).toMatchObject({ reason: 'throttled', after: namedWait });
  }
});

test('a name that must not be called is a misconfiguration, found at the attempt', async () => {
  const { channel, peer } = await opened();
  await peer.stop();
  const local = openWebhook({ url: 'https://localhost/', secret: key, timeout: '2s' });
  stops.push(() => local.close());
  const draft = { type: 'EVERY_SENSITIVITY', message: 'x', metadata: {} };
  expect(await local.send(draft)).toMatchObject({
    kind: 'misconfigured',
    reason: 'unsafe_address',
    detail: 'before sending: the address is a loopback address',
  });
  expect(await deliver(channel)).toEqual({
    kind: 'retry',
    reason: 'unreachable',
    detail: 'before sending: ECONNREFUSED',
  });
});

describe('the check', () => {
  test.each<[number, object]>([
    [200, { kind: 'done', proof: 'status 200 to OPTIONS' }],
    [204, { kind: 'done', proof: 'status 204 to OPTIONS' }],
    [400, { kind: 'done', proof: 'status 400 to OPTIONS' }],
    [405, { kind: 'done', proof: 'status 405 to OPTIONS' }],
    [415, { kind: 'done', proof: 'status 415 to OPTIONS' }],
    [501, { kind: 'done', proof: 'status 501 to OPTIONS' }],
    [302, { kind: 'misconfigured', reason: 'unsafe_address' }],
    [401, { kind: 'misconfigured', reason: 'credentials' }],
    [403, { kind: 'misconfigured', reason: 'permission' }],
    [404, { kind: 'reject', reason: 'unknown_target' }],
    [410, { kind: 'reject', reason: 'gone' }],
    [429, { kind: 'retry', reason: 'throttled' }],
    [500, { kind: 'retry', reason: 'peer_failed' }],
    [503, { kind: 'retry', reason: 'peer_failed' }],
  ])('with an answer of status %s', async (accepted, outcome) => {
    const { channel, peer } = await opened({}, { accepted });
    expect(await channel.check(never)).toMatchObject(outcome);
    expect(peer.arrivals()).toEqual([]);
    expect(peer.attempts()).toBe(0);
  });

  test.each<[PeerBehaviour, string]>([
    ['hang-at-once', 'timed_out'],
    ['cut-after', 'unreachable'],
    ['garbage', 'unreachable'],
  ])('of a peer that is to %s can be made again', async (behaviour, reason) => {
    const { channel, peer } = await opened();
    peer.behave(behaviour);
    expect(await channel.check(never)).toMatchObject({ kind: 'retry', reason });
  });

  test('names a raised clearance', async () => {
    const { channel } = await opened({ clearance: 'HEALTH' });
    expect(await channel.check(never)).toEqual({
      kind: 'done',
      proof: 'status 200 to OPTIONS, clearance raised to HEALTH',
    });
  });
});

test('in a program of your own: an alert goes out, cleared, and the channel shows nothing', async () => {
  const { peer } = await opened();
  const hook = openWebhook(optionsFor(peer, { detail: 'full' }));
  stops.push(() => hook.close());
  expect(await hook.check()).toMatchObject({ kind: 'done' });
  const draft = {
    type: 'AUTH_FAILURE',
    message: 'Failed login of anna.berg',
    metadata: { userId: 'anna.berg' },
  };
  expect(await hook.send(draft)).toEqual({ kind: 'done', proof: 'status 200' });
  expect(peer.arrivals()[0]?.text).toMatch(/Failed login of user:[0-9A-F]{4}-[0-9A-F]{4}/);
  expect(peer.arrivals()[0]?.raw).not.toContain('anna.berg');
  for (const secret of [key, token]) expect(inspect(hook, { depth: null, showHidden: true })).not.toContain(secret);
});
