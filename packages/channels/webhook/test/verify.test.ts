import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import { Secret } from '@therapytrain/alerts-core/channel';
import { type ReceivedHeaders, verifyWebhook, WebhookRefused } from '@therapytrain/alerts-channel-webhook';
import { secretFault, signatureHeader } from '@therapytrain/alerts-http';
import { noticeOf, sampleAlert, sampleStory } from '@therapytrain/alerts-testkit';
import { render } from '../src/render.ts';
import { key, otherKey } from './support/open.ts';

const now = Date.now();
const notice = noticeOf(sampleStory('alert', [sampleAlert('Failed login attempt: é漢😀')]), 2);
const { body } = render(notice, { key: 'dlv-1', format: 'standard', detail: 'full' });

const signed = (secrets: readonly string[] = [key], { id = 'dlv-1', at = now, sent = body as Uint8Array } = {}) => {
  const seconds = String(Math.floor(at / 1_000));
  return {
    'webhook-id': id,
    'webhook-timestamp': seconds,
    'webhook-signature': signatureHeader(
      secrets.map((each) => new Secret(each)),
      id,
      seconds,
      sent,
    ),
  };
};

const refusal = (work: () => unknown): string => {
  try {
    work();
    return 'taken';
  } catch (error) {
    expect(error).toBeInstanceOf(WebhookRefused);
    return error instanceof WebhookRefused ? error.code : 'not refused in order';
  }
};

describe('what we sign', () => {
  test('is verified by the package standardwebhooks', () => {
    expect(new Webhook(key).verify(body, signed())).toMatchObject({ type: 'alert.reported' });
    expect(() => new Webhook(otherKey).verify(body, signed())).toThrow();
  });

  test('has the same signature that the package standardwebhooks makes', () => {
    const at = new Date(1_700_000_000_000);
    const theirs = new Webhook(key).sign('dlv-1', at, body);
    expect(signatureHeader([new Secret(key)], 'dlv-1', '1700000000', body)).toBe(theirs);
  });

  test('matches the test vector of the specification', () => {
    // The vector of the Standard Webhooks reference libraries.
    const secret = new Secret('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw');
    const id = 'msg_p5jXN8AQM9LWM0D4loKWxJek';
    expect(signatureHeader([secret], id, '1614265330', Buffer.from('{"test": 2432232314}'))).toBe(
      'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    );
  });

  test('is signed by every secret while they are rotated, and each of them verifies it', () => {
    const headers = signed([key, otherKey]);
    expect(headers['webhook-signature'].split(' ')).toHaveLength(2);
    for (const each of [key, otherKey]) expect(new Webhook(each).verify(body, headers)).toBeDefined();
  });
});

describe('a receiver', () => {
  test('gets the payload, from whatever form of headers and body', () => {
    const headers = signed();
    const forms: readonly ReceivedHeaders[] = [
      headers,
      new Headers(headers),
      {
        'Webhook-Id': 'dlv-1',
        'WEBHOOK-TIMESTAMP': headers['webhook-timestamp'],
        'Webhook-Signature': headers['webhook-signature'],
      },
      { ...headers, 'set-cookie': ['a', 'b'], host: undefined },
    ];
    for (const form of forms) {
      for (const raw of [body, body.toString(), new Uint8Array(body)]) {
        expect(verifyWebhook(form, raw, key)).toMatchObject({ type: 'alert.reported', data: { version: 1 } });
      }
    }
  });

  test('verifies what the package standardwebhooks signs', () => {
    const seconds = Math.floor(now / 1_000);
    const signature = new Webhook(key).sign('msg_1', new Date(seconds * 1_000), body);
    const headers = { 'webhook-id': 'msg_1', 'webhook-timestamp': String(seconds), 'webhook-signature': signature };
    expect(verifyWebhook(headers, body, key)).toMatchObject({ type: 'alert.reported' });
  });

  test('reads a CloudEvent too', () => {
    const event = render(notice, { key: 'dlv-1', format: 'cloudevents', detail: 'thin' }).body;
    expect(verifyWebhook(signed([key], { sent: event }), event, key)).toMatchObject({
      specversion: '1.0',
      type: 'therapytrain.alerts.alert.reported',
    });
  });

  test('knows several secrets, as text or hidden, in any order, while either side rotates them', () => {
    for (const secrets of [[key], [otherKey, key], [new Secret(otherKey), new Secret(key)]]) {
      expect(refusal(() => verifyWebhook(signed([key]), body, secrets))).toBe('taken');
      expect(refusal(() => verifyWebhook(signed([otherKey, key]), body, secrets))).toBe('taken');
    }
    expect(refusal(() => verifyWebhook(signed([key]), body, [otherKey]))).toBe('SIGNATURE_WRONG');
  });

  test('may be sent the same twice: to drop it is the receiver’s, by webhook-id', () => {
    const headers = signed();
    expect(refusal(() => verifyWebhook(headers, body, key))).toBe('taken');
    expect(refusal(() => verifyWebhook(headers, body, key))).toBe('taken');
  });
});

const headers = signed();
const [version, digest = ''] = headers['webhook-signature'].split(',');
const raw = Buffer.from(digest, 'base64');
const flipped = Buffer.from(raw.map((byte, place) => (place === 31 ? byte ^ 1 : byte))).toString('base64');
const unkeyed = createHmac('sha256', '').update(`dlv-1.${headers['webhook-timestamp']}.`).update(body).digest('base64');

test.each<[string, string, () => unknown]>([
  ['a byte of the body', 'SIGNATURE_WRONG', () => verifyWebhook(headers, body.toString().replace('HIGH', 'LOW!'), key)],
  ['a blank after the body', 'SIGNATURE_WRONG', () => verifyWebhook(headers, `${body.toString()} `, key)],
  ['no body', 'SIGNATURE_WRONG', () => verifyWebhook(headers, '', key)],
  ['the id', 'SIGNATURE_WRONG', () => verifyWebhook({ ...headers, 'webhook-id': 'dlv-2' }, body, key)],
  [
    'the time by a second',
    'SIGNATURE_WRONG',
    () =>
      verifyWebhook({ ...headers, 'webhook-timestamp': String(Number(headers['webhook-timestamp']) + 1) }, body, key),
  ],
  [
    'a bit of the signature',
    'SIGNATURE_WRONG',
    () => verifyWebhook({ ...headers, 'webhook-signature': `v1,${flipped}` }, body, key),
  ],
  [
    'the version of the signature',
    'SIGNATURE_WRONG',
    () => verifyWebhook({ ...headers, 'webhook-signature': `v1a,${digest}` }, body, key),
  ],
  ['no version', 'SIGNATURE_WRONG', () => verifyWebhook({ ...headers, 'webhook-signature': digest }, body, key)],
  [
    'half a signature',
    'SIGNATURE_WRONG',
    () => verifyWebhook({ ...headers, 'webhook-signature': `v1,${digest.slice(0, 20)}` }, body, key),
  ],
  ['an empty signature', 'SIGNATURE_WRONG', () => verifyWebhook({ ...headers, 'webhook-signature': 'v1,' }, body, key)],
  [
    'a signature without a key',
    'SIGNATURE_WRONG',
    () => verifyWebhook({ ...headers, 'webhook-signature': `v1,${unkeyed}` }, body, key),
  ],
  [
    'a right signature after sixteen wrong ones',
    'SIGNATURE_WRONG',
    () =>
      verifyWebhook(
        { ...headers, 'webhook-signature': `${`v1,${flipped} `.repeat(16)}${version},${digest}` },
        body,
        key,
      ),
  ],
  ['the key of another', 'SIGNATURE_WRONG', () => verifyWebhook(headers, body, otherKey)],
  ['no id', 'HEADERS_MISSING', () => verifyWebhook({ ...headers, 'webhook-id': '' }, body, key)],
  ['no time', 'HEADERS_MISSING', () => verifyWebhook({ ...headers, 'webhook-timestamp': undefined }, body, key)],
  ['no signature', 'HEADERS_MISSING', () => verifyWebhook({ ...headers, 'webhook-signature': undefined }, body, key)],
  [
    'a header twice',
    'HEADERS_MISSING',
    () => verifyWebhook({ ...headers, 'webhook-id': ['dlv-1', 'dlv-2'] }, body, key),
  ],
  ['a time in words', 'HEADERS_MISSING', () => verifyWebhook({ ...headers, 'webhook-timestamp': 'now' }, body, key)],
  ['a time with a sign', 'HEADERS_MISSING', () => verifyWebhook({ ...headers, 'webhook-timestamp': '-1' }, body, key)],
  [
    'a time in hexadecimal',
    'HEADERS_MISSING',
    () => verifyWebhook({ ...headers, 'webhook-timestamp': '0x65' }, body, key),
  ],
  ['no headers', 'HEADERS_MISSING', () => verifyWebhook({}, body, key)],
  ['no secret', 'SECRET_INVALID', () => verifyWebhook(headers, body, [])],
  ['a secret that is none', 'SECRET_INVALID', () => verifyWebhook(headers, body, [key, 'whsec_short'])],
  ['an empty secret', 'SECRET_INVALID', () => verifyWebhook(headers, body, '')],
])('%s is refused: %s', (_, code, work) => {
  expect(refusal(work)).toBe(code);
});

test.each<[string, number, number | undefined, string]>([
  ['now', 0, undefined, 'taken'],
  ['4:59 ago', -299_000, undefined, 'taken'],
  ['5:01 ago', -301_000, undefined, 'TIMESTAMP_OLD'],
  ['a day ago', -86_400_000, undefined, 'TIMESTAMP_OLD'],
  ['4:59 ahead', 299_000, undefined, 'taken'],
  ['5:02 ahead', 302_000, undefined, 'TIMESTAMP_AHEAD'],
  ['a day ahead', 86_400_000, undefined, 'TIMESTAMP_AHEAD'],
  ['a minute ago, of half a minute', -60_000, 30_000, 'TIMESTAMP_OLD'],
  ['an hour ago, of two', -3_600_000, 7_200_000, 'taken'],
])('sent %s', (_, off, tolerance, expected) => {
  const sent = signed([key], { at: now + off });
  expect(refusal(() => verifyWebhook(sent, body, key, { now, ...(tolerance && { tolerance }) }))).toBe(expected);
});

test.each([
  '',
  'x',
  '{}',
  '[]',
  'null',
  '1',
  '{"type":"alert.reported"}',
  '{"specversion":"1.0"}',
  `${body.toString()}x`,
])('what is signed and yet no payload of ours is refused: %j', (text) => {
  const sent = Buffer.from(text);
  expect(refusal(() => verifyWebhook(signed([key], { sent }), sent, key))).toBe('PAYLOAD_INVALID');
});

test('another version is refused, more fields are not', () => {
  const changed = (from: string, to: string): Buffer => Buffer.from(body.toString().replace(from, to));
  const second = changed('"version":1', '"version":2');
  expect(refusal(() => verifyWebhook(signed([key], { sent: second }), second, key))).toBe('PAYLOAD_INVALID');
  const more = changed('"version":1', '"version":1,"new":{"a":1}');
  expect(refusal(() => verifyWebhook(signed([key], { sent: more }), more, key))).toBe('taken');
});

test('whatever is changed in what was sent, it is refused', () => {
  fc.assert(
    fc.property(fc.nat(body.length - 1), fc.integer({ min: 1, max: 255 }), (place, by) => {
      const changed = Buffer.from(body);
      changed[place] = (changed[place] ?? 0) ^ by;
      expect(refusal(() => verifyWebhook(headers, changed, key))).toBe('SIGNATURE_WRONG');
    }),
  );
});

test('no refusal holds anything of the request', () => {
  try {
    verifyWebhook({ ...headers, 'webhook-id': 'canary-id' }, 'canary-body', key);
  } catch (error) {
    const shown = `${String(error)} ${JSON.stringify(error)} ${(error as Error).stack}`;
    expect(shown).not.toMatch(/canary-(?:id|body)/);
    expect(shown).not.toContain(key);
  }
});

test.each<[string, string, RegExp | undefined]>([
  ['24 bytes', `whsec_${Buffer.alloc(24, 1).toString('base64')}`, undefined],
  ['32 bytes', key, undefined],
  ['64 bytes', `whsec_${Buffer.alloc(64, 1).toString('base64')}`, undefined],
  ['23 bytes', `whsec_${Buffer.alloc(23, 1).toString('base64')}`, /24 to 64/],
  ['65 bytes', `whsec_${Buffer.alloc(65, 1).toString('base64')}`, /24 to 64/],
  ['no prefix', Buffer.alloc(32, 1).toString('base64'), /begin/],
  ['another prefix', `whsk_${Buffer.alloc(32, 1).toString('base64')}`, /begin/],
  ['no base64', `whsec_${'!'.repeat(40)}`, /base64/],
  ['base64 for URLs', `whsec_${Buffer.alloc(32, 255).toString('base64url')}`, /base64/],
  ['no padding', key.replaceAll('=', ''), /base64/],
  ['a line end', `${key}\n`, /base64/],
  ['nothing but the prefix', 'whsec_', /24 to 64/],
])('a secret of %s', (_, text, fault) => {
  const said = secretFault(new Secret(text));
  if (fault) expect(said).toMatch(fault);
  else expect(said).toBeUndefined();
});
