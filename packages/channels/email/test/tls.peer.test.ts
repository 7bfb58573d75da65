import { afterEach, expect, test } from '@jest/globals';
import { createTestCertificate } from '@therapytrain/alerts-testkit';
import { attemptOf, channelOn, notice, peerOf, stopAll } from './support/subject.ts';

afterEach(stopAll);

const never = new AbortController().signal;

test('TLS from the start', async () => {
  const peer = await peerOf({ tls: 'implicit' });
  const channel = channelOn(peer, { secure: true });
  expect(await channel.check(never)).toEqual({ kind: 'done', proof: 'connected with TLS; signed in' });
  expect(await channel.deliver(notice, attemptOf())).toMatchObject({ kind: 'done' });
});

test('a server without TLS gets neither password nor mail', async () => {
  const peer = await peerOf({ tls: 'none' });
  const channel = channelOn(peer);
  expect(await channel.deliver(notice, attemptOf())).toMatchObject({ kind: 'misconfigured', reason: 'insecure' });
  expect(await channel.check(never)).toMatchObject({ kind: 'misconfigured', reason: 'insecure' });
  expect(peer.reached('auth')).toBe(0);
  expect(peer.arrivals()).toHaveLength(0);
});

test('a server of an authority that nobody knows gets neither, whatever the environment says', async () => {
  process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
  try {
    for (const tls of ['starttls', 'implicit'] as const) {
      const peer = await peerOf({ tls });
      const channel = channelOn(peer, { tls: {}, secure: tls === 'implicit' });
      expect(await channel.deliver(notice, attemptOf())).toMatchObject({ kind: 'misconfigured', reason: 'insecure' });
      expect(await channel.check(never)).toMatchObject({ kind: 'misconfigured', reason: 'insecure' });
      expect(peer.reached('auth')).toBe(0);
    }
  } finally {
    delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
  }
});

test('the certificate must bear the name of the host, or the one that is given', async () => {
  const certificate = createTestCertificate({ names: ['mail.clinic.test'] });
  const peer = await peerOf({ certificate });
  const tls = { ca: certificate.cert };
  const other = channelOn(peer, { tls });
  expect(await other.deliver(notice, attemptOf())).toMatchObject({ kind: 'misconfigured', reason: 'insecure' });
  const named = channelOn(peer, { tls: { ...tls, servername: 'mail.clinic.test' } });
  expect(await named.deliver(notice, attemptOf())).toMatchObject({ kind: 'done' });
});

test('a port of the other sort is told', async () => {
  const plain = channelOn(await peerOf(), { secure: true });
  expect(await plain.deliver(notice, attemptOf())).toMatchObject({ kind: 'misconfigured', reason: 'insecure' });
  const implicit = channelOn(await peerOf({ tls: 'implicit' }), { timeout: '600ms' });
  expect(await implicit.deliver(notice, attemptOf())).toMatchObject({ kind: 'retry', reason: 'timed_out' });
});

test('without TLS only where nobody signs in', async () => {
  const peer = await peerOf({ tls: 'none', auth: false });
  const channel = channelOn(peer, { tls: { required: false }, user: undefined, pass: undefined });
  expect(await channel.check(never)).toEqual({ kind: 'done', proof: 'connected' });
  expect(await channel.deliver(notice, attemptOf())).toMatchObject({ kind: 'done' });
});

test('a server that offers no signing in is told', async () => {
  const channel = channelOn(await peerOf({ auth: false }));
  expect(await channel.deliver(notice, attemptOf())).toMatchObject({ kind: 'misconfigured', reason: 'bad_options' });
});

test('a wrong password is told, and tried once', async () => {
  const peer = await peerOf();
  const channel = channelOn(peer, { pass: 'not the password' });
  expect(await channel.deliver(notice, attemptOf())).toMatchObject({ kind: 'misconfigured', reason: 'credentials' });
  expect(peer.reached('auth')).toBe(1);
});
