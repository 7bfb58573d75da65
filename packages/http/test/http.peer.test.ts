import { type AddressInfo, createServer, type Server } from 'node:net';
import { get } from 'node:http';
import { inspect } from 'node:util';
import { afterEach, describe, expect, test } from '@jest/globals';
import {
  createTestCertificate,
  type HttpPeer,
  type PeerBehaviour,
  startHttpPeer,
  waitFor,
} from '@therapytrain/alerts-testkit';
import { createHttp, guardedAgent, type HttpAnswer, type HttpOptions, type Http } from '@therapytrain/alerts-http';
import { startTlsServer } from './support/tls-server.ts';

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

const never = new AbortController().signal;
const loopback = ['127.0.0.1/32'];
const secretPath = '/canary-path-8842';
const secretHeader = 'canary-header-1193';
const secretBody = 'canary-body-5507';

const opened = (options: HttpOptions): Http => {
  const http = createHttp(options);
  stops.push(() => http.close());
  return http;
};

const peerOf = async (options = {}): Promise<HttpPeer> => {
  const peer = await startHttpPeer({ path: secretPath, ...options });
  stops.push(() => peer.stop());
  return peer;
};

const open = (port: number): Http => opened({ allow: { cidrs: loopback, ports: [port], plaintext: true } });

const request = (url: string, more: object = {}) => ({
  url,
  headers: { 'x-token': secretHeader, 'content-type': 'text/plain' },
  body: Buffer.from(secretBody),
  timeout: 400,
  signal: never,
  ...more,
});

/** A server of bytes, for what no HTTP server would say. */
const bytesServer = async (say: string | Buffer, then: 'end' | 'stay' = 'end'): Promise<number> => {
  const server: Server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => (then === 'end' ? socket.end(say) : socket.write(say)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  stops.push(() => new Promise((resolve) => server.close(() => resolve())));
  return (server.address() as AddressInfo).port;
};

const failed = (answer: HttpAnswer) =>
  answer.kind === 'failure' ? `${answer.stage}: ${answer.reason}` : `reply ${answer.status}`;

test('a request arrives byte for byte, once, and the reply comes back', async () => {
  const peer = await peerOf({ answer: 'taken: é' });
  const answer = await open(peer.port).post(request(`${peer.url}?a=b%20c`, { wanted: ['content-type'] }));
  expect(answer).toMatchObject({ kind: 'reply', status: 200, body: 'taken: é', whole: true });
  expect(answer.kind === 'reply' && answer.headers).toEqual({
    'content-type': 'text/plain',
    date: expect.any(String),
  });
  const [arrival] = peer.arrivals();
  expect(peer.arrivals()).toHaveLength(1);
  const [head = '', body] = arrival?.raw.split('\r\n\r\n') ?? [];
  expect(body).toBe(secretBody);
  const lines = head.toLowerCase().split('\r\n');
  expect(lines[0]).toBe(`post ${secretPath}?a=b%20c http/1.1`);
  expect(lines.slice(1).sort()).toEqual(
    [
      'accept-encoding: identity',
      'connection: keep-alive',
      `content-length: ${secretBody.length}`,
      'content-type: text/plain',
      `host: 127.0.0.1:${peer.port}`,
      'user-agent: therapytrain-alerts',
      `x-token: ${secretHeader}`,
    ].sort(),
  );
});

test('a part of a larger buffer is sent, and no more of it', async () => {
  const peer = await peerOf();
  const whole = Buffer.from('before|body|after');
  await open(peer.port).post(request(peer.url, { body: new Uint8Array(whole).subarray(7, 11) }));
  expect(peer.arrivals()[0]?.raw.endsWith('\r\n\r\nbody')).toBe(true);
});

const endings: readonly (readonly [PeerBehaviour, RegExp])[] = [
  ['accept', /^reply 200$/],
  ['throttle', /^reply 429$/],
  ['fail', /^reply 500$/],
  ['refuse', /^reply 400$/],
  ['redirect', /^reply 307$/],
  ['hang-at-once', /^after sending: late$/],
  ['hang-after', /^after sending: late$/],
  ['cut-at-once', /^(after sending: lost|before sending: unreachable)$/],
  ['cut-after', /^after sending: lost$/],
  ['garbage', /^after sending: unreadable$/],
  ['oversized', /^reply 200$/],
  ['drip', /^reply 200$/],
];

test.each(endings)('a peer that is to %s ends it as %s', async (behaviour, ending) => {
  const peer = await peerOf();
  peer.behave(behaviour);
  expect(failed(await open(peer.port).post(request(peer.url)))).toMatch(ending);
  expect(peer.attempts()).toBeLessThanOrEqual(1);
});

test('no answer holds anything of the request, and the objects of axios stay inside', async () => {
  const peer = await peerOf();
  const answers: HttpAnswer[] = [];
  const http = open(peer.port);
  for (const behaviour of peer.has) {
    peer.behave(behaviour);
    answers.push(await http.post(request(peer.url)));
  }
  await peer.stop();
  answers.push(await http.post(request(peer.url)));
  answers.push(await http.post(request(`https://user:word@hooks.test${secretPath}`)));
  for (const answer of answers) {
    const shown = inspect(answer, { depth: null, showHidden: true });
    for (const secret of [secretPath, secretHeader, secretBody, '127.0.0.1']) expect(shown).not.toContain(secret);
    expect(Object.getPrototypeOf(answer)).toBe(Object.prototype);
  }
});

test('no more of a body is read than asked for', async () => {
  const peer = await peerOf({ answer: 'x'.repeat(3_000) });
  const http = open(peer.port);
  expect(await http.post(request(peer.url, { maxReply: 3_000 }))).toMatchObject({ whole: true });
  const cut = await http.post(request(peer.url, { maxReply: 2_999 }));
  expect(cut).toMatchObject({ kind: 'reply', status: 200, whole: false });
  peer.behave('oversized');
  const large = await http.post(request(peer.url, { timeout: 5_000 }));
  expect(large).toMatchObject({ status: 200, whole: false });
  expect(large.kind === 'reply' && large.body.length).toBeLessThanOrEqual(64 * 1024);
  await waitFor(() => peer.connections() === 0, { what: 'the connection to be dropped' });
});

test('a compressed reply is not unpacked', async () => {
  const gzip = Buffer.from('1f8b0800000000000003', 'hex');
  const head = `HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: ${gzip.length}\r\n\r\n`;
  const port = await bytesServer(Buffer.concat([Buffer.from(head), gzip]));
  const answer = await open(port).post(request(`http://127.0.0.1:${port}/`));
  expect(answer).toMatchObject({ status: 200, whole: true });
});

test.each([
  ['another protocol', '220 mail.test ESMTP\r\n', 'after sending: unreadable'],
  ['headers without end', `HTTP/1.1 200 OK\r\nx: ${'x'.repeat(80_000)}`, 'after sending: unreadable'],
  ['half a status', 'HTTP/1.1 2', 'after sending: lost'],
  ['two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab', 'after sending: unreadable'],
  [
    'a switch of protocols',
    'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n',
    'after sending: late',
  ],
  ['only interim replies', 'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(50), 'after sending: lost'],
])('%s instead of a reply', async (_, bytes, ending) => {
  const port = await bytesServer(bytes);
  expect(failed(await open(port).post(request(`http://127.0.0.1:${port}/`)))).toBe(ending);
});

test.each([
  ['headers', 'HTTP/1.1 200 OK\r\nx-slow: '],
  ['interim replies', 'HTTP/1.1 100 Continue\r\n\r\n'],
])('%s that never end are waited for no longer than the deadline', async (_, bytes) => {
  const port = await bytesServer(bytes, 'stay');
  const began = performance.now();
  const http = open(port);
  expect(failed(await http.post(request(`http://127.0.0.1:${port}/`)))).toBe('after sending: late');
  expect(performance.now() - began).toBeGreaterThan(390);
  await http.close();
});

test('headers that drip are not yet a reply; a body that drips takes nothing from the status', async () => {
  const headers = await peerOf({ drips: 'headers' });
  headers.behave('drip');
  expect(failed(await open(headers.port).post(request(headers.url)))).toBe('after sending: late');
  const body = await peerOf();
  body.behave('drip');
  expect(await open(body.port).post(request(body.url))).toMatchObject({ status: 200, whole: false });
});

describe('what cannot be sent', () => {
  test.each([
    ['a line end in a value', { 'x-a': 'a\r\nx-b: c' }],
    ['a name with a blank', { 'x a': 'a' }],
    ['a letter that is not ASCII', { 'x-a': 'é' }],
    ['a blank at the end', { 'x-a': 'a ' }],
    ['no name', { '': 'a' }],
  ])('%s in a header', async (_, headers) => {
    const peer = await peerOf();
    expect(failed(await open(peer.port).post(request(peer.url, { headers })))).toBe('before sending: unsendable');
    expect(peer.attempts()).toBe(0);
  });

  test('a body over the bound', async () => {
    const peer = await peerOf();
    const allow = { cidrs: loopback, ports: [peer.port], plaintext: true };
    const http = opened({ allow, maxBody: 10 });
    expect(failed(await http.post(request(peer.url, { body: Buffer.alloc(11) })))).toBe('before sending: too_large');
    expect(failed(await http.post(request(peer.url, { body: Buffer.alloc(10) })))).toBe('reply 200');
  });
});

describe('the deadline and the signal', () => {
  test('bound a name that is never resolved', async () => {
    const http = opened({ resolve: () => new Promise(() => undefined) });
    expect(failed(await http.post(request('https://hooks.test/')))).toBe('before sending: late');
    const giving = new AbortController();
    const answer = http.post(request('https://hooks.test/', { timeout: 60_000, signal: giving.signal }));
    giving.abort();
    expect(failed(await answer)).toBe('before sending: cancelled');
  });

  test('bound a TLS handshake that is never answered', async () => {
    const port = await bytesServer('', 'stay');
    const http = opened({ allow: { cidrs: loopback, ports: [port] } });
    expect(failed(await http.post(request(`https://127.0.0.1:${port}/`)))).toBe('before sending: late');
    await http.close();
  });

  test('bound the wait for a free connection', async () => {
    const peer = await peerOf();
    peer.behave('hang-after');
    const allow = { cidrs: loopback, ports: [peer.port], plaintext: true };
    const http = opened({ allow, connections: 1 });
    const first = http.post(request(peer.url, { timeout: 2_000 }));
    await waitFor(() => peer.arrivals().length === 1);
    expect(failed(await http.post(request(peer.url, { timeout: 100 })))).toBe('before sending: late');
    expect(failed(await first)).toBe('after sending: late');
    peer.behave('accept');
    expect(failed(await http.post(request(peer.url)))).toBe('reply 200');
    expect(peer.attempts()).toBe(2);
  });

  test('end a request that is given up, before and after it was sent', async () => {
    const peer = await peerOf();
    const http = open(peer.port);
    expect(failed(await http.post(request(peer.url, { signal: AbortSignal.abort() })))).toBe(
      'before sending: cancelled',
    );
    peer.behave('hang-after');
    const giving = new AbortController();
    const answer = http.post(request(peer.url, { timeout: 60_000, signal: giving.signal }));
    await waitFor(() => peer.arrivals().length === 1);
    giving.abort();
    expect(failed(await answer)).toBe('after sending: cancelled');
    await waitFor(() => peer.connections() === 0, { what: 'the connection to end' });
  });

  test('close ends what is under way, and nothing begins after it', async () => {
    const peer = await peerOf();
    peer.behave('hang-after');
    const http = open(peer.port);
    const busy = http.post(request(peer.url, { timeout: 60_000 }));
    await waitFor(() => peer.arrivals().length === 1);
    await http.close();
    await http.close();
    expect(failed(await busy)).toBe('after sending: cancelled');
    expect(failed(await http.post(request(peer.url)))).toBe('before sending: cancelled');
    expect(peer.attempts()).toBe(1);
    await waitFor(() => peer.connections() === 0, { what: 'the connections to end' });
  });
});

describe('connections', () => {
  test('are kept for the next request, and are no more than allowed', async () => {
    const peer = await peerOf();
    const allow = { cidrs: loopback, ports: [peer.port], plaintext: true };
    const http = opened({ allow, connections: 3 });
    let most = 0;
    const watch = async () => {
      const answer = await http.post(request(peer.url, { timeout: 5_000 }));
      most = Math.max(most, peer.connections());
      return answer;
    };
    const answers = await Promise.all(Array.from({ length: 30 }, watch));
    expect(answers.map(failed)).toEqual(Array.from({ length: 30 }, () => 'reply 200'));
    expect(most).toBeLessThanOrEqual(3);
  });

  test('that were kept count as sent on at once', async () => {
    const peer = await peerOf();
    const http = open(peer.port);
    await http.post(request(peer.url));
    peer.behave('cut-after');
    expect(failed(await http.post(request(peer.url)))).toBe('after sending: lost');
  });

  test('a port where nobody listens', async () => {
    const peer = await peerOf();
    await peer.stop();
    expect(await open(peer.port).post(request(peer.url))).toMatchObject({
      reason: 'unreachable',
      stage: 'before sending',
      detail: 'ECONNREFUSED',
    });
  });

  test('a name that has no address', async () => {
    const none = Object.assign(new Error('getaddrinfo ENOTFOUND hooks.test'), { code: 'ENOTFOUND' });
    const missing = opened({ resolve: () => Promise.reject(none) });
    expect(await missing.post(request('https://hooks.test/'))).toMatchObject({
      reason: 'unresolved',
      detail: 'ENOTFOUND',
    });
    const empty = opened({ resolve: () => Promise.resolve([]) });
    expect(await empty.post(request('https://hooks.test/'))).toMatchObject({ reason: 'unresolved' });
  });
});

describe('TLS', () => {
  const local = () => Promise.resolve([{ address: '127.0.0.1', family: 4 }]);

  test('is with the name, though the connection is made to the checked address', async () => {
    const certificate = createTestCertificate({ names: ['hooks.test'] });
    const server = await startTlsServer(certificate);
    stops.push(server.stop);
    const allow = { cidrs: loopback, ports: [server.port] };
    const http = opened({ allow, resolve: local, ca: certificate.cert });
    expect(failed(await http.post(request(`https://hooks.test:${server.port}/`)))).toBe('reply 200');
    expect(server.asked).toEqual({ names: ['hooks.test'], hosts: [`hooks.test:${server.port}`] });
  });

  test.each([
    ['a certificate that nobody vouches for', ['hooks.test'], false, /^DEPTH_ZERO_SELF_SIGNED_CERT$/],
    ['a certificate of another name', ['other.test'], true, /^ERR_TLS_CERT_ALTNAME_INVALID$/],
  ])('%s ends it before anything is sent', async (_, names, trusted, detail) => {
    const certificate = createTestCertificate({ names });
    const server = await startTlsServer(certificate);
    stops.push(server.stop);
    const allow = { cidrs: loopback, ports: [server.port] };
    const http = opened({ allow, resolve: local, ...(trusted && { ca: certificate.cert }) });
    const answer = await http.post(request(`https://hooks.test:${server.port}/`));
    expect(answer).toMatchObject({
      reason: 'insecure',
      stage: 'before sending',
      detail: expect.stringMatching(detail),
    });
    expect(server.asked.hosts).toEqual([]);
  });

  test('a certificate that ran out', async () => {
    const certificate = createTestCertificate({ names: ['hooks.test'], at: Date.UTC(2020, 0, 1) });
    const server = await startTlsServer(certificate);
    stops.push(server.stop);
    const http = opened({ allow: { cidrs: loopback, ports: [server.port] }, resolve: local, ca: certificate.cert });
    expect(await http.post(request(`https://hooks.test:${server.port}/`))).toMatchObject({ reason: 'insecure' });
  });

  test('a peer without TLS', async () => {
    const peer = await peerOf();
    const http = opened({ allow: { cidrs: loopback, ports: [peer.port] } });
    expect(await http.post(request(`https://127.0.0.1:${peer.port}/`))).toMatchObject({
      reason: expect.stringMatching(/insecure|unreachable/),
      stage: 'before sending',
    });
    expect(peer.arrivals()).toEqual([]);
  });
});

describe('the probe', () => {
  test('asks with OPTIONS and no body, and is no notice', async () => {
    const peer = await peerOf();
    const http = open(peer.port);
    expect(await http.probe({ url: peer.url, timeout: 400, signal: never })).toMatchObject({
      kind: 'reply',
      status: 200,
    });
    expect(peer.attempts()).toBe(0);
    peer.behave('unauthorised');
    expect(await http.probe({ url: peer.url, timeout: 400, signal: never })).toMatchObject({ status: 401 });
  });
});

describe('the agent, for libraries that take one', () => {
  const asked = (agent: ReturnType<typeof guardedAgent<'http:'>>, url: string) =>
    new Promise<string>((resolve) => {
      const sent = get(url, { agent }, (reply) => {
        reply.resume();
        resolve(`reply ${reply.statusCode}`);
      });
      sent.on('error', (error: NodeJS.ErrnoException) => resolve(`${error.code}: ${error.message}`));
    });

  test('lets through what is allowed, and tells what is not by a code', async () => {
    const peer = await peerOf();
    const agent = guardedAgent('http:', { allow: { cidrs: loopback, ports: [peer.port], plaintext: true } });
    expect(await asked(agent, peer.url)).toBe('reply 200');
    agent.destroy();
    const strict = guardedAgent('http:', { allow: { ports: [peer.port], plaintext: true } });
    expect(await asked(strict, peer.url)).toBe('ERR_UNSAFE_ADDRESS: the address is a loopback address');
    expect(await asked(strict, peer.url.replace('127.0.0.1', 'localhost'))).toMatch(
      /^ERR_UNSAFE_ADDRESS: the address is/,
    );
    const other = guardedAgent('http:', { allow: { cidrs: loopback, plaintext: true } });
    expect(await asked(other, peer.url)).toMatch(/^ERR_UNSAFE_ADDRESS: the address has a port/);
    expect(await asked(guardedAgent('http:'), peer.url)).toBe('ERR_UNSAFE_ADDRESS: the address is not https');
  });

  test('opens no Unix socket', async () => {
    const agent = guardedAgent('http:', { allow: { cidrs: loopback, ports: [80], plaintext: true } });
    const ended = await new Promise((resolve) => {
      get({ agent, socketPath: '/nowhere/docker.sock', path: '/' }).on('error', resolve);
    });
    expect(ended).toMatchObject({ code: 'ERR_UNSAFE_ADDRESS' });
  });
});
