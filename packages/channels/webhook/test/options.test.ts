import { inspect } from 'node:util';
import { expect, test } from '@jest/globals';
import { AlertError } from '@therapytrain/alerts-core';
import { parseOptions, Secret } from '@therapytrain/alerts-core/channel';
import { openWebhook, webhook, type WebhookOptions } from '@therapytrain/alerts-channel-webhook';
import { key, otherKey } from './support/open.ts';

const url = 'https://hooks.clinic.test/canary-path';
const faultsOf = (options: unknown): readonly string[] => {
  try {
    parseOptions(webhook.options, options);
    return [];
  } catch (error) {
    if (!(error instanceof AlertError)) throw error;
    for (const secret of ['canary', key.slice(6)]) expect(inspect(error, { depth: null })).not.toContain(secret);
    return error.violations.map(({ field, rule }) => `${field}: ${rule}`);
  }
};

test.each<[string, unknown]>([
  ['a URL and a secret', { url, secret: key }],
  ['hidden ones', { url: new Secret(url), secret: new Secret(key) }],
  ['several secrets', { url, secret: [key, new Secret(otherKey)] }],
  ['no signature, in so many words', { url, unsigned: true }],
  ['headers', { url, secret: key, headers: { Authorization: 'Bearer a.b', 'X-Team': 'security team' } }],
  ['everything', { url, secret: key, timeout: '2m', clearance: 'HEALTH', format: 'cloudevents', detail: 'full' }],
  [
    'an internal hook',
    { url: 'http://10.0.0.5:9000/', secret: key, allow: { cidrs: ['10.0.0.0/8'], ports: [9000], plaintext: true } },
  ],
  ['the port 8443', { url: 'https://hooks.clinic.test:8443/', secret: key }],
])('%s can be set', (_, options) => {
  expect(faultsOf(options)).toEqual([]);
});

test('what is not set is safe', () => {
  expect(parseOptions(webhook.options, { url, secret: key })).toMatchObject({
    unsigned: false,
    headers: {},
    timeout: 10_000,
    clearance: 2,
    format: 'standard',
    detail: 'thin',
    allow: { cidrs: [], ports: [], plaintext: false },
  });
});

const header = (name: string, value: string) => ({ url, secret: key, headers: { [name]: value } });

test.each<[string, unknown, string]>([
  ['nothing', {}, 'url: is not a secret'],
  ['no secret', { url }, 'secret: is not there: give one, or say `unsigned: true`'],
  ['a secret, and no signature', { url, secret: key, unsigned: true }, 'unsigned: is true, but there is a secret'],
  ['an empty list of secrets', { url, secret: [] }, 'secret: is not a secret, or 1 to 4 of them'],
  ['five secrets', { url, secret: Array(5).fill(key) }, 'secret: is not a secret, or 1 to 4 of them'],
  ['a secret that is too short', { url, secret: 'whsec_Y2FuYXJ5' }, 'secret: is not of 24 to 64 bytes'],
  ['a secret without its prefix', { url, secret: 'canary' }, 'secret: does not begin with whsec_'],
  ['a second secret that is none', { url, secret: [key, 'canary'] }, 'secret.1: does not begin with whsec_'],
  ['an option that is none', { url, secret: key, retries: 3 }, 'retries: is not an option'],
  ['no URL', { url: 'canary', secret: key }, 'url: is not a URL'],
  ['http', { url: 'http://canary.test/', secret: key }, 'url: is not https'],
  ['a name in the URL', { url: 'https://canary@hooks.test/', secret: key }, 'url: has a user name or a password in it'],
  ['another port', { url: 'https://canary.test:9000/', secret: key }, 'url: has a port that is not allowed'],
  ['an address inside', { url: 'https://127.0.0.1/canary', secret: key }, 'url: is a loopback address'],
  [
    'http to the world',
    { url: 'http://8.8.8.8/', secret: key, allow: { plaintext: true, ports: [80] } },
    'url: is not in a range that may be called without TLS',
  ],
  [
    'a range that is none',
    { url, secret: key, allow: { cidrs: ['10.0.0.0'] } },
    'allow.cidrs.0: is not a range of addresses such as 10.1.0.0/16',
  ],
  [
    'a time without a unit',
    { url, secret: key, timeout: '10' },
    'timeout: is not a whole number with a unit (ms, s, m, h, d), such as 30s',
  ],
  ['no time', { url, secret: key, timeout: '0s' }, 'timeout: is not from 50ms to 2m'],
  ['a long time', { url, secret: key, timeout: '1h' }, 'timeout: is not from 50ms to 2m'],
  ['a format', { url, secret: key, format: 'xml' }, 'format: is not one of standard, cloudevents'],
  [
    'a clearance',
    { url, secret: key, clearance: 'SECRET' },
    'clearance: is not one of PUBLIC, INTERNAL, PERSONAL, HEALTH',
  ],
  [
    'our header',
    header('Webhook-Id', 'canary'),
    'headers.Webhook-Id: is a header that the channel or HTTP itself writes',
  ],
  [
    'our signature',
    header('webhook-signature', 'canary'),
    'headers.webhook-signature: is a header that the channel or HTTP itself writes',
  ],
  ['the host', header('Host', 'canary'), 'headers.Host: is a header that the channel or HTTP itself writes'],
  [
    'the length',
    header('Content-Length', '0'),
    'headers.Content-Length: is a header that the channel or HTTP itself writes',
  ],
  [
    'the type',
    header('content-type', 'canary'),
    'headers.content-type: is a header that the channel or HTTP itself writes',
  ],
  [
    'the encoding',
    header('Transfer-Encoding', 'chunked'),
    'headers.Transfer-Encoding: is a header that the channel or HTTP itself writes',
  ],
  [
    'a line end',
    header('x-a', 'a\r\nx-b: canary'),
    'headers.x-a: has a character that no header can have, or a blank at an end',
  ],
  ['a zero', header('x-a', 'canary\0'), 'headers.x-a: has a character that no header can have, or a blank at an end'],
  [
    'a letter that is not ASCII',
    header('x-a', 'canary é'),
    'headers.x-a: has a character that no header can have, or a blank at an end',
  ],
  ['a name that is none', header('x a', 'canary'), 'headers.x a: has a name that no header can have'],
  ['a long value', header('x-a', 'x'.repeat(8_193)), 'headers.x-a: is longer than 8192'],
  [
    'a header twice',
    { url, secret: key, headers: { 'X-A': 'canary', 'x-a': 'canary' } },
    'headers.x-a: is there twice',
  ],
])('%s is refused', (_, options, fault) => {
  expect(faultsOf(options)).toContain(fault);
});

test('every fault is reported at once', () => {
  const faults = faultsOf({ url: 'http://x.test/', secret: 'canary', headers: { host: 'canary' } });
  expect(faults.map((fault) => fault.split(':')[0])).toEqual(['url', 'secret', 'headers.host']);
});

test('every option says what it is', () => {
  for (const [name, schema] of Object.entries(webhook.options.shape)) {
    expect([name, schema.description ?? '']).toEqual([name, expect.stringMatching(/^.{20,}\.$/)]);
  }
});

test('no secret is seen in what is parsed', () => {
  const options: WebhookOptions = { url, secret: key, headers: { authorization: 'canary' } };
  const parsed = parseOptions(webhook.options, options);
  for (const shown of [inspect(parsed, { depth: null, showHidden: true }), JSON.stringify(parsed)]) {
    for (const secret of ['canary', key]) expect(shown).not.toContain(secret);
  }
  expect(() => openWebhook({ ...options, url: 'http://canary.test/' })).toThrow('url: is not https');
});
