import { createHmac } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { Secret } from '@therapytrain/alerts-core/channel';
import { createReplayCache, type SlackRequest, verifySlackRequest } from '../src/index.ts';

// The example of Slack's own documentation ("Verifying requests from Slack").
const signingSecret = '8f742231b10e8888abcd99yyyzzz85a5';
const rawBody =
  'token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c';
const documented = 'v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503';
const seconds = 1_531_420_618;
const now = seconds * 1_000;

const request = (more: Partial<SlackRequest> = {}): SlackRequest => ({
  signingSecret,
  headers: { 'x-slack-request-timestamp': String(seconds), 'x-slack-signature': documented },
  rawBody,
  now,
  ...more,
});

const signed = (timestamp: string, body: string | Uint8Array, secret = signingSecret): SlackRequest['headers'] => ({
  'X-Slack-Request-Timestamp': timestamp,
  'X-Slack-Signature': `v0=${createHmac('sha256', secret).update(`v0:${timestamp}:`).update(body).digest('hex')}`,
});

describe('a request of Slack', () => {
  test('is taken: the example of its documentation', () => {
    expect(verifySlackRequest(request())).toEqual({ ok: true, at: now });
    expect(verifySlackRequest(request({ signingSecret: new Secret(signingSecret) }))).toEqual({ ok: true, at: now });
    expect(verifySlackRequest(request({ rawBody: Buffer.from(rawBody) }))).toEqual({ ok: true, at: now });
  });

  test('is taken whatever bytes it holds', () => {
    const body = Uint8Array.of(0, 255, 128, 10, 13);
    expect(verifySlackRequest(request({ headers: signed(String(seconds), body), rawBody: body })).ok).toBe(true);
  });

  test.each([-300_000, -1, 0, 1, 300_000])('is taken %d ms from now', (away) => {
    expect(verifySlackRequest(request({ now: now + away })).ok).toBe(true);
  });
});

const { 'x-slack-request-timestamp': stamp, 'x-slack-signature': sign } = request().headers;
const stampOnly = { 'x-slack-request-timestamp': stamp };

describe('a request is refused', () => {
  test.each<[string, Partial<SlackRequest>, string]>([
    ['too old', { now: now + 300_001 }, 'stale'],
    ['of the future', { now: now - 300_001 }, 'stale'],
    ['another body', { rawBody: `${rawBody} ` }, 'mismatch'],
    ['another secret', { signingSecret: 'x' }, 'mismatch'],
    [
      'a moved time',
      { headers: { 'x-slack-request-timestamp': String(seconds + 1), 'x-slack-signature': sign } },
      'mismatch',
    ],
    ['no headers', { headers: {} }, 'malformed'],
    ['no signature', { headers: stampOnly }, 'malformed'],
    ['two signatures', { headers: { ...stampOnly, 'x-slack-signature': [documented, documented] } }, 'malformed'],
    [
      'two headers',
      { headers: { ...stampOnly, 'X-Slack-Signature': documented, 'x-slack-signature': documented } },
      'malformed',
    ],
    ['half a signature', { headers: { ...stampOnly, 'x-slack-signature': documented.slice(0, 40) } }, 'malformed'],
    [
      'another version',
      { headers: { ...stampOnly, 'x-slack-signature': documented.replace('v0', 'v1') } },
      'malformed',
    ],
    ['a time that is none', { headers: signed('1e9', rawBody) }, 'malformed'],
    ['a time below zero', { headers: signed('-5', rawBody) }, 'malformed'],
    ['a time without end', { headers: signed('9'.repeat(13), rawBody) }, 'malformed'],
  ])('%s', (_, more, reason) => {
    expect(verifySlackRequest(request(more))).toEqual({ ok: false, reason });
  });

  test('for an empty secret nothing is taken: everybody knows that key', () => {
    expect(() => verifySlackRequest(request({ signingSecret: '', headers: signed(String(seconds), rawBody) }))).toThrow(
      'the signing secret of Slack is empty',
    );
  });
});

describe('the replay cache', () => {
  test('takes a request once, until it is stale by itself', () => {
    const replay = createReplayCache();
    expect(verifySlackRequest(request({ replay })).ok).toBe(true);
    expect(verifySlackRequest(request({ replay, now: now + 300_000 }))).toEqual({ ok: false, reason: 'replayed' });
    expect(verifySlackRequest(request({ replay, now: now - 300_000 }))).toEqual({ ok: false, reason: 'replayed' });
    expect(verifySlackRequest(request({ replay, now: now + 300_001 }))).toEqual({ ok: false, reason: 'stale' });
  });

  test('does not note what is not signed', () => {
    const replay = createReplayCache(1);
    expect(verifySlackRequest(request({ replay, rawBody: 'x' })).ok).toBe(false);
    expect(verifySlackRequest(request({ replay })).ok).toBe(true);
  });

  test('is bounded, refuses while it is full, and has room again when time has passed', () => {
    const replay = createReplayCache(2);
    const at = (offset: number) => {
      const time = String(seconds + offset);
      return verifySlackRequest(request({ replay, headers: signed(time, rawBody), now: Number(time) * 1_000 }));
    };
    expect([at(0), at(1), at(2)].map((verified) => verified.ok || verified.reason)).toEqual([true, true, 'full']);
    expect(at(301).ok).toBe(true);
  });
});
