import { afterEach, describe, expect, test } from '@jest/globals';
import { type sendUnaryData, Server, ServerCredentials, type ServerUnaryCall } from '@grpc/grpc-js';
import { createTestCertificate } from '@therapytrain/alerts-testkit';
import { type AlertClientOptions, createAlertClient } from '../src/index.ts';
import type { AlertClientParts } from '../src/parts.ts';

const identity = (bytes: Buffer): Buffer => bytes;
const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** A server that answers `WhoAmI` with nothing, and remembers what it was told of the caller. */
const startServer = async (secured = ServerCredentials.createInsecure()) => {
  const told: (readonly string[])[] = [];
  const server = new Server();
  const method = {
    ...{ path: '/therapytrain.alerts.v1.IdentityService/WhoAmI', requestStream: false, responseStream: false },
    ...{ requestSerialize: identity, requestDeserialize: identity },
    ...{ responseSerialize: identity, responseDeserialize: identity },
  };
  server.addService(
    { whoAmI: method },
    {
      whoAmI: (call: ServerUnaryCall<Buffer, Buffer>, done: sendUnaryData<Buffer>) => {
        told.push(call.metadata.get('authorization').map(String));
        // WhoAmIResponse with the proof `token`.
        done(null, Buffer.of(4 * 8, 2));
      },
    },
  );
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('localhost:0', secured, (error, bound) => (error ? reject(error) : resolve(bound))),
  );
  closing.push(() => server.forceShutdown());
  return { told, address: `localhost:${port}` };
};

const clientOf = (options: AlertClientOptions, parts?: AlertClientParts) => {
  const client = createAlertClient({ deadline: 3_000, retry: { attempts: 1 }, ...options }, parts);
  closing.push(() => client.close());
  return client;
};

describe('a client', () => {
  test('says its token with each call, and none where it has none', async () => {
    const { told, address } = await startServer();
    await clientOf({ address, token: 'ttat_x' }).identity.whoAmI();
    await clientOf({ address }).identity.whoAmI();
    expect(told).toEqual([['Bearer ttat_x'], []]);
  });

  test('asks for a token that is renewed before each call', async () => {
    const { told, address } = await startServer();
    let n = 0;
    const client = clientOf({ address }, { token: () => `token-${++n}` });
    await client.identity.whoAmI();
    await client.identity.whoAmI();
    expect(told).toEqual([['Bearer token-1'], ['Bearer token-2']]);
  });

  test('encrypts, and trusts whom it is told to trust only', async () => {
    const { cert, key } = createTestCertificate();
    const pair = { cert_chain: Buffer.from(cert), private_key: Buffer.from(key) };
    const { address } = await startServer(ServerCredentials.createSsl(null, [pair]));
    await expect(clientOf({ address, tls: { ca: cert } }).identity.whoAmI()).resolves.toMatchObject({ proof: 'token' });
    const other = createTestCertificate();
    const failing = { code: expect.stringMatching(/^(?:GATEWAY_UNAVAILABLE|DEADLINE_EXCEEDED)$/) };
    await expect(clientOf({ address, tls: { ca: other.cert } }).identity.whoAmI()).rejects.toMatchObject(failing);
    await expect(clientOf({ address, tls: {} }).identity.whoAmI()).rejects.toMatchObject(failing);
  });

  test('is not made of a certificate without its key, nor of what is no PEM, and its secrets are in no error', () => {
    const { cert, key } = createTestCertificate();
    const errorOf = (options: AlertClientOptions): string => {
      try {
        void createAlertClient(options).close();
      } catch (error) {
        return `${JSON.stringify(error)} ${String(error)} ${String((error as Error).cause)}`;
      }
      return 'made';
    };
    expect(errorOf({ tls: { cert } })).toMatch(/given together/);
    expect(errorOf({ tls: { key } })).toMatch(/given together/);
    for (const options of [{ tls: { cert, key: 'hunter2' } }, { tls: { cert: 'hunter2', key } }]) {
      expect(errorOf(options)).toMatch(/not PEM/);
      expect(errorOf(options)).not.toContain('hunter2');
    }
    expect(errorOf({ token: '' })).toMatch(/token/);
    expect(errorOf({ token: 'hunter2', address: '192.0.2.1:1' })).not.toContain('hunter2');
  });
});
