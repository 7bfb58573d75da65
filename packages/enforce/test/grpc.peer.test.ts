import { expect, test } from '@jest/globals';
import { enforceGrpc, peerAddress } from '@therapytrain/alerts-enforce/grpc';
import { Client, credentials, Metadata, Server, ServerCredentials, type ServiceError, status } from '@grpc/grpc-js';
import { after, openWorld } from './support.ts';

const path = '/test.Notes/Get';
const identity = (bytes: Buffer): Buffer => bytes;

/** A real server with one method that answers what it is sent, and how to call it. */
const open = async (host = '127.0.0.1') => {
  const world = openWorld();
  let handled = 0;
  const text = (metadata: Metadata, key: string): string | undefined => metadata.get(key)[0]?.toString();
  const server = new Server({
    interceptors: [
      enforceGrpc({
        decisions: world.cache,
        user: ({ metadata }) => text(metadata, 'user'),
        sessionStartedAt: ({ metadata }) => Number(text(metadata, 'began') ?? 0),
        resource: (call) => call.path,
      }),
    ],
  });
  server.addService(
    {
      get: {
        ...{ path, requestStream: false, responseStream: false },
        ...{ requestSerialize: identity, requestDeserialize: identity },
        ...{ responseSerialize: identity, responseDeserialize: identity },
      },
    },
    {
      get: (call: { request: Buffer }, callback: (error: null, answer: Buffer) => void) => {
        handled++;
        callback(null, call.request);
      },
    },
  );
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync(`${host}:0`, ServerCredentials.createInsecure(), (error, taken) =>
      error ? reject(error) : resolve(taken),
    ),
  );
  const client = new Client(`${host}:${port}`, credentials.createInsecure());
  after(() => {
    client.close();
    server.forceShutdown();
  });
  const call = (said: Record<string, string> = {}) =>
    new Promise<{ code: status; reason?: string; retryAfter?: string }>((resolve) => {
      const metadata = new Metadata();
      for (const [key, value] of Object.entries(said)) metadata.set(key, value);
      client.makeUnaryRequest(
        path,
        identity,
        identity,
        Buffer.from('hello'),
        metadata,
        (error: ServiceError | null) => {
          if (!error) return resolve({ code: status.OK });
          const reason = error.metadata.get('alerts-refusal')[0]?.toString();
          const retryAfter = error.metadata.get('retry-after')[0]?.toString();
          resolve({
            code: error.code,
            ...(reason !== undefined && { reason }),
            ...(retryAfter !== undefined && { retryAfter }),
          });
        },
      );
    });
  return { ...world, call, handled: () => handled };
};

test('a blocked address is refused before the handler hears of it, and let in again when it is over', async () => {
  const { call, decide, end, handled } = await open();
  expect(await call()).toEqual({ code: status.OK });
  const id = await decide({ kind: 'block_address' });
  expect(await call()).toEqual({ code: status.PERMISSION_DENIED, reason: 'address_blocked' });
  expect(handled()).toBe(1);
  await end(id);
  expect(await call()).toEqual({ code: status.OK });
});

test('an address of IPv6 is known too', async () => {
  const { call, decide } = await open('[::1]');
  await decide({ kind: 'block_address', target: '::1' });
  expect(await call()).toEqual({ code: status.PERMISSION_DENIED, reason: 'address_blocked' });
});

test('a throttled address is refused beyond its limit, and told when to come again', async () => {
  const { call, decide } = await open();
  await decide({ kind: 'throttle_address', perMinute: 1 });
  expect(await call()).toEqual({ code: status.OK });
  const refused = { code: status.RESOURCE_EXHAUSTED, reason: 'throttled', retryAfter: expect.stringMatching(/^\d+$/) };
  expect(await call()).toEqual(refused);
});

test('users are locked, their sessions revoked, their access taken, a second factor asked for', async () => {
  const { call, decide } = await open();
  const now = String(Date.now() + 1_000);
  await decide({ kind: 'lock_account', target: 'ann' });
  await decide({ kind: 'revoke_sessions', target: 'bob', from: Date.now() });
  await decide({ kind: 'revoke_access', target: 'cid', resource: path });
  await decide({ kind: 'step_up', target: 'dan' });
  expect(await call({ user: 'ann' })).toEqual({ code: status.PERMISSION_DENIED, reason: 'user_locked' });
  expect(await call({ user: 'bob' })).toEqual({ code: status.UNAUTHENTICATED, reason: 'session_revoked' });
  expect(await call({ user: 'bob', began: now })).toEqual({ code: status.OK });
  expect(await call({ user: 'cid' })).toEqual({ code: status.PERMISSION_DENIED, reason: 'access_revoked' });
  expect(await call({ user: 'dan' })).toEqual({ code: status.UNAUTHENTICATED, reason: 'step_up_required' });
  expect(await call({ user: 'eve' })).toEqual({ code: status.OK });
});

test.each([
  ['192.0.2.7:443', '192.0.2.7'],
  ['::1:443', '::1'],
  ['[2001:db8::1]:443', '2001:db8::1'],
  ['unknown', 'unknown'],
])('the peer %s is at %s', (peer, address) => expect(peerAddress(peer)).toBe(address));
