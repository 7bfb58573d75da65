import { request } from 'node:http';
import { afterEach, expect, test } from '@jest/globals';
import { waitFor } from '@therapytrain/alerts-testkit';
import { namedWait, type PeerBehaviour } from '../src/channel-checks/subject.ts';
import { type HttpPeer, type HttpPeerOptions, startHttpPeer } from '../src/peers/http-peer.ts';

const peers: HttpPeer[] = [];
afterEach(async () => {
  for (const peer of peers.splice(0)) await peer.stop();
});

const started = async (options?: HttpPeerOptions): Promise<HttpPeer> => {
  const peer = await startHttpPeer(options);
  peers.push(peer);
  return peer;
};

interface Ended {
  readonly status?: number | undefined;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly length: number;
  readonly error?: string;
}

const body = JSON.stringify({ dedup_key: 'key-7', text: 'a\u00e9', deep: [{ count: 3 }] });

/** Posts by hand, and gives up after the span. */
const post = ({ url }: HttpPeer, { method = 'POST', span = 300 } = {}): Promise<Ended> =>
  new Promise((resolve) => {
    const signal = AbortSignal.timeout(span);
    let seen: Ended = { headers: {}, length: 0 };
    const fail = (error: NodeJS.ErrnoException): void => resolve({ ...seen, error: error.code ?? error.name });
    const sent = request(url, { method, signal, agent: false, headers: { 'webhook-id': 'id-1' } }, (reply) => {
      seen = { ...seen, status: reply.statusCode, headers: reply.headers };
      reply.on('data', (chunk: Buffer) => (seen = { ...seen, length: seen.length + chunk.length }));
      reply.on('end', () => resolve(seen)).on('error', fail);
    });
    sent.on('error', fail);
    sent.end(method === 'POST' ? body : undefined);
  });

test.each<[PeerBehaviour, number]>([
  ['accept', 200],
  ['throttle', 429],
  ['throttle-after', 429],
  ['throttle-until', 429],
  ['fail', 500],
  ['refuse', 400],
  ['unauthorised', 401],
  ['forbidden', 403],
  ['unknown-target', 404],
  ['gone', 410],
  ['too-large', 413],
  ['redirect', 307],
])('%s is status %s, and is recorded', async (behaviour, status) => {
  const peer = await started();
  peer.behave(behaviour);
  const ended = await post(peer);
  expect(ended.status).toBe(status);
  expect(peer.arrivals()).toHaveLength(1);
  expect(peer.attempts()).toBe(1);
  expect((await post(peer, { method: 'OPTIONS' })).status).toBe(status);
  expect(peer.attempts()).toBe(1);
});

test('a wait is named in seconds or by a date, which is so far from the date of the reply', async () => {
  const peer = await started();
  peer.behave('throttle-after');
  expect((await post(peer)).headers['retry-after']).toBe(String(namedWait / 1_000));
  peer.behave('throttle-until');
  const { headers } = await post(peer);
  expect(Date.parse(String(headers['retry-after'])) - Date.parse(String(headers.date))).toBe(namedWait);
});

test('an arrival is what came, byte for byte and as it is read', async () => {
  const peer = await started({ path: '/a?b=c' });
  await post(peer);
  const [arrival] = peer.arrivals();
  expect(arrival?.raw).toMatch(/^POST \/a\?b=c HTTP\/1\.1\r\n/);
  expect(arrival?.raw).toContain('webhook-id: id-1\r\n');
  expect(arrival?.raw.endsWith(Buffer.from(body).toString('latin1'))).toBe(true);
  expect(arrival?.text).toBe('/a?b=c\nkey-7\na\u00e9\n3');
  expect(arrival?.id).toBe('id-1');
});

test('a notice can be named by its body', async () => {
  const idOf = (_: unknown, json: unknown): string => (json as { dedup_key: string }).dedup_key;
  const peer = await started({ idOf, accepted: 202, answer: '{}' });
  expect(await post(peer)).toMatchObject({ status: 202, length: 2 });
  expect(peer.arrivals()[0]?.id).toBe('key-7');
});

test.each<[PeerBehaviour, number, RegExp]>([
  ['hang-at-once', 0, /ABORT/i],
  ['hang-after', 1, /ABORT/i],
  ['cut-at-once', 0, /ECONNRESET|EPIPE/],
  ['cut-after', 1, /ECONNRESET/],
  ['garbage', 1, /^HPE_/],
])('%s gives no answer, with %s arrivals', async (behaviour, arrivals, error) => {
  const peer = await started();
  peer.behave(behaviour);
  expect((await post(peer)).error).toMatch(error);
  expect(peer.arrivals()).toHaveLength(arrivals);
});

test('drip answers without end, from the body or from the headers on', async () => {
  const inBody = await started();
  inBody.behave('drip');
  expect(await post(inBody)).toMatchObject({ status: 200, error: expect.stringMatching(/abort/i) });
  const inHeaders = await started({ drips: 'headers' });
  inHeaders.behave('drip');
  expect(await post(inHeaders)).toMatchObject({ length: 0, error: expect.stringMatching(/abort/i) });
});

test('oversized answers with 16 MiB, and no end', async () => {
  const peer = await started();
  peer.behave('oversized');
  const { status, length, error } = await post(peer, { span: 3_000 });
  expect(status).toBe(200);
  expect(length).toBe(16 * 1024 * 1024);
  expect(error).toMatch(/abort/i);
});

test('it can do all that an endpoint can, counts connections, and is dead when it is stopped', async () => {
  const peer = await started();
  expect(peer.has.size).toBe(19);
  expect(peer.has.has('partial')).toBe(false);
  peer.behave('hang-after');
  const hanging = post(peer, { span: 10_000 });
  await waitFor(() => peer.arrivals().length === 1);
  expect(peer.connections()).toBe(1);
  await peer.stop();
  await peer.stop();
  expect((await hanging).error).toBe('ECONNRESET');
  expect(peer.connections()).toBe(0);
  expect((await post(peer)).error).toBe('ECONNREFUSED');
});
